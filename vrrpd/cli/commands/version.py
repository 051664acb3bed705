"""``vrrpd version``: what to write into a report."""

import json
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of

import click

from vrrpd import __version__

_LIBRARIES = ("pyroute2", "click", "rich")


@click.command(short_help="Show the version, and what it runs on.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def version(*, as_json: bool) -> None:
    """Show the versions of vrrpd, of Python, of the kernel and of the libraries in use."""
    found = {"vrrpd": __version__, "python": platform.python_version(), platform.system().lower(): platform.release()}
    found |= _libraries()
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    width = max(map(len, found))
    for name, number in found.items():
        click.echo(f"{name:<{width}} {number}")


def _libraries() -> Mapping[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version_of(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found
