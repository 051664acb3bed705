"""The protocol's intervals, and the named deadlines of one virtual router."""

import enum
from dataclasses import field
from typing import Final

from vrrpd.core.parameters import Parameters
from vrrpd.records import dataclass
from vrrpd.units import Instant, Priority, Seconds


def skew_time(version: int, priority: Priority, master_interval: Seconds) -> Seconds:
    """Skew_Time in seconds, never rounded.

    VRRPv2: (256 - priority) / 256 s (RFC 3768 section 6.1); VRRPv3: that share of the master's interval
    (RFC 9568 section 6.1).
    """
    share = (256 - priority) / 256
    return Seconds(share if version == 2 else share * master_interval)


def master_down_interval(version: int, priority: Priority, master_interval: Seconds, adverts: int = 3) -> Seconds:
    """Master_Down_Interval in seconds: ``adverts`` intervals of the master and one Skew_Time."""
    return Seconds(adverts * master_interval + skew_time(version, priority, master_interval))


def timing_priority(parameters: Parameters, effective_priority: Priority) -> Priority:
    """The priority that timers use: an owner's stays 255 even while it has lowered what it advertises."""
    return parameters.base_priority if parameters.is_owner else effective_priority


class Timer(enum.Enum):
    """One deadline of a virtual router; the value is its name in status output."""

    MASTER_DOWN = "master_down"
    ADVERT = "advert"
    STARTUP_DELAY = "startup_delay"
    PREEMPT_DELAY = "preempt_delay"
    YIELD_HOLD = "yield_hold"
    SECOND_ANNOUNCE = "second_announce"
    LOWER_PRIORITY_ANNOUNCE = "lower_priority_announce"
    REFRESH = "refresh"
    CONFIRM = "confirm_announce"
    ELSEWHERE = "elsewhere_announce"
    OWNER_CONFLICT = "owner_conflict"
    RETRY = "retry"
    SETTLED = "settled"
    OVERDUE = "overdue"
    PROBE_REST = "probe_rest"
    RETURN = "return"
    LINGER = "linger"

    __hash__ = object.__hash__
    """Each is one object. Enum's own is written in Python, and these are looked up with every packet."""


MASTER_DOWN: Final = Timer.MASTER_DOWN
ADVERT: Final = Timer.ADVERT
"""Where packets pass: up to Python 3.11 looking up a member costs more than all that is done with it."""


@dataclass(slots=True)
class Deadlines:
    """Named moments. Nothing is cancelled elsewhere: whoever delivers a deadline asks again whether it has passed."""

    _pending: dict[Timer, Instant] = field(default_factory=dict)

    @property
    def earliest(self) -> Instant | None:
        return min(self._pending.values()) if self._pending else None

    def set(self, timer: Timer, at: Instant) -> None:
        self._pending[timer] = at

    def get(self, timer: Timer) -> Instant | None:
        return self._pending.get(timer)

    def clear(self, *timers: Timer) -> None:
        for timer in timers:
            self._pending.pop(timer, None)

    def clear_all(self, but: Timer | None = None) -> None:
        self._pending = {timer: at for timer, at in self._pending.items() if timer is but}

    def due(self, now: Instant) -> list[Timer]:
        """The timers that have run out, longest overdue first."""
        due = [timer for timer, at in self._pending.items() if at <= now]
        if len(due) > 1:
            due.sort(key=self._pending.__getitem__)
        return due

    def remaining(self, now: Instant) -> dict[str, Seconds]:
        return {timer.value: Seconds(at - now) for timer, at in self._pending.items()}
