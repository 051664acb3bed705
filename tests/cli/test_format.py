"""Diagnostics as people see them."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrpd.cli.format import colour_wanted, diagnostic_text, verdict
from vrrpd.config.diagnostics import Diagnostic, Location, Severity


def finding(line: int = 1, column: int = 1, severity: Severity = Severity.ERROR) -> Diagnostic:
    return Diagnostic(severity, Location("f.toml", line, column), "code", "what is wrong", "that", "this = 5")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_whole_of_a_finding() -> None:
    assert diagnostic_text(finding(2, 5), ["a", "b = x", "c"]) == (
        "f.toml:2:5: error: what is wrong\n     2 | b = x\n       |     ^\n  expected: that\n  write: this = 5"
    )


def test_without_a_source_line() -> None:
    bare = Diagnostic(Severity.WARNING, Location("f.toml"), "code", "what is wrong")
    assert diagnostic_text(bare, ["a"]) == "f.toml: warning: what is wrong"
    assert "|" not in diagnostic_text(finding(7), ["a"])


@pytest.mark.parametrize(
    ("line", "column", "caret"),
    [("\tab", 2, 1), ("日本x", 3, 4), ("e\u0301x", 3, 1), ("ab", 3, 2), ("", 1, 0), ("\x1b[2Jx", 5, 4)],
)
def test_the_caret_stands_below_the_character(line: str, column: int, caret: int) -> None:
    shown = diagnostic_text(finding(1, column), [line]).split("\n")[2]
    assert shown == "       | " + " " * caret + "^"


def test_of_long_lines_the_part_around_the_caret_is_shown() -> None:
    line = "".join(str(index % 10) for index in range(1000))
    for column in (1, 50, 500, 1000, 1001):
        source, caret = diagnostic_text(finding(1, column), [line]).split("\n")[1:3]
        assert len(source) < 130
        below = source[caret.index("^") :][:1]
        assert below == (str((column - 1) % 10) if column <= 1000 else "")


@given(st.text(st.characters(exclude_characters="\n")), st.integers(1, 300))
def test_nothing_reaches_the_terminal_but_visible_characters(line: str, column: int) -> None:
    text = diagnostic_text(finding(1, column), [line])
    assert all(part.isprintable() for part in text.split("\n"))


def test_colour_is_all_that_colour_adds() -> None:
    plain = diagnostic_text(finding(1, 2), ["abc"])
    coloured = diagnostic_text(finding(1, 2), ["abc"], colour=True)
    assert coloured.count("\x1b[1;31m") == 2
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_colour_is_for_terminals_that_want_it() -> None:
    assert colour_wanted(Terminal(), {"TERM": "xterm"})
    assert not colour_wanted(io.StringIO(), {"TERM": "xterm"})
    assert not colour_wanted(Terminal(), {"NO_COLOR": "1"})
    assert not colour_wanted(Terminal(), {"TERM": "dumb"})
    assert colour_wanted(Terminal(), {"NO_COLOR": ""})


def test_the_verdict_says_whether_the_file_runs() -> None:
    error, warning, note = (finding(severity=severity) for severity in Severity)
    assert verdict([]) == "no errors or warnings: vrrpd runs this file"
    assert verdict([note]) == "1 note: vrrpd runs this file"
    assert verdict([warning, note]).startswith("1 warning, 1 note: vrrpd runs this file; see")
    assert verdict([error, warning, error]) == "2 errors, 1 warning: vrrpd will not run this file"
