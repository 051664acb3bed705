"""``scripts/bench``: measure vrrpd beside other VRRP daemons in network namespaces.

What has been measured is kept after every run: Ctrl-C ends it early, with tables of what there is.
"""

import os
import platform
import shlex
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from netns.bench.chart import svg
from netns.bench.measures import MEASURES, Measure, Scale
from netns.bench.results import Results, Run, markdown
from netns.kernel import LabError
from netns.peers import DAEMONS
from netns.peers.base import NodeDaemon, replace_file

SUMMARIES = {measure.name: measure.summary for measure in MEASURES}
INTERRUPTED = 130


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--measure", "names", multiple=True, type=click.Choice(list(SUMMARIES)), help="Only these.")
@click.option("--daemon", "daemons", multiple=True, type=click.Choice(list(DAEMONS)), help="Only these.")
@click.option("--runs", default=3, show_default=True, type=click.IntRange(min=1), help="Runs of each.")
@click.option("--instances", default=255, show_default=True, type=click.IntRange(1, 255))
@click.option("--interval", default=0.1, show_default=True, type=click.FloatRange(0.01, 40.0), help="Seconds.")
@click.option("--seconds", default=10.0, show_default=True, type=click.FloatRange(min=1.0), help="Of watching adverts.")
@click.option("--many", default=4080, show_default=True, type=click.IntRange(1, 4080), help="Instances for scale.")
@click.option("--addresses", default=1000, show_default=True, type=click.IntRange(1, 5000))
@click.option(
    "--output",
    default=Path("bench"),
    show_default=True,
    type=click.Path(path_type=Path),
    help="Written are OUTPUT.json, OUTPUT.md and OUTPUT.svg.",
)
@click.option("--report", type=click.Path(path_type=Path, exists=True), help="Only make tables from this JSON file.")
@click.option("--list", "listing", is_flag=True, help="Say what can be measured.")
def main(
    names: tuple[str, ...],
    daemons: tuple[str, ...],
    runs: int,
    instances: int,
    interval: float,
    seconds: float,
    many: int,
    addresses: int,
    output: Path,
    report: Path | None,
    listing: bool,
) -> None:
    """Measure vrrpd beside keepalived and FRR, run by run in turn, and show ratios."""
    if listing:
        click.echo("\n".join(f"{name:<14} {summary}" for name, summary in SUMMARIES.items()))
        return
    if report is not None:
        _finish(Results.load(report), output)
        return
    scale = Scale(instances, interval, seconds, addresses, many=many)
    results = Results(machine())
    chosen = [measure for measure in MEASURES if not names or measure.name in names]
    interrupted = _measure(results, chosen, [DAEMONS[name] for name in daemons or DAEMONS], runs, scale, output)
    _finish(results, output)
    if interrupted:
        sys.exit(INTERRUPTED)


def _measure(
    results: Results, chosen: list[Measure], daemons: list[NodeDaemon], runs: int, scale: Scale, output: Path
) -> bool:
    """One daemon after the other in every round, so that what else the machine does meets all. True: interrupted."""
    rounds = [replace(scale, phase=(number + 0.5) / runs) for number in range(runs)]
    todo = [(measure, daemon, part) for measure in chosen for part in rounds for daemon in daemons]
    hopeless: set[tuple[str, str]] = set()
    began = time.monotonic()
    try:
        for done, (measure, daemon, part) in enumerate(todo):
            key = (measure.name, daemon.name)
            if key in hopeless:
                continue
            left = "" if not done else f", {(time.monotonic() - began) / done * (len(todo) - done) / 60:.0f} min left"
            click.echo(f"[{done + 1}/{len(todo)}{left}] {measure.name} {daemon.name} ... ", nl=False, err=True)
            try:
                missing = daemon.missing()
                if missing:
                    raise LabError(f"needs {missing}")
                figures = measure.run(daemon, part)
            except LabError as error:
                click.echo(f"not measured: {error}", err=True)
                hopeless.add(key)
                results.skipped.append(f"{measure.name} with {daemon.name}: {error}")
                continue
            results.runs.append(Run(measure.name, daemon.name, figures))
            results.save(output.with_suffix(".json"))
            figure = measure.headline if measure.headline in figures else next(iter(figures))
            click.echo(f"{figure} {figures[figure]:.4g}", err=True)
    except KeyboardInterrupt:
        click.echo("interrupted: these are the figures so far", err=True)
        return True
    return False


def _finish(results: Results, output: Path) -> None:
    tables = markdown(results, SUMMARIES)
    click.echo(tables)
    results.save(output.with_suffix(".json"))
    replace_file(output.with_suffix(".md"), tables)
    replace_file(output.with_suffix(".svg"), svg(results))
    click.echo(f"{output.with_suffix('.json')}, .md and .svg are written", err=True)


def machine() -> dict[str, str]:
    """Where and when, for whoever reads the figures later."""
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), ":?")
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{os.cpu_count()} x {cpu.partition(':')[2].strip()}, Linux {platform.release()}",
        "Python": platform.python_version(),
        "keepalived": _version("keepalived", "-v"),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "command": "scripts/bench " + shlex.join(sys.argv[1:]),
    }


def _version(*argv: str) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except OSError:
        return "none"
    return (done.stdout + done.stderr).partition("\n")[0].strip()


if __name__ == "__main__":
    main()
