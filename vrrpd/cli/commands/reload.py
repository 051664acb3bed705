"""``vrrpd reload``: have a running daemon read its configuration again, and say what came of it."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from vrrpd.cli.asking import Verdict, client_of, run_dir_option
from vrrpd.cli.lazy import DocumentedCommand, Section
from vrrpd.control.client import ControlClient
from vrrpd.errors import ControlError

_PATIENCE: Final = 90.0
"""Seconds; reading a file takes a fraction of one."""
_PAUSE: Final = 0.05


SECTIONS: Final = (
    Section(
        "Exit codes",
        (
            ("0", "The new configuration runs; with --plan: it would."),
            ("1", "It is refused, and the old one goes on as if nothing had been asked."),
            ("2", "The daemon cannot be asked; the message says what to do."),
        ),
    ),
    Section(
        "Examples",
        (
            ("vrrpd reload --plan", "What would change? Nothing is touched."),
            ("vrrpd reload", "Change it."),
            ("systemctl reload vrrpd", "The same by signal; the log says what came of it."),
        ),
    ),
)


@click.command(
    cls=DocumentedCommand, sections=SECTIONS, short_help="Have a running daemon read its configuration again."
)
@run_dir_option
@click.option("--plan", is_flag=True, help="Only say what would change.")
@click.option("--json", "as_json", is_flag=True, help="Print the daemon's answer as JSON.")
@click.pass_obj
def reload(given: Path | None, *, run_dir: Path | None, plan: bool, as_json: bool) -> None:
    """Have a running daemon read its configuration file again.

    The file is checked first; with an error in it the old configuration goes on. Instances that did not change are not
    touched: same interface, virtual router id and family make it the same instance, whatever its name is. Those that
    are gone resign, those that are new start as at the start of the daemon.
    """
    client = client_of(run_dir or given)
    try:
        answer = _ask(client, plan=plan)
    except ControlError as error:
        click.echo(f"vrrpd reload: {error}", err=True)
        sys.exit(Verdict.NO_ANSWER)
    errors = _lines(answer, "errors")
    if as_json:
        click.echo(json.dumps({"plan": plan, "changes": _lines(answer, "changes"), "errors": errors}, indent=2))
    else:
        _print(_lines(answer, "changes"), errors, plan=plan)
    sys.exit(Verdict.REFUSED if errors else Verdict.DONE)


def _ask(client: ControlClient, *, plan: bool) -> Mapping[str, object]:
    number = client.call("reload", plan=plan).get("number")
    give_up = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up:
        answer = client.call("reload_result", number=number)
        if answer.get("done"):
            return answer
        time.sleep(_PAUSE)
    raise ControlError("the daemon is still reading its configuration; its log will say what comes of it")


def _lines(answer: Mapping[str, object], key: str) -> list[str]:
    found = answer.get(key)
    return [str(line) for line in found] if isinstance(found, list) else []


def _print(changes: list[str], errors: list[str], *, plan: bool) -> None:
    for line in errors:
        click.echo(line, err=True)
    if errors:
        click.echo("not reloaded: the old configuration goes on" if not plan else "it would be refused", err=True)
        return
    for line in changes:
        click.echo(line)
    if not changes:
        click.echo("nothing would change" if plan else "nothing changed")
