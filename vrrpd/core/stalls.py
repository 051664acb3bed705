"""A process that did not run for a while: others may have acted meanwhile, so it looks before it speaks.

What arrived meanwhile waits in the sockets and is delivered before ``Stalled``. Whoever took over has been heard there,
unless the whole machine slept: then nothing has arrived, and whoever is master speaks within an interval.
"""

from typing import Final

from vrrpd.core.effects import NoticeKind, Reason, State
from vrrpd.core.events import Stalled
from vrrpd.core.fast_failover import FastElection
from vrrpd.core.timers import Timer, master_down_interval
from vrrpd.units import Instant, Priority, Seconds, after

ANSWER_TIME: Final = Seconds(0.05)
"""A better master answers our advert at once, and then clients have not been told to come to us."""
_LAST: Final = Priority(1)
_ANNOUNCED_ONCE: Final = (Timer.SECOND_ANNOUNCE, Timer.LOWER_PRIORITY_ANNOUNCE, Timer.CONFIRM)
_ANNOUNCED_AGAIN: Final = (Timer.REFRESH, Timer.ELSEWHERE)


class StalledElection(FastElection):
    """What a virtual router does that was not running for longer than its advertisement interval."""

    def _on_stalled(self, event: Stalled, now: Instant) -> None:
        self.statistics.stalls += 1
        if not self._started:
            return
        self._notice(NoticeKind.STALLED, f"did not run for {event.seconds:.2f} s")
        if self.state is State.MASTER:
            self._return_as_master(event.seconds, now)
        elif self.state is State.BACKUP and self._deadlines.is_due(Timer.MASTER_DOWN, now):
            self._deadlines.set(Timer.MASTER_DOWN, after(now, self._master_interval + self._skew()))

    def _return_as_master(self, stalled: Seconds, now: Instant) -> None:
        spoken = now - self._last_sent(now)
        silent = Seconds(max(stalled, spoken))
        if spoken < ANSWER_TIME:
            self._announce_from(after(now, ANSWER_TIME))  # it has just answered somebody
        elif self.parameters.timer_expired_backup is not None and self._is_replaced_after(silent):
            detail = f"did not run for {stalled:.2f} s, the other node has taken over"
            self._release(farewells=0)
            self._enter_backup(Reason.STALLED, detail, after(now, self._down_interval()), now)
        elif self._lets_others_be and silent >= self._longest_wait:
            # Whoever lives has taken over, and is not to be driven out again: it will be heard.
            self._deadlines.clear(Timer.ADVERT)
            self._announce_from(after(now, self.parameters.advert_interval + ANSWER_TIME))
        else:
            # Silence would only let more backups run out of patience.
            self._advertise(now)
            self._announce_from(after(now, ANSWER_TIME))

    def _announce_from(self, start: Instant) -> None:
        """Not before, whatever else is due."""
        self._deadlines.clear(*(timer for timer in _ANNOUNCED_ONCE if self._deadlines.is_due(timer, start)))
        for timer in (Timer.RETURN, *(timer for timer in _ANNOUNCED_AGAIN if self._deadlines.is_due(timer, start))):
            self._deadlines.set(timer, start)

    def _returned(self, _at: Instant, now: Instant) -> None:
        """Nobody has objected: the addresses are ours still."""
        if self._deadlines.get(Timer.ADVERT) is None:
            self._advertise(now)
        self._announce_all(self.parameters.announce.repeat)

    def _replaced_meanwhile(self, now: Instant) -> bool:
        """A nopreempt master that was silent for so long that another one, heard just now, is so by right."""
        silent = self._longest_wait if self._deadlines.get(Timer.ADVERT) is None else now - self._last_sent(now)
        return self._is_replaced_after(Seconds(silent))

    def _is_replaced_after(self, silent: Seconds) -> bool:
        """keepalived's timer_expired_backup says the priority of the other node; else it may be like ours."""
        if not self._lets_others_be:
            return False
        other, interval = self.parameters.timer_expired_backup, self.parameters.advert_interval
        if other is None:
            return silent >= self._down_interval()
        return silent >= master_down_interval(self.parameters.version, other, interval)

    @property
    def _lets_others_be(self) -> bool:
        return not self.parameters.preempt and not self.parameters.is_owner  # who always preempts

    @property
    def _longest_wait(self) -> Seconds:
        """Master_Down_Interval of the lowest priority."""
        settings = self.parameters
        return master_down_interval(settings.version, _LAST, settings.advert_interval, settings.down_timer_adverts)

    def _last_sent(self, now: Instant) -> Instant:
        """When a MASTER's last advert went out."""
        due = self._deadlines.get(Timer.ADVERT)
        return now if due is None else after(due, -self.parameters.advert_interval)
