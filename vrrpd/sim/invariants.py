"""What can be asked of every history, wherever it was played: functions over who held the addresses and when.

Times are seconds on one clock; a node holds while at least one of the addresses is on it and it has power.
"""

from collections.abc import Iterable, Sequence

from vrrpd.records import dataclass
from vrrpd.sim.scenario import Held
from vrrpd.units import Seconds


@dataclass(frozen=True, slots=True)
class Holding:
    """``node`` held the addresses from ``start`` to ``end``."""

    node: str
    start: Seconds
    end: Seconds


@dataclass(frozen=True, slots=True)
class Change:
    """``node`` began (``holds``) or ceased to hold at ``at``."""

    at: Seconds
    node: str
    holds: bool


def holdings(changes: Iterable[Change], until: Seconds) -> tuple[Holding, ...]:
    """The spans between changes, in order of their starts; what is still held at ``until`` ends there."""
    since: dict[str, Seconds] = {}
    spans = []
    for change in changes:
        if change.holds:
            since.setdefault(change.node, change.at)
        elif change.node in since:
            spans.append(Holding(change.node, since.pop(change.node), change.at))
    spans += [Holding(node, start, until) for node, start in since.items()]
    return tuple(sorted(spans, key=lambda span: (span.start, span.node)))


def holders(spans: Sequence[Holding], at: float) -> tuple[str, ...]:
    """Who holds at that moment, in order of names."""
    return tuple(sorted(span.node for span in spans if span.start <= at < span.end))


def broken(spans: Sequence[Holding], expected: Held) -> str | None:
    """How an expectation was not met; None when it was."""
    wanted = () if expected.node is None else (expected.node,)
    moments = {expected.start}
    for span in spans:
        moments |= {at for at in (span.start, span.end) if expected.start < at < expected.end}
    for at in sorted(moments):
        found = holders(spans, at)
        if found != wanted:
            return f"at {at:.3f} s held by {' and '.join(found) or 'nobody'}, not by {expected.node or 'nobody'}"
    return None


def overlaps(spans: Sequence[Holding]) -> tuple[Seconds, ...]:
    """How long two different nodes held at the same time, each time that they did."""
    found = []
    for index, first in enumerate(spans):
        for second in spans[index + 1 :]:
            length = min(first.end, second.end) - max(first.start, second.start)
            if first.node != second.node and length > 0:
                found.append(Seconds(length))
    return tuple(found)


def vacancies(spans: Sequence[Holding], start: Seconds, end: Seconds) -> tuple[Seconds, ...]:
    """How long nobody held, each time, between ``start`` and ``end``."""
    found = []
    covered = start
    for span in sorted(spans, key=lambda span: span.start):
        if min(span.start, end) > covered:
            found.append(Seconds(min(span.start, end) - covered))
        covered = max(covered, span.end)
    if end > covered:
        found.append(Seconds(end - covered))
    return tuple(found)
