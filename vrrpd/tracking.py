"""What checks mean for the election: from results to priorities and faults."""

from collections.abc import Iterable

from vrrpd.core.effects import Reason
from vrrpd.core.events import Fault
from vrrpd.records import NONE, dataclass
from vrrpd.units import OWNER, Priority

LOWEST, HIGHEST = 1, 254
FILE_BONUS_LIMIT = 253
FILE_FAULT = -254


class Hysteresis:
    """A check's status out of its results: ``rise`` successes in a row to go up, ``fall`` failures to go down.

    The first result decides alone (keepalived). ``initially`` makes the status known before any result.
    """

    __slots__ = ("_fall", "_rise", "_run", "status")

    def __init__(self, rise: int = 1, fall: int = 1, initially: bool | None = None) -> None:
        self._rise = rise
        self._fall = fall
        self._run = 0
        self.status: bool | None = initially

    @property
    def level(self) -> int:
        """From ``rise`` + ``fall`` - 1, up beyond doubt, to 0, down; ``rise`` is the least that is up (keepalived)."""
        return self._rise + self._fall - 1 - self._run if self.status else self._run

    @property
    def memory(self) -> tuple[bool | None, int]:
        """What ``resume`` takes."""
        return self.status, self._run

    def resume(self, status: bool | None, run: int) -> None:
        self.status, self._run = status, run

    def report(self, ok: bool) -> bool:
        """Take one result in; the status that now holds."""
        if self.status is None:
            self.status = ok
        elif ok == self.status:
            self._run = 0
        else:
            self._run += 1
            if self._run >= (self._rise if ok else self._fall):
                self.status, self._run = ok, 0
        return self.status


@dataclass(frozen=True, slots=True)
class Contribution:
    """One tracker as one virtual router sees it; ``status`` None: no result yet. ``weight`` -254..254, 0: a fault."""

    name: str
    weight: int
    reverse: bool
    status: bool | None


@dataclass(frozen=True, slots=True)
class FileContribution:
    """A tracked file as one virtual router sees it: its number times ``weight`` (-254..254) goes to the priority.

    ``reverse`` turns the sign. At most 253; -254 or less is a fault, and changes no priority. Weight 0: any number but
    0 is one (reverse: 0 is).
    """

    name: str
    weight: int
    reverse: bool
    value: int

    @property
    def points(self) -> int:
        product = self.value * self.weight
        return min(-product if self.reverse else product, FILE_BONUS_LIMIT)

    @property
    def is_fault(self) -> bool:
        return self.points <= FILE_FAULT if self.weight else (self.value != 0) is not self.reverse


@dataclass(frozen=True, slots=True)
class TrackingResult:
    effective_priority: Priority
    faults: frozenset[Fault]
    waiting_for: frozenset[str]


def evaluate(base: Priority, contributions: Iterable[Contribution | FileContribution]) -> TrackingResult:
    """Effective priority, clamped to 1..254 (an owner's stays 255), and what forbids or delays taking part."""
    total = int(base)
    faults: set[Fault] = set()
    waiting: set[str] = set()
    for item in contributions:
        if isinstance(item, FileContribution):
            if item.is_fault:
                faults.add(Fault(Reason.TRACK_FAILED, item.name))
            else:
                total += item.points
        elif item.weight:
            total += _weighed(item)
        elif item.status is None:
            waiting.add(item.name)
        elif item.status is item.reverse:
            faults.add(Fault(Reason.TRACK_FAILED, item.name))
    effective = base if base == OWNER else Priority(min(max(total, LOWEST), HIGHEST))
    return TrackingResult(effective, frozenset(faults) or NONE, frozenset(waiting) or NONE)


def _weighed(item: Contribution) -> int:
    """A positive weight is a bonus for success, a negative one a penalty for failure.

    ``reverse`` turns the sign: success is then punished, or failure rewarded (keepalived).
    """
    if item.status is not (item.weight > 0):
        return 0
    return -item.weight if item.reverse else item.weight
