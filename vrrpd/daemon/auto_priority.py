"""Real time priority: as configured, raised when we are woken late, given up for a while when we do not pause."""

import logging
from collections.abc import Callable
from typing import Final

from vrrpd.config.model import GlobalDefs
from vrrpd.daemon.stalls import Stall
from vrrpd.errors import LinuxError
from vrrpd.linux.realtime import limit_rttime, rt_priority, set_rt_priority
from vrrpd.units import Seconds

log = logging.getLogger("vrrpd")

DEFAULT_DELAY = Seconds(1.0)
LOWEST: Final = 1
"""Before everything that is not real time, behind everything else that is."""
LONGEST_RUN: Final = 200_000
"""Microseconds in real time without a pause: longer than anything takes that is not a defect."""
REST: Final = Seconds(60.0)


class AutoPriority:
    """keepalived's max_auto_priority: ``most`` 1..99 of SCHED_RR, up to which each late wake-up raises it by one.

    Without that keyword, unless ``tuning`` forbids it: the lowest, from the first time on that we got no CPU for longer
    than an advertisement interval. ``later`` calls after so many seconds; ``inherited`` is the priority that a service
    manager has given us.
    """

    def __init__(
        self,
        later: Callable[[float, Callable[[], None]], object],
        set_priority: Callable[[int], None] = set_rt_priority,
        limit: Callable[[int], None] = limit_rttime,
        inherited: int | None = None,
    ) -> None:
        self._later = later
        self._set_priority = set_priority
        self._limit = limit
        self._limited = False
        self._inherited = rt_priority() if inherited is None else inherited
        self._automatic = False
        self._most = 0
        self._delay = DEFAULT_DELAY
        self._now = 0

    def configure(self, defs: GlobalDefs) -> None:
        self._automatic = defs.tuning == "automatic" and defs.max_auto_priority is None
        self._most = defs.max_auto_priority or 0
        microseconds = defs.min_auto_priority_delay
        self._delay = DEFAULT_DELAY if microseconds is None else Seconds(microseconds / 1e6)
        self._now = max(self._now, defs.vrrp_rt_priority or 0, self._inherited)
        self._limited = self._limited or defs.vrrp_rlimit_rttime is not None
        if self._inherited:
            self._limit_once()

    def woken(self, late: float) -> None:
        """``late``: seconds after the deadline that it was woken for."""
        if late < self._delay or self._now >= self._most:
            return
        try:
            self._raise(self._now + 1)
        except LinuxError as error:
            log.warning("%s", error)
            self._most = 0
            return
        log.warning("woken %.3f s late: real-time priority %d (max_auto_priority %d)", late, self._now, self._most)

    def stalled(self, stall: Stall) -> None:
        """We were late for others."""
        if not self._automatic or not stall.starved or self._now:
            return
        try:
            self._raise(LOWEST)
        except LinuxError as error:
            log.info("real-time priority would help, but is not granted: %s", error)
            self._automatic = False
            return
        log.warning("real-time priority %d from now on, so that there is a CPU (tuning automatic)", LOWEST)

    def ran_long(self) -> None:
        """The kernel says (RLIMIT_RTTIME) that others have waited for us; we run as usual already."""
        log.warning("ran longer than vrrp_rlimit_rttime allows without a pause: no real time for %g s", REST)
        if self._now:
            self._later(REST, self._resume)

    def _resume(self) -> None:
        try:
            self._set_priority(self._now)
        except LinuxError as error:
            log.info("%s", error)

    def _raise(self, priority: int) -> None:
        self._limit_once()
        self._set_priority(priority)
        self._now = priority

    def _limit_once(self) -> None:
        if not self._limited:
            self._limited = True
            self._limit(LONGEST_RUN)
