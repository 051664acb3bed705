"""What ``-h`` and ``-v`` of keepalived's command line print."""

import platform
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vrrpd import __version__
from vrrpd.cli.keepalived_options import KEEPALIVED, VRRPD, Argument, Option

SPOKEN_VERSION: Final = "2.4.3"
"""The keepalived whose language and behaviour vrrpd has; programs that ask decide by it what they may expect."""

_COLUMN: Final = 34
_WIDTH: Final = 110


def version() -> str:
    """The first line, and ``--enable-json``, are what exporters look for."""
    return (
        f"Keepalived v{SPOKEN_VERSION} (vrrpd {__version__})\n"
        "\n"
        f"This is vrrpd {__version__}. It stands in for keepalived {SPOKEN_VERSION}: configuration, command line,\n"
        "signals and files are the same; load balancing is not part of it.\n"
        "\n"
        f"Running on {platform.system()} {platform.release()}, Python {platform.python_version()}\n"
        "\n"
        "configure options: --enable-json\n"
        "\n"
        "Config options:  VRRP VRRP_AUTH JSON SYSTEMD_NOTIFY\n"
        "\n"
        "System options:  NETLINK TIMERFD PIDFD\n"
    )


def usage(name: str, default: Path | None) -> str:
    """``default``: the file that is used when none is given."""
    lines = [f"Usage: {name} [OPTION...]"]
    if default is not None:
        lines.append(f"Without -f, {default} is used. Without -n it goes into the background.")
    for option in KEEPALIVED:
        lines += _described(option)
    lines += ["", "Options of vrrpd that may stand beside them:"]
    for option in VRRPD:
        lines += _described(option)
    return "\n".join(lines) + "\n"


def _described(option: Option) -> Iterator[str]:
    short = f"-{option.short}, " if option.short else "    "
    argument = f"={option.metavar}" if option.argument is Argument.REQUIRED else f"[={option.metavar}]"
    head = f"  {short}--{option.long}{'' if option.argument is Argument.NONE else argument}"
    meaning = f"Accepted, not handled: {option.foreign}." if option.foreign else option.help
    first, *rest = textwrap.wrap(meaning, _WIDTH - _COLUMN)
    if len(head) >= _COLUMN:
        yield head
        yield " " * _COLUMN + first
    else:
        yield f"{head:<{_COLUMN}}{first}"
    yield from (" " * _COLUMN + line for line in rest)
