"""``python -m netns mistakes``: how often fast_failover takes a master for dead that lives, and what that costs.

A pair for each way to probe, all at once in labs of their own: r1 is master, r2 vrrpd as its backup, a client pings.
"""

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import click

from netns.kernel import LabError
from netns.peers import DAEMONS
from netns.peers.spec import InstanceSpec, NodeSpec
from netns.peers.vrrpd import instance_status
from netns.stage import Stage
from vrrpd.errors import ControlError
from vrrpd.sim.invariants import overlaps

WAYS: Final[Mapping[str, str | None]] = {"protocol": None, "overdue": "overdue", "always": "always"}
"""The first is without fast_failover: what the network does to the protocol itself."""
PACE: Final = 0.005
GAP_MS: Final = 50.0
"""Pings that are lost one by one are no outage."""
PATIENCE: Final = 30.0
_SPIN: Final = "while True: pass"


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one pair. ``by_protocol``: takeovers without silence; times in ms."""

    way: str
    minutes: float
    by_protocol: int
    by_silence: int
    wrong: int
    gaps: Sequence[float]
    two_holders: Sequence[float]

    @property
    def cells(self) -> tuple[str, ...]:
        numbers = (self.by_protocol, self.by_silence, self.wrong, len(self.gaps))
        times = (max(self.gaps, default=0.0), sum(self.gaps), sum(self.two_holders))
        return (self.way, *map(str, numbers), *(f"{ms:.0f}" for ms in times))


HEADINGS: Final = (
    "", "by the protocol", "by silence", "of these wrong", "outages", "longest, ms", "together, ms", "two holders, ms",
)  # fmt: skip


def watch(stages: Mapping[str, Stage], seconds: float, cut: float = 0.0) -> list[Finding]:
    """Let it run, and count. In the middle the master's cable is out for ``cut`` seconds."""
    before = {way: _counted(stage) for way, stage in stages.items()}
    since = time.time_ns()
    time.sleep(seconds / 2)
    if cut:
        _cut(list(stages.values()), cut)
    time.sleep(seconds / 2)
    return [_finding(way, stage, before[way], since) for way, stage in stages.items()]


def _cut(stages: Sequence[Stage], seconds: float) -> None:
    for stage in stages:
        stage.lab["r1"].isolate()
    time.sleep(seconds)
    for stage in stages:
        stage.lab["r1"].join()


def _finding(way: str, stage: Stage, before: Mapping[str, int], since: int) -> Finding:
    until = time.time_ns()
    grown = {name: value - before[name] for name, value in _counted(stage).items()}
    replies = [] if stage.pings is None else stage.pings.replies(since=since)
    gaps = [(after.time_ns - earlier.time_ns) / 1e6 for earlier, after in itertools.pairwise(replies)]
    return Finding(
        way,
        (until - since) / 60e9,
        grown["became_master"] - grown["silent_takeovers"],
        grown["silent_takeovers"],
        grown["wrong_takeovers"],
        [gap for gap in gaps if gap > GAP_MS],
        [seconds * 1e3 for seconds in overlaps(stage.holdings())],
    )


def _counted(stage: Stage) -> dict[str, int]:
    statistics = instance_status(stage.lab["r2"])["statistics"]
    if not isinstance(statistics, dict):
        raise LabError("r2 has no counters")
    return {name: int(statistics[name]) for name in ("became_master", "silent_takeovers", "wrong_takeovers")}


@contextmanager
def pairs(master: str, interval: float) -> Iterator[dict[str, Stage]]:
    """By way of probing: r1 is master, and r2's questions are answered."""
    version = 2 if interval.is_integer() else 3
    with ExitStack() as stack:
        stages = {}
        for way in WAYS:
            daemons = {"r1": DAEMONS[master], "r2": DAEMONS["vrrpd"]}
            stages[way] = stack.enter_context(Stage("mistakes", daemons, pace=PACE))
        for way, stage in stages.items():
            instance = InstanceSpec(priority=200, version=version, advert_int=interval)
            stage.start("r1", NodeSpec((instance,)))
            spec = InstanceSpec(priority=100, version=version, advert_int=interval, probe=WAYS[way])
            stage.start("r2", NodeSpec((spec,)))
        for stage in stages.values():
            if not stage.await_sole_holder("r1", PATIENCE):
                raise LabError("r1 does not hold the address alone")
            stage.nodes["r2"].wait_ready()
        time.sleep(3.0)
        yield stages


@contextmanager
def hogs(count: int) -> Iterator[None]:
    """Programs that never wait, as important as the daemons."""
    running = [subprocess.Popen([sys.executable, "-I", "-S", "-c", _SPIN]) for _ in range(count)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def table(findings: Sequence[Finding]) -> str:
    lines = [HEADINGS, ("---",) * len(HEADINGS), *(finding.cells for finding in findings)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--minutes", default=5.0, show_default=True, type=click.FloatRange(min=0.05))
@click.option("--loss", default=0, show_default=True, type=click.IntRange(0, 90), help="Percent, each way, at r2.")
@click.option("--hogs", "count", default=0, show_default=True, type=click.IntRange(0, 64), help="Programs that spin.")
@click.option("--cut", default=0.0, show_default=True, type=click.FloatRange(0, 60), help="Seconds, once, of r1.")
@click.option("--master", default="keepalived", show_default=True, type=click.Choice(["keepalived", "vrrpd"]))
@click.option("--interval", default=1.0, show_default=True, type=click.FloatRange(0.01, 40.0), help="advert_int.")
def main(minutes: float, loss: int, count: int, cut: float, master: str, interval: float) -> None:
    """Count the takeovers from a master that lives, by the protocol and by fast_failover (needs root)."""
    try:
        with pairs(master, interval) as stages:
            for stage in stages.values():
                stage.lab["r2"].random_loss(loss, sending=True, hearing=True)
            with hogs(count):
                findings = watch(stages, minutes * 60, cut)
    except (LabError, ControlError) as error:
        click.echo(f"netns: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    faults = f"{loss} % lost each way, {count} hogs, cut for {cut:g} s"
    click.echo(f"{minutes:g} min, {faults}, master {master}, advert_int {interval:g}\n")
    click.echo(table(findings))
