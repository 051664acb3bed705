"""What has been measured: kept in a file after every run, and shown as tables."""

import json
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from netns.peers.base import replace_file

Machine = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    measure: str
    daemon: str
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one measure: by daemon its lowest, median and highest value, and the ratio of the medians."""

    measure: str
    figure: str
    spread: Mapping[str, tuple[float, float, float]]
    ratio: float | None


@dataclass(slots=True)
class Results:
    """``reference`` is the daemon that ratios are taken of, ``subject`` the one that is compared with it."""

    machine: Machine
    reference: str = "keepalived"
    subject: str = "vrrpd"
    runs: list[Run] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def save(self, path: Path) -> None:
        replace_file(path, json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Results":
        """KeyError, TypeError or ValueError when it is no such file."""
        content = json.loads(path.read_text())
        runs = [Run(**run) for run in content.pop("runs")]
        return cls(runs=runs, **content)

    @property
    def daemons(self) -> list[str]:
        return list(dict.fromkeys(run.daemon for run in self.runs))

    def rows(self) -> Iterator[Row]:
        for measure in dict.fromkeys(run.measure for run in self.runs):
            runs = [run for run in self.runs if run.measure == measure]
            for figure in dict.fromkeys(name for run in runs for name in run.figures):
                yield self._row(measure, figure, runs)

    def _row(self, measure: str, figure: str, runs: Sequence[Run]) -> Row:
        spread = {}
        for daemon in self.daemons:
            values = [run.figures[figure] for run in runs if run.daemon == daemon and figure in run.figures]
            if values:
                spread[daemon] = (min(values), statistics.median(values), max(values))
        ours, theirs = spread.get(self.subject), spread.get(self.reference)
        ratio = ours[1] / theirs[1] if ours is not None and theirs is not None and theirs[1] > 0 else None
        return Row(measure, figure, spread, ratio)


def markdown(results: Results, summaries: Mapping[str, str]) -> str:
    """Tables: times in ms unless a figure says otherwise."""
    parts = ["; ".join(f"{key}: {value}" for key, value in results.machine.items()) + "\n"]
    rows = list(results.rows())
    for measure in dict.fromkeys(row.measure for row in rows):
        parts.append(f"### {measure}: {summaries.get(measure, '')}\n")
        parts.append(_table(results, [row for row in rows if row.measure == measure]))
    parts += [f"Not measured: {line}\n" for line in results.skipped]
    return "\n".join(parts)


def _table(results: Results, rows: Iterable[Row]) -> str:
    daemons = results.daemons
    count = {name: max((_count(results, row.measure, name) for row in rows), default=0) for name in daemons}
    heads = [f"{name} (n={count[name]})" for name in daemons]
    lines = [
        "| min / **median** / max | " + " | ".join([*heads, f"{results.subject} / {results.reference}"]) + " |",
        "|---|" + "---|" * (len(daemons) + 1),
    ]
    for row in rows:
        cells = [_spread(row.spread.get(name)) for name in daemons]
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
        lines.append("| " + " | ".join([row.figure, *cells, ratio]) + " |")
    return "\n".join([*lines, ""])


def _count(results: Results, measure: str, daemon: str) -> int:
    return sum(run.measure == measure and run.daemon == daemon for run in results.runs)


def _spread(values: tuple[float, float, float] | None) -> str:
    if values is None:
        return "-"
    low, median, high = (f"{value:.4g}" for value in values)
    return f"{low} / **{median}** / {high}"
