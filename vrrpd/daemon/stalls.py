"""Notices that the process, or the whole machine, did not run for a while, and says what it can about why."""

from collections.abc import Callable
from typing import Final

from vrrpd.linux.clock import boot_now, now
from vrrpd.linux.load import Load, read_load
from vrrpd.records import dataclass
from vrrpd.units import Instant, Seconds, between

SHORTEST: Final = Seconds(0.1)
"""Less than this happens on a busy machine and says nothing."""
LOOK: Final = Seconds(1.0)
"""How old the figures at most are with which those after a stall are compared, as long as deadlines pass."""
HALF: Final = 0.5


def threshold(advert_interval: Seconds) -> Seconds:
    """How late makes a stall: others may have missed an advert."""
    return max(SHORTEST, advert_interval)


@dataclass(frozen=True, slots=True)
class Stall:
    """``seconds`` without running, of which the machine was ``suspended``, this process ``waited`` for a CPU or was
    busy (``ran``); ``pressure`` is the share of the time in which somebody on the machine waited for a CPU. None: the
    kernel does not tell.
    """

    seconds: Seconds
    suspended: Seconds = Seconds(0.0)
    waited: Seconds | None = None
    ran: Seconds | None = None
    pressure: float | None = None

    @property
    def starved(self) -> bool:
        """It would have run, but got no CPU."""
        return self.waited is not None and self.waited > HALF * self.seconds

    def describe(self) -> str:
        pressure = "" if self.pressure is None else f"; CPU pressure {self.pressure:.0%}"
        return f"did not run for {self.seconds:.2f} s: {self._why}{pressure}"

    @property
    def _why(self) -> str:
        if self.suspended > HALF * self.seconds:
            return "the machine was suspended"
        if self.starved:
            return f"it waited {self.waited:.2f} s for a CPU"
        if self.ran is not None and self.ran > HALF * self.seconds:
            return f"it was busy itself for {self.ran:.2f} s"
        if self.waited is None:
            return "the kernel does not say why"
        return "it was stopped or frozen, or its virtual machine was"

    def fields(self) -> dict[str, float | None]:
        """For log lines that machines read."""
        return {
            "seconds": round(self.seconds, 3),
            "suspended": round(self.suspended, 3),
            "waited_for_cpu": None if self.waited is None else round(self.waited, 3),
            "ran": None if self.ran is None else round(self.ran, 3),
            "cpu_pressure": None if self.pressure is None else round(self.pressure, 3),
        }


class StallDetector:
    """A stopped process wakes late; a suspended machine shows as CLOCK_BOOTTIME running ahead of CLOCK_MONOTONIC."""

    def __init__(
        self,
        monotonic: Callable[[], Instant] = now,
        boottime: Callable[[], Instant] = boot_now,
        load: Callable[[], Load] = read_load,
    ) -> None:
        self._monotonic = monotonic
        self._boottime = boottime
        self._load = load
        self._ahead = self._measure()
        self._before = load()

    def suspended(self) -> Seconds:
        """Seconds that the machine was suspended since this was last asked."""
        ahead = self._measure()
        before, self._ahead = self._ahead, ahead
        return Seconds(max(0.0, ahead - before))

    def stalled(self, deadline: Instant, woken: Instant) -> Stall | None:
        """What happened between the deadline and the wake-up for it, and what a suspension adds; None: nothing much."""
        late, suspended = max(0.0, between(deadline, woken)), self.suspended()
        seconds = Seconds(late + suspended)
        if seconds > SHORTEST:
            return self._explain(seconds, suspended)
        return None

    def look(self, now: Instant) -> None:
        """Have figures to compare with; reads files, so ask when there is time."""
        if between(self._before.at, now) > LOOK:
            self._before = self._load()

    def _explain(self, seconds: Seconds, suspended: Seconds) -> Stall:
        before, self._before = self._before, self._load()
        span = between(before.at, self._before.at)
        pressed = _more(before.pressed, self._before.pressed, span)
        return Stall(
            seconds,
            suspended,
            _more(before.waited, self._before.waited, seconds),
            _more(before.ran, self._before.ran, seconds),
            None if pressed is None or span <= 0 else pressed / span,
        )

    def _measure(self) -> float:
        return between(self._monotonic(), self._boottime())


def _more(before: Seconds | None, after: Seconds | None, most: float) -> Seconds | None:
    return None if before is None or after is None else Seconds(min(most, max(0.0, after - before)))
