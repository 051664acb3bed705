"""What comes or goes within a millisecond is read or sent together: waking up costs more than a packet."""

import time
from collections.abc import Callable, Collection
from typing import Final

from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.linux.clock import now as read_clock
from vrrpd.units import Instant, Seconds, between

HOLD: Final = Seconds(0.001)
"""How long the next reading waits under load: less than any protocol timer can tell from the network's own delays."""
MARGIN: Final = Seconds(0.0003)
"""What is left until a deadline after having waited, for the kernel wakes a little late."""
ROW: Final = 4
"""Wake-ups, each less than ``HOLD`` after the one before, that are a load."""

FEW: Final = 4
"""Instances that are each served in their own time."""
LONGEST_SLACK: Final = Seconds(0.001)
SLACK_SHARE: Final = 100


def slack(routers: Collection[VirtualRouter]) -> Seconds:
    """How long a MASTER's advert may wait for those of other instances, to be sent with them: a hundredth of the
    shortest interval, 1 ms at most.

    The rhythm stays: the next one is due an interval after this one was due, not after it was sent.
    """
    if len(routers) < FEW:
        return Seconds(0.0)
    shortest = min(router.parameters.advert_interval for router in routers)
    return Seconds(min(LONGEST_SLACK, shortest / SLACK_SHARE))


class Moderation:
    """Decides when to wait. A single instance at the shortest interval, 10 ms, never makes a load."""

    def __init__(
        self, clock: Callable[[], Instant] = read_clock, sleep: Callable[[float], None] = time.sleep
    ) -> None:  # fmt: skip
        self._clock = clock
        self._sleep = sleep
        self._last = self._waited = Instant(float("-inf"))
        self._row = 0

    def wait(self, deadline: Instant, sockets: int) -> Instant:
        """Something can be read: wait a moment for more, if much comes and ``deadline`` allows it. The time then.

        Of several ``sockets`` that can be read at once only the first is waited for.
        """
        now = self._clock()
        self._row = self._row + 1 if between(self._last, now) < HOLD else 0
        if self._row >= ROW:
            self._row = ROW
            waited = sockets > 1 and between(self._waited, now) < HOLD
            if between(now, deadline) > HOLD + MARGIN and not waited:
                self._sleep(HOLD)
                now = self._waited = self._clock()
        self._last = now
        return now
