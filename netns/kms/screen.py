"""What a person sees: a line for each run, what is being done meanwhile, and the table at the end."""

import threading
from collections.abc import Sequence
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from netns.kms.record import Happening, Record, Row, Run
from netns.kms.rows import KEYS

PLAIN_WIDTH: Final = 140
SHOWN: Final = 3
"""Failures of a row that are printed; the report has them all."""


def console_for(on_terminal: bool) -> Console:
    return Console(highlight=False) if on_terminal else Console(highlight=False, no_color=True, width=PLAIN_WIDTH)


class Screen:
    """Lines; on a terminal with a bar below them that says how far it is. ``total`` None: until the time is over."""

    def __init__(self, console: Console, total: int | None, headlines: dict[str, str]) -> None:
        self._console = console
        self._headlines = headlines
        self._total = total
        self._done = 0
        self._lock = threading.Lock()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self._task = self._progress.add_task("building", total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def ran(self, run: Run) -> None:
        with self._lock:
            self._done += 1
            done = self._done
        self._progress.update(self._task, completed=done, description=run.row)
        verdict = Text("FAILED ", "bold red") if run.failures else Text("ok     ", "green")
        figures = ", ".join(f"{name} {value:.4g}" for name, value in self._first(run))
        line = Text.assemble(
            f"[{done}] " if self._total is None else f"[{done}/{self._total}] ",
            verdict,
            f"site {run.site} {run.row}: {figures}",
        )
        self._progress.console.print(line, soft_wrap=True)
        for failure in run.failures:
            self._progress.console.print(Text(f"       {failure}", "red"), soft_wrap=True)

    def _first(self, run: Run) -> list[tuple[str, float]]:
        """The headline first, then the rest in their order."""
        headline = self._headlines.get(run.row)
        return sorted(run.figures.items(), key=lambda item: item[0] != headline)

    def happened(self, happening: Happening) -> None:
        if happening.kind == "note":
            self._progress.console.print(Text(f"site {happening.site} {happening.what}", "dim"), soft_wrap=True)
        elif happening.kind in {"fault", "repair"}:
            self._progress.update(self._task, description=f"{happening.where}: {happening.what}")


def table(record: Record) -> Table:
    """Expectation and result of every row."""
    shown = Table(title=f"The failover table with {record.daemon}", title_justify="left", pad_edge=False)
    for heading in ("event", "expected", "measured: median (least .. most)", "runs", ""):
        shown.add_column(heading)
    for row in record.rows:
        shown.add_row(row.event, row.expected, measured(row), str(len(row.runs)), _verdict(row))
    return shown


def measured(row: Row) -> str:
    spread = row.spread(row.headline)
    if spread is None:
        return "-"
    least, median, most = (f"{value:.3g}" for value in spread)
    return f"{row.headline}: {median} ({least} .. {most})"


def _verdict(row: Row) -> Text:
    if not row.runs:
        return Text("not played", "yellow")
    return Text("holds", "green") if row.passed else Text("DOES NOT HOLD", "bold red")


def findings(record: Record, troubles: Sequence[str], runs: int) -> list[str]:
    """What does not hold, a line each; none: all is well."""
    found = []
    for row in record.rows:
        found += [f"{row.name}: {failure}" for failure in row.failures[:SHOWN]]
        more = len(row.failures) - SHOWN
        if more > 0:
            found.append(f"{row.name}: and {more} more")
        wanted = 1 if row.name == KEYS.name else runs
        if len(row.runs) < wanted:
            found.append(f"{row.name}: played {len(row.runs)} of {wanted} times")
    return [*found, *troubles]
