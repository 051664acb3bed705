"""``vrrpd switchover``: have another node take over, without a gap."""

import json
import sys
from pathlib import Path
from typing import Final

import click

from vrrpd.cli.asking import Verdict, client_of, run_dir_option
from vrrpd.cli.lazy import DocumentedCommand, Section
from vrrpd.control.client import RefusedError
from vrrpd.errors import ControlError

SECTIONS: Final = (
    Section(
        "Exit codes",
        (
            ("0", "It has resigned."),
            ("1", "It is not MASTER here, or there is no such instance."),
            ("2", "The daemon cannot be asked; the message says what to do."),
        ),
    ),
    Section(
        "Examples",
        (
            ("vrrpd switchover VI_1", "Another node takes over; with preempt this one takes back after a minute."),
            ("vrrpd maintenance on VI_1", "To stay away for longer."),
        ),
    ),
)


def ask(given: Path | None, command: str, **args: object) -> dict[str, object]:
    """The daemon's answer. Ends the program with a message when there is none."""
    client = client_of(given)
    try:
        return dict(client.call(command, **args))
    except ControlError as error:
        click.echo(f"vrrpd {command}: {error}", err=True)
        sys.exit(Verdict.REFUSED if isinstance(error, RefusedError) else Verdict.NO_ANSWER)


@click.command(cls=DocumentedCommand, sections=SECTIONS, short_help="Have another node take over an instance.")
@click.argument("instance")
@run_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print the daemon's answer as JSON.")
@click.pass_obj
def switchover(given: Path | None, *, instance: str, run_dir: Path | None, as_json: bool) -> None:
    """Have another node take over INSTANCE, which is MASTER here, and the other members of its sync group.

    This node resigns, and keeps answering at the addresses until the other one is heard. It then leaves that one alone
    for a minute, whatever the priorities are; but when no other node takes over, it takes back.
    """
    answer = ask(run_dir or given, "switchover", instance=instance)
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    names = answer.get("instances")
    members = ", ".join(map(str, names)) if isinstance(names, list) else instance
    click.echo(f"{members} resigned; nobody who takes over is preempted for {answer.get('hold', 0):g} s")
