"""``vrrpd -t -f FILE``: what keepalived would say of a configuration, and its exit code."""

import json
import os
import sys
from pathlib import Path
from typing import TextIO

import click

from vrrpd.cli.format import colour_wanted, diagnostic_text, diagnostic_value
from vrrpd.cli.reading import Sources
from vrrpd.config.diagnostics import Diagnostic, Location, Severity
from vrrpd.config.keepalived.complaints import EXIT_CLEAN, EXIT_FINDINGS, EXIT_UNRUNNABLE, Verdict
from vrrpd.config.language import read_any
from vrrpd.daemon.machine import machine_context
from vrrpd.daemon.source import read_source


def config_test(
    path: Path,
    *,
    log: Path | None = None,
    as_json: bool = False,
    config_id: str | None = None,
    check_all_includes: bool = False,
) -> int:
    """Reads the configuration as a start would and says everything about it, on stderr or at the end of ``log``.

    The exit codes are those of keepalived 2.4.3: 0 clean, 2 a keyword lacks its value, 4 it cannot be run, 5 there is
    something to say, 6 scripts are not safe. A file in TOML: 0, 4 for errors, 5 for warnings.
    """
    diagnostics, code = _examined(path, config_id, check_all_includes=check_all_includes)
    if log is None:
        _write(sys.stderr, diagnostics, code, as_json=as_json)
        return code
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(log, flags, 0o600), "a") as stream:
            _write(stream, diagnostics, code, as_json=as_json)
    except OSError as error:
        sys.stderr.write(f"cannot write {log}: {error.strerror}\n")
        return EXIT_UNRUNNABLE
    return code


def _examined(
    path: Path, config_id: str | None, *, check_all_includes: bool
) -> tuple[tuple[Diagnostic, ...], int]:  # fmt: skip
    """What is to be said, and the exit code."""
    try:
        content = read_source(path)
    except OSError as error:
        message = f"cannot read it: {error.strerror or error}"
        problem = Diagnostic(Severity.ERROR, Location(str(path)), "unreadable", message, "a configuration")
        return (problem,), EXIT_UNRUNNABLE
    context = machine_context(path, config_id=config_id, check_all_includes=check_all_includes)
    config, diagnostics, verdict = read_any(content, str(path), context)
    return diagnostics, _code(verdict, diagnostics, runnable=config is not None)


def _code(verdict: Verdict | None, diagnostics: tuple[Diagnostic, ...], *, runnable: bool) -> int:
    if verdict is not None:
        return verdict.exit_code or (EXIT_CLEAN if runnable else EXIT_UNRUNNABLE)
    if not runnable:
        return EXIT_UNRUNNABLE
    warned = any(item.severity is Severity.WARNING for item in diagnostics)
    return EXIT_FINDINGS if warned else EXIT_CLEAN


def _write(stream: TextIO, diagnostics: tuple[Diagnostic, ...], code: int, *, as_json: bool) -> None:
    if as_json:
        answer = {"exit_code": code, "diagnostics": [diagnostic_value(item) for item in diagnostics]}
        stream.write(f"{json.dumps(answer, indent=2, ensure_ascii=False)}\n")
        return
    colour = colour_wanted(stream, os.environ)
    sources = Sources()
    stream.writelines(f"{diagnostic_text(item, sources.lines(item.location), colour=colour)}\n" for item in diagnostics)


@click.command()
@click.option("-f", "--use-file", "file", required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True)
@click.option("-i", "--config-id")
def main(file: Path, config_id: str | None, *, as_json: bool) -> None:
    """Test a configuration as keepalived -t does."""
    sys.exit(config_test(file, as_json=as_json, config_id=config_id))


if __name__ == "__main__":
    main()
