"""Diagnostics as text for people and as JSON for machines."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, TextIO

from vrrpd.config.diagnostics import Diagnostic, Severity

_BOLD: Final = "1"
_COLOURS: Final = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}
_WIDTH: Final = 110
"""Columns of a source line that are shown; of longer lines the part around the caret."""


def colour_wanted(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """On a terminal, unless NO_COLOR is set (no-color.org) or the terminal is dumb."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def diagnostic_text(diagnostic: Diagnostic, lines: Sequence[str] = (), *, colour: bool = False) -> str:
    """The message, the source line with a caret, what was expected and what to write.

    ``lines`` is the file, its secrets covered; a place outside it is shown without source line.
    """
    severity = diagnostic.severity
    heading = _painted(f"{diagnostic.location}:", _BOLD, colour=colour)
    said = [f"{heading} {_painted(f'{severity.value}:', _COLOURS[severity], colour=colour)} {diagnostic.message}"]
    number = diagnostic.location.line
    if 0 < number <= len(lines):
        said += _source(lines[number - 1], number, diagnostic.location.column, _COLOURS[severity] if colour else "")
    said += [f"  expected: {diagnostic.expected}"] if diagnostic.expected else []
    said += [f"  write: {diagnostic.suggestion}"] if diagnostic.suggestion else []
    return "\n".join(said)


def _painted(text: str, paint: str, *, colour: bool) -> str:
    return f"\x1b[{paint}m{text}\x1b[0m" if colour else text


def _source(line: str, number: int, column: int, paint: str) -> list[str]:
    start = max(0, column - _WIDTH * 2 // 3) if len(line) > _WIDTH else 0
    visible = _visible(line[start : start + _WIDTH])
    before = _visible(line[start : column - 1])
    margin = f"{number:>6} | "
    caret = _painted("^", paint, colour=bool(paint))
    return [f"{margin}{visible}".rstrip(), f"{' ' * (len(margin) - 2)}| {' ' * _columns(before)}{caret}"]


def _visible(text: str) -> str:
    """Nothing that moves the cursor or does worse to a terminal."""
    return "".join(
        sign if sign.isprintable() else " " if sign == "\t" else "\N{REPLACEMENT CHARACTER}" for sign in text
    )


def _columns(text: str) -> int:
    """Columns on a terminal: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in {"W", "F"} else 1
        for sign in text
    )


def count(diagnostics: Sequence[Diagnostic], severity: Severity) -> int:
    return sum(item.severity is severity for item in diagnostics)


def counted(number: int, noun: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def verdict(diagnostics: Sequence[Diagnostic]) -> str:
    """How many of each, and what that means for running the file."""
    numbers = [(count(diagnostics, severity), severity.value) for severity in Severity]
    listed = ", ".join(counted(number, noun) for number, noun in numbers if number) or "no errors or warnings"
    if count(diagnostics, Severity.ERROR):
        return f"{listed}: vrrpd will not run this file"
    if count(diagnostics, Severity.WARNING):
        return f"{listed}: vrrpd runs this file; see whether it is what you mean"
    return f"{listed}: vrrpd runs this file"


def diagnostic_value(diagnostic: Diagnostic) -> dict[str, str | int]:
    """For JSON; ``line`` and ``column`` count from 1."""
    return {
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "file": diagnostic.location.file,
        "line": diagnostic.location.line,
        "column": diagnostic.location.column,
        "message": diagnostic.message,
        "expected": diagnostic.expected,
        "write": diagnostic.suggestion,
    }
