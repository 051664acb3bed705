"""The timeline of a demonstration, drawn with characters."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vrrpd.units import Seconds

FULL: Final = "█"
NONE: Final = "·"
HOLE: Final = "░"
SHORTEST_HOLE: Final = 0.1
"""Seconds without an answer that are worth showing: ten requests."""
LABEL_WIDTH: Final = 9
SCALE_STEPS: Final = (0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """A request that was answered ``at`` seconds after the start, through router ``by``."""

    at: Seconds
    by: str


@dataclass(frozen=True, slots=True)
class Mark:
    at: Seconds
    number: int


@dataclass(frozen=True, slots=True)
class Gap:
    """From the last answer before to the first answer after."""

    start: Seconds
    end: Seconds

    @property
    def length(self) -> Seconds:
        return Seconds(self.end - self.start)


def gaps(answers: Sequence[Answer], longer_than: float, until: Seconds | None = None) -> list[Gap]:
    """The stretches without an answer, in order of time; the last one may reach from the last answer ``until`` now."""
    moments = [answer.at for answer in answers]
    if moments and until is not None:
        moments.append(until)
    return [Gap(one, two) for one, two in itertools.pairwise(moments) if two - one > longer_than]


def step_for(length: Seconds, width: int) -> float:
    """Seconds per character, so that ``length`` seconds fit into ``width`` characters."""
    return next((step for step in SCALE_STEPS if length / step <= width), length / width)


def draw(
    answers: Sequence[Answer],
    marks: Sequence[Mark],
    routers: Sequence[str],
    width: int = 100,
    until: Seconds | None = None,
) -> list[str]:
    """A lane for each router, one for nobody, and the numbered events below a scale in seconds."""
    if not answers:
        return ["no request was answered"]
    moments = [answers[-1].at, *(mark.at for mark in marks)] + ([until] if until is not None else [])
    end = Seconds(max(moments))
    step = step_for(end, width - LABEL_WIDTH)
    cells = max(1, math.ceil(end / step))
    lines = [_row(router, _lane([a.at for a in answers if a.by == router], cells, step)) for router in routers]
    lines.append(_row("nobody", _holes(gaps(answers, SHORTEST_HOLE, until), cells, step)))
    lines.append(_row("seconds", _scale(cells, step)))
    lines.append(_row("event", _numbers(marks, cells, step)))
    return lines


def _row(label: str, cells: str) -> str:
    return f"{label:<{LABEL_WIDTH - 1}} {cells}".rstrip()


def _lane(moments: Sequence[Seconds], cells: int, step: float) -> str:
    filled = {int(at / step) for at in moments}
    return "".join(FULL if cell in filled else NONE for cell in range(cells))


def _holes(found: Sequence[Gap], cells: int, step: float) -> str:
    """A cell is a hole when gaps cover half of it or more; no gap is lost: the cell in its middle always is one."""
    middles = {int((gap.start + gap.end) / 2 / step) for gap in found}

    def hole(cell: int) -> bool:
        start, end = cell * step, (cell + 1) * step
        covered = sum(max(0.0, min(end, gap.end) - max(start, gap.start)) for gap in found)
        return covered >= step / 2 or cell in middles

    return "".join(HOLE if hole(cell) else NONE for cell in range(cells))


def _scale(cells: int, step: float) -> str:
    """A figure every ten characters."""
    line = ""
    for cell in range(0, cells, 10):
        line = line.ljust(cell) + f"|{cell * step:g}"
    return line


def _numbers(marks: Sequence[Mark], cells: int, step: float) -> str:
    line = [" "] * (cells + len(marks))
    for mark in marks:
        place = int(mark.at / step)
        while line[place] != " ":
            place += 1
        line[place] = str(mark.number)
    return "".join(line)
