"""The heart of the daemon: descriptors and one timer become events, and what the election answers is carried out."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

from vrrpd.core.effects import State
from vrrpd.core.events import EffectFailed, Event, PriorityChanged, Stalled, Startup
from vrrpd.core.node import Directed, Node
from vrrpd.daemon.arrangement import adverts_ahead, arrange, groups_first
from vrrpd.daemon.executor import Executor, Means
from vrrpd.daemon.listener import Listener, Received
from vrrpd.daemon.moderation import Moderation, hold, slack
from vrrpd.daemon.narrator import Narrator
from vrrpd.daemon.stalls import SHORTEST, Stall, StallDetector, threshold
from vrrpd.errors import LinuxError
from vrrpd.linux.clock import DeadlineTimer
from vrrpd.linux.clock import now as read_clock
from vrrpd.loop import Loop
from vrrpd.units import Instant, Seconds, after, between

LATE: Final = Seconds(0.05)
"""Woken this much after a deadline, we look at the interfaces too before the deadline counts."""
QUIET: Final = Seconds(0.05)
"""What takes a while may begin when there is at least this much until the next deadline."""
FULL_QUEUES: Final = 8
"""So many times what is read at once is the most that a receive queue holds."""
AHEAD: Final = 20
"""By this share of its interval an advertisement may go out too early when it would be late otherwise: the silence
behind it is longer by as much.
"""
ALWAYS: Final = Instant(float("-inf"))
"""A timer set for this is never set anew."""


class Recorder(Protocol):
    """Keeps what the next process has to know. ``heard`` and ``changed`` follow what the election took in, ``decided``
    and ``done`` stand around what it wants.
    """

    def heard(self, received: Iterable[tuple[str, Event]], now: Instant) -> None: ...
    def changed(self, name: str) -> None: ...
    def decided(self, batch: Collection[Directed]) -> None: ...
    def done(self, batch: Collection[Directed]) -> None: ...


class _NoRecorder:
    def heard(self, received: Iterable[tuple[str, Event]], now: Instant) -> None: ...
    def changed(self, name: str) -> None: ...
    def decided(self, batch: Collection[Directed]) -> None: ...
    def done(self, batch: Collection[Directed]) -> None: ...


class Engine:
    """Callbacks, no coroutines. Receive queues are emptied before a deadline counts: a late wake-up hears its peers.

    ``lost`` is told of a listener whose socket failed, ``catch_up`` reads what the kernel says of interfaces, and
    ``look_again`` whether hosts have answered; ``stalled`` is told what kept us from running. While it is not
    ``attentive``, ``report`` only delivers.
    """

    def __init__(
        self,
        node: Node,
        executor: Executor,
        means: Mapping[str, Means],
        narrator: Narrator,
        loop: Loop,
        stalls: StallDetector,
    ) -> None:
        self._node = node
        self._executor = executor
        self._means = means
        self._narrator = narrator
        self._loop = loop
        self._stalls = stalls
        self._moderation = Moderation()
        self._slack = Seconds(0.0)
        self._timer, self._hold_timer = DeadlineTimer(), DeadlineTimer()
        self._held: dict[int, Listener] = {}
        self._breath: Instant | None = None
        self._postponed: list[Directed] = []
        self._mute: list[tuple[Listener, LinuxError]] = []
        self._failures: list[tuple[str, EffectFailed]] = []
        self._armed: Instant | None = None
        self._listeners: dict[int, Listener] = {}
        self.recorder: Recorder = _NoRecorder()
        self._after_deadline: list[Callable[[], None]] = []
        self.lost: Callable[[Listener, LinuxError], None] = _raise
        self.catch_up: Callable[[], None] = _nothing
        self.look_again: Callable[[], None] = _nothing
        self.settled: Callable[[], None] = _nothing
        self.woken: Callable[[float], None] = _untold
        self.stalled: Callable[[Stall], None] = _nobody_told
        self.attentive = True
        loop.add_reader(self._timer.fileno(), self._timer_fired)
        loop.add_reader(self._hold_timer.fileno(), self._hold_over)

    def close(self) -> None:
        for timer in (self._timer, self._hold_timer):
            self._loop.remove_reader(timer.fileno())
            timer.close()

    def listen(self, listener: Listener) -> None:
        descriptor = listener.fileno()
        self._listeners[descriptor] = listener
        self._loop.add_reader(descriptor, self._readable, listener)

    def ignore(self, listener: Listener) -> None:
        descriptor = listener.fileno()
        del self._listeners[descriptor]
        self._held.pop(descriptor, None)
        self._loop.remove_reader(descriptor)

    def deliver(self, events: Iterable[tuple[str, Event]]) -> None:
        """Tell the election; when this returns, its effects are done and logged."""
        now = read_clock()
        batch: list[Directed] = []
        for name, event in events:
            batch += self._node.handle(name, event, now)
            self.recorder.changed(name)
            if isinstance(event, PriorityChanged):
                self._means[name].speaker.prepare(event.effective_priority)
        self._conclude(batch, now)

    def _take_in(self, listener: Listener, late: bool = False) -> int:
        """Tell the election what this one hears; how many packets that were."""
        heard = self._last_words(listener) if late else self._hear(listener)
        now = read_clock()
        batch = self._node.hear(heard, now)
        self.recorder.heard(heard, now)
        self._conclude(batch, now)
        return len(heard)

    def _pace(self) -> None:
        routers = self._node.routers.values()
        self._slack, self._moderation.hold = slack(routers), hold(routers)

    def _conclude(self, batch: Collection[Directed], now: Instant) -> None:
        if batch or self._narrator.has_lines:
            self._settle(batch, now)
        self._arm()

    def report(self, events: Iterable[tuple[str, Event]]) -> None:
        """As ``deliver``, from whatever the loop has called: deadlines that have long passed come first."""
        self.attend()
        self.deliver(events)

    def attend(self) -> None:
        """After a stall the loop may learn of other things first; what others have said is heard before any of them."""
        if self._armed is None or self._armed is ALWAYS or not self.attentive:
            return
        if read_clock() - self._armed > LATE:
            self._deadline_passed()

    def deliver_all(self, event: Event) -> None:
        """The same event for every instance."""
        self._pace()
        now = read_clock()
        batch: Collection[Directed] = self._node.handle_all(event, now)
        self._settle(groups_first(batch) if isinstance(event, Startup) else batch, now)
        self._arm()

    def regroup(self, groups: Mapping[str, Sequence[str]]) -> None:
        """These are the sync groups from now on."""
        self._pace()
        now = read_clock()
        self._settle(self._node.regroup(groups, now), now)
        self._arm()

    def hasten(self) -> None:
        """Before a process that goes on for another one is ready: advertisements that are due, or will be meanwhile.

        Those that are overdue by an interval are not: who has not run for so long hears others first.
        """
        routers, oldest, now = self._node.routers.values(), self._node.deadline, read_clock()
        shortest = min((router.parameters.advert_interval for router in routers), default=Seconds(0.0))
        if oldest is not None and between(oldest, now) < shortest:
            due = self._node.adverts_due(after(now, Seconds(shortest / AHEAD)))
            self._failures += self._executor.carry_out(due, now)

    def resume(self) -> None:
        """The routers go on where others have brought them: nothing starts, nobody is told."""
        self._pace()
        self._arm()

    def when_quiet(self, callback: Callable[[], None], room: Seconds = QUIET) -> None:
        """Call it when no deadline is within ``room``: at once, or right after the next one that is."""
        left = math.inf if self._armed is None else self._armed - read_clock()
        if left > room:
            self._loop.call_soon(callback)
        else:
            self._after_deadline.append(callback)

    def release(self) -> None:
        """Something is broken: resign and let go of all addresses, without asking the election."""
        for name, router in self._node.routers.items():
            self._executor.let_go(name, resign=router.state is State.MASTER)

    def give_up(self, name: str, *, resign: bool) -> None:
        """Likewise for one of them."""
        self._executor.let_go(name, resign=resign)

    def breathe(self) -> None:
        """In the middle of something long: advertisements that are due do not wait for its end.

        What has been heard is taken into account before that, what it leads to done behind what is being done.
        """
        now = read_clock()
        if self._breath is None or not self.attentive:
            return
        if between(self._breath, now) > SHORTEST:
            self._breath = ALWAYS  # we did not run, and that will be told
        else:
            self._breath = now
            self._busy(now)
        if self._node.may_be_due_before(now):
            for listener in tuple(self._listeners.values()):
                self._postponed += self._node.hear(self._hear(listener), now)
            self._let_out(now)

    def intermission(self) -> None:
        """In the middle of a reload, when all that are in the election have their means: likewise, without hearing."""
        now = read_clock()
        if self._armed is not None and between(self._armed, now) > LATE:
            return  # what others have said is heard first
        self._busy(now)
        if self._node.may_be_due_before(now):
            self._let_out(now)

    def _busy(self, now: Instant) -> None:
        if self._armed is not None and ALWAYS < self._armed < now:
            self._armed = now  # not stalled

    def _let_out(self, now: Instant) -> None:
        due = self._node.adverts_due(now)
        self._failures += self._executor.carry_out(due, now)
        self.recorder.done(due)

    # --- descriptors ------------------------------------------------------------------------------------------------

    def _readable(self, listener: Listener) -> None:
        now = read_clock()
        if self._armed is not None and self._armed <= now:
            self._deadline_passed()
            return
        until = self._moderation.wait(now)
        if until is None:
            self._take_in(listener)
            return
        if not self._held:
            self._hold_timer.arm(until)
        self._held[listener.fileno()] = listener
        self._loop.remove_reader(listener.fileno())

    def _hold_over(self) -> None:
        self._hold_timer.acknowledge()
        held, self._held = self._held, {}
        late = self._armed is not None and read_clock() - self._armed > LATE
        packets = 0
        for descriptor, listener in held.items():
            if self._listeners.get(descriptor) is listener:  # it may have been closed for what another one heard
                self._loop.add_reader(descriptor, self._readable, listener)
                packets += 0 if late else self._take_in(listener)
        self._moderation.waited(packets)
        if late:
            self._deadline_passed()

    def _timer_fired(self) -> None:
        self._timer.acknowledge()
        self._deadline_passed()

    def _hear(self, listener: Listener) -> Sequence[tuple[str, Received]]:
        try:
            events = listener.drain()
        except LinuxError as error:
            if self._breath is None:
                self.lost(listener, error)
            else:
                self._mute.append((listener, error))
            return ()
        if listener.dropped:
            refused, listener.dropped = listener.dropped, []
            for name, event in refused:
                self._narrator.packet_dropped(name, event)
        if listener.unattributed:
            dropped, listener.unattributed = listener.unattributed, []
            for item in dropped:
                self._narrator.unattributed(listener.interface, item)
        if listener.unknown:
            unknown, listener.unknown = listener.unknown, {}
            for vrid, source in unknown.items():
                self._narrator.unknown_vrid(listener.interface, vrid, source)
        if listener.forms:
            self._adapt(listener)
        return events

    def _last_words(self, listener: Listener) -> Sequence[tuple[str, Received]]:
        """After a stall more may wait than is read at once, and of each sender only what it said last counts: to answer
        all of it would take so long that others wait for us. A flood does not hold us for ever all the same.
        """
        events: list[tuple[str, Received]] = []
        for _ in range(FULL_QUEUES):
            heard = self._hear(listener)
            if not heard:
                break
            events += heard
        latest = {(name, event.source, type(event)): number for number, (name, event) in enumerate(events)}
        return [events[number] for number in sorted(latest.values())]

    def _adapt(self, listener: Listener) -> None:
        forms, listener.forms = listener.forms, []
        for name, peer, form in forms:
            if self._means[name].speaker.adapt(peer, form):
                self._narrator.checksum_form(name, peer, form)

    def _deadline_passed(self) -> None:
        woken = read_clock()
        deadline = woken if self._armed is None else self._armed
        self._armed = ALWAYS  # nothing that happens meanwhile sets the timer
        self.woken(woken - deadline)
        late = woken - deadline > LATE
        for listener in tuple(self._listeners.values()):
            self._take_in(listener, late)
        if late:
            self.catch_up()
        self.look_again()
        stall = self._stalls.stalled(deadline, woken)
        if stall is not None:
            self._stalled(stall)
        now = read_clock()
        self._settle(self._node.due(now), now)
        self._stalls.look(now)
        self._armed = None
        self._arm()
        callbacks, self._after_deadline = self._after_deadline, []
        for callback in callbacks:
            self._loop.call_soon(callback)

    def _stalled(self, stall: Stall) -> None:
        overslept = [
            (name, Stalled(stall.seconds))
            for name, router in self._node.routers.items()
            if stall.seconds > threshold(router.parameters.advert_interval)
        ]
        if overslept:
            self._narrator.stalled(stall)
            self.deliver(overslept)
            self.stalled(stall)

    # --- effects ----------------------------------------------------------------------------------------------------

    def _settle(self, batch: Collection[Directed], now: Instant) -> None:
        """Carry out the effects, tell the election of those that failed, and so on until nothing is left."""
        self._breath = read_clock()
        adverts, others = adverts_ahead(batch)
        self._failures += self._executor.carry_out(adverts, now)  # before so much as the order of the rest
        if others:
            self.recorder.decided(others)
            self._failures += self._executor.carry_out(arrange(others), now)
        while self._failures or self._postponed:
            failures, self._failures = self._failures, []
            answers, self._postponed = self._postponed, []
            answers += [directed for name, failure in failures for directed in self._node.handle(name, failure, now)]
            self.recorder.decided(answers)
            self._failures += self._executor.carry_out(arrange(answers), now)
            self.recorder.done(answers)
        self._executor.finish()
        self.recorder.done(batch)
        self._breath = None
        mute, self._mute = self._mute, []
        for listener, error in mute:
            self.lost(listener, error)
        self.settled()

    def _arm(self) -> None:
        """An advertisement only moves a deadline away: then the timer stands, and finds nothing due when it fires."""
        if self._armed is not None and not self._node.may_be_due_before(self._armed):
            return
        deadline = self._node.deadline
        if deadline is None:
            return
        if self._slack and self._node.is_master_next:
            deadline = after(deadline, self._slack)
        if self._armed is None or deadline < self._armed:
            self._armed = deadline
            self._timer.arm(deadline)


def _raise(_listener: Listener, error: LinuxError) -> None:
    raise error


def _nothing() -> None:
    """Nobody watches the interfaces yet."""


def _untold(_late: float) -> None:
    """Nobody asks how late it was woken."""


def _nobody_told(_stall: Stall) -> None:
    """Nobody does anything about it."""
