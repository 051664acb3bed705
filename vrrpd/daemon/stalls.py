"""Notices that the process, or the whole machine, did not run for a while."""

from collections.abc import Callable
from typing import Final

from vrrpd.linux.clock import boot_now, now
from vrrpd.units import Instant, Seconds, between

SHORTEST: Final = Seconds(0.1)
"""Less than this happens on a busy machine and says nothing."""


def threshold(advert_interval: Seconds) -> Seconds:
    """How late makes a stall: others may have missed an advert."""
    return max(SHORTEST, advert_interval)


class StallDetector:
    """A stopped process wakes late; a suspended machine shows as CLOCK_BOOTTIME running ahead of CLOCK_MONOTONIC."""

    def __init__(self, monotonic: Callable[[], Instant] = now, boottime: Callable[[], Instant] = boot_now) -> None:
        self._monotonic = monotonic
        self._boottime = boottime
        self._ahead = self._measure()

    def suspended(self) -> Seconds:
        """Seconds that the machine was suspended since this was last asked."""
        ahead = self._measure()
        before, self._ahead = self._ahead, ahead
        return Seconds(max(0.0, ahead - before))

    def stalled(self, deadline: Instant, woken: Instant) -> Seconds:
        """Seconds between the deadline and the wake-up for it, and what a suspension adds to that."""
        return Seconds(max(0.0, between(deadline, woken)) + self.suspended())

    def _measure(self) -> float:
        return between(self._monotonic(), self._boottime())
