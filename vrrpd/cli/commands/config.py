"""``vrrpd config show FILE``: every keyword with the value that counts, and where it comes from."""

import os
import sys
from collections.abc import Iterator
from typing import Final

import click

from vrrpd.cli.format import colour_wanted, diagnostic_text
from vrrpd.cli.reading import Reading, read_file
from vrrpd.config.diagnostics import Location
from vrrpd.config.keywords import NAMELESS, toml_literal
from vrrpd.config.model import Authentication, AuthHmac, Config
from vrrpd.config.settings import Section, Setting, sections
from vrrpd.config.texts import Defaults, own_weights
from vrrpd.config.toml_writer import table_name, toml_value

_COVERED: Final = "********"
_WIDTH: Final = 56
"""Columns of a value before its origin."""


@click.group(short_help="Look at a configuration: config show FILE.")
def config() -> None:
    """Look at a configuration: vrrpd config show FILE."""


@config.command(short_help="Show every keyword, its value and its origin.")
@click.argument("file", metavar="FILE")
@click.option("--host", metavar="ID", help="Whose lines count where a keepalived.conf has @ID.  [default: this host]")
@click.option("--written", is_flag=True, help="Leave out what has its default.")
def show(file: str, host: str | None, *, written: bool) -> None:
    """Show the effective configuration in FILE ("-": standard input), in TOML's terms.

    Behind each value stands where it comes from: a place in a file, the keyword of global_defs that says it for all
    instances, or "default". Passwords and keys are covered.

    Exit code: 0, or 2 when FILE cannot be read.
    """
    reading = read_file(file, host)
    if reading.config is None:
        _complain(reading)
        sys.exit(2)
    for line in shown(reading.config, written=written):
        click.echo(line)


def _complain(reading: Reading) -> None:
    colour = colour_wanted(sys.stderr, os.environ)
    for item in reading.diagnostics:
        if item.is_error:
            text = diagnostic_text(item, reading.sources.lines(item.location), colour=colour)
            click.echo(f"{text}\n", err=True, color=colour)


def shown(config: Config, *, written: bool = False) -> Iterator[str]:
    """The lines of ``vrrpd config show``; ``written``: only what is not a default."""
    defaults = own_weights(config)
    wide = config.global_defs.origins
    for section in sections(config):
        settings = [item for item in section.settings if not (written and item.is_default)]
        if not settings:
            continue
        yield from _title(section)
        for setting in settings:
            yield _line(setting, defaults, _origin(section, setting, wide.get(f"vrrp_{setting.keyword.name}")))
        yield ""


def _title(section: Section) -> Iterator[str]:
    if section.kind:
        title = f"[{section.kind}]" if section.kind in NAMELESS else f"[{table_name(section.kind, section.name)}]"
        place = str(section.origins[""]) if section.origins.get("") else "not in the file"
        yield f"{title:<{_WIDTH}}  # {place}"


def _origin(section: Section, setting: Setting, wide: Location | None) -> str:
    if setting.origin is not None:
        return str(setting.origin)
    inherits = section.kind in {"vrrp_instance", "vrrp_sync_group"} and wide is not None
    if inherits and setting.is_default:
        return f"vrrp_{setting.keyword.name}, {wide}"
    return "default" if setting.is_default else "follows from other keywords"


def _line(setting: Setting, defaults: Defaults, origin: str) -> str:
    name = setting.keyword.name
    text = f"{name} = {_value(setting, defaults)}" if setting.value is not None else f"# {name}: {_nothing(setting)}"
    return f"{text:<{_WIDTH}}  # {origin}"


def _nothing(setting: Setting) -> str:
    return setting.keyword.default or "none"


def _value(setting: Setting, defaults: Defaults) -> str:
    match setting.value:
        case Authentication(auth_type, _):
            return f"{{ auth_type = {toml_literal(auth_type)}, auth_pass = {toml_literal(_COVERED)} }}"
        case AuthHmac(keys):
            text = toml_value(setting, defaults)
            for key in keys:
                text = text.replace(toml_literal(f"{key.key_id} {key.value}"), toml_literal(f"{key.key_id} {_COVERED}"))
            return text
    return toml_value(setting, defaults)
