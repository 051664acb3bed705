"""A process that did not run for a while: others may have acted meanwhile, so it looks before it speaks.

What had queued is delivered before ``Stalled``: whoever took over has been heard, unless the whole machine slept.
"""

from typing import Final

from vrrpd.core.effects import NoticeKind, Reason, State
from vrrpd.core.events import Stalled
from vrrpd.core.fast_failover import FastElection
from vrrpd.core.timers import ADVERT, MASTER_DOWN, Timer, master_down_interval
from vrrpd.units import Instant, Priority, Seconds, after

ANSWER_TIME: Final = Seconds(0.05)
"""A better master answers our advert at once, and then clients have not been told to come to us."""
_LAST: Final = Priority(1)
_ANNOUNCEMENTS: Final = (
    Timer.SECOND_ANNOUNCE, Timer.LOWER_PRIORITY_ANNOUNCE, Timer.CONFIRM, Timer.REFRESH, Timer.ELSEWHERE
)  # fmt: skip


class StalledElection(FastElection):
    """What a virtual router does that was not running for longer than its advertisement interval."""

    def _on_stalled(self, event: Stalled, now: Instant) -> None:
        self.statistics.stalls += 1
        if self._started:
            self._notice(NoticeKind.STALLED, f"did not run for {event.seconds:.2f} s")
        if self.state is State.MASTER:
            self._return_as_master(event.seconds, now)
        elif self.state is State.BACKUP and MASTER_DOWN in self._deadlines.due(now):
            self._deadlines.set(MASTER_DOWN, after(now, self._master_interval + self._skew()))

    def _return_as_master(self, stalled: Seconds, now: Instant) -> None:
        spoken, other, start = now - self._last_sent(now), self.parameters.timer_expired_backup, after(now, ANSWER_TIME)
        if other is not None and self._outlasted(max(stalled, spoken), other):
            detail = f"did not run for {stalled:.2f} s, the other node has taken over"
            self._release(farewells=0)
            self._enter_backup(Reason.STALLED, detail, after(now, self._down_interval()), now)
            return
        if self._outlasted(max(stalled, spoken), _LAST):
            self._deadlines.clear(ADVERT)  # whoever lives has taken over, is not to be driven out, and will be heard
            start = after(start, self.parameters.advert_interval)
        elif spoken > ANSWER_TIME:  # else it has just answered somebody
            self._advertise(now)
        self._deadlines.clear(*_ANNOUNCEMENTS)
        self._deadlines.set(Timer.RETURN, start)

    def _returned(self, _at: Instant, now: Instant) -> None:
        """Nobody has objected: the addresses are ours still."""
        if self._deadlines.get(ADVERT) is None:
            self._advertise(now)
        self._announce_all(self.parameters.announce.repeat)
        self._schedule_refresh(now, self.parameters.announce.refresh)
        self._schedule_elsewhere(now)

    def _replaced_meanwhile(self, now: Instant) -> bool:
        """A nopreempt master was silent, or has listened, for so long that one that it now hears is so by right."""
        other = self.parameters.timer_expired_backup or self.effective_priority
        return self._deadlines.get(ADVERT) is None or self._outlasted(now - self._last_sent(now), other)

    def _outlasted(self, silent: float, other: Priority) -> bool:
        """Whether a node of that priority has taken over meanwhile, and may keep what it has: an owner preempts."""
        own = self.parameters
        adverts = 3 if own.timer_expired_backup else own.down_timer_adverts  # as keepalived has it
        wait = master_down_interval(own.version, other, own.advert_interval, adverts)
        return not own.preempt and not own.is_owner and silent >= wait

    def _last_sent(self, now: Instant) -> Instant:
        """When a MASTER's last advert went out."""
        due = self._deadlines.get(ADVERT)
        return now if due is None else after(due, -self.parameters.advert_interval)
