"""How long a daemon that has just started takes no part: vrrp_startup_delay and vrrp_delay_after_boot."""

from dataclasses import replace
from typing import Final

from vrrpd.config.model import GlobalDefs
from vrrpd.core.events import Startup
from vrrpd.units import Instant, Seconds

LONG: Final = Seconds(60.0)
"""keepalived warns of delays from here on."""


def startup_of(defs: GlobalDefs, uptime: Instant) -> Startup:
    """The later of both ends (keepalived); ``uptime``: seconds since the machine booted."""
    since_boot = Seconds(max(0.0, defs.vrrp_delay_after_boot - uptime))
    if since_boot > defs.vrrp_startup_delay:
        return Startup(since_boot, f"vrrp_delay_after_boot, {uptime:.0f} s after boot")
    return Startup(defs.vrrp_startup_delay)


def listened(startup: Startup, seconds: Seconds, interval: Seconds) -> Startup:
    """For those who have been able to hear the others for so long; more than an ``interval`` never counts."""
    return replace(startup, listening=min(seconds, interval))


def remainder(startup: Startup, elapsed: float) -> Startup:
    """What is left of it for an instance that comes later."""
    return Startup(Seconds(max(0.0, startup.delay - elapsed)), startup.why)
