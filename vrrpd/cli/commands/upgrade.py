"""``vrrpd upgrade``: have the installed version go on in the place of the running one."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from vrrpd.cli.asking import Verdict, client_of, run_dir_option
from vrrpd.cli.lazy import DocumentedCommand, Section
from vrrpd.control.client import ControlClient, RefusedError
from vrrpd.errors import ControlError

_PATIENCE: Final = 120.0
"""Seconds: for the reload, the trial, notify scripts that run, and the start."""
_PAUSE: Final = 0.05


SECTIONS: Final = (
    Section(
        "Exit codes",
        (
            ("0", "The installed version runs, with the same process id."),
            ("1", "It cannot: the running version goes on as if nothing had been asked."),
            ("2", "The daemon cannot be asked, or does not say how it ended; the message says what to do."),
        ),
    ),
    Section(
        "Examples",
        (
            ("apt upgrade vrrpd && vrrpd upgrade", "Nobody notices: no advertisement is left out, no address goes."),
            ("upgrade_on_reload = true", "In global_defs: systemctl reload vrrpd does it too."),
        ),
    ),
)


@click.command(
    cls=DocumentedCommand, sections=SECTIONS, short_help="Have the installed version go on in the running one's place."
)
@run_dir_option
@click.pass_obj
def upgrade(given: Path | None, *, run_dir: Path | None) -> None:
    """Have the version that is installed now go on where the running one stands.

    The configuration is read again first, as by vrrpd reload. Then the installed version is tried out beside the
    running one: it must be able to read the configuration and what the running one has written down. Then it takes
    over: same process id, same sockets, same states; the addresses stay, and other nodes hear nothing of it.
    """
    client = client_of(run_dir or given)
    try:
        before = client.call("upgrade")
        after = _wait(client, before.get("worker"))
    except RefusedError as error:
        click.echo(f"vrrpd upgrade: {error}", err=True)
        sys.exit(Verdict.REFUSED)
    except ControlError as error:
        click.echo(f"vrrpd upgrade: {error}", err=True)
        sys.exit(Verdict.NO_ANSWER)
    if after.get("state") == "failed":
        errors = after.get("errors")
        for line in errors if isinstance(errors, list) else ():
            click.echo(f"vrrpd upgrade: {line}", err=True)
        click.echo(f"not upgraded: version {after.get('version')} goes on", err=True)
        sys.exit(Verdict.REFUSED)
    click.echo(f"version {after.get('version')} goes on where {before.get('version')} stood")


def _wait(client: ControlClient, worker: object) -> Mapping[str, object]:
    """Until another worker answers, or this one says that it stays."""
    give_up = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up:
        time.sleep(_PAUSE)
        try:
            answer = client.call("upgrade_result")
        except RefusedError:
            raise
        except ControlError:
            continue  # between the two
        if answer.get("worker") != worker or answer.get("state") == "failed":
            return answer
    raise ControlError("the daemon does not say how it ended; its log does, and vrrpd status shows what runs")
