from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address

import pytest

from vrrpd.core.effects import State
from vrrpd.daemon import first_words
from vrrpd.daemon.first_words import Announcing, FirstWords, written
from vrrpd.daemon.ledger import STATES, Beat, Ledger
from vrrpd.daemon.senders import Key
from vrrpd.errors import LinuxError
from vrrpd.linux.clock import now
from vrrpd.units import Family, Seconds

KEY: Key = ("eth0", 2, Family.IPV4, IPv4Address("192.0.2.1"), IPv4Address("224.0.0.18"), None)
KEY6: Key = ("eth0", 2, Family.IPV6, IPv6Address("fe80::1"), IPv6Address("ff02::12"), 64)
INTERVAL = Seconds(10.0)


class Sockets:
    """In place of ``open_sender``."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.open = 0
        self.refused: set[Key] = set()

    def __call__(self, *key: object) -> "Sockets._One":
        if key in self.refused:
            raise LinuxError("open", "sender", 19)
        self.open += 1
        return Sockets._One(self, str(key[4]))

    class _One:
        def __init__(self, all_of_them: "Sockets", destination: str) -> None:
            self._all = all_of_them
            self._destination = destination

        def send(self, packet: bytes) -> None:
            self._all.sent.append((self._destination, packet))

        def close(self) -> None:
            self._all.open -= 1


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sockets]:
    made = Sockets()
    monkeypatch.setattr(first_words, "open_sender", made)
    yield made
    assert not made.open, "all are closed"


def ledger_of(*late: float, state: State = State.MASTER, keys: Sequence[Key] = (KEY,)) -> Ledger:
    """One master for each, whose advertisement was due so many seconds ago."""
    ledger = Ledger()
    for slot, seconds in enumerate(late):
        ledger.beats.write(slot, Beat(STATES[state], now() - seconds, 0.0, 7, 0))
    masters = [Announcing(slot, INTERVAL, tuple((key, bytes([slot])) for key in keys)) for slot, _ in enumerate(late)]
    ledger.words.write(written(masters))
    return ledger


def said(ledger: Ledger, sockets: Sockets) -> list[int]:
    """The slots for which something was sent at once."""
    words = FirstWords(ledger)
    words.begin()
    words.close()
    return [packet[0] for _, packet in sockets.sent]


def test_what_is_due_is_sent_the_latest_first(sockets: Sockets) -> None:
    assert said(ledger_of(1.0, 3.0, 2.0), sockets) == [1, 2, 0]


def test_nothing_is_sent_far_too_early(sockets: Sockets) -> None:
    assert said(ledger_of(-0.05, -1.0), sockets) == [0]


def test_who_was_silent_for_longer_listens_first(sockets: Sockets) -> None:
    assert said(ledger_of(9.0, 11.0), sockets) == [0]


@pytest.mark.parametrize("state", [State.BACKUP, State.FAULT, State.INIT])
def test_who_is_no_master_any_more_is_silent(sockets: Sockets, state: State) -> None:
    assert said(ledger_of(1.0, state=state), sockets) == []


def test_the_election_learns_of_it(sockets: Sockets) -> None:
    ledger, before = ledger_of(1.0), now()
    assert said(ledger, sockets) == [0]
    beat = ledger.beats.read(0)
    assert beat is not None
    assert before + INTERVAL <= beat.advert_at <= now() + INTERVAL
    assert beat.sent == 8


def test_every_destination_gets_it_whichever_cannot_be_reached(sockets: Sockets) -> None:
    sockets.refused.add(KEY)
    assert said(ledger_of(1.0, keys=(KEY, KEY6)), sockets) == [0]
    assert sockets.sent == [("ff02::12", b"\0")]


def test_a_thread_goes_on_until_it_is_told_not_to(sockets: Sockets) -> None:
    ledger = ledger_of(-0.3)
    words = FirstWords(ledger)
    words.begin()
    assert sockets.sent == []
    limit = now() + 20
    while not sockets.sent:
        assert now() < limit
    words.close()
    ledger.beats.advert_at[0] = now()
    assert words._thread is not None
    assert not words._thread.is_alive()


def test_nothing_written_is_nothing_said(sockets: Sockets) -> None:
    assert said(Ledger(), sockets) == []
    ledger = ledger_of(1.0)
    ledger.words.write(b"")
    assert said(ledger, sockets) == []
