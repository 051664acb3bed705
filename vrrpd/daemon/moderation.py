"""What comes or goes within a moment is read or sent together: waking up costs more than a packet."""

from collections.abc import Collection
from typing import Final

from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.units import Instant, Seconds, after, between

FEW: Final = 4
"""Instances that are each served in their own time."""
LONGEST_SLACK: Final = Seconds(0.001)
SLACK_SHARE: Final = 100

SHORT_HOLD: Final = Seconds(0.001)
LONG_HOLD: Final = Seconds(0.004)
HOLD_SHARE: Final = 25
MANY: Final = 16
"""Instances whose packets are worth a longer wait."""

NEAR: Final = Seconds(0.001)
ROW: Final = 4
"""Wake-ups, each less than ``NEAR`` after the one before, that are a load."""
WORTH: Final = 8
"""Packets that make up for having waited."""
PERSISTENCE: Final = 8
"""Waits for less than that until the load counts as over: it comes in waves, once in every interval."""
FLOOD: Final = 1000
"""Packets in one wait that nobody expects: their senders would fill the queue, so it is emptied as fast as can be."""


def slack(routers: Collection[VirtualRouter]) -> Seconds:
    """How long a MASTER's advert may wait for those of other instances, to be sent with them: a hundredth of the
    shortest interval, 1 ms at most.

    The rhythm stays: the next one is due an interval after this one was due, not after it was sent.
    """
    if len(routers) < FEW:
        return Seconds(0.0)
    return Seconds(min(LONGEST_SLACK, _shortest(routers) / SLACK_SHARE))


def hold(routers: Collection[VirtualRouter]) -> Seconds:
    """How long the next reading waits under load: less than what a protocol timer can tell from the delays of the
    network, and no deadline waits for it.
    """
    if len(routers) < MANY:
        return SHORT_HOLD
    return Seconds(max(SHORT_HOLD, min(LONG_HOLD, _shortest(routers) / HOLD_SHARE)))


def _shortest(routers: Collection[VirtualRouter]) -> Seconds:
    return min(router.parameters.advert_interval for router in routers)


class Moderation:
    """Decides when to wait, ``hold`` seconds each time. A single instance never makes a load, nor does a flood."""

    def __init__(self) -> None:
        self.hold = SHORT_HOLD
        self._last = Instant(float("-inf"))
        self._row = 0

    def wait(self, now: Instant) -> Instant | None:
        """Something can be read: until when to wait for more of it. None: read it now."""
        if self._row < ROW:
            self._row = self._row + 1 if between(self._last, now) < NEAR else 0
        self._last = now
        return after(now, self.hold) if self._row >= ROW else None

    def waited(self, packets: int) -> None:
        """So much had come meanwhile."""
        if packets >= WORTH:
            self._row = 0 if packets >= FLOOD else ROW + PERSISTENCE
        else:
            self._row = self._row - 1 if self._row > ROW else 0
