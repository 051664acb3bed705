"""What a change of state consists of: the effects, the deadlines and the memory that belong to it.

``VirtualRouter`` decides when; this says what then happens. Nothing here waits, sends or reads a clock.
"""

from typing import Final

from vrrpd.core import effects
from vrrpd.core.effects import NoticeKind, NotifyEvent, Reason, State
from vrrpd.core.events import Fault, GroupChanged, LetGo
from vrrpd.core.handover_order import Lingering, longest_wait
from vrrpd.core.memory import Accepted, Memory
from vrrpd.core.parameters import Handover, Parameters
from vrrpd.core.statistics import Statistics
from vrrpd.core.timers import ADVERT, MASTER_DOWN, Deadlines, Timer, master_down_interval, skew_time, timing_priority
from vrrpd.core.upkeep import Upkeep
from vrrpd.units import OWNER, RESIGN, Address, Instant, Priority, Seconds, after

ROGUE_GRACE_FACTOR: Final = 1.2
ELECTION_TIMERS: Final = (
    Timer.MASTER_DOWN,
    Timer.ADVERT,
    Timer.PREEMPT_DELAY,
    Timer.YIELD_HOLD,
    Timer.OWNER_CONFLICT,
    Timer.SECOND_ANNOUNCE,
    Timer.LOWER_PRIORITY_ANNOUNCE,
    Timer.REFRESH,
    Timer.CONFIRM,
    Timer.ELSEWHERE,
    Timer.SETTLED,
    Timer.OVERDUE,
    Timer.RETURN,
)
CONFIRM_SOONEST: Final = Seconds(0.1)
"""A starved process becomes no quicker because the intervals are short."""


class Election:
    """The state of one election and the ways to change it. ``state`` and ``effective_priority`` are read only."""

    def __init__(self, name: str, parameters: Parameters) -> None:
        self.name = name
        self.parameters = parameters
        self.state = State.INIT
        self.effective_priority = parameters.base_priority
        self.statistics = Statistics()
        self._effects: list[effects.Effect] = []
        self._deadlines = Deadlines()
        self._memory = Memory()
        self._started = False
        self._since: Instant | None = None
        self._reason = Reason.STARTUP
        self._detail = "not started"
        self._link_fault: Fault | None = None
        self._source: Address | None = None
        self._faults: frozenset[Fault] = frozenset()
        self._waiting_for: frozenset[str] = frozenset()
        self._maintenance: Fault | None = None
        self._learnt_interval: Seconds | None = None
        self._takeover = Reason.MASTER_DOWN
        self._preempt_ready = False
        self._rogue: Address | None = None
        self._rogue_interval = Seconds(0)
        self._rogue_adverts_left = 0
        self._upkeep = Upkeep()
        self._lingering = Lingering()
        self._accepted: Accepted | None = None
        self._group = GroupChanged()
        self._ready_to_lead = False

    @property
    def deadline(self) -> Instant | None:
        """When to deliver ``DeadlineReached`` next, or None."""
        self.catch_up()
        return self._deadlines.earliest

    @property
    def accepted(self) -> Accepted | None:
        """The advertisement that changes nothing but deadlines if it is the next thing to happen: see ``Accepted``."""
        return self._accepted

    def catch_up(self) -> None:
        """Take into account how often and when the accepted advertisement was heard again."""
        accepted = self._accepted
        if accepted is not None and accepted.times:
            self.statistics.adverts_received += accepted.times
            accepted.times = 0
            accepted.heard.at = accepted.at
            self._deadlines.set(MASTER_DOWN, after(accepted.at, accepted.wait))
            if accepted.overdue is not None:
                self._deadlines.set(Timer.OVERDUE, after(accepted.at, accepted.overdue))

    def only_advertises(self, now: Instant) -> bool:
        """Whether a deadline delivered now leads to an advertisement, and to nothing else."""
        return self._deadlines.due(now) == [ADVERT]

    # --- what the sync group asks of a member ---------------------------------------------------------------------

    @property
    def is_started(self) -> bool:
        return self._started

    @property
    def lingers(self) -> bool:
        """Whether it has resigned and keeps its addresses until the successor is heard."""
        return bool(self._lingering.addresses)

    @property
    def detail(self) -> str:
        """Why it is in its state, for people."""
        return self._detail

    @property
    def wants_master(self) -> bool:
        """It is MASTER, or would be if its sync group let it (keepalived's wantstate)."""
        return self.state is State.MASTER or self._ready_to_lead

    @property
    def waiting_for(self) -> frozenset[str]:
        """The checks of its own that have no result yet."""
        return self._waiting_for

    @property
    def own_faults(self) -> tuple[Fault, ...]:
        """What keeps it out of the election, other members of its group aside."""
        found = [fault for fault in (self._maintenance, self._link_fault) if fault is not None]
        if self._source is None and self._link_fault is None:
            found.append(Fault(Reason.NO_SOURCE_ADDRESS, f"no IPv{self.parameters.family.value} address to send from"))
        return (*found, *sorted(self._faults, key=lambda fault: (fault.name, fault.reason.value)))

    def _current_faults(self) -> tuple[Fault, ...]:
        return (*self.own_faults, *self._group.faults)

    def _reconsider(self, now: Instant) -> None:
        """Enter or leave FAULT, after anything changed that decides about it."""
        if not self._started:
            return
        faults = self._current_faults()
        if faults:
            self._enter_fault(faults, now)
        elif (waiting := self._waiting_for | self._group.waiting_for) and self.state in (State.INIT, State.FAULT):
            self._detail = "waiting for the first result of " + ", ".join(sorted(waiting))
        elif self.state is State.INIT:
            self._join(Reason.STARTUP, "started", now)
        elif self.state is State.FAULT:
            self._join(Reason.FAULT_CLEARED, "nothing is wrong any more", now)
            self._announce_source()

    def _enter_fault(self, faults: tuple[Fault, ...], now: Instant) -> None:
        detail = ", ".join(describe_fault(fault) for fault in faults)
        able = all(fault.reason is Reason.MAINTENANCE for fault in faults)
        if not able:
            self._let_go(detail, now)
        if self.state is State.FAULT:
            if detail != self._detail:
                self._reason, self._detail = faults[0].reason, detail
                self._notice(NoticeKind.FAULTS_CHANGED, detail)
            return
        if self.state is State.MASTER and able:
            self._leave(now)
        elif self.state is State.MASTER:
            self._release(self._farewells_on_fault())
        self._clear_election()
        self._become(State.FAULT, faults[0].reason, detail, now)
        self._notify(NotifyEvent.FAULT)

    def _farewells_on_fault(self) -> int:
        """None into a dead link; for the fault of another member of the group one (keepalived)."""
        if self._link_fault is not None:
            return 0
        return self.parameters.farewells_on_fault if self.own_faults else 1

    def _join(self, reason: Reason, detail: str, now: Instant) -> None:
        """INIT or FAULT is over: an owner serves at once, everybody else listens first (RFC 3768 section 6.4.1).

        So does an owner in a sync group with others.
        """
        begin = max(self._deadlines.get(Timer.STARTUP_DELAY) or now, now)
        serves = self.parameters.is_owner and self._group.all_owners
        if serves and begin <= now:
            self._enter_master(Reason.OWNER, "priority 255 owns the addresses", now)
            return
        self._learnt_interval = None
        wait = Seconds(0) if serves else self._down_interval()
        self._enter_backup(reason, detail, after(begin, wait), now)

    # --- transitions --------------------------------------------------------------------------------------------

    def _become(self, state: State, reason: Reason, detail: str, now: Instant) -> None:
        old, self.state = self.state, state
        self._since, self._reason, self._detail = now, reason, detail
        self._memory.forget_said()
        self._effects.append(effects.StateChanged(old, state, reason, detail))

    def _enter_backup(self, reason: Reason, detail: str, takeover_at: Instant, now: Instant) -> None:
        self._clear_election()
        self._deadlines.set(Timer.MASTER_DOWN, takeover_at)
        self._become(State.BACKUP, reason, detail, now)
        self._notify(NotifyEvent.BACKUP)

    def _enter_master(self, reason: Reason, detail: str, now: Instant) -> None:
        """RFC 3768 section 6.4.2: the advertisement first, so that an old master lets go before we take hold."""
        others = self._takeover in {Reason.PREEMPTING, Reason.MASTER_RESIGNED} or reason is Reason.OPERATOR
        self._clear_election()
        self._stay()
        self._upkeep.took_over(now, self.parameters, alone=not others)
        self._settle_later(now)
        self._deadlines.clear(Timer.STARTUP_DELAY)  # a master hears the others
        at_once = self._memory.is_new_master(now, self._confirm_span)
        self._memory.forget_master()
        self._learnt_interval = None
        if self.parameters.is_owner:
            self.effective_priority = OWNER
        self.statistics.became_master += 1
        self._advertise(now)
        self._add(self.parameters.all_addresses)
        self._announce_all(self.parameters.announce.repeat)
        self._schedule_announcements(now)
        self._schedule_elsewhere(now)
        if at_once:
            self._confirm_later(now)
        self._become(State.MASTER, reason, detail, now)
        self._notify(NotifyEvent.MASTER)

    def _release(self, farewells: int) -> None:
        """Resign, if there is anybody to hear it, and let go of the addresses."""
        for _ in range(farewells):
            self._send(RESIGN)
        self.statistics.released_master += 1
        self._remove(self.parameters.all_addresses)

    def _leave(self, now: Instant) -> None:
        """Resign, able to serve until somebody else does."""
        addresses = self.parameters.all_addresses
        unheard = self._link_fault is not None or self._source is None
        if self.parameters.handover is Handover.BREAK_FIRST or unheard or not addresses:
            self._release(farewells=1)
            return
        self._send(RESIGN)
        self.statistics.released_master += 1
        self._lingering = Lingering(addresses, now)
        wait = longest_wait(self.parameters)
        self._deadlines.set(Timer.LINGER, after(now, wait))
        self._effects.append(effects.Linger(addresses))
        self._notice(NoticeKind.HANDOVER, f"addresses stay until the successor is heard, for {wait:.2f} s at most")

    def _let_go(self, why: str, now: Instant) -> None:
        """Of the addresses that stayed for the successor, if any did; only then a stop is over."""
        if not self.lingers:
            return
        left = self._lingering
        self._stay()
        self._remove(left.addresses)
        self._notice(NoticeKind.HANDOVER, f"let go of the addresses after {now - left.since:.3f} s: {why}")
        if not self._started:
            self._notify(NotifyEvent.STOP)

    def _succeeded(self, source: Address, now: Instant) -> None:
        """Only a master advertises: it has the addresses, or is about to add them."""
        left = self._lingering
        if left.addresses and left.successor is None:
            left.successor = source
            soon = after(now, left.grace)
            self._deadlines.set(Timer.LINGER, min(soon, self._deadlines.get(Timer.LINGER) or soon))

    def _linger_over(self, _at: Instant, now: Instant) -> None:
        successor = self._lingering.successor
        self._let_go("nobody was heard" if successor is None else f"{successor} has taken over", now)

    def _on_let_go(self, event: LetGo, now: Instant) -> None:
        self._let_go(event.why, now)

    def _stay(self) -> None:
        """Master again, or nothing left: there is nobody to wait for."""
        self._lingering = Lingering()
        self._deadlines.clear(Timer.LINGER)

    def _hand_over(self, reason: Reason, detail: str, now: Instant, *, able: bool = False) -> None:
        """Give the addresses to somebody who can serve them, and do not preempt that node for a while."""
        unable = reason in {Reason.EFFECT_FAILED, Reason.ADDRESSES_LOST}
        hold = self._upkeep.handed_over(self.parameters) if unable else self.parameters.yield_hold
        if able:
            self._leave(now)
        else:
            self._release(farewells=1)
        self._enter_backup(reason, detail, after(now, self._down_interval()), now)
        self._deadlines.set(Timer.YIELD_HOLD, after(now, hold))

    def _cannot_serve(self, addresses: tuple[Address, ...], error: str, now: Instant) -> None:
        """A master without its addresses serves nobody: try again, then let somebody else; not for ever in vain."""
        failures = self._upkeep.not_added(addresses, now, self.parameters)
        patience = self._upkeep.patience(now)
        if failures >= self.parameters.retry_limit and not patience:
            self._hand_over(Reason.EFFECT_FAILED, error, now)
            return
        again = self._upkeep.retry_in
        text = f"{error}; trying again"
        if failures >= self.parameters.retry_limit:
            text += f" in {again:g} s; handing over did not help, and not again for {patience:.0f} s"
        self._notice(NoticeKind.EFFECT_FAILED, text)
        self._deadlines.set(Timer.RETRY, after(now, again))
        self._settle_later(now)

    def _settle_later(self, now: Instant) -> None:
        """After a hand-over it takes some time without a failure, and without a retry to come, until all is well."""
        if self._upkeep.is_troubled:
            last = max(now, self._deadlines.get(Timer.RETRY) or now)
            self._deadlines.set(Timer.SETTLED, after(last, self.parameters.loss_window))

    def _start_afresh(self, now: Instant) -> None:
        """Other settings may be the cure: what failed is tried again soon."""
        self._upkeep.forgive()
        self._deadlines.clear(Timer.SETTLED)
        if self._deadlines.get(Timer.RETRY) is not None:
            self._deadlines.set(Timer.RETRY, after(now, self.parameters.retry_delay))

    def _clear_election(self) -> None:
        """Forget everything that belonged to the state we leave; a startup delay outlives it."""
        self._deadlines.clear(*ELECTION_TIMERS)
        self._upkeep.forget_additions()
        self._takeover = Reason.MASTER_DOWN
        self._preempt_ready = False
        self._ready_to_lead = False
        self._rogue_adverts_left = 0

    # --- small things -------------------------------------------------------------------------------------------

    @property
    def _master_interval(self) -> Seconds:
        """The master's, where VRRPv3 has learnt it, else our own."""
        if self.parameters.version == 2 or self._learnt_interval is None:
            return self.parameters.advert_interval
        return self._learnt_interval

    def _skew(self) -> Seconds:
        priority = timing_priority(self.parameters, self.effective_priority)
        return skew_time(self.parameters.version, priority, self._master_interval)

    def _down_interval(self) -> Seconds:
        return master_down_interval(
            self.parameters.version,
            timing_priority(self.parameters, self.effective_priority),
            self._master_interval,
            self.parameters.down_timer_adverts,
        )

    def _wait(self) -> Seconds:
        """What a running Master_Down_Timer was set to."""
        resigned = self._takeover is Reason.MASTER_RESIGNED
        return self._skew() if resigned else self._down_interval()

    def _shift_master_down(self, old_wait: Seconds) -> None:
        """A running Master_Down_Timer moves by what the wait changed by (keepalived)."""
        at = self._deadlines.get(Timer.MASTER_DOWN)
        if at is not None:
            self._deadlines.set(Timer.MASTER_DOWN, after(at, self._wait() - old_wait))

    def _advertise(self, now: Instant) -> None:
        self._send(self.effective_priority)
        self._deadlines.set(ADVERT, after(now, self.parameters.advert_interval))
        if self._rogue_adverts_left:
            self._rogue_adverts_left -= 1
            if not self._rogue_adverts_left:
                self._await_rogue(now)

    def _await_rogue(self, now: Instant) -> None:
        """Unless another owner is heard before this deadline it has fallen silent."""
        grace = ROGUE_GRACE_FACTOR * max(self._rogue_interval, self.parameters.advert_interval)
        self._deadlines.set(Timer.OWNER_CONFLICT, after(now, grace))

    def _send(self, priority: Priority) -> None:
        self.statistics.adverts_sent += 1
        self.statistics.priority_zero_sent += priority == RESIGN
        self._effects.append(effects.advertisement(priority))

    def _add(self, addresses: tuple[Address, ...]) -> None:
        if addresses:
            self._effects.append(effects.AddAddresses(addresses))

    def _remove(self, addresses: tuple[Address, ...]) -> None:
        if addresses:
            self._effects.append(effects.RemoveAddresses(addresses))

    def _announce(self, addresses: tuple[Address, ...], rounds: int) -> None:
        if addresses and rounds > 0:
            self._effects.append(effects.Announce(addresses, rounds))

    def _announce_source(self) -> None:
        starting = self._deadlines.get(Timer.STARTUP_DELAY) is not None
        if self.parameters.announce_source and self._source is not None and not starting:
            self._effects.append(effects.AnnounceSource(self._source))

    def _announce_all(self, rounds: int) -> None:
        self._announce(self.parameters.all_addresses, rounds)

    def _schedule_announcements(self, now: Instant) -> None:
        policy = self.parameters.announce
        if policy.delay > 0:
            self._deadlines.set(Timer.SECOND_ANNOUNCE, after(now, policy.delay))
        self._schedule_refresh(now, policy.delay + policy.refresh)

    def _schedule_refresh(self, now: Instant, delay: float) -> None:
        self._deadlines.clear(Timer.REFRESH)
        if self.parameters.announce.refresh > 0:
            self._deadlines.set(Timer.REFRESH, after(now, delay))

    @property
    def _confirm_span(self) -> Seconds:
        return max(self.parameters.advert_interval, CONFIRM_SOONEST)

    def _confirm_later(self, now: Instant) -> None:
        """Whoever became master together with us may have announced behind us: the last word has to be ours."""
        self._deadlines.set(Timer.CONFIRM, after(now, self._confirm_span))

    def _schedule_elsewhere(self, now: Instant) -> None:
        """keepalived's garp_extra_if: no advertisement tells switches where these addresses are."""
        self._deadlines.clear(Timer.ELSEWHERE)
        if self.parameters.elsewhere and self.parameters.announce.elsewhere > 0:
            self._deadlines.set(Timer.ELSEWHERE, after(now, self.parameters.announce.elsewhere))

    def _notify(self, event: NotifyEvent) -> None:
        self._effects.append(effects.Notify(event, self.effective_priority))

    def _notice(self, kind: NoticeKind, detail: str) -> None:
        self._effects.append(effects.Notice(kind, detail))

    def _notice_once(self, kind: NoticeKind, subject: object, detail: str) -> None:
        """Say it unless it has been said of this subject since the last change of state."""
        if self._memory.first_time(kind, subject):
            self._notice(kind, detail)


def describe_fault(fault: Fault) -> str:
    return f"{fault.reason.value}: {fault.name}" if fault.name else fault.reason.value
