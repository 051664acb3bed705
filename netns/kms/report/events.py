"""What happened in a site, in words, for those who do not see the timeline or look for one line."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from netns.kms.record import Happening, Record
from netns.kms.report.markup import Markup, element
from netns.kms.report.timeline import Timeline

_LONGEST: Final = 160


@dataclass(frozen=True, slots=True)
class Line:
    at: float
    kind: str
    text: str


def events_table(record: Record, drawn: Timeline, most: int) -> Markup:
    """Folded; at most so many lines."""
    lines = sorted(_lines(record, drawn), key=lambda line: line.at)
    rows = [
        element(
            "tr",
            element("td", f"{line.at:.3f}", class_="n"),
            element("td", line.kind),
            element("td", line.text if len(line.text) <= _LONGEST else line.text[: _LONGEST - 1] + "…"),
        )
        for line in lines[:most]
    ]
    if len(lines) > most:
        rows.append(element("tr", element("td", f"{len(lines) - most} more are in record.json", colspan=3)))
    heads = [
        element("th", "Second", scope="col", class_="n"),
        element("th", "Kind", scope="col"),
        element("th", "What", scope="col"),
    ]
    return element(
        "details",
        element("summary", f"The same in words ({len(lines)} lines)"),
        element("table", element("thead", element("tr", *heads)), element("tbody", *rows)),
    )


def _lines(record: Record, drawn: Timeline) -> Iterator[Line]:
    for act in drawn.acts:
        yield Line(act.start, "played", f"{act.what}, for {act.end - act.start:.1f} s")
    for mark in drawn.marks:
        yield Line(mark.at, f"{mark.kind} {mark.number}", mark.text)
    for lane in drawn.lanes:
        if lane.kind == "error":
            for span in lane.spans:
                times = (
                    "" if span.count == 1 else f" ({span.count} within {span.end - span.start:.2f} s, the first one)"
                )
                yield Line(span.start, "error", f"{lane.label}: {span.what}{times}")
        if lane.kind == "nobody":
            for span in lane.spans:
                yield Line(span.start, "nobody", f"nobody holds the address for {span.end - span.start:.3f} s")
    for one in record.happenings:
        if one.site == drawn.site and one.kind in ("holder", "server", "gap") and math.isfinite(one.at):
            yield Line(one.at, one.kind, _said(one))


def _said(one: Happening) -> str:
    return f"{one.where}: {one.what}" if one.kind != "holder" else f"{one.where} {one.what} the virtual address"
