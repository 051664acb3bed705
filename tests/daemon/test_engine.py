"""The order in which the engine does things, seen by an election that only takes notes."""

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from ipaddress import IPv4Address

import pytest

from tests.daemon.loops import pause, turn
from vrrpd.core.effects import AddAddresses, Announce, Effect, Notice, NoticeKind, RemoveAddresses, SendAdvertisement
from vrrpd.core.events import EffectFailed, Event, LinkChanged, PacketDropped, Shutdown, Stalled
from vrrpd.core.node import Directed
from vrrpd.core.parameters import Parameters
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.daemon.arrangement import arrange
from vrrpd.daemon.engine import FULL_QUEUES, Engine
from vrrpd.daemon.moderation import ROW
from vrrpd.daemon.narrator import Narrator
from vrrpd.daemon.repeats import Repeats
from vrrpd.daemon.stalls import SHORTEST, Stall, StallDetector
from vrrpd.errors import LinuxError
from vrrpd.linux.clock import now
from vrrpd.loop import Loop
from vrrpd.proto.advertisement import ChecksumForm, Dropped, DropReason
from vrrpd.units import Address, Instant, Priority, Seconds, Vrid

PEER = IPv4Address("192.168.1.2")
VIP = (IPv4Address("192.168.1.100"),)
DROPPED = PacketDropped(DropReason.BAD_TTL, PEER)
SLOW = AddAddresses(VIP)
ADVERT = SendAdvertisement(Priority(77))


class Notes:
    """Stands in for the node, the executor and a listener."""

    def __init__(self) -> None:
        self.log: list[object] = []
        self.answers: dict[type[Event], tuple[Effect, ...]] = {}
        self.failing: set[Effect] = set()
        self.deadline: Instant | None = None
        self.next_deadline: Instant | None = None
        self.waiting: list[tuple[str, Event]] = []
        self.unattributed: list[Dropped] = []
        self.forms: list[tuple[str, Address, ChecksumForm]] = []
        self.unknown: dict[Vrid, Address] = {}
        self.dropped: list[tuple[str, PacketDropped]] = []
        self.interface = "eth0"
        self.broken = False
        self.flooded = False

    @property
    def routers(self) -> Mapping[str, VirtualRouter]:
        slow = Parameters(Vrid(1), advert_interval=Seconds(1.0))
        quick = Parameters(Vrid(2), version=3, advert_interval=Seconds(0.05))
        return {"slow": VirtualRouter("slow", slow), "quick": VirtualRouter("quick", quick)}

    def may_be_due_before(self, at: Instant) -> bool:
        return self.deadline is not None and self.deadline < at

    def handle(self, name: str, event: Event, _now: Instant) -> tuple[Directed, ...]:
        self.log.append((name, event))
        return tuple(Directed(name, effect) for effect in self.answers.get(type(event), ()))

    def hear(self, received: list[tuple[str, Event]], moment: Instant) -> list[Directed]:
        return [directed for name, event in received for directed in self.handle(name, event, moment)]

    def handle_all(self, event: Event, moment: Instant) -> tuple[Directed, ...]:
        return tuple(directed for name in self.routers for directed in self.handle(name, event, moment))

    def adverts_due(self, _now: Instant) -> tuple[Directed, ...]:
        self.deadline = self.next_deadline
        return (Directed("quick", ADVERT),)

    def due(self, _now: Instant) -> tuple[Directed, ...]:
        self.log.append("due")
        self.deadline = self.next_deadline
        return ()

    def carry_out(self, batch: list[Directed], _since: Instant) -> list[tuple[str, EffectFailed]]:
        self.log += (directed.effect for directed in batch)
        return [(d.router, EffectFailed(d.effect, "no")) for d in batch if d.effect in self.failing]

    def finish(self) -> None:
        self.log.append("finish")

    def drain(self) -> list[tuple[str, Event]]:
        if self.broken:
            self.broken = False
            raise LinuxError("receive on", "eth0", 100)
        events = self.waiting
        self.waiting = self.waiting if self.flooded else []
        self.dropped = [(name, event) for name, event in events if isinstance(event, PacketDropped)]
        self.log.append("drain")
        return events


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def engine(notes: Notes, loop: Loop) -> Iterator[Engine]:
    made = Engine(
        notes,  # type: ignore[arg-type]  # a stand-in
        notes,  # type: ignore[arg-type]  # a stand-in
        {},
        Narrator(Repeats(loop)),
        loop,
        StallDetector(),
    )
    made._listeners[99] = notes  # type: ignore[assignment]  # a stand-in
    yield made
    made.close()


def test_failures_are_told_until_nothing_fails_any_more(engine: Engine, notes: Notes) -> None:
    notes.answers = {LinkChanged: (SLOW,), EffectFailed: (Notice(NoticeKind.EFFECT_FAILED, "no"),)}
    notes.failing = {SLOW}
    engine.deliver([("a", LinkChanged(True))])
    assert notes.log == [
        ("a", LinkChanged(True)),
        SLOW,
        ("a", EffectFailed(SLOW, "no")),
        Notice(NoticeKind.EFFECT_FAILED, "no"),
        "finish",
    ]


def test_all_events_are_heard_before_the_first_effect(engine: Engine, notes: Notes) -> None:
    notes.answers = {LinkChanged: (SLOW, SendAdvertisement(Priority(0)))}
    engine.deliver([("a", LinkChanged(False)), ("b", LinkChanged(False))])
    farewell = SendAdvertisement(Priority(0))
    assert notes.log[2:] == [farewell, farewell, SLOW, SLOW, "finish"]


def test_nothing_to_do_costs_nothing(engine: Engine, notes: Notes) -> None:
    engine.deliver([("a", LinkChanged(True))])
    assert notes.log == [("a", LinkChanged(True))]


def test_what_waits_is_heard_before_the_deadline_counts(engine: Engine, notes: Notes, loop: Loop) -> None:
    notes.waiting = [("slow", DROPPED)]
    notes.deadline = Instant(now() + 0.02)
    engine.deliver([("slow", LinkChanged(True))])
    turn(loop, lambda: "due" in notes.log)
    assert notes.log[1:5] == ["drain", ("slow", DROPPED), "finish", "due"]


def test_a_stall_is_told_after_what_waited_and_before_the_deadline(engine: Engine, notes: Notes) -> None:
    caught_up: list[int] = []
    engine.catch_up = lambda: caught_up.append(len(notes.log))
    notes.waiting = [("slow", DROPPED)]
    notes.deadline = Instant(now() - 0.5)
    engine.deliver([])
    engine._deadline_passed()
    assert caught_up == [notes.log.index("finish") + 1], "what others said comes before what the kernel says"
    told = [entry for entry in notes.log if isinstance(entry, tuple) and isinstance(entry[1], Stalled)]
    assert [name for name, _ in told] == ["quick"], "0.5 s are half an interval of the other"
    assert told[0][1].seconds == pytest.approx(0.5, abs=0.2)
    assert notes.log.index("drain") < notes.log.index(told[0]) < notes.log.index("due")


def test_a_packet_that_wakes_us_late_does_not_hide_the_stall(engine: Engine, notes: Notes) -> None:
    """After SIGCONT the socket may be reported before the timer: it must not move the deadline unseen."""
    notes.deadline = Instant(now() - 3.0)
    engine.deliver([])
    notes.next_deadline = Instant(now() + 100)
    engine._readable(notes)  # type: ignore[arg-type]  # a stand-in
    stalls = [entry for entry in notes.log if isinstance(entry, tuple) and isinstance(entry[1], Stalled)]
    assert [name for name, _ in stalls] == ["slow", "quick"]
    notes.log.clear()
    engine._timer_fired()
    assert [entry for entry in notes.log if isinstance(entry, tuple)] == [], "one stall is told once"


def test_nothing_else_is_told_before_what_waited(engine: Engine, notes: Notes) -> None:
    """A check that has failed meanwhile must not speak for a master that is none any more."""
    notes.waiting = [("slow", DROPPED)]
    notes.deadline = Instant(now() - 3.0)
    engine.deliver([])
    notes.next_deadline = Instant(now() + 100)
    engine.report([("slow", LinkChanged(False))])
    stall = next(entry for entry in notes.log if isinstance(entry, tuple) and isinstance(entry[1], Stalled))
    order = [notes.log.index(entry) for entry in ("drain", stall, "due", ("slow", LinkChanged(False)))]
    assert order == sorted(order)


def test_while_the_configuration_changes_deadlines_wait(engine: Engine, notes: Notes) -> None:
    notes.deadline = Instant(now() - 3.0)
    engine.deliver([])
    engine.attentive = False
    engine.report([("slow", LinkChanged(False))])
    assert notes.log == [("slow", LinkChanged(False))]


def test_after_a_stall_queues_are_read_until_they_are_empty_but_not_for_ever(engine: Engine, notes: Notes) -> None:
    notes.flooded, notes.waiting = True, [("slow", DROPPED)]
    notes.deadline = Instant(now() - 3.0)
    engine.deliver([])
    notes.next_deadline = Instant(now() + 100)
    engine._deadline_passed()
    assert notes.log.count("drain") == FULL_QUEUES
    notes.log.clear()
    engine._deadline_passed()
    assert notes.log.count("drain") == 1, "in time"


def test_of_what_queued_during_a_stall_the_last_word_of_each_sender_counts(engine: Engine, notes: Notes) -> None:
    first, second = (PacketDropped(DropReason.BAD_TTL, PEER, detail) for detail in ("first", "second"))
    other = PacketDropped(DropReason.BAD_TTL, IPv4Address("192.168.1.3"))
    notes.waiting = [("slow", first), ("slow", other), ("quick", first), ("slow", second)]
    notes.deadline = Instant(now() - 3.0)
    engine.deliver([])
    engine._deadline_passed()
    heard = [entry for entry in notes.log if isinstance(entry, tuple) and isinstance(entry[1], PacketDropped)]
    assert heard == [("slow", other), ("quick", first), ("slow", second)]


def test_who_asks_is_told_what_kept_us_from_running(engine: Engine, notes: Notes) -> None:
    told: list[Stall] = []
    engine.stalled = told.append
    notes.deadline = Instant(now() - 3.0)
    engine.deliver([])
    engine._deadline_passed()
    assert [round(stall.seconds) for stall in told] == [3]


def test_a_deadline_that_moved_away_is_not_due_early(engine: Engine, notes: Notes, loop: Loop) -> None:
    notes.deadline = Instant(now() + 0.05)
    engine.deliver([])
    notes.deadline = notes.next_deadline = Instant(now() + 0.3)
    began = now()
    engine.deliver([])
    turn(loop, lambda: notes.log.count("due") >= 2)
    assert now() - began >= 0.3, "the timer may stand where it was, and is set anew when it finds nothing"


def test_an_earlier_deadline_is_kept(engine: Engine, notes: Notes, loop: Loop) -> None:
    notes.deadline = Instant(now() + 1000)
    engine.deliver([])
    notes.deadline = Instant(now() + 0.02)
    engine.deliver([])
    turn(loop, lambda: "due" in notes.log)


@pytest.mark.parametrize(("late", "sends"), [(-0.02, True), (0.02, True), (0.06, False)])
def test_who_goes_on_for_another_process_says_what_is_due_and_hardly_anything_before(
    engine: Engine, notes: Notes, late: float, sends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next advertisement is due an interval after this one was: what is early makes a longer silence behind it."""
    until: list[float] = []

    def adverts_due(moment: Instant) -> tuple[Directed, ...]:
        until.append(moment)
        return ()

    monkeypatch.setattr(notes, "adverts_due", adverts_due)
    notes.deadline = Instant(now() - late)
    began = now()
    engine.hasten()
    assert bool(until) is sends, "who has not run for an interval listens first"
    assert all(moment <= now() + 0.05 / 10 for moment in until)
    assert all(moment > began for moment in until)


def test_a_socket_that_fails_is_handed_back(engine: Engine, notes: Notes) -> None:
    lost: list[str] = []
    engine.lost = lambda _, error: lost.append(str(error))
    notes.broken = True
    engine._readable(notes)  # type: ignore[arg-type]  # a stand-in
    assert lost == ["receive on eth0: ENETDOWN"]


def test_everybody_leaves_at_once(engine: Engine, notes: Notes) -> None:
    notes.answers = {Shutdown: (SLOW, SendAdvertisement(Priority(0)))}
    engine.deliver_all(Shutdown())
    assert [entry for entry in notes.log if isinstance(entry, SendAdvertisement)]
    assert notes.log.index(SendAdvertisement(Priority(0))) < notes.log.index(SLOW)


def test_the_same_announcement_of_many_packets_goes_out_once_behind_its_addresses() -> None:
    burst, other = Directed("a", Announce(VIP, 1)), Directed("b", Announce(VIP, 1))
    advert, add = Directed("a", SendAdvertisement(Priority(9))), Directed("a", SLOW)
    assert list(arrange([burst, advert, burst, add, burst, other])) == [advert, add, burst, other]
    farewells = [Directed("a", SendAdvertisement(Priority(0)))] * 2
    assert list(arrange(farewells)) == farewells, "two farewells are two"


class Ear(Notes):
    """A listener with a descriptor that can be read."""

    def __init__(self) -> None:
        super().__init__()
        self.descriptor, self.peer = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.descriptor.setblocking(False)

    def fileno(self) -> int:
        return self.descriptor.fileno()

    def drain(self) -> list[tuple[str, Event]]:
        self.waiting = []
        with suppress(BlockingIOError):
            while self.descriptor.recv(1):
                self.waiting.append(("slow", LinkChanged(True)))
        return super().drain()


@pytest.fixture
def ear(engine: Engine, notes: Notes) -> Iterator[Ear]:
    made = Ear()
    made.log = notes.log
    engine._listeners.clear()
    engine.listen(made)  # type: ignore[arg-type]  # a stand-in
    yield made
    engine.ignore(made)  # type: ignore[arg-type]  # a stand-in
    made.descriptor.close()
    made.peer.close()


def test_under_load_packets_are_read_together_and_none_is_forgotten(
    engine: Engine, notes: Notes, ear: Ear, loop: Loop
) -> None:
    engine._moderation.hold = Seconds(0.05)
    sent = 0
    for _ in range(200):
        ear.peer.send(b"x")
        sent += 1
        pause(loop, 0)
    turn(loop, lambda: notes.log.count(("slow", LinkChanged(True))) == sent)
    assert notes.log.count("drain") < sent / 4


def test_a_deadline_hears_what_is_held_back(engine: Engine, notes: Notes, ear: Ear, loop: Loop) -> None:
    engine._moderation.hold = Seconds(1000.0)
    engine._moderation._row = ROW
    ear.peer.send(b"x")
    turn(loop, lambda: engine._held)
    notes.deadline = Instant(now() + 0.02)
    engine.deliver([])
    turn(loop, lambda: "due" in notes.log)
    assert notes.log.index(("slow", LinkChanged(True))) < notes.log.index("due")


def test_what_was_held_back_may_be_closed_meanwhile(engine: Engine, notes: Notes, ear: Ear, loop: Loop) -> None:
    engine._moderation.hold = Seconds(0.02)
    engine._moderation._row = ROW
    ear.peer.send(b"x")
    turn(loop, lambda: engine._held)
    engine.ignore(ear)  # type: ignore[arg-type]  # a stand-in
    pause(loop, 0.05)
    assert "drain" not in notes.log
    engine.listen(ear)  # type: ignore[arg-type]  # a stand-in
    turn(loop, lambda: "drain" in notes.log)


class Long:
    """Carrying out an effect that consists of parts."""

    def __init__(self, engine: Engine, notes: Notes, pause: float = 0.0) -> None:
        self.engine, self.notes, self.pause = engine, notes, pause
        self.carry_out, notes.carry_out = notes.carry_out, self  # type: ignore[method-assign,assignment]  # a stand-in

    def __call__(self, batch: list[Directed], since: Instant) -> list[tuple[str, EffectFailed]]:
        if any(directed.effect is SLOW for directed in batch):
            for part in range(3):
                self.notes.log.append(part)
                time.sleep(self.pause)
                self.engine.breathe()
        return self.carry_out(batch, since)


def long_deed(engine: Engine, notes: Notes) -> list[object]:
    """What happens during it: an advert of another instance comes due."""
    notes.answers[LinkChanged] = (SLOW,)
    notes.deadline = Instant(now() - 0.001)
    engine.deliver([("a", LinkChanged(True))])
    return [entry for entry in notes.log if entry in (0, 1, 2, ADVERT, SLOW)]


def test_an_advert_that_is_due_does_not_wait_for_the_end_of_something_long(engine: Engine, notes: Notes) -> None:
    Long(engine, notes)
    assert long_deed(engine, notes) == [0, ADVERT, 1, 2, SLOW]


def test_one_that_fails_meanwhile_is_told_afterwards(engine: Engine, notes: Notes) -> None:
    Long(engine, notes)
    notes.failing = {ADVERT}
    long_deed(engine, notes)
    assert notes.log.index(SLOW) < notes.log.index(("quick", EffectFailed(ADVERT, "no")))


def test_the_others_are_heard_before_and_answered_after_it(engine: Engine, notes: Notes) -> None:
    Long(engine, notes)
    remove = RemoveAddresses(VIP)
    notes.waiting = [("slow", DROPPED)]
    notes.answers = {PacketDropped: (remove,)}
    assert long_deed(engine, notes) == [0, ADVERT, 1, 2, SLOW]
    assert notes.log.index(("slow", DROPPED)) < notes.log.index(ADVERT)
    assert notes.log.index(SLOW) < notes.log.index(remove)


def test_a_socket_that_fails_meanwhile_is_handed_back_afterwards(engine: Engine, notes: Notes) -> None:
    Long(engine, notes)
    engine.lost = lambda _, error: notes.log.append(str(error))
    notes.broken = True
    long_deed(engine, notes)
    assert notes.log.index(SLOW) < notes.log.index("receive on eth0: ENETDOWN")


def test_who_was_stopped_in_the_middle_of_it_is_told_so(engine: Engine, notes: Notes) -> None:
    engine.deliver([])
    engine._armed = began = Instant(now() - 0.001)
    Long(engine, notes, pause=SHORTEST * 1.1)
    long_deed(engine, notes)
    assert engine._armed == began


def test_while_things_are_replaced_nothing_is_sent_in_between(engine: Engine, notes: Notes) -> None:
    Long(engine, notes)
    engine.attentive = False
    assert ADVERT not in long_deed(engine, notes)


def test_being_busy_is_no_stall(engine: Engine, notes: Notes) -> None:
    engine.deliver([])
    engine._armed = Instant(now() - 0.001)
    Long(engine, notes, pause=SHORTEST * 0.8)
    long_deed(engine, notes)
    assert engine._armed is not None
    assert now() - engine._armed < SHORTEST


def test_outside_of_it_nothing_is_sent_in_between(engine: Engine, notes: Notes) -> None:
    notes.deadline = Instant(now() - 1)
    engine.breathe()
    assert notes.log == []
