"""What the protocol promises for each event of the demonstration, from the two nodes' own configuration."""

from dataclasses import dataclass
from typing import Final

from vrrpd.config.model import Config, VrrpInstance
from vrrpd.core import timers
from vrrpd.core.parameters import Handover
from vrrpd.tracking import Contribution, evaluate
from vrrpd.units import Priority, Seconds

MEASURING_SLACK: Final = 0.02
"""Seconds by which an outage may seem shorter than it is promised to be: two requests."""

MACHINE_SLACK: Final = 0.1
"""Seconds that the machine may add: a takeover takes a few milliseconds, a busy machine with two cores adds its own."""


class UnusableConfigError(Exception):
    """The configuration does not describe what the demonstration shows."""


@dataclass(frozen=True, slots=True)
class Promise:
    """An outage lasts at least ``low`` and at most ``high`` seconds; ``why`` names the timers that make it up."""

    low: Seconds
    high: Seconds
    why: str

    def kept(self, outage: Seconds) -> bool:
        return self.low - MEASURING_SLACK <= outage <= self.high + MACHINE_SLACK

    def __str__(self) -> str:
        if not self.high:
            return "0"
        if self.high == self.low:
            return f"{self.high * 1000:.0f}"
        return f"{self.low * 1000:.0f} .. {self.high * 1000:.0f}"


@dataclass(frozen=True, slots=True)
class Node:
    """One node's settings as the election sees them; both priorities are effective ones."""

    interval: Seconds
    version: int
    adverts: int
    healthy: Priority
    failed: Priority
    check_every: Seconds
    lingers: bool = False
    """On a stop its addresses stay until its successor has announced them."""

    @property
    def master_down(self) -> Seconds:
        return timers.master_down_interval(self.version, self.healthy, self.interval, self.adverts)

    @property
    def skew(self) -> Seconds:
        return timers.skew_time(self.version, self.healthy, self.interval)


def node_of(config: Config, daemon: str = "vrrpd") -> Node:
    """The node that a configuration with one instance and one script makes, run by ``daemon``."""
    if len(config.vrrp_instances) != 1 or len(config.vrrp_scripts) != 1:
        raise UnusableConfigError("the demonstration needs one vrrp_instance and one vrrp_script")
    instance, script = config.vrrp_instances[0], config.vrrp_scripts[0]
    return Node(
        interval=instance.advert_int,
        version=instance.version,
        adverts=instance.down_timer_adverts,
        healthy=_effective(instance, True),
        failed=_effective(instance, False),
        check_every=script.interval,
        lingers=daemon == "vrrpd" and instance.handover is Handover.MAKE_FIRST,
    )


def _effective(instance: VrrpInstance, script_ok: bool) -> Priority:
    tracks = (Contribution(track.name, track.weight, track.reverse, script_ok) for track in instance.track_script)
    return evaluate(instance.priority, tracks).effective_priority


@dataclass(frozen=True, slots=True)
class Promises:
    """``service_killed`` and the rest are about the master ``first`` while ``second`` is its healthy backup."""

    first: Node
    second: Node

    def __post_init__(self) -> None:
        if not self.first.failed < self.second.healthy < self.first.healthy:
            raise UnusableConfigError(
                f"a failing check must move the addresses: {self.first.failed} < {self.second.healthy}"
                f" < {self.first.healthy} does not hold"
            )

    @property
    def start(self) -> Seconds:
        """The longest that the first master may take to come up: a whole Master_Down_Interval after its check."""
        return Seconds(self.first.check_every + self.first.master_down)

    @property
    def service_killed(self) -> Promise:
        """The service fails at once; the check sees it later; the backup then counts from the last higher advert.

        It discards the lower ones (RFC 3768 section 6.4.2), and the last higher one is up to one interval older.
        """
        down, every = self.second.master_down, self.first.check_every
        return Promise(
            Seconds(down - self.first.interval),
            Seconds(every + down),
            f"check (0 .. {every:g} s) + Master_Down_Interval, from the last advert with the higher priority",
        )

    @property
    def node_crashed(self) -> Promise:
        down = self.second.master_down
        return Promise(
            Seconds(down - self.first.interval), down, "Master_Down_Interval, from the last advert before the crash"
        )

    @property
    def stopped(self) -> Promise:
        if self.first.lingers:
            why = "the master says farewell (priority 0), but lets go only when the other one has announced itself"
            return Promise(Seconds(0.0), Seconds(0.0), why)
        return Promise(self.second.skew, self.second.skew, "Skew_Time, after the master's farewell (priority 0)")

    @property
    def handed_back(self) -> Promise:
        return Promise(Seconds(0.0), Seconds(0.0), "the higher priority advertises first, then the other lets go")

    @property
    def return_wait(self) -> Seconds:
        """The longest until the better node takes over again: check, then Master_Down_Interval."""
        return Seconds(self.first.check_every + self.first.master_down + self.first.interval)
