"""``python -m netns SCENARIO``: play a scenario in network namespaces, and say what came of it.

``python -m netns compare NAME``: see netns.comparison; ``python -m netns mistakes``: see netns.mistakes;
``python -m netns kms``: see netns.kms.
"""

import json
import sys
import threading
from pathlib import Path

import click

from netns import registry
from netns.catalogue import CATALOGUE, item_named
from netns.comparison.__main__ import main as compare
from netns.kernel import LabError
from netns.mistakes import main as mistakes
from netns.peers import DAEMONS
from netns.peers.vrrpd import Vrrpd, run_directory
from netns.stage import Stage

COMMANDS = {
    "compare": "vrrpd beside keepalived: see compare --help",
    "mistakes": "how often fast_failover is wrong: see mistakes --help",
    "kms": "the failover table of a KMS behind load balancers: see kms --help",
}


def _chosen(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    chosen = {}
    for value in ",".join(values).split(",") if values else ():
        node, equals, daemon = value.partition("=")
        if not equals or daemon not in DAEMONS:
            raise click.BadParameter(f"{value}: write NODE=DAEMON, where DAEMON is one of {', '.join(DAEMONS)}")
        chosen[node] = daemon
    return chosen


def _list(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        width = max(map(len, CATALOGUE))
        for name, summary in [*((item.name, item.summary) for item in CATALOGUE.values()), *COMMANDS.items()]:
            click.echo(f"{name:<{width}}  {summary}")
        context.exit()


def _sweep(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        swept = registry.sweep()
        click.echo("\n".join(f"removed {name}" for name in swept) or "nothing was left behind")
        context.exit()


def _hints(stage: Stage) -> str:
    lines = ["The lab stays until Ctrl-C. Look around with:"]
    lines += [f"  ip netns exec {host.namespace} ip addr    # {host.name}, {host.address}" for host in stage.lab.hosts]
    lines.append(f"  ip netns exec {stage.lab.bridge.namespace} tcpdump -i br0 -n vrrp or arp    # the wire")
    lines += [
        f"  python -m vrrpd status --run-dir {run_directory(node.host)}"
        for node in stage.nodes.values()
        if isinstance(node.daemon, Vrrpd)
    ]
    lines.append(f"  ls {stage.lab.directory}/*    # configurations and logs")
    return "\n".join(lines)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("scenario")
@click.option(
    "--daemon",
    "chosen",
    metavar="NODE=DAEMON",
    multiple=True,
    callback=_chosen,
    help=f"What runs on a node, for example r1=keepalived; one of {', '.join(DAEMONS)}. May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--logs", is_flag=True, help="Print the daemons' logs too.")
@click.option("--pcap", type=click.Path(path_type=Path), metavar="FILE", help="Write what was captured, for tshark.")
@click.option("--keep", is_flag=True, help="Leave the lab standing afterwards, and say how to look around.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="Show every scenario and end."
)
@click.option(
    "--sweep", is_flag=True, is_eager=True, expose_value=False, callback=_sweep, help="Remove what dead labs left."
)
def main(scenario: str, chosen: dict[str, str], as_json: bool, logs: bool, pcap: Path | None, keep: bool) -> None:
    """Play SCENARIO with real daemons in network namespaces (needs root).

    Commands of their own, each with --help: "compare" (vrrpd beside keepalived), "mistakes" (of fast_failover),
    "kms" (the failover table of a KMS behind load balancers).

    Exits 0 if everything came about as expected, 1 if not, 2 if it could not be played.
    """
    try:
        item = item_named(scenario)
        with item.stage(chosen, keep_running=keep) as stage:
            item.play(stage)
            report = stage.report()
            if pcap is not None:
                stage.capture.write_pcap(pcap)
            click.echo(json.dumps(report.as_json(), indent=2) if as_json else report.as_text(with_logs=logs))
            if keep:
                click.echo(_hints(stage), err=True)
                threading.Event().wait()
    except LabError as error:
        click.echo(f"netns: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0 if report.passed else 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["compare"]:
        compare(sys.argv[2:], prog_name="python -m netns compare")
    if sys.argv[1:2] == ["mistakes"]:
        mistakes(sys.argv[2:], prog_name="python -m netns mistakes")
    if sys.argv[1:2] == ["kms"]:
        from netns.kms.__main__ import main as kms  # what it needs is not needed by the others

        kms(sys.argv[2:], prog_name="python -m netns kms")
    main(prog_name="python -m netns")
