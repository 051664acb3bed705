"""``vrrpd simulate``: elections among simulated nodes, with everything going wrong that can, judged by laws."""

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from vrrpd.sim.campaign import Broken, Tally, campaign
from vrrpd.sim.generate import MOST_NODES, generate
from vrrpd.sim.history import History, HistoryError, read_history, to_json
from vrrpd.sim.keeping import KeepingError, Kept, read, write
from vrrpd.sim.portions import LostError
from vrrpd.sim.shrink import shrink, violation_of
from vrrpd.sim.timeline import timeline

DEFAULT_HISTORIES = 1000
KEEP_EVERY = 10.0
"""Seconds between two writes of --keep."""


@click.command(short_help="Elections among simulated nodes, with faults from a seed.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the first history.")
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), help="Until so many simulated hours have passed.")
@click.option(
    "--histories", type=click.IntRange(min=1), help=f"So many histories ({DEFAULT_HISTORIES}, without --hours)."
)
@click.option("--nodes", type=click.IntRange(2, MOST_NODES), help="Nodes in each history, instead of 2 to 8.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes to use.")
@click.option("--history", "file", type=click.Path(path_type=Path), help="Play this stored history instead.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Keep what was counted in this file, and go on from there if it exists.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def simulate(
    *,
    seed: int,
    hours: float | None,
    histories: int | None,
    nodes: int | None,
    jobs: int,
    file: Path | None,
    keep: Path | None,
    as_json: bool,
) -> None:
    """Play histories of 2 to 8 nodes and look whether a law of the protocol is broken.

    The election is the daemon's own; clock, network and addresses are simulated. Packets are lost, delayed, doubled and
    reordered, nodes crash, stall, stop, reload and lose their links. The same seed always gives the same history.

    The laws: once all is quiet at most one node holds the addresses, and some node does, within the intervals of the
    protocol; what is added is removed; only a MASTER advertises; a lower priority waits longer; nothing raises.

    When a law is broken, the shortest history that shows it is printed, and the command that shows it again. Ctrl-C
    or SIGTERM ends early, with what was simulated until then; with --keep the same command goes on from there.

    Exit code: 0 no law was broken, 1 one was, 2 the options or the history cannot be used, 3 it ended early because
    one of its processes (--jobs) failed, or several that had the same histories were killed.
    """
    if file is not None:
        try:
            history = read_history(file)
        except HistoryError as error:
            raise click.UsageError(str(error)) from error
        sys.exit(_show_stored(history, as_json=as_json))
    if histories is None and hours is None:
        histories = DEFAULT_HISTORIES
    try:
        kept = Kept(seed, nodes, Tally(), 0.0) if keep is None else read(keep, seed, nodes)
        counted = _Campaign(kept, keep, histories, None if hours is None else hours * 3600, jobs)
        interrupted = counted.run()
    except KeepingError as error:
        raise click.UsageError(str(error)) from error
    tally, taken = kept.tally, counted.taken
    shortest = shrink(generate(tally.broken[0].seed, nodes)) if tally.broken else None
    if as_json:
        click.echo(json.dumps(_value(tally, taken, shortest, interrupted=interrupted), indent=2))
    else:
        _report(tally, taken, nodes, shortest, interrupted=interrupted)
    if counted.lost:
        click.echo(f"Ended early: {counted.lost}.", err=True)
    sys.exit(1 if tally.broken else 3 if counted.lost else 0)


class _Campaign:
    """Counts into ``kept.tally``, and keeps it in a file now and then."""

    def __init__(self, kept: Kept, file: Path | None, histories: int | None, seconds: float | None, jobs: int) -> None:
        self._kept = kept
        self._file = file
        self._histories = histories
        self._seconds = seconds
        self._jobs = jobs
        self._began = time.monotonic()
        self._written = self._began
        self._interrupted = False
        self.lost = ""
        """Why it could not go on."""

    @property
    def taken(self) -> float:
        """Seconds, with those of former runs."""
        return self._kept.seconds + time.monotonic() - self._began

    def run(self) -> bool:
        """Whether it ended early. The first violation ends it."""
        tally = self._kept.tally
        before = {number: signal.signal(number, self._interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            with _progress(self._histories, self._seconds) as progress:
                if not self._is_done():
                    for portion in self._portions():
                        tally.add(portion)
                        progress(tally)
                        self._keep(every=KEEP_EVERY)
                        if self._is_done() or self._interrupted:
                            break
        except LostError as error:
            self.lost = str(error)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self._keep(every=0.0)
        return (self._interrupted or bool(self.lost)) and not self._is_done()

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """The portion that is under way is counted, or not begun."""
        self._interrupted = True

    def _portions(self) -> Iterator[Tally]:
        done = self._kept.tally.histories
        left = None if self._histories is None else self._histories - done
        return campaign(self._kept.seed + done, left, self._kept.nodes, self._jobs)

    def _is_done(self) -> bool:
        tally = self._kept.tally
        enough = self._histories is not None and tally.histories >= self._histories
        return bool(tally.broken) or enough or (self._seconds is not None and tally.seconds >= self._seconds)

    def _keep(self, every: float) -> None:
        if self._file is not None and time.monotonic() >= self._written + every:
            self._written = time.monotonic()
            write(self._file, Kept(self._kept.seed, self._kept.nodes, self._kept.tally, self.taken))


class _Quiet:
    """Standard error is no terminal: a line every ten seconds."""

    def __init__(self, histories: int | None) -> None:
        self._of = "" if histories is None else f" of {histories}"
        self._next = time.monotonic() + 10

    def __call__(self, tally: Tally) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + 10
            click.echo(f"{tally.histories}{self._of} histories, {tally.seconds / 3600:.1f} h simulated", err=True)


class _Bar:
    """A bar with the time that is left."""

    def __init__(self, histories: int | None, seconds: float | None) -> None:
        from rich.console import Console  # takes long to import, and only a terminal needs it
        from rich.progress import Progress

        self._in_histories = histories is not None
        self.progress = Progress(console=Console(stderr=True), transient=True)
        self._task = self.progress.add_task("simulating", total=histories if self._in_histories else seconds)

    def __call__(self, tally: Tally) -> None:
        done = tally.histories if self._in_histories else tally.seconds
        self.progress.update(self._task, completed=done, description=f"{tally.seconds / 3600:.1f} h simulated")


@contextmanager
def _progress(histories: int | None, seconds: float | None) -> Iterator[_Bar | _Quiet]:
    if not sys.stderr.isatty():
        yield _Quiet(histories)
        return
    bar = _Bar(histories, seconds)
    with bar.progress:
        yield bar


def _report(tally: Tally, taken: float, nodes: int | None, shortest: History | None, *, interrupted: bool) -> None:
    rate = tally.events / taken if taken > 0 else 0.0
    click.echo(
        f"{tally.histories} {'history' if tally.histories == 1 else 'histories'}"
        f"{' (interrupted)' if interrupted else ''}, {tally.nodes} nodes, {sum(tally.troubles.values())} troubles, "
        f"{tally.seconds / 3600:.1f} h simulated in {taken:.1f} s, {tally.events} events ({rate:.0f}/s)"
    )
    click.echo("changes of state: " + ", ".join(f"{name} {number}" for name, number in tally.changes.most_common()))
    if shortest is None:
        click.echo("No law was broken.")
        return
    click.echo(f"\n{_sentence(tally.broken[0])}\nThe shortest history that shows it:\n")
    click.echo(timeline(shortest))
    only = "" if nodes is None else f" --nodes {nodes}"
    click.echo(f"\nAgain: vrrpd simulate --seed {tally.broken[0].seed} --histories 1{only}")


def _sentence(broken: Broken) -> str:
    violation = broken.violation
    return f"BROKEN, seed {broken.seed}: {violation.law}, at {violation.at:.3f} s: {violation.detail}"


def _value(tally: Tally, taken: float, shortest: History | None, *, interrupted: bool) -> dict[str, object]:
    return {
        "histories": tally.histories,
        "interrupted": interrupted,
        "nodes": tally.nodes,
        "simulated_seconds": round(tally.seconds, 3),
        "seconds": round(taken, 3),
        "events": tally.events,
        "troubles": dict(tally.troubles.most_common()),
        "changes": dict(tally.changes.most_common()),
        "broken": [
            {"seed": item.seed, "law": item.violation.law, "at": item.violation.at, "detail": item.violation.detail}
            for item in tally.broken
        ],
        "shortest": None if shortest is None else json.loads(to_json(shortest)),
    }


def _show_stored(history: History, *, as_json: bool) -> int:
    violation = violation_of(history)
    if as_json:
        found = None if violation is None else {"law": violation.law, "at": violation.at, "detail": violation.detail}
        click.echo(json.dumps({"broken": found}, indent=2))
    else:
        click.echo(timeline(history))
        click.echo("\nNo law was broken." if violation is None else f"\nBROKEN: {violation.law}: {violation.detail}")
    return 0 if violation is None else 1
