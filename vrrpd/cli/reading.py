"""Configurations in files, read for people: whatever machine they are for."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click

from vrrpd.config.diagnostics import Diagnostic, Location, Severity
from vrrpd.config.json_language import read_json
from vrrpd.config.keepalived.context import ScriptCheck, ScriptState
from vrrpd.config.language import read_any
from vrrpd.config.model import Config
from vrrpd.config.redact import redacted

SIZE_LIMIT: Final = 16 << 20
"""Bytes of a configuration file."""


@dataclass(frozen=True, slots=True)
class Reading:
    """``config`` None: it cannot be read; ``lines`` are those of the file without its secrets (none of JSON)."""

    config: Config | None
    diagnostics: tuple[Diagnostic, ...]
    lines: tuple[str, ...] = ()


def read_file(file: str, config_id: str | None = None) -> Reading:
    """A file ("-": standard input) in TOML, JSON or keepalived's language; interfaces and users need not be here."""
    name = "standard input" if file == "-" else click.format_filename(file)
    try:
        content = sys.stdin.buffer.read(SIZE_LIMIT + 1) if file == "-" else _content(Path(file))
    except OSError as error:
        return _unreadable(name, error.strerror or str(error))
    if len(content) > SIZE_LIMIT:
        return _unreadable(name, f"more than {SIZE_LIMIT >> 20} MiB are no configuration")
    text = content.decode("utf-8-sig", errors="replace")
    if _is_json(content, file):
        return Reading(*read_json(text, name))
    config, diagnostics = _read_any(content, name, Path(file), config_id)
    return Reading(config, diagnostics, tuple(redacted(text).split("\n")))


def _content(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(SIZE_LIMIT + 1)


def _unreadable(name: str, why: str) -> Reading:
    return Reading(None, (Diagnostic(Severity.ERROR, Location(name), "unreadable", f"cannot read it: {why}"),))


def _is_json(content: bytes, file: str) -> bool:
    """No other language begins with a brace."""
    return file.endswith(".json") or content.lstrip()[:1] == b"{"


def _read_any(
    content: bytes, name: str, path: Path, config_id: str | None
) -> tuple[Config | None, tuple[Diagnostic, ...]]:
    from vrrpd.daemon.machine import machine_context

    context = replace(
        machine_context(path, config_id=config_id),
        has_interface=lambda _name: True,
        has_user=lambda _user, _group: True,
        has_namespace=lambda _name: True,
        check_script=lambda _program, _user, _group, _manners: ScriptCheck(ScriptState.SAFE),
    )
    config, diagnostics, _ = read_any(content, name, context)
    return config, diagnostics
