"""Configurations in files, read for people: whatever machine they are for."""

import sys
from collections.abc import Sequence
from dataclasses import field, replace
from pathlib import Path

import click

from vrrpd.config.diagnostics import Diagnostic, Location, Severity
from vrrpd.config.json_language import read_json
from vrrpd.config.keepalived.context import ReadContext, ScriptCheck, ScriptState
from vrrpd.config.keepalived.limits import INPUT_LIMIT
from vrrpd.config.language import is_keepalived, read_any
from vrrpd.config.model import Config
from vrrpd.config.redact import redacted
from vrrpd.records import dataclass


class Sources:
    """The lines of files, secrets covered, to be shown with what is said about them; looked at when needed."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}
        self._lines: dict[str, Sequence[str]] = {}

    def know(self, name: str, content: bytes) -> None:
        """What this file has been read as."""
        self._contents[name] = content

    def lines(self, place: Location) -> Sequence[str]:
        """None where the place is no line, and of a file that cannot be read any more."""
        if not place.line:
            return ()
        if place.file not in self._lines:
            self._lines[place.file] = self._read(place.file)
        return self._lines[place.file]

    def _read(self, file: str) -> Sequence[str]:
        try:
            content = self._contents[file] if file in self._contents else _content(file)
        except OSError:
            return ()
        return redacted(content.decode("utf-8-sig", errors="replace")).split("\n")


@dataclass(frozen=True, slots=True)
class Reading:
    """``config`` None: it cannot be read."""

    config: Config | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Sources = field(default_factory=Sources)


def display_name(file: str) -> str:
    return "standard input" if file == "-" else click.format_filename(file)


def read_file(file: str, config_id: str | None = None, *, runnable: bool = False) -> Reading:
    """A file ("-": standard input) in TOML, keepalived's language or JSON; interfaces and users need not be here.

    ``runnable``: not in JSON, which the daemon does not read.
    """
    name = display_name(file)
    try:
        content = _content(file)
    except OSError as error:
        return _unreadable(name, error.strerror or str(error))
    if len(content) > INPUT_LIMIT:
        return _unreadable(name, f"more than {INPUT_LIMIT >> 20} MiB are no configuration")
    sources = Sources()
    sources.know(name, content)
    if _is_json(content, file):
        if runnable:
            return Reading(None, (_not_run(name, file),))
        return Reading(*read_json(content.decode("utf-8-sig", errors="replace"), name))
    config, diagnostics, _ = read_any(content, name, _context(content, name, config_id))
    return Reading(config, diagnostics, sources)


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(INPUT_LIMIT + 1)
    with Path(file).open("rb") as stream:
        return stream.read(INPUT_LIMIT + 1)


def _unreadable(name: str, why: str) -> Reading:
    text = f"cannot read it: {why}"
    return Reading(None, (Diagnostic(Severity.ERROR, Location(name), "unreadable", text, "a configuration"),))


def _not_run(name: str, file: str) -> Diagnostic:
    text = "this is JSON, which vrrpd converts but does not run"
    write = f"vrrpd convert {file} --to toml"
    return Diagnostic(Severity.ERROR, Location(name), "not-run", text, "TOML, or keepalived's language", write)


def _is_json(content: bytes, file: str) -> bool:
    """No other language begins with a brace."""
    return file.endswith(".json") or content.lstrip()[:1] == b"{"


def _context(content: bytes, name: str, config_id: str | None) -> ReadContext:
    """Includes are read; of the rest of the machine nothing is known."""
    if not is_keepalived(content, name):
        return ReadContext()
    from vrrpd.daemon.machine import machine_context

    return replace(
        machine_context(Path(name), config_id=config_id),
        has_interface=lambda _name: True,
        has_user=lambda _user, _group: True,
        has_namespace=lambda _name: True,
        check_script=lambda _program, _user, _group, _manners: ScriptCheck(ScriptState.SAFE),
    )
