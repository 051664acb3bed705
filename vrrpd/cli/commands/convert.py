"""``vrrpd convert FILE --to LANGUAGE``: the same configuration in another language."""

import os
import sys
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final

import click

from vrrpd.cli.format import colour_wanted, diagnostic_text
from vrrpd.cli.lazy import DocumentedCommand, Section
from vrrpd.cli.reading import Reading, read_file
from vrrpd.config.diagnostics import Severity
from vrrpd.config.json_language import render_json
from vrrpd.config.keepalived.render import InexpressibleError, render_keepalived
from vrrpd.config.model import Config
from vrrpd.config.toml_writer import render_toml

_WRITERS: Final[Mapping[str, Callable[[Config], str]]] = {
    "toml": render_toml,
    "keepalived": render_keepalived,
    "json": render_json,
}
_ABOUT_RUNNING: Final = frozenset({"not-handled", "no-effect", "refused"})
"""Findings that say nothing about the conversion: these keywords are kept."""


class Outcome(IntEnum):
    """The exit codes of ``vrrpd convert``."""

    CONVERTED = 0
    REMARKS = 1
    IMPOSSIBLE = 2


SECTIONS: Final = (
    Section(
        "Exit codes",
        (
            ("0", "Converted."),
            ("1", "Converted, with warnings about FILE on standard error."),
            ("2", "FILE cannot be read, or the other language has no words for something in it."),
        ),
    ),
    Section(
        "Examples",
        (
            ("vrrpd convert keepalived.conf --to toml > lb1.toml", "From keepalived to TOML."),
            ("vrrpd convert lb1.toml --to keepalived", "And back."),
        ),
    ),
)


@click.command(cls=DocumentedCommand, sections=SECTIONS, short_help="Write a configuration in another language.")
@click.argument("file", metavar="FILE")
@click.option("--to", "language", type=click.Choice(tuple(_WRITERS)), required=True, help="The language to write.")
@click.option("--host", metavar="ID", help="Whose lines count where a keepalived.conf has @ID.  [default: this host]")
def convert(file: str, language: str, host: str | None) -> None:
    """Read the configuration FILE ("-": standard input), in whichever language, and print it in another.

    The result means the same, but has no comments, definitions or includes: it says what they came to. Keywords with
    their default value are left out. Whether interfaces, users and scripts exist is not looked at.
    """
    reading = read_file(file, host)
    remarks = _say(reading)
    if reading.config is None:
        sys.exit(Outcome.IMPOSSIBLE)
    try:
        text = _WRITERS[language](reading.config)
    except InexpressibleError as error:
        click.echo(f"{click.format_filename(file)}: {error}", err=True)
        sys.exit(Outcome.IMPOSSIBLE)
    click.echo(text, nl=False)
    sys.exit(Outcome.REMARKS if remarks else Outcome.CONVERTED)


def _say(reading: Reading) -> bool:
    """Errors and warnings to standard error; whether there were any."""
    colour = colour_wanted(sys.stderr, os.environ)
    found = [
        item
        for item in reading.diagnostics
        if item.severity is not Severity.NOTE and (item.code not in _ABOUT_RUNNING or "keepalived's" in item.message)
    ]
    for item in found:
        text = diagnostic_text(item, reading.sources.lines(item.location), colour=colour)
        click.echo(f"{text}\n", err=True, color=colour)
    return bool(found)
