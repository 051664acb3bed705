"""``python -m netns kms``: play the failover table, or chaos, on whole systems in network namespaces.

What has been seen is kept after every run: Ctrl-C ends it early, with a table of what there is.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from netns.bench.__main__ import INTERRUPTED
from netns.kernel import LabError
from netns.kms import chaos
from netns.kms.chronicle import Chronicle
from netns.kms.faults import schedule
from netns.kms.keeper import Keeper
from netns.kms.plan import Shape, Turn, allotted, turns
from netns.kms.record import Chaos, Record, Run
from netns.kms.report import PAGE, write
from netns.kms.rows import KEYS, kinds
from netns.kms.rows.play import RowKind
from netns.kms.screen import Screen, console_for, findings, table
from netns.kms.site import Site, missing, versions
from netns.kms.table import Results, Table
from netns.kms.timers import of_the_setting
from netns.lab import exit_on_sigterm

TIMERS = of_the_setting()
KINDS = kinds(TIMERS)
MINUTES = 10.0
STEP_SECONDS = 3.0
"""No fault of the chaos is over sooner, with its repair."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be played, each row ``runs`` times, and on which sites."""

    kinds: Sequence[RowKind]
    turns: Sequence[Turn]
    shapes: Sequence[Sequence[Shape]]
    runs: int
    chaos: Chaos | None = None

    @property
    def total(self) -> int | None:
        """Runs that there will be; of the chaos nobody knows."""
        if self.chaos is not None:
            return None
        return sum(len(turn.kinds) for turn in self.turns) + sum(map(len, self.shapes))


def table_work(only: Sequence[str], runs: int, sites: int) -> Work:
    chosen = [kind for kind in KINDS if not only or kind.name in only]
    return Work(chosen, turns(chosen, runs), allotted(chosen, sites), runs)


def chaos_work(seed: int, minutes: float, daemon: str) -> Work:
    """On one site, one fault after the other."""
    length = int(minutes * 60 / STEP_SECONDS) + 1
    steps = schedule(seed, ("lb1", "lb2"), ("kms1", "kms2", "kms3"), length, vrrpd=daemon == "vrrpd")
    content = chaos.turns(seed, minutes, steps)
    return Work([chaos.kind(seed, minutes)], content, [[Shape(2, True)]], 1, Chaos(seed, minutes))


def _list(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        width = max(len(kind.name) for kind in KINDS)
        for kind in KINDS:
            click.echo(f"{kind.name:<{width}}  {kind.event}: {kind.expected}")
        context.exit()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--daemon",
    type=click.Choice(["vrrpd", "keepalived"]),
    default="vrrpd",
    show_default=True,
    help="Which daemon keeps the address.",
)
@click.option("--runs", default=5, show_default=True, type=click.IntRange(min=1), help="Runs of each row.")
@click.option(
    "--only", multiple=True, type=click.Choice([kind.name for kind in KINDS]), metavar="ROW", help="Only these."
)
@click.option("--sites", default=3, show_default=True, type=click.IntRange(1, 8), help="Systems side by side.")
@click.option(
    "--chaos", "seed", type=int, metavar="SEED", help="A random schedule of single faults instead of the table."
)
@click.option("--minutes", default=MINUTES, show_default=True, type=click.FloatRange(min=0.1), help="Of chaos.")
@click.option(
    "--report",
    "directory",
    default=Path("kms-report"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=f"Written are DIR/{PAGE} and DIR/record.json.",
)
@click.option("--plain", is_flag=True, help="Lines only, as in a log.")
@click.option("--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="Show the rows and end.")
def main(
    daemon: str,
    runs: int,
    only: tuple[str, ...],
    sites: int,
    seed: int | None,
    minutes: float,
    directory: Path,
    plain: bool,
) -> None:
    """Play the failover table of a KMS behind HAProxy, everything real, in network namespaces (needs root).

    Exit status: 0 when every row holds, 1 when not, 2 when it could not be played, 130 after Ctrl-C.
    """
    exit_on_sigterm()
    console = console_for(sys.stdout.isatty() and not plain)
    lacking = missing(daemon)
    if lacking is not None:
        click.echo(f"netns kms: needs {lacking}", err=True)
        sys.exit(2)
    work = table_work(only, runs, sites) if seed is None else chaos_work(seed, minutes, daemon)
    try:
        sys.exit(play(daemon, work, directory, console))
    except LabError as error:
        click.echo(f"netns kms: {error}", err=True)
        sys.exit(2)


def play(daemon: str, work: Work, directory: Path, console: Console) -> int:
    """The exit status."""
    keeper = Keeper(daemon, versions(daemon), work.chaos, directory)
    headlines = {kind.name: kind.headline for kind in (*work.kinds, KEYS)}
    chronicle = Chronicle()
    with Screen(console, work.total, headlines) as screen:

        def told(run: Run) -> None:
            screen.ran(run)
            keeper.keep(results, chronicle)

        def make_site(shape: Shape, number: int, chronicle: Chronicle) -> Site:
            site = Site(
                daemon,
                balancers=shape.balancers,
                fast_failover=shape.fast,
                number=number,
                told=chronicle.told,
                clock=chronicle.clock,
            )
            keeper.knows(site.topology)
            return site

        results = Results(work.kinds, told)
        minutes = work.chaos.minutes if work.chaos else None
        played = Table(work.turns, work.shapes, TIMERS, make_site, results, chronicle, minutes)
        chronicle.listen(screen.happened)
        interrupted = _interrupted(played.play)
    record = keeper.keep(results, chronicle)
    return _finish(record, work, results.troubles, console, directory, interrupted=interrupted)


def _interrupted(act: Callable[[], None]) -> bool:
    try:
        act()
    except KeyboardInterrupt:
        click.echo("interrupted: this is what has been seen so far", err=True)
        return True
    return False


def _finish(
    record: Record, work: Work, troubles: Sequence[str], console: Console, directory: Path, *, interrupted: bool
) -> int:
    console.print(table(record))
    found = findings(record, troubles, work.runs)
    for line in (*found, *chaos.history(record)):
        console.print(line, markup=False, style="red", soft_wrap=True)
    write(record, directory)
    click.echo(f"{directory / PAGE} is written", err=True)
    if interrupted:
        return INTERRUPTED
    return 1 if found else 0


if __name__ == "__main__":
    main(prog_name="python -m netns kms")
