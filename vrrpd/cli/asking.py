"""What all commands have in common that ask a running daemon."""

from enum import IntEnum
from pathlib import Path
from typing import Final

import click

from vrrpd.cli.main import DEFAULT_RUN_DIR
from vrrpd.control.client import ControlClient
from vrrpd.control.endpoint import SOCKET_NAME


class Verdict(IntEnum):
    """The exit codes of a command that has the daemon do something."""

    DONE = 0
    REFUSED = 1
    NO_ANSWER = 2


run_dir_option: Final = click.option(
    "--run-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help=f"The run dir of the daemon to ask.  [default: {DEFAULT_RUN_DIR}]",
)


def client_of(run_dir: Path | None) -> ControlClient:
    return ControlClient((run_dir or DEFAULT_RUN_DIR) / SOCKET_NAME)
