"""Weights that cannot do what they are there for: to move the addresses when a check fails.

One file does not know its peers. What can be said is how this node's own priority moves, and what a neighbour one below
would make of it, with the same checks in good health (pairs usually count down by one).
"""

from collections.abc import Callable, Iterator

from vrrpd.config.diagnostics import Location, Report
from vrrpd.config.model import Track, VrrpInstance
from vrrpd.records import dataclass
from vrrpd.tracking import HIGHEST, LOWEST
from vrrpd.units import OWNER


@dataclass(frozen=True, slots=True)
class _Weighing:
    """One weighted tracker of an instance: its priority with all trackers healthy, and with this one failed."""

    track: Track
    keyword: str
    healthy_sum: int
    failed_sum: int

    @property
    def healthy(self) -> int:
        return _held(self.healthy_sum)

    @property
    def failed(self) -> int:
        return _held(self.failed_sum)

    @property
    def event(self) -> str:
        """What costs priority: a failure, or with ``reverse`` a success."""
        return f"{self.track.name} {'succeeds' if self.track.reverse else 'fails'}"


def _held(total: int) -> int:
    return min(max(total, LOWEST), HIGHEST)


def weight_advice(instance: VrrpInstance, at: Callable[[str], Location], report: Report) -> None:
    """``at`` gives the place of a keyword of the instance."""
    for weighing in _weighings(instance):
        if instance.priority == OWNER:
            _owner(weighing, at(weighing.keyword), report)
            continue
        if instance.nopreempt:
            _nopreempt(weighing, at(weighing.keyword), report)
        if weighing.healthy == weighing.failed:
            _no_change(weighing, instance, at(weighing.keyword), report)
        elif weighing.healthy - weighing.failed == 1:
            _draw(weighing, at(weighing.keyword), report)


def _weighings(instance: VrrpInstance) -> Iterator[_Weighing]:
    tracks = [
        *((f"track_script.{index}", track) for index, track in enumerate(instance.track_script)),
        *((f"track_interface.{index}", track) for index, track in enumerate(instance.track_interface)),
        *((f"track_process.{index}", track) for index, track in enumerate(instance.track_process)),
    ]
    best = instance.priority + sum(abs(track.weight) for _, track in tracks if (track.weight > 0) is not track.reverse)
    for keyword, track in tracks:
        if track.weight:
            yield _Weighing(track, keyword, best, best - abs(track.weight))


def _owner(weighing: _Weighing, at: Location, report: Report) -> None:
    report.warning(
        at,
        "weight-without-effect",
        f"{weighing.track.name} can never cause a failover: priority 255 owns the addresses and no weight changes it",
        expected="a priority of 254 or less, or weight 0 (a failure is then FAULT)",
        write=f"{weighing.track.name} weight 0",
    )


def _no_change(weighing: _Weighing, instance: VrrpInstance, at: Location, report: Report) -> None:
    low = weighing.healthy == LOWEST
    limit = f"{LOWEST} is the least" if low else f"{HIGHEST} is the most"
    room = LOWEST + abs(weighing.track.weight) if low else HIGHEST - (weighing.healthy_sum - instance.priority)
    report.warning(
        at,
        "weight-without-effect",
        f"{weighing.track.name} can never cause a failover: the priority is {weighing.healthy} and stays"
        f" {weighing.failed} when {weighing.event} ({weighing.healthy_sum} -> {weighing.failed_sum}, but {limit})",
        expected="a priority that leaves room for the weight",
        write=f"priority = {room}" if LOWEST <= room <= HIGHEST else "a smaller weight",
    )


def _draw(weighing: _Weighing, at: Location, report: Report) -> None:
    held = abs(weighing.track.weight) > 1
    report.warning(
        at,
        "weight-too-small",
        f"when {weighing.event} the priority only goes from {weighing.healthy} to {weighing.failed}:"
        f" a node one below, at {weighing.failed} then, draws level, and a draw moves nothing",
        expected="a loss of 2 or more, and of more than the distance to the peer's priority",
        write="a priority that leaves room for the weight"
        if held
        else f"{weighing.track.name} weight {2 if weighing.track.weight > 0 else -2}",
    )


def _nopreempt(weighing: _Weighing, at: Location, report: Report) -> None:
    report.warning(
        at,
        "weight-with-nopreempt",
        f"when {weighing.event} the priority goes from {weighing.healthy} to {weighing.failed},"
        " but nodes with nopreempt do not take over from a living master, however low its priority",
        expected="weight 0: a failure is then FAULT, and the master hands over",
        write=f"{weighing.track.name} weight 0",
    )
