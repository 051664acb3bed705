"""Lanes of time drawn as SVG, a strip for each stretch of time that fits beside its labels."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from netns.kms.report.markup import Markup, element, joined
from netns.kms.report.timeline import Lane, Mark, Span, Timeline

WIDTH: Final = 960
LEFT: Final = 96
LANE: Final = 15
GAP: Final = 3
ACT: Final = 18
LABEL: Final = 13
LEVELS: Final = 5
SIGN: Final = 8
LETTER: Final = 5.4
"""Width of a letter of a label, on average."""
LONGEST_LABEL: Final = 34
THINNEST: Final = 1.5
STRIP: Final = 60.0
MOST_STRIPS: Final = 24
MOST_SPANS: Final = 80
TICKS: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
MOST_TICKS: Final = 13


@dataclass(frozen=True, slots=True)
class Frame:
    """Which seconds lie between which points; ``zero`` is the second that the axis calls 0."""

    start: float
    end: float
    zero: float = 0.0
    left: float = LEFT
    right: float = WIDTH - 22

    def x(self, at: float) -> float:
        inside = min(max(at, self.start), self.end)
        return self.left + (inside - self.start) / (self.end - self.start) * (self.right - self.left)

    def shows(self, span: Span) -> bool:
        return span.end >= self.start and span.start < self.end


def frames(timeline: Timeline) -> list[Frame]:
    """A minute each, longer ones when there would be too many."""
    start = math.floor(timeline.start)
    length = max(timeline.end - start, 1.0)
    step = max(STRIP, math.ceil(length / MOST_STRIPS / STRIP) * STRIP)
    count = max(1, math.ceil(length / step))
    if count == 1:
        step = math.ceil(length)
    return [Frame(start + step * place, start + step * (place + 1)) for place in range(count)]


def strip(timeline: Timeline, frame: Frame, title: str, *, tops: bool = True) -> Markup:
    """One SVG element; ``title`` is what it says to those who do not see it."""
    body, height = drawing(timeline, frame, tops=tops)
    return element(
        "svg",
        element("title", title),
        body,
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        class_="strip",
        xmlns="http://www.w3.org/2000/svg",
    )


def drawing(timeline: Timeline, frame: Frame, *, tops: bool = True) -> tuple[Markup, int]:
    """Acts, numbered marks, lanes and axis from the top of the page down; and how high that is."""
    marks = [mark for mark in timeline.marks if frame.start <= mark.at < frame.end]
    labels = _labels(marks, frame)
    top = ACT if tops else 0
    first = top + LABEL * (1 + max((label.level for label in labels), default=0)) + 6
    begins = {label.mark.number: top + label.level * LABEL + 10 for label in labels}
    rows = dict.fromkeys(lane.label for lane in timeline.lanes)
    tops_of = {label: first + place * (LANE + GAP) for place, label in enumerate(rows)}
    bottom = first + len(rows) * (LANE + GAP)
    parts = [
        *(_acts(timeline.acts, frame, bottom) if tops else ()),
        *_axis(frame, first, bottom),
        *(_bed(label, frame, y, timeline.end) for label, y in tops_of.items()),
        *(part for lane in timeline.lanes for part in _lane(lane, frame, tops_of[lane.label])),
        *(_line(mark, frame, begins.get(mark.number, first - 4), bottom) for mark in marks),
        *(_written(label, begins[label.mark.number]) for label in labels),
    ]
    return joined(*parts), bottom + 20


def _acts(acts: Sequence[Span], frame: Frame, bottom: int) -> Iterator[Markup]:
    for number, act in enumerate(acts):
        if not frame.shows(act):
            continue
        left, right = frame.x(act.start), frame.x(act.end)
        fits = len(act.what) * LETTER < right - left - 6
        yield element(
            "g",
            element("title", f"{act.what}, {act.start - frame.zero:.1f} s to {act.end - frame.zero:.1f} s"),
            element("rect", x=left, y=0, width=max(right - left, THINNEST), height=bottom, class_=f"act{number % 2}"),
            element("text", act.what, x=left + 4, y=12, class_="actname") if fits else "",
        )


def _axis(frame: Frame, top: int, bottom: int) -> Iterator[Markup]:
    length = frame.end - frame.start
    step = next((tick for tick in TICKS if length / tick <= MOST_TICKS), length / MOST_TICKS)
    tick = math.ceil((frame.start - frame.zero) / step - 1e-9)
    while (at := frame.zero + tick * step) <= frame.end + step * 1e-6:
        x = frame.x(at)
        yield element("line", x1=x, x2=x, y1=top - 4, y2=bottom, class_="tick")
        yield element("text", f"{tick * step:.4g} s", x=x, y=bottom + 13, class_="time", text_anchor="middle")
        tick += 1


def _bed(label: str, frame: Frame, y: int, end: float) -> Markup:
    width = max(frame.x(end) - frame.left, 0.0)
    return joined(
        element("text", label, x=LEFT - 8, y=y + LANE - 4, class_="lane", text_anchor="end"),
        element("rect", x=frame.left, y=y, width=width, height=LANE, class_="bed"),
    )


def _lane(lane: Lane, frame: Frame, y: int) -> Iterator[Markup]:
    top, height = _place(lane)
    for span in _visible(lane.spans, frame):
        left, right = frame.x(span.start), frame.x(span.end)
        width = max(right - left, THINNEST)
        yield element(
            "rect",
            element("title", _said(span, frame)),
            x=min(left, frame.right - width),
            y=y + top,
            width=width,
            height=height,
            class_=lane.kind,
        )


def _place(lane: Lane) -> tuple[float, float]:
    """Distance from the top of the row, and height: kinds differ in place and thickness, not in colour alone."""
    part, of = lane.part
    inset = {"holder": 1.0, "nobody": 3.0}.get(lane.kind, 0.75)
    return part * LANE / of + inset, LANE / of - 2 * inset


def _visible(spans: Sequence[Span], frame: Frame) -> list[Span]:
    """Those of the frame; what would be drawn into one point becomes one, and where it is too much, more does."""
    apart = (frame.end - frame.start) / (frame.right - frame.left)
    found = [span for span in spans if frame.shows(span)]
    merged = _merged(found, apart)
    while len(merged) > MOST_SPANS:
        apart *= 2
        merged = _merged(found, apart)
    return merged


def _merged(spans: Sequence[Span], apart: float) -> list[Span]:
    found: list[Span] = []
    for span in spans:
        if found and span.start - found[-1].end < apart:
            last = found.pop()
            span = Span(last.start, max(last.end, span.end), last.what, last.count + span.count)
        found.append(span)
    return found


def _said(span: Span, frame: Frame) -> str:
    times = f"{span.count} times, the first: " if span.count > 1 else ""
    length = f" to {span.end - frame.zero:.3f} s ({span.end - span.start:.3f} s)" if span.end > span.start else ""
    return f"{times}{span.what[:200]}; {span.start - frame.zero:.3f} s{length}"


@dataclass(frozen=True, slots=True)
class _Label:
    """``x`` is the moment; the text stands behind its sign, or before it at the right end (``before``)."""

    mark: Mark
    x: float
    level: int
    text: str
    before: bool


def _labels(marks: Sequence[Mark], frame: Frame) -> list[_Label]:
    """So that none lies on another; numbers where no text fits, nothing where no number does."""
    free = [0.0] * LEVELS
    placed = []
    for mark in marks:
        x = frame.x(mark.at)
        whole = f"{mark.number} {mark.text}"
        text = whole if len(whole) <= LONGEST_LABEL else whole[: LONGEST_LABEL - 1] + "…"
        for offered in (text, str(mark.number)):
            width = SIGN + len(offered) * LETTER
            before = x + width > frame.right
            left = x - width if before else x - SIGN / 2
            level = next((place for place in range(LEVELS) if free[place] <= left), None)
            if level is not None:
                free[level] = left + width + SIGN
                placed.append(_Label(mark, x, level, offered, before))
                break
    return placed


def _written(label: _Label, y: float) -> Markup:
    mark, beside = label.mark, SIGN / 2 + 2
    return element(
        "g",
        element("title", f"{mark.number} {mark.text[:300]}"),
        _sign(mark.kind, label.x - SIGN / 2, y),
        element(
            "text",
            label.text,
            x=label.x - beside if label.before else label.x + beside,
            y=y,
            class_=f"label {mark.kind}",
            text_anchor="end" if label.before else None,
        ),
    )


def _sign(kind: str, x: float, y: float) -> Markup:
    """Faults point down, repairs up, notes are square."""
    paths = {"fault": f"M{x:.1f} {y - 8:.1f}h8l-4 8z", "repair": f"M{x:.1f} {y:.1f}h8l-4 -8z"}
    return element("path", d=paths.get(kind, f"M{x + 1:.1f} {y - 7:.1f}h6v6h-6z"), class_=f"sign {kind}")


def _line(mark: Mark, frame: Frame, top: int, bottom: int) -> Markup:
    x = frame.x(mark.at)
    return element("line", x1=x, x2=x, y1=top, y2=bottom, class_=f"moment {mark.kind}")
