"""``vrrpd maintenance``: keep a node out of the election, and let it back in."""

import json
from pathlib import Path
from typing import Final

import click

from vrrpd.cli.asking import run_dir_option
from vrrpd.cli.commands.switchover import ask
from vrrpd.cli.lazy import DocumentedCommand, Section

SECTIONS: Final = (
    Section(
        "Exit codes",
        (
            ("0", "Done."),
            ("1", "There is no such instance."),
            ("2", "The daemon cannot be asked; the message says what to do."),
        ),
    ),
    Section(
        "Examples",
        (
            ("vrrpd maintenance on", "Before work on this machine: all instances move to other nodes."),
            ("vrrpd maintenance off", "After it: they take part again, and preempt as they usually do."),
            ("vrrpd maintenance on VI_1", "One instance and its sync group only."),
        ),
    ),
)


@click.command(
    cls=DocumentedCommand, sections=SECTIONS, short_help="Keep instances out of the election, or let them back in."
)
@click.argument("switch", metavar="on|off", type=click.Choice(("on", "off")))
@click.argument("instance", required=False)
@run_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print the daemon's answer as JSON.")
@click.pass_obj
def maintenance(given: Path | None, *, switch: str, instance: str | None, run_dir: Path | None, as_json: bool) -> None:
    """Keep INSTANCE, or all of them, in FAULT until told otherwise, or until vrrpd is started again.

    A MASTER resigns, and keeps answering at its addresses until another node is heard.
    """
    answer = ask(run_dir or given, "maintenance", on=switch == "on", instance=instance)
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    items = answer.get("instances")
    for item in items if isinstance(items, list) else []:
        click.echo(f"{item['name']}: maintenance {switch}, {item['state']}")
