"""``vrrpd check FILE``: everything that is wrong with a configuration, before it is run."""

import json
import os
import sys
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Final

import click

from vrrpd.cli.format import colour_wanted, count, counted, diagnostic_text, diagnostic_value, verdict
from vrrpd.config.diagnostics import Diagnostic, Location, Severity
from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.language import is_keepalived, read_any
from vrrpd.config.model import Config
from vrrpd.config.redact import redacted

SIZE_LIMIT: Final = 16 << 20
"""Bytes of a configuration file; no real one comes near it, /dev/zero does."""


class CheckResult(IntEnum):
    """The exit codes of ``vrrpd check``."""

    CLEAN = 0
    WARNINGS = 1
    ERRORS = 2


@click.command(short_help="Read a configuration and say all that is wrong with it.")
@click.argument("file", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def check(file: str, *, as_json: bool) -> None:
    """Read the configuration FILE ("-": standard input) and say everything that is wrong with it.

    Nothing is started or changed, and no privilege is needed. Whether the network interfaces exist is not looked at,
    nor, for a keepalived.conf, users and scripts: the file may be meant for another machine. vrrpd -t -f FILE looks at
    them, and gives keepalived's verdict.

    Each finding gives the place, what was expected, and what to write instead. An error keeps vrrpd from running the
    file. With warnings it runs, perhaps not as you mean it. Notes are worth knowing.

    Exit code: 0 no errors or warnings, 1 warnings only, 2 errors, or FILE cannot be read.
    """
    config, diagnostics, lines = _examined(file)
    if as_json:
        click.echo(_report_json(file, diagnostics))
    else:
        _report_text(file, config, diagnostics, lines)
    sys.exit(result_of(diagnostics))


def result_of(diagnostics: Sequence[Diagnostic]) -> CheckResult:
    """Notes count for nothing."""
    if count(diagnostics, Severity.ERROR):
        return CheckResult.ERRORS
    return CheckResult.WARNINGS if count(diagnostics, Severity.WARNING) else CheckResult.CLEAN


def _examined(file: str) -> tuple[Config | None, tuple[Diagnostic, ...], list[str]]:
    """The configuration, what is to be said about it, and its lines without secrets."""
    name = "standard input" if file == "-" else click.format_filename(file)
    try:
        content = _content(file)
    except OSError as error:
        return None, (_unreadable(name, error.strerror or str(error)),), []
    if len(content) > SIZE_LIMIT:
        return None, (_unreadable(name, f"more than {SIZE_LIMIT >> 20} MiB are no configuration"),), []
    config, diagnostics, _ = read_any(content, name, _context(content, name))
    return config, diagnostics, redacted(content.decode("utf-8-sig", errors="replace")).split("\n")


def _context(content: bytes, name: str) -> ReadContext:
    """Includes are read; of the rest of the machine nothing is known."""
    if not is_keepalived(content, name):
        return ReadContext()
    from vrrpd.daemon.machine import machine_context

    here = machine_context(Path(name))
    return ReadContext(
        config_id=here.config_id,
        directory=here.directory,
        environment=here.environment,
        random=here.random,
        find_files=here.find_files,
    )


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(SIZE_LIMIT + 1)
    with Path(file).open("rb") as stream:
        return stream.read(SIZE_LIMIT + 1)


def _unreadable(file: str, why: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, Location(file), "unreadable", f"cannot read it: {why}", "a configuration")


def _report_text(
    file: str, config: Config | None, diagnostics: Sequence[Diagnostic], lines: Sequence[str]
) -> None:  # fmt: skip
    colour = colour_wanted(sys.stdout, os.environ)
    main = "standard input" if file == "-" else click.format_filename(file)
    for diagnostic in diagnostics:
        own = lines if diagnostic.location.file == main else ()
        click.echo(f"{diagnostic_text(diagnostic, own, colour=colour)}\n", color=colour)
    contents = ""
    if config is not None:
        instances, scripts = len(config.vrrp_instances), len(config.vrrp_scripts)
        contents = f" ({counted(instances, 'vrrp_instance')}, {counted(scripts, 'vrrp_script')})"
    click.echo(f"{click.format_filename(file)}{contents}: {verdict(diagnostics)}")


def _report_json(file: str, diagnostics: Sequence[Diagnostic]) -> str:
    answer = {
        "file": click.format_filename(file),
        "result": result_of(diagnostics).name.lower(),
        "runnable": not count(diagnostics, Severity.ERROR),
        "errors": count(diagnostics, Severity.ERROR),
        "warnings": count(diagnostics, Severity.WARNING),
        "notes": count(diagnostics, Severity.NOTE),
        "diagnostics": [diagnostic_value(item) for item in diagnostics],
    }
    return json.dumps(answer, indent=2, ensure_ascii=False)
