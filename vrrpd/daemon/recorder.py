"""Writes down what the next worker has to know, and reads what the last one wrote.

Times and counters at once, for they are a few numbers; the rest soon after something happened, when nothing waits: what
is lost in between is found again, because a deadline that has passed is then simply acted upon once more.
"""

import itertools
import json
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, cast

from vrrpd.config.model import Config
from vrrpd.config.parameters import parameters_of
from vrrpd.core.effects import Linger, SendAdvertisement, State, StateChanged
from vrrpd.core.events import Event
from vrrpd.core.memory import Accepted
from vrrpd.core.node import Directed, Node
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.daemon.first_words import Announcing, written
from vrrpd.daemon.ledger import LEAVING, SLOTS, STATES, Beat, Ledger
from vrrpd.daemon.senders import Packets
from vrrpd.handover import (
    VERSION,
    advert_due,
    bring_up_to_date,
    capture,
    capture_parameters,
    capture_router,
    last_heard,
    let_lead,
    restore,
    restore_parameters,
)
from vrrpd.loop import Loop, TimerHandle
from vrrpd.plain import Plain, PlainError
from vrrpd.records import dataclass
from vrrpd.units import Instant

log = logging.getLogger("vrrpd")

SOON: Final = 0.01
"""Seconds until a change of state is written down."""
SHARE: Final = 20
"""How many times longer to wait with other changes than the processor was busy with writing last time."""
COUNTING: Final = 1.0
"""Seconds after which the number of advertisements that were heard is written: it matters less than their times."""
AT_A_TIME: Final = 8
"""Routers that are written anew before packets are looked for again."""

NONE: Final = -1


@dataclass(frozen=True, slots=True)
class Legacy:
    """What a dead worker left. ``shell``: see ``Service.memory``; ``slots``: places in the ledger by router;
    ``configuration``: the number of that of which the ledger has the parameters;
    ``lost``: routers that had been masters and were none any more, nobody knows why; ``ahead``: those that had just
    become masters, and are to do so once more; ``leaving``: the lost ones that had resigned.
    """

    node: Node
    shell: Mapping[str, Plain]
    slots: Mapping[str, int]
    configuration: int = NONE
    lost: Collection[str] = ()
    ahead: Collection[str] = ()
    leaving: Collection[str] = ()


def read(ledger: Ledger, config: Config) -> Legacy | None:
    """None: it wrote nothing that can be understood, which is logged unless there is nothing at all.

    ``config``: that of the ledger, or the first one.
    """
    content = ledger.state.read()
    if content is None:
        return None
    try:
        found = cast("dict[str, Plain]", json.loads(content))
        if found["configuration"] == ledger.config.number:
            known = {own.name: parameters_of(own) for own in config.vrrp_instances}
        else:  # it died in a reload
            known = restore_parameters(json.loads(ledger.parameters.read() or b"{}"))
        node, shell = restore(found, known), cast("dict[str, Plain]", found["shell"])
        slots = {name: int(str(slot)) for name, slot in cast("dict[str, Plain]", found["slots"]).items()}
    except (PlainError, ValueError, KeyError, AttributeError) as error:
        log.error("what the last worker left cannot be understood: %s", error)
        return None
    lost: set[str] = set()
    ahead: set[str] = set()
    leaving: set[str] = set()
    for name, router in node.routers.items():
        beat = ledger.beats.read(slots[name]) if name in slots else None
        if beat is None:
            continue
        was, master = router.state, beat.state == STATES[State.MASTER]
        if was is State.MASTER and not master:
            lost.add(name)
            leaving.update((name,) if beat.state == LEAVING else ())
            continue
        bring_up_to_date(router, beat.advert_at, beat.heard_at, beat.sent, beat.received)
        if was is State.BACKUP and master:
            let_lead(router)
            ahead.add(name)
    return Legacy(node, shell, slots, int(str(found["configuration"])), lost, ahead, leaving)


@dataclass(slots=True)
class _Entry:
    router: VirtualRouter
    slot: int
    accepted: Accepted | None = None


class Recorder:
    """``shell`` is asked for everything else that is to be written whenever anything is, ``packets`` for those with
    which an instance announces itself.
    """

    def __init__(
        self,
        ledger: Ledger,
        node: Node,
        loop: Loop,
        shell: Callable[[], Mapping[str, Plain]],
        legacy: Legacy | None = None,
        packets: Callable[[str], Packets] = lambda _: (),
    ) -> None:
        self._ledger = ledger
        self._node = node
        self._loop = loop
        self._shell = shell
        self._packets = packets
        self._words: list[Announcing] | None = None
        self._beats = ledger.beats
        self._heard_at = ledger.beats.heard_at
        self._slots: dict[str, int] = {} if legacy is None else dict(legacy.slots)
        self._entries: dict[str, _Entry] = {}
        self._written: dict[str, str] = {}
        self._changed: set[str] = set()
        self._timer: TimerHandle | None = None
        self._counting = loop.call_later(COUNTING, self._count)
        self._held = self._refused = False
        self._took = 0.0
        self._configuration = NONE if legacy is None else legacy.configuration

    def heard(self, received: Iterable[tuple[str, Event]], now: Instant) -> None:
        """Mostly the usual advertisements, of which nothing but the time is written."""
        heard_at = self._heard_at
        for name, event in received:
            entry = self._entries.get(name)
            if entry is None:
                self.changed(name)
                continue
            if entry.accepted is not None and entry.accepted.event is event:
                heard_at[entry.slot] = now
                continue
            same = entry.router.accepted
            if same is None or same is not entry.accepted:
                entry.accepted = same
                self.changed(name)
            else:
                self._heard_at[entry.slot] = now

    def decided(self, batch: Collection[Directed]) -> None:
        """Before it is carried out: who goes on here must not take a router for a master that is none any more."""
        for directed in batch:
            if isinstance(directed.effect, StateChanged):
                self._mark(directed.router, STATES[directed.effect.new])
        for directed in batch:
            if isinstance(directed.effect, Linger):
                self._mark(directed.router, LEAVING)

    def _mark(self, name: str, state: int) -> None:
        entry = self._entries.get(name)
        if entry is not None:
            self._beats.state[entry.slot] = state
            self._write_soon()

    def done(self, batch: Iterable[Directed]) -> None:
        """After it was carried out: what is not written down is done once more, which does no harm."""
        for directed in batch:
            entry = self._entries.get(directed.router)
            if entry is not None and isinstance(directed.effect, SendAdvertisement):
                self._beats.advert_at[entry.slot] = advert_due(entry.router)
                self._beats.sent[entry.slot] = entry.router.statistics.adverts_sent
            else:
                self.changed(directed.router)

    def changed(self, name: str) -> None:
        """Something else about this router."""
        self._changed.add(name)
        self.shell_changed()

    def shell_changed(self) -> None:
        """Something that ``shell`` tells is another."""
        if self._timer is None and not self._held:
            self._timer = self._loop.call_later(max(SOON, SHARE * self._took), self._write_on)

    def _write_soon(self) -> None:
        """A change of state does not wait longer because writing takes long."""
        if not self._held and (self._timer is None or self._timer.when() > self._loop.time() + SOON):
            self._cancel()
            self._timer = self._loop.call_later(SOON, self._write_on)

    def _write_on(self) -> None:
        """Some in each turn of the loop: packets do not wait for this."""
        names = list(itertools.islice(self._changed, AT_A_TIME))
        self._take(names)
        if self._changed:
            self._timer = self._loop.call_later(0, self._write_on)
        else:
            self._timer = None
            self._commit()

    def hold(self) -> None:
        """Much is about to change, and half of it would make no sense: ``renew`` is called behind it."""
        if self._timer is not None:
            self.write()
        self._held = True
        self._ledger.words.write(b"")
        self._words = None

    def renew(self) -> None:
        """Everything may be another one; ends ``hold``."""
        self._held = False
        self._changed.update(self._node.routers)
        self.shell_changed()

    def write(self) -> None:
        """Everything, as it is now."""
        self._held = False
        self._cancel()
        self._take(tuple(self._changed))
        self._commit()

    def _take(self, names: Collection[str]) -> None:
        for name in names:
            self._changed.discard(name)
            router = self._node.routers.get(name)
            if router is not None:
                self._written[name] = json.dumps(capture_router(router))

    def _commit(self) -> None:
        """Without memory for it the daemon goes on; the next worker then knows what was written before."""
        began = time.thread_time()
        try:
            self._write_down()
        except OSError as error:
            if not self._refused:
                log.error("what another worker would have to know cannot be kept: %s", error.strerror)
            self._refused = True
        else:
            self._refused = False
        self._took = time.thread_time() - began

    def _write_down(self) -> None:
        routers = self._node.routers
        self._assign()
        if self._configuration != self._ledger.config.number:
            self._ledger.parameters.write(json.dumps(capture_parameters(self._node)).encode())
            self._configuration = self._ledger.config.number
        self._take(routers.keys() - self._written.keys())
        for name in self._written.keys() - routers.keys():
            del self._written[name]
        head = {
            "version": VERSION,
            "configuration": self._configuration,
            "groups": capture(self._node, routers=False)["groups"],
            "slots": self._slots,
            "shell": self._shell(),
        }
        parts = ", ".join(f"{json.dumps(name)}: {text}" for name, text in self._written.items())
        self._ledger.state.write(f'{json.dumps(head)[:-1]}, "routers": {{{parts}}}}}'.encode())

        self._write_words()

    def _write_words(self) -> None:
        routers = self._node.routers
        masters = [
            Announcing(entry.slot, routers[name].parameters.advert_interval, self._packets(name))
            for name, entry in self._entries.items()
            if routers[name].state is State.MASTER
        ]
        if masters != self._words:
            self._ledger.words.write(written(masters))
            self._words = masters

    def _count(self) -> None:
        for entry in self._entries.values():
            usual, counted = entry.router.accepted, entry.router.statistics.adverts_received
            self._beats.received[entry.slot] = counted + (0 if usual is None else usual.times)
        self._counting = self._loop.call_later(COUNTING, self._count)

    def close(self) -> None:
        self._counting.cancel()
        self._held = True
        self._cancel()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _assign(self) -> None:
        """Each router has the same place for as long as it lives."""
        routers = self._node.routers
        names = routers.keys()
        if self._entries.keys() == names and all(self._entries[name].router is routers[name] for name in names):
            return
        self._slots = {name: slot for name, slot in self._slots.items() if name in names}
        taken = set(self._slots.values())
        free = (number for number in range(len(names) + len(taken)) if number not in taken)
        for name in names - self._slots.keys():
            self._slots[name] = next(free)
        self._entries = {name: _Entry(routers[name], slot) for name, slot in self._slots.items() if slot < SLOTS}
        for entry in self._entries.values():
            self._beats.write(entry.slot, _beat_of(entry.router))


def _beat_of(router: VirtualRouter) -> Beat:
    counted = router.statistics
    return Beat(
        STATES[router.state], advert_due(router), last_heard(router), counted.adverts_sent, counted.adverts_received
    )
