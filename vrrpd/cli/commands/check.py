"""``vrrpd check FILE``: everything that is wrong with a configuration, before it is run."""

import json
import os
import sys
from collections.abc import Sequence
from enum import IntEnum

import click

from vrrpd.cli.format import colour_wanted, count, counted, diagnostic_text, diagnostic_value, verdict
from vrrpd.cli.reading import Reading, read_file
from vrrpd.config.diagnostics import Diagnostic, Severity


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
    reading = read_file(file, runnable=True)
    if as_json:
        click.echo(_report_json(file, reading.diagnostics))
    else:
        _report_text(file, reading)
    sys.exit(result_of(reading.diagnostics))


def result_of(diagnostics: Sequence[Diagnostic]) -> CheckResult:
    """Notes count for nothing."""
    if count(diagnostics, Severity.ERROR):
        return CheckResult.ERRORS
    return CheckResult.WARNINGS if count(diagnostics, Severity.WARNING) else CheckResult.CLEAN


def _report_text(file: str, reading: Reading) -> None:
    colour = colour_wanted(sys.stdout, os.environ)
    for diagnostic in reading.diagnostics:
        lines = reading.sources.lines(diagnostic.location)
        click.echo(f"{diagnostic_text(diagnostic, lines, colour=colour)}\n", color=colour)
    contents = ""
    if reading.config is not None:
        instances, scripts = len(reading.config.vrrp_instances), len(reading.config.vrrp_scripts)
        contents = f" ({counted(instances, 'vrrp_instance')}, {counted(scripts, 'vrrp_script')})"
    click.echo(f"{click.format_filename(file)}{contents}: {verdict(reading.diagnostics)}")


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
