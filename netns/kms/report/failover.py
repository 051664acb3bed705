"""One failover of a run as a picture that stands alone, or those of several daemons below one another on one axis."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from netns.kms.record import Record, Row, Run
from netns.kms.report.figures import number
from netns.kms.report.markup import Markup, element, joined
from netns.kms.report.strips import LEFT, LETTER, WIDTH, Frame, drawing
from netns.kms.report.style import for_picture, hatching
from netns.kms.report.timeline import Lane, Mark, Span, Timeline, timeline

PREFERRED: Final = ("haproxy-dies", "node-crashes")
KINDS: Final = ("holder", "nobody", "error", "gap")
BEFORE: Final = 1.0
AFTER: Final = 1.0
SHORTEST: Final = 3.0
LONGEST: Final = 12.0
LEGEND: Final = (
    ("holder", 10, "holds the virtual address"),
    ("nobody", 8, "nobody holds it"),
    ("error", 6, "errors of a client (above)"),
    ("gap", 6, "gap between its answers (below)"),
)
_HEADING: Final = 44
_BETWEEN: Final = 14


@dataclass(frozen=True, slots=True)
class Failover:
    """``fault`` is the moment that the picture calls 0; ``after`` seconds later all is well."""

    record: Record
    row: Row
    run: Run
    drawn: Timeline
    fault: Mark
    after: float


def best_failover(record: Record, name: str | None = None) -> Failover | None:
    """The run of the median headline, in the row ``name`` or the first in which the address moved; None: no such."""
    order = {row: place for place, row in enumerate(PREFERRED)}
    rows = [row for row in record.rows if name in (None, row.name)]
    for row in sorted(rows, key=lambda row: order.get(row.name, len(order))):
        found = [one for one in (_failover(record, row, run) for run in row.runs) if one is not None]
        if found:
            found.sort(key=lambda one: (one.run.figures.get(row.headline, 0.0), one.run.started))
            return found[len(found) // 2]
    return None


def _failover(record: Record, row: Row, run: Run) -> Failover | None:
    whole = timeline(record, run.site)
    fault = next((mark for mark in whole.marks if mark.kind == "fault" and run.started <= mark.at <= run.ended), None)
    if fault is None:
        return None
    until = min([mark.at for mark in whole.marks if mark.kind == "repair" and mark.at > fault.at] + [run.ended])
    moved = [
        span for lane in whole.lanes if lane.kind == "holder" for span in lane.spans if fault.at < span.start < until
    ]
    if not moved:
        return None
    lanes = tuple(lane for lane in whole.lanes if lane.kind in KINDS)
    after = min(max(max(span.start for span in moved) - fault.at + AFTER, SHORTEST), LONGEST)
    return Failover(record, row, run, replace(whole, lanes=lanes), fault, after)


def picture(*failovers: Failover | None) -> str | None:
    """None when there is none of them."""
    found = [one for one in failovers if one is not None]
    if not found:
        return None
    after = max(one.after for one in found)
    parts: list[Markup] = []
    top = 0
    for one in found:
        panel, height = _panel(one, after)
        parts.append(element("g", panel, transform=f"translate(0 {top})"))
        top += height + _BETWEEN
    parts.append(_legend(top + 2))
    top += 20
    return (
        element(
            "svg",
            element("title", "; ".join(_in_words(one) for one in found)),
            for_picture(),
            hatching(),
            element("rect", width=WIDTH, height=top, style="fill:var(--page)"),
            *parts,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {WIDTH} {top}",
            width=WIDTH,
            height=top,
            role="img",
        )
        + "\n"
    )


def _panel(one: Failover, after: float) -> tuple[Markup, int]:
    frame = Frame(one.fault.at - BEFORE, one.fault.at + after, zero=one.fault.at)
    end = one.run.ended  # what comes after it belongs to another run
    marks = [mark for mark in one.drawn.marks if frame.start <= mark.at < end and mark.kind != "note"]
    numbered = tuple(replace(mark, number=place) for place, mark in enumerate(marks, 1))
    drawn, height = drawing(
        replace(one.drawn, marks=numbered, lanes=_until(end, one.drawn.lanes), end=end), frame, tops=False
    )
    return joined(
        element("text", f"{one.record.daemon}: {one.row.event}", x=12, y=20, class_="heading"),
        element("text", _measured(one), x=12, y=37, class_="measured"),
        element("g", drawn, transform=f"translate(0 {_HEADING})"),
    ), _HEADING + height


def _until(end: float, lanes: Sequence[Lane]) -> tuple[Lane, ...]:
    def cut(lane: Lane) -> tuple[Span, ...]:
        return tuple(replace(span, end=min(span.end, end)) for span in lane.spans if span.start < end)

    return tuple(replace(lane, spans=cut(lane)) for lane in lanes)


def _legend(y: int) -> Markup:
    x = float(LEFT)
    parts = []
    for kind, height, text in LEGEND:
        parts.append(element("rect", x=x, y=y + (10 - height) / 2, width=18, height=height, class_=kind))
        parts.append(element("text", text, x=x + 23, y=y + 9, class_="lane"))
        x += 45 + len(text) * LETTER
    return joined(*parts)


def _measured(one: Failover) -> str:
    return "; ".join(f"{name}: {number(value)}" for name, value in _headline(one))


def _headline(one: Failover) -> Iterator[tuple[str, float]]:
    if one.row.headline in one.run.figures:
        yield one.row.headline, one.run.figures[one.row.headline]


def _in_words(one: Failover) -> str:
    return f"{one.record.daemon}, {one.row.event}. {_measured(one)}"


def of_all(records: Sequence[Record]) -> list[Failover]:
    """One of the same row in each of them; empty when there is no row in which the address moved in all."""
    names = [row.name for row in records[0].rows] if records else []
    order = [name for name in PREFERRED if name in names] + [name for name in names if name not in PREFERRED]
    for name in order:
        found = [one for record in records if (one := best_failover(record, name)) is not None]
        if len(found) == len(records):
            return found
    return []
