"""Faster than the protocol's timers, where ``Parameters.fast_failover`` asks for it; without it nothing here acts."""

from typing import Final

from vrrpd.core.effects import NoticeKind, Probe, Reason, State, StopProbing
from vrrpd.core.election import Election
from vrrpd.core.events import HostAnswered, HostSilent
from vrrpd.core.memory import Heard
from vrrpd.core.parameters import Parameters, ProbeMode
from vrrpd.core.timers import Timer
from vrrpd.units import RESIGN, Address, Instant, Priority, Seconds, after

OVERDUE_FACTOR: Final = 1.1
SKEW_SHARE: Final = 0.25
FIRST_REST: Final = Seconds(60.0)
LONGEST_REST: Final = Seconds(3600.0)


class FastElection(Election):
    """Which host is asked, and what its silence leads to."""

    # Beyond thirty attributes Python keeps five times as much for each instance.
    __slots__ = ("_probe", "_protocol_down", "_provisional_until", "_relied_on", "_rest", "_rest_until", "_taken_from")

    def __init__(self, name: str, parameters: Parameters) -> None:
        super().__init__(name, parameters)
        self._relied_on: Address | None = None  # who sent the advert accepted last
        self._probe: Probe | None = None
        self._protocol_down: Instant | None = None  # when it runs out, while cut short
        self._taken_from: Address | None = None
        self._provisional_until = Instant(0.0)
        self._rest = Seconds(0.0)
        self._rest_until = Instant(0.0)

    def _rely_on(self, heard: Heard, now: Instant) -> None:
        """After every advert that was accepted as the master's."""
        fast = self.parameters.fast_failover
        if fast is None:
            return
        self._protocol_down = None
        if heard.source != self._relied_on:
            self._rely_on_nobody()
            self._relied_on = heard.source
        if fast.probe is not ProbeMode.OFF and self._deadlines.get(Timer.PROBE_REST) is None:
            self._ask(continuous=fast.probe is ProbeMode.ALWAYS)
            if fast.probe is ProbeMode.OVERDUE:
                self._deadlines.set(Timer.OVERDUE, after(now, self._overdue_after))

    def _rely_on_nobody(self) -> None:
        self._relent()
        self._relied_on = None
        self._deadlines.clear(Timer.OVERDUE)
        if self._probe is not None:
            self._effects.append(StopProbing(self._probe.host))
            self._probe = None

    def _ask(self, *, continuous: bool) -> None:
        fast = self.parameters.fast_failover
        if fast is not None and self._relied_on is not None:
            wanted = Probe(self._relied_on, fast.interval, fast.misses, continuous)
            if wanted != self._probe:
                self._probe = wanted
                self._effects.append(wanted)

    @property
    def _overdue_after(self) -> Seconds:
        return Seconds(OVERDUE_FACTOR * self._master_interval)

    def _overdue(self, _at: Instant, _now: Instant) -> None:
        self._ask(continuous=True)

    def _hasten(self, start: Instant, reason: Reason) -> None:
        """Take over a quarter of Skew_Time after ``start``, if that is sooner. The better of two is first."""
        at, due = after(start, SKEW_SHARE * self._skew()), self._deadlines.get(Timer.MASTER_DOWN)
        if due is not None and at < due and self._protocol_down is None and not self._ready_to_lead:
            self._protocol_down, self._takeover = due, reason
            self._deadlines.set(Timer.MASTER_DOWN, at)

    def _relent(self) -> None:
        """The protocol's own timer goes on as if it had never been cut short."""
        if self._protocol_down is not None:
            self._ready_to_lead = False
            self._deadlines.set(Timer.MASTER_DOWN, self._protocol_down)
            self._protocol_down, self._takeover = None, Reason.MASTER_DOWN

    def _priority_moved(self, old: Priority, now: Instant) -> None:
        """A master that fell says so at once; a backup that fell to the master's level leaves it alone."""
        if self.parameters.fast_failover is None or self.effective_priority >= old:
            return
        master = self._memory.master
        if self.state is State.MASTER:
            self._advertise(now)
        elif self._takeover is Reason.PREEMPTING and master and master.priority >= self.effective_priority:
            self._relent()

    def _on_host_silent(self, event: HostSilent, now: Instant) -> None:
        asked = self._probe is not None and event.host == self._probe.host
        if asked and self._takeover is not Reason.MASTER_RESIGNED:
            self._hasten(self._verdict_at(now), Reason.MASTER_SILENT)

    def _on_host_answered(self, event: HostAnswered, _now: Instant) -> None:
        if event.host == self._relied_on and self._takeover is Reason.MASTER_SILENT:
            self._relent()

    def _verdict_at(self, now: Instant) -> Instant:
        """Backups ask at the same instants; being woken late by a quarter of a request's time reorders none."""
        fast, master = self.parameters.fast_failover, self._memory.master
        if not fast or not master or master.source != self._relied_on:
            return now
        step = fast.interval / 2  # the time that a request has
        begin = self._overdue_after if fast.probe is ProbeMode.OVERDUE else 0.0
        due = after(master.at, begin + (fast.misses + 0.25) * step)
        return due if now < due else after(due, -((due - now) // step) * step)

    def _enter_master(self, reason: Reason, detail: str, now: Instant) -> None:
        hasty = self._takeover is Reason.MASTER_SILENT and reason is not Reason.OPERATOR
        silent, span = (self._relied_on if hasty else None), self._down_interval()
        super()._enter_master(reason, detail, now)
        self.statistics.silent_takeovers += silent is not None
        self._taken_from, self._provisional_until = silent, after(now, span)

    def _is_provisional(self, now: Instant) -> bool:
        """So short a time after a takeover the other may not have heard of us, nor see why to announce itself again.

        Until the caches of clients expire, they would send to us.
        """
        return self.parameters.fast_failover is not None and now <= self._provisional_until

    def _become(self, state: State, reason: Reason, detail: str, now: Instant) -> None:
        self._protocol_down = None
        self._rely_on_nobody()
        super()._become(state, reason, detail, now)

    def _wait(self) -> Seconds:
        """A master that resigned is succeeded as soon as one that fell."""
        wait, fast = super()._wait(), self.parameters.fast_failover is not None
        return Seconds(SKEW_SHARE * wait) if fast and self._takeover is Reason.MASTER_RESIGNED else wait

    def _shift_master_down(self, old_wait: Seconds) -> None:
        if self._protocol_down is None:
            super()._shift_master_down(old_wait)

    def _judge_takeover(self, heard: Heard, now: Instant) -> None:
        """Nobody comes back within Master_Down_Interval: a master that is heard again so soon was never gone."""
        wrong = heard.source == self._taken_from and now <= self._provisional_until
        if not wrong or heard.advertisement.priority == RESIGN:
            return
        self._taken_from = None
        self.statistics.wrong_takeovers += 1
        calm = now > after(self._rest_until, self._rest)
        self._rest = FIRST_REST if calm else Seconds(min(2 * self._rest, LONGEST_REST))
        self._rest_until = after(now, self._rest)
        self._deadlines.set(Timer.PROBE_REST, self._rest_until)
        detail = f"{heard.source} was alive though it answered nothing: no probing for {self._rest:g} s"
        self._notice(NoticeKind.WRONG_TAKEOVER, detail)

    def _probe_rest_over(self, _at: Instant, _now: Instant) -> None:
        self._notice(NoticeKind.PROBING, "the master's host is asked again")
