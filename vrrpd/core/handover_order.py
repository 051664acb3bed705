"""Make before break: a MASTER that leaves of its own will keeps its addresses until somebody else has them.

It has resigned by then and takes no part any more; only its addresses stay and answer, no longer announced. They go
when the successor's announcements are heard, or shortly after its first advertisement, or after ``longest_wait``.
"""

from typing import Final

from vrrpd.core.parameters import Parameters
from vrrpd.core.timers import skew_time
from vrrpd.records import dataclass
from vrrpd.units import Address, Instant, Priority, Seconds

LAST_TO_FOLLOW: Final = Priority(1)
MARGIN: Final = Seconds(0.1)
GRACE: Final = Seconds(0.1)
GRACE_EACH: Final = Seconds(0.0001)
"""A successor advertises, adds its addresses, announces them; a keepalived 2.2.7 that has to wait for a processor was
seen to do that 34 ms after its advertisement, with 1000 addresses it takes 31 ms when it has not."""


def longest_wait(parameters: Parameters) -> Seconds:
    """How long addresses stay when nobody is heard.

    The lowest priority takes over one Skew_Time after the farewell; one interval for an advertisement that is lost.
    """
    interval = parameters.advert_interval
    return Seconds(skew_time(parameters.version, LAST_TO_FOLLOW, interval) + interval + MARGIN)


@dataclass(slots=True)
class Lingering:
    """The addresses of a virtual router that has left since ``since``; none: it is over, or never began."""

    addresses: tuple[Address, ...] = ()
    since: Instant = Instant(0.0)
    successor: Address | None = None

    @property
    def grace(self) -> Seconds:
        """How long the addresses are still needed after the successor's first advertisement."""
        return Seconds(GRACE + GRACE_EACH * len(self.addresses))
