"""keepalived's max_auto_priority: whoever is woken late runs in real time from then on, before others if need be."""

import logging
from collections.abc import Callable

from vrrpd.config.model import GlobalDefs
from vrrpd.errors import LinuxError
from vrrpd.linux.realtime import set_rt_priority
from vrrpd.units import Seconds

log = logging.getLogger("vrrpd")

DEFAULT_DELAY = Seconds(1.0)


class AutoPriority:
    """``most`` 1..99 of SCHED_RR, up to which each late wake-up raises the priority by one; less: never."""

    def __init__(self, set_priority: Callable[[int], None] = set_rt_priority) -> None:
        self._set_priority = set_priority
        self._most = 0
        self._delay = DEFAULT_DELAY
        self._now = 0

    def configure(self, defs: GlobalDefs) -> None:
        self._most = defs.max_auto_priority or 0
        microseconds = defs.min_auto_priority_delay
        self._delay = DEFAULT_DELAY if microseconds is None else Seconds(microseconds / 1e6)
        self._now = max(self._now, defs.vrrp_rt_priority or 0)

    def woken(self, late: float) -> None:
        """``late``: seconds after the deadline that it was woken for."""
        if late < self._delay or self._now >= self._most:
            return
        try:
            self._set_priority(self._now + 1)
        except LinuxError as error:
            log.warning("%s", error)
            self._most = 0
            return
        self._now += 1
        log.warning("woken %.3f s late: real-time priority %d (max_auto_priority %d)", late, self._now, self._most)
