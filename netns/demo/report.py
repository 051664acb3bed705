"""The end of the demonstration: the table, the picture, the verdict, and how to look around."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from netns.demo.backend import SERVICE_PORT
from netns.demo.pair import LoadBalancer, Pair
from netns.demo.picture import draw
from netns.demo.screen import coloured
from netns.demo.story import Row, Story


def print_report(console: Console, story: Story) -> bool:
    """True when every row is as expected."""
    console.print()
    console.print(table_of(story.rows))
    for number, why in reasons(story.rows):
        console.print(Text(f"{number}  {why}"), soft_wrap=True)
    for row in story.rows:
        for complaint in row.complaints:
            console.print(Text(f"event {row.event.number}: {complaint}", "bold red"), soft_wrap=True)
    console.print()
    routers = [node.name for node in story.pair.nodes]
    for line in draw(story.client.answers, story.marks, routers, console.width):
        console.print(coloured(line), soft_wrap=True)
    console.print()
    return print_verdict(console, story.rows)


def table_of(rows: Sequence[Row]) -> Table:
    table = Table(title="Requests through the virtual address", title_justify="left")
    for heading, side in (("#", "right"), ("event", "left"), ("answers\nnow", "left"), ("outage\nms", "right")):
        table.add_column(heading, justify="right" if side == "right" else "left", no_wrap=True)
    table.add_column("expected by\nthe protocol", justify="right", no_wrap=True)
    table.add_column("")
    for row in rows:
        outage = "no end" if row.outage is None else f"{row.outage * 1000:.0f}"
        verdict = Text("as expected", "green") if row.as_expected else Text("NOT", "bold red")
        table.add_row(
            str(row.event.number), row.event.title, row.answering or "nobody", outage, str(row.event.promise), verdict
        )
    return table


def reasons(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Each explanation once, with the numbers of the events that it explains."""
    numbers: dict[str, list[str]] = {}
    for row in rows:
        numbers.setdefault(row.event.promise.why, []).append(str(row.event.number))
    return [(", ".join(found), why) for why, found in numbers.items()]


def print_verdict(console: Console, rows: Sequence[Row]) -> bool:
    kept = sum(row.as_expected for row in rows)
    good = kept == len(rows)
    line = f"{kept} of {len(rows)} events went as the protocol promises"
    console.print(Text(line, "bold green" if good else "bold red"))
    return good


def hints(pair: Pair) -> list[str]:
    """Commands for another terminal, while ``--keep`` holds everything up."""
    client = f"sudo ip netns exec {pair.lab.client.namespace}"
    lines = [f"{pair.first.name} is started again, and all goes on running. In another terminal, for example:"]
    for node in pair.nodes:
        lines += node_hints(node)
    lines += [
        "# as the client",
        f"{client} python3 -c 'import urllib.request as u; print(u.urlopen(\"http://{pair.first.vip}:{SERVICE_PORT}/\").read())'",
        f"{client} ping -c 3 {pair.first.vip}",
        "# what the nodes say to each other",
        f"sudo ip netns exec {pair.second.host.namespace} tcpdump -ni eth0 ip proto 112 or arp",
        "Ctrl-C here ends and removes it all.",
    ]
    return lines


def node_hints(node: LoadBalancer) -> list[str]:
    lines = [f"# {node.name}", f"tail -f {node.log_path}", f"sudo ip netns exec {node.host.namespace} ip -br address"]
    if node.daemon == "vrrpd" and node.daemon_runs():
        lines.append(f"sudo {Path(sys.executable).with_name('vrrpd')} status --run-dir {node.run_dir}")
    if node.haproxy is not None and node.haproxy_runs():
        lines.append(f"sudo kill {node.haproxy.pid}   # its HAProxy")
    return lines
