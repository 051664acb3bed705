"""What a new worker says first: the other nodes wait for the next advertisement, and for nothing else.

The worker before wrote down the packets with which its masters announce themselves. They are sent as they are, when
they are due, until the election is there again.
"""

import json
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address
from typing import Final, cast

from vrrpd.core.effects import State
from vrrpd.daemon.ledger import SLOTS, STATES, Ledger
from vrrpd.daemon.senders import Key, Packets
from vrrpd.errors import LinuxError
from vrrpd.linux.clock import now as read_clock
from vrrpd.linux.sockets import Sender, open_sender
from vrrpd.records import dataclass
from vrrpd.units import Family, Instant, Seconds

AHEAD: Final = Seconds(0.1)
"""How much too early the first ones may be, for they would be late otherwise; never by half an interval."""
SOON: Final = Seconds(0.02)
"""Likewise those behind them, never by a fifth."""
YIELD: Final = 0.0005
"""Seconds for which everything else holds up what is to be said at most."""
SHORTEST: Final = 0.005
"""Seconds between two looks at what is due."""


@dataclass(frozen=True, slots=True)
class Announcing:
    """A master: its place in the ledger, its interval, and its packets."""

    slot: int
    interval: Seconds
    packets: Packets


def written(masters: Iterable[Announcing]) -> bytes:
    """For ``FirstWords``. Many masters send from one address to one group: each key is there once."""
    keys: dict[Key, int] = {}
    lines = [
        [
            master.slot,
            master.interval,
            [[keys.setdefault(key, len(keys)), packet.hex()] for key, packet in master.packets],
        ]
        for master in masters
        if master.slot < SLOTS
    ]
    return json.dumps([[_key_written(key) for key in keys], lines]).encode()


def _key_written(key: Key) -> list[object]:
    interface, index, family, source, destination, hops = key
    return [interface, index, family.value, str(source), str(destination), hops]


def _read(content: bytes) -> list[Announcing]:
    """Written by this very program: another version has a ledger of its own."""
    known, lines = json.loads(content or b"[[], []]")
    keys = [_key_read(key) for key in known]
    return [
        Announcing(slot, Seconds(interval), tuple((keys[number], bytes.fromhex(packet)) for number, packet in packets))
        for slot, interval, packets in lines
    ]


def _key_read(plain: list[object]) -> Key:
    interface, index, family, source, destination, hops = plain
    ends = ip_address(cast("str", source)), ip_address(cast("str", destination))
    return cast("str", interface), cast("int", index), Family(family), *ends, cast("int | None", hops)


class FirstWords:
    """Nothing is sent for a router that is no master any more, or was silent for two intervals: it listens first."""

    def __init__(self, ledger: Ledger) -> None:
        self._beats = ledger.beats
        self._masters = _read(ledger.words.read() or b"")
        self._senders: dict[Key, Sender | None] = {}
        self._thread: threading.Thread | None = None
        self._over = threading.Event()

    def begin(self) -> None:
        """Say what is due; a thread goes on until ``close``, while everything else comes to life."""
        if self._masters:
            self._speak(AHEAD, 2)
            sys.setswitchinterval(YIELD)
            self._thread = threading.Thread(target=self._go_on, name="words", daemon=True)
            self._thread.start()

    def _go_on(self) -> None:
        lead = min(SOON, min(each.interval for each in self._masters) / 5)
        while not self._over.wait(max(SHORTEST, self._next_at() - lead - read_clock())):
            self._speak(lead, 5)

    def _next_at(self) -> float:
        return min(self._beats.advert_at[each.slot] for each in self._masters)

    def _speak(self, ahead: float, share: int) -> None:
        """The latest first, and none too early by more than this share of its interval."""
        now = read_clock()
        due_at, states = self._beats.advert_at, self._beats.state
        late = [
            (due_at[each.slot], number)
            for number, each in enumerate(self._masters)
            if states[each.slot] == STATES[State.MASTER]
            and now - each.interval < due_at[each.slot] <= now + min(ahead, each.interval / share)
        ]
        for _, number in sorted(late):
            self._announce(self._masters[number], read_clock())

    def _announce(self, master: Announcing, now: Instant) -> None:
        for key, packet in master.packets:
            sender = self._sender(key)
            if sender is not None:
                with suppress(LinuxError):  # it is looked into later
                    sender.send(packet)
        self._beats.advert_at[master.slot] = now + master.interval
        self._beats.sent[master.slot] += 1

    def _sender(self, key: Key) -> Sender | None:
        if key not in self._senders:
            self._senders[key] = None
            with suppress(LinuxError):
                self._senders[key] = open_sender(*key)
        return self._senders[key]

    def close(self) -> None:
        """The election announces its masters itself from now on."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        for sender in self._senders.values():
            if sender is not None:
                sender.close()
        self._senders.clear()
