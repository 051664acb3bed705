"""A file's text or bytes to a configuration, or to everything that is wrong with it."""

from typing import Final

from vrrpd.config.diagnostics import Diagnostic, Location, Report, Severity, has_errors
from vrrpd.config.effects import pending
from vrrpd.config.keepalived.limits import FINDINGS_LIMIT
from vrrpd.config.model import Config
from vrrpd.config.toml import parse
from vrrpd.config.validate import validate

SIZE_LIMIT: Final = 2 << 20
"""Characters; about as much as the limits for keepalived's language come to."""


def read_config(text: str, file: str) -> tuple[Config | None, tuple[Diagnostic, ...]]:
    """Read and validate a configuration in TOML.

    ``file`` is its name in messages. The configuration is None when, and only when, there is an error among the
    diagnostics, which are in the order of the file. Never raises.
    """
    report = Report()
    if len(text) > SIZE_LIMIT:
        report.error(Location(file), "too-much", f"more than {SIZE_LIMIT >> 20} MiB are no configuration")
        return None, report.diagnostics
    parsed = parse(text, file)
    report.extend(parsed.diagnostics)
    if parsed.is_toml:
        report.extend(validate(parsed.assembled.config, parsed.assembled.doubts))
        report.extend(pending(parsed.assembled.config))
    if not (has_errors(parsed.diagnostics) or parsed.assembled.config.vrrp_instances):
        report.warning(
            Location(file, 1, 1),
            "nothing-to-run",
            "there is no vrrp_instance: vrrpd has nothing to do",
            write="[vrrp_instance.VI_1] and its keywords",
        )
    diagnostics = report.diagnostics
    return (None if has_errors(diagnostics) else parsed.assembled.config), _bounded(diagnostics)


def _bounded(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Errors before all else, as far as anybody reads."""
    if len(diagnostics) <= FINDINGS_LIMIT:
        return diagnostics
    kept = sorted(diagnostics, key=lambda item: not item.is_error)[:FINDINGS_LIMIT]
    text = f"there is more to say than these {FINDINGS_LIMIT} findings: mend them first"
    return (
        *sorted(kept, key=lambda item: item.location),
        Diagnostic(Severity.NOTE, Location(""), "more-findings", text),
    )


def read_config_bytes(content: bytes, file: str) -> tuple[Config | None, tuple[Diagnostic, ...]]:
    """As ``read_config``, from the bytes of a file: UTF-8, a byte order mark allowed."""
    try:
        return read_config(content.decode("utf-8-sig"), file)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = len(content[content.rfind(b"\n", 0, error.start) + 1 : error.start].decode(errors="replace")) + 1
        report = Report()
        report.error(
            Location(file, line, column),
            "not-utf-8",
            "this is not UTF-8, in which TOML is written",
            write="iconv -f latin1 -t utf-8 converts a file of an older encoding",
        )
        return None, report.diagnostics
