"""What is said of a soak in the end: pure functions over what was seen."""

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from netns.soak.usage import Sample

CERTAIN = 4.0
"""Standard errors that a slope has to be above nothing to be one."""
BLOCK = 5
"""Samples that count as one, their median: neighbours are alike, and one that met a copy of the daemon is far off."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One fault: ``during`` and ``after`` are the seconds until each address had its one holder while it lasted and
    once it was over; None where that is not asked. ``wrong`` says what was not as it should be, for people.
    """

    at: float
    fault: str
    node: str
    lasted: float
    during: float | None
    after: float | None
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through samples, each life of the node with a height of its own: ``slope`` in units an hour, ``error`` its
    standard error, ``growth`` what it makes of the seconds that were looked at.
    """

    slope: float
    error: float
    growth: float

    def rises(self, tolerance: float) -> bool:
        """Beyond doubt, and by more than ``tolerance`` in the time that was looked at."""
        return self.growth > tolerance and self.slope > CERTAIN * self.error


@dataclass(slots=True)
class Soak:
    """All that was seen. ``machine`` is for whoever reads the figures later."""

    machine: Mapping[str, str]
    minutes: float
    instances: int
    warm_up: float
    tolerance: float
    judged: Sequence[str]
    samples: list[Sample] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


def settled(samples: Sequence[Sample], node: str, warm_up: float) -> list[Sample]:
    """Those of a node from ``warm_up`` seconds after each of its starts on."""
    began: dict[int, float] = {}
    found = []
    for item in samples:
        if item.node == node:
            start = began.setdefault(item.life, item.at)
            if item.at >= start + warm_up:
                found.append(item)
    return found


def trend(samples: Sequence[Sample], value: Callable[[Sample], float]) -> Trend | None:
    """None: too few to say."""
    lives: list[list[tuple[float, float]]] = []
    for life in dict.fromkeys(item.life for item in samples):
        points = list(_blocks([item for item in samples if item.life == life], value))
        if len(points) > 1:
            lives.append(points)
    freedom = sum(len(points) - 1 for points in lives) - 1
    if freedom < 1:
        return None
    centred = [point for points in lives for point in _centred(points)]
    spread = sum(x * x for x, _ in centred)
    slope = sum(x * y for x, y in centred) / spread
    residue = sum((y - slope * x) ** 2 for x, y in centred)
    error = math.sqrt(residue / freedom / spread)
    looked_at = sum(points[-1][0] - points[0][0] for points in lives)
    return Trend(slope * 3600, error * 3600, slope * looked_at)


def _blocks(samples: Sequence[Sample], value: Callable[[Sample], float]) -> Iterator[tuple[float, float]]:
    size = BLOCK if len(samples) >= 4 * BLOCK else 1
    for start in range(0, len(samples) - size + 1, size):
        block = samples[start : start + size]
        yield statistics.fmean(item.at for item in block), statistics.median(value(item) for item in block)


def _centred(points: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    x, y = (statistics.fmean(values) for values in zip(*points, strict=True))
    return ((at - x, value - y) for at, value in points)


def findings(soak: Soak) -> list[str]:
    """What is wrong, a line each; none: all is well."""
    found = [f"{item.at:.0f} s, {item.fault} of {item.node}: {item.wrong}" for item in soak.happenings if item.wrong]
    found += soak.defects
    for node in soak.judged:
        found += _node_findings(soak, node)
    if not soak.happenings:
        found.append("nothing happened")
    if not any(settled(soak.samples, node, soak.warm_up) for node in soak.judged):
        found.append(f"nothing was seen after the warm-up of {soak.warm_up:g} s")
    return found


def _node_findings(soak: Soak, node: str) -> Iterator[str]:
    every = [item for item in soak.samples if item.node == node]
    later = settled(every, node, soak.warm_up)
    for name, value in MEMORY.items():
        line = trend(later, value)
        if line is not None and line.rises(soak.tolerance):
            yield f"{node}: {name} grows by {line.slope:.0f} +- {line.error:.0f} KiB an hour"
    for name, value in COUNTS.items():
        grown = _lowest_at_the_end(every, value)
        if grown > 0:
            yield f"{node}: {name} have grown by {grown:g}"
    for pid in _left_behind(every):
        yield f"{node}: process {pid} has ended, and nobody asked how"


def _lowest_at_the_end(samples: Sequence[Sample], value: Callable[[Sample], float]) -> float:
    """What the lowest count of a life's last third is above that of its first; the largest of all lives.

    The lowest: a check that runs just now is no leak.
    """
    grown = [0.0]
    for life in dict.fromkeys(item.life for item in samples):
        values = [value(item) for item in samples if item.life == life]
        third = len(values) // 3
        if third >= 2:
            grown.append(min(values[-third:]) - min(values[:third]))
    return max(grown)


def _left_behind(samples: Sequence[Sample]) -> list[int]:
    """Zombies of one sample that are there in the next one still."""
    return sorted({pid for a, b in pairwise(samples) for pid in set(a.zombies) & set(b.zombies)})


MEMORY: Mapping[str, Callable[[Sample], float]] = {
    "RSS": lambda item: item.rss,
    "anonymous memory": lambda item: item.anonymous,
}
COUNTS: Mapping[str, Callable[[Sample], float]] = {
    "descriptors": lambda item: item.fds,
    "processes": lambda item: item.own + item.children,
}
