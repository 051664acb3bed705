"""``scripts/soak``: hours of trouble for two nodes in network namespaces.

What has been seen is kept after every fault: Ctrl-C ends it early, with a verdict on what there is.
"""

import shlex
import sys
from pathlib import Path

import click

from netns.bench.__main__ import INTERRUPTED, machine
from netns.kernel import LabError
from netns.peers import DAEMONS
from netns.peers.base import replace_file
from netns.soak import report
from netns.soak.faults import BY_NAME, FAULTS
from netns.soak.pair import NODES
from netns.soak.verdict import Soak, findings
from netns.soak.work import Plan, Work

DEFAULT = Plan()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--minutes", default=DEFAULT.minutes, show_default=True, type=click.FloatRange(min=0.1))
@click.option("--instances", default=DEFAULT.instances, show_default=True, type=click.IntRange(2, 255))
@click.option("--interval", default=DEFAULT.interval, show_default=True, type=click.FloatRange(0.05, 10.0), help="s")
@click.option("--seed", default=DEFAULT.seed, show_default=True, help="Decides the order of faults and their length.")
@click.option("--fault", "names", multiple=True, type=click.Choice(list(BY_NAME)), help="Only these.")
@click.option("--peer", default="vrrpd", show_default=True, type=click.Choice(["vrrpd", "keepalived"]), help="On r2.")
@click.option("--warm-up", type=click.FloatRange(min=0.0), help="Seconds after a start in which memory may grow.")
@click.option("--tolerance", default=DEFAULT.tolerance, show_default=True, help="KiB that memory may grow by after it.")
@click.option(
    "--output",
    default=Path("soak"),
    show_default=True,
    type=click.Path(path_type=Path),
    help="Written are OUTPUT.json and OUTPUT.md.",
)
@click.option("--report", "old", type=click.Path(path_type=Path, exists=True), help="Only judge this JSON file again.")
def main(
    minutes: float,
    instances: int,
    interval: float,
    seed: int,
    names: tuple[str, ...],
    peer: str,
    warm_up: float | None,
    tolerance: float,
    output: Path,
    old: Path | None,
) -> None:
    """Trouble two nodes with many instances every few seconds; exit 1 when either grows, leaks or loses its way.

    r1 is spared what ends its process, so that its memory is that of one long life.
    """
    if old is not None:
        sys.exit(_finish(report.load(old), output))
    plan = Plan(
        minutes=minutes,
        instances=instances,
        interval=interval,
        seed=seed,
        warm_up=min(DEFAULT.warm_up, minutes * 60 / 5) if warm_up is None else warm_up,
        tolerance=tolerance,
        faults=[BY_NAME[name] for name in names] or FAULTS,
    )
    daemons = dict(zip(NODES, (DAEMONS["vrrpd"], DAEMONS[peer]), strict=True))
    missing = DAEMONS[peer].missing()
    if missing:
        raise click.ClickException(f"needs {missing}")
    judged = [name for name in NODES if daemons[name].name == "vrrpd"]
    command = {**machine(), "command": "scripts/soak " + shlex.join(sys.argv[1:])}

    def told(soak: Soak) -> None:
        click.echo(report.line(soak), err=True)
        report.save(soak, output.with_suffix(".json"))

    work = Work(plan, daemons, judged, command, told)
    interrupted = False
    try:
        work.run()
    except KeyboardInterrupt:
        click.echo("interrupted: this is what has been seen so far", err=True)
        interrupted = True
    except LabError as error:
        work.soak.defects.append(f"it could not go on: {error}")
    code = _finish(work.soak, output)
    sys.exit(INTERRUPTED if interrupted and not code else code)


def _finish(soak: Soak, output: Path) -> int:
    text = report.summary(soak)
    click.echo(text)
    report.save(soak, output.with_suffix(".json"))
    replace_file(output.with_suffix(".md"), text)
    click.echo(f"{output.with_suffix('.json')} and .md are written", err=True)
    return 1 if findings(soak) else 0


if __name__ == "__main__":
    main()
