"""``vrrpd status``: ask a running daemon, and say it in a table."""

import json
import os
import sys
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from vrrpd.cli.asking import run_dir_option
from vrrpd.cli.format import colour_wanted
from vrrpd.cli.lazy import DocumentedCommand, Section
from vrrpd.cli.main import DEFAULT_RUN_DIR
from vrrpd.cli.status_view import (
    HEADINGS,
    Notes,
    Row,
    all_serving,
    daemon_line,
    group_line,
    notes_of,
    row_of,
    static_lines,
)
from vrrpd.control.client import ControlClient
from vrrpd.control.endpoint import SOCKET_NAME
from vrrpd.control.status import StatusResult, read_status
from vrrpd.errors import ControlError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_STATE_STYLES: Final = {"MASTER": "bold green", "BACKUP": "green", "INIT": "yellow", "FAULT": "bold red"}
_UNLIMITED: Final = 100_000
"""Columns when nobody looks: no line is folded in a pipe or a file."""


class Health(IntEnum):
    """The exit codes of ``vrrpd status``."""

    SERVING = 0
    NOT_SERVING = 1
    NO_ANSWER = 2


SECTIONS: Final = (
    Section(
        "Exit codes",
        (
            ("0", "Every instance is MASTER or BACKUP."),
            ("1", "An instance is FAULT or INIT."),
            ("2", "The daemon cannot be asked; the message says what to do."),
        ),
    ),
    Section(
        "Examples",
        (
            ("vrrpd status", "The table, and what needs attention."),
            ("vrrpd status --verbose", "Also trackers that are up, peers, timers and counters."),
            ("vrrpd status --json | jq '.instances[].state'", "For programs."),
            ("watch -n1 vrrpd status", "Keep looking."),
        ),
    ),
)


@click.command(
    cls=DocumentedCommand, sections=SECTIONS, short_help="Show the state of every instance of a running daemon."
)
@run_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print the daemon's answer as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Show everything about each instance.")
@click.pass_obj
def status(given: Path | None, *, run_dir: Path | None, as_json: bool, verbose: bool) -> None:
    """Show every instance of a running daemon: its state, since when and why, who is master and when it was last heard,
    its priority as configured and as changed by trackers, and how many of its addresses are really on the interface.

    Below the table stands what needs attention: faults, failed trackers, misplaced addresses, a second master, a node
    that could not serve. Colour is used on a terminal only, and not with NO_COLOR.
    """
    path = (run_dir or given or DEFAULT_RUN_DIR) / SOCKET_NAME
    try:
        answer = ControlClient(path).call("status")
        result = read_status(answer)
    except ControlError as error:
        click.echo(f"vrrpd status: {error}", err=True)
        sys.exit(Health.NO_ANSWER)
    if as_json:
        click.echo(json.dumps(answer, indent=2))
    else:
        click.echo(render(result, verbose=verbose), color=True)
    sys.exit(Health.SERVING if all_serving(result) else Health.NOT_SERVING)


def render(result: StatusResult, *, verbose: bool = False) -> str:
    """The whole text, with colours when standard output is a terminal that wants them."""
    console = _console()
    notes = [notes_of(instance, everything=verbose) for instance in result["instances"]]
    with console.capture() as capture:
        console.print(daemon_line(result), style="dim")
        console.print()
        console.print(_table([row_of(instance) for instance in result["instances"]]))
        if result["groups"]:
            console.print()
        for group in result["groups"]:
            console.print(group_line(group), style="red" if group["state"] == "FAULT" else None)
        for line in static_lines(result, everything=verbose):
            console.print(line)
        for note in notes:
            _print_notes(console, note)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _console() -> "Console":
    from rich.console import Console

    terminal = sys.stdout.isatty()
    colour = colour_wanted(sys.stdout, os.environ)
    return Console(
        width=None if terminal else _UNLIMITED,
        force_terminal=colour,
        color_system="auto" if colour else None,
        markup=False,
        highlight=False,
        emoji=False,
    )


def _table(rows: list[Row]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in HEADINGS:
        table.add_column(heading, no_wrap=heading not in {"MASTER", "REASON"})
    for row in rows:
        styles = ["bold", _STATE_STYLES[row.state], "", "", "", "bold red" if row.alarming else "", ""]
        table.add_row(*(Text(cell, style) for cell, style in zip(row.cells, styles, strict=True)))
    return table


def _print_notes(console: "Console", notes: Notes) -> None:
    if not (notes.urgent or notes.calm):
        return
    console.print(f"\n{notes.heading}", style="bold")
    for line in notes.urgent:
        console.print(f"  {line}", style="red")
    for line in notes.calm:
        console.print(f"  {line}")
