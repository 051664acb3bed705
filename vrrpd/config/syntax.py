"""What is wrong with a text that is not TOML, in words that help to mend it."""

import re
from collections.abc import Iterator
from typing import Final

from vrrpd.config.diagnostics import Diagnostic, Location, Report
from vrrpd.config.keywords import toml_literal
from vrrpd.config.positions import Path, Positions, scan
from vrrpd.config.values import shortened

_AT_LINE: Final = re.compile(r" \(at line ([0-9]+), column ([0-9]+)\)$")
_AT_END: Final = re.compile(r" \(at end of document\)$")
_KEEPALIVED: Final = re.compile(
    r"^[ \t]*(?:vrrp_(?:instance|script|sync_group)|global_defs)\b[^=\n\]#]*\{", re.MULTILINE
)
_ASSIGNMENT: Final = re.compile(r"""^\s*([A-Za-z0-9_-]+)\s*=\s*([^"'\[{\s#][^#]*?)\s*(?:#.*)?$""")
_TOKEN: Final = re.compile(r"""[^\s,\[\]{}="'#]+""")
_NEEDS_QUOTES: Final = re.compile(r"[A-Za-z]|\..*\.|:|/")

_PRIVATE: Final = re.compile(r"auth_pass|\bkey\b")
"""What stands on a line with it is not repeated (see redact)."""

_MEANINGS: Final = (
    # the beginning of tomllib's message, what we say, what we expected
    ("Invalid statement", "this is neither a [table] nor keyword = value", "[vrrp_instance.NAME] or keyword = value"),
    ("Expected newline or end of document", "something stands behind the value", "one keyword = value on a line"),
    ("Expected '=' after a key", "there is no = behind the keyword", "keyword = value"),
    ("Invalid initial character for a key part", "a keyword is missing here", "keyword = value"),
    ("Expected ']", "the name of this table is not closed", "[vrrp_instance.NAME]"),
    ("Unclosed array", "this list is not closed, or a comma is missing", '["first", "second"]'),
    ("Unclosed inline table", "this { table } is not closed, or a comma is missing", '{ first = "...", second = 2 }'),
    ("Unterminated string", "this text is not closed: its last quotation mark is missing", '"text"'),
    ("Illegal character '\\n'", "this text is not closed on its line", '"text"'),
    ("Illegal character", "a control character stands here", "visible characters"),
    (
        "Unescaped '\\'",
        "a backslash in a text must be doubled, or the text stand in '...'",
        "'C:\\path' or \"C:\\\\path\"",
    ),
    ("Invalid hex value", "these are not the digits of a character's number", "\\u00e9 or \\U0001f600"),
    ("Escaped character is not", "there is no character with this number", "\\u00e9 or \\U0001f600"),
    ("Invalid date", "there is no such date or time", "a text in quotation marks"),
    ("Cannot declare", "this table stands in the file twice", "each table once"),
    ("Cannot overwrite", "this keyword has a value already", "each keyword once in a table"),
    ("Cannot mutate", "this table is complete already; nothing can be added to it here", "each table once"),
    ("Cannot redefine", "this name is in use already", "each table once"),
    ("Duplicate inline table key", "this keyword has a value already", "each keyword once in a table"),
    ("Found invalid character", "a control character stands here", "visible characters"),
    ("Invalid value", "no value that TOML knows stands here", '"text", a number, true, false, [list] or {table}'),
)
_ABOUT_REPEATS: Final = ("Cannot declare", "Cannot overwrite", "Cannot redefine", "Cannot mutate", "Duplicate")


def syntax_errors(text: str, file: str, complaint: str) -> tuple[Diagnostic, ...]:
    """``complaint`` is the text of tomllib's exception; the answer has at least one diagnostic."""
    report = Report()
    positions = scan(text)
    foreign = _KEEPALIVED.search(positions.text)
    if foreign is not None:
        _keepalived_language(positions, foreign.end() - 1, file, report)
        return report.diagnostics
    for repeat in positions.repeats:
        line, _ = positions.line_and_column(repeat.first)
        report.error(
            _location(positions, repeat.second, file),
            "repeated",
            f"{dotted(repeat.path)} stands here a second time; the first is in line {line}",
            expected="each table once, each keyword once in a table",
        )
    if not (positions.repeats and complaint.startswith(_ABOUT_REPEATS)):
        _one_error(positions, file, complaint, report)
    return report.diagnostics


def dotted(path: Path) -> str:
    """A path as it is written in a table's name."""
    return shortened(".".join(part if re.fullmatch(r"[\w-]+", part) else toml_literal(part) for part in _names(path)))


def _names(path: Path) -> Iterator[str]:
    return (part for part in path if isinstance(part, str))


def _location(positions: Positions, offset: int, file: str) -> Location:
    return Location(file, *positions.line_and_column(offset))


def _keepalived_language(positions: Positions, offset: int, file: str, report: Report) -> None:
    report.error(
        _location(positions, offset, file),
        "keepalived-language",
        "this looks like keepalived's own language; vrrpd reads the same keywords as TOML",
        expected='[vrrp_instance.VI_1], then lines such as interface = "eth0"',
        write="see docs/configuration.md",
    )


def _one_error(positions: Positions, file: str, complaint: str, report: Report) -> None:
    location = _place(positions, file, complaint)
    line = positions.text.split("\n")[location.line - 1]
    if complaint.startswith(("Invalid value", "Expected newline", "Unclosed array", "Unclosed inline")):
        bare = _bare_text(line, location.column - 1)
        if bare is not None:
            start, word, write = bare
            report.error(
                Location(file, location.line, start + 1),
                "syntax",
                f"{shortened(word)} is a text and needs quotation marks",
                write=shortened(write),
            )
            return
    for beginning, message, expected in _MEANINGS:
        if complaint.startswith(beginning):
            report.error(location, "syntax", message, expected=expected)
            return
    report.error(location, "syntax", f"this is not TOML: {shortened(_AT_END.sub('', _AT_LINE.sub('', complaint)))}")


def _place(positions: Positions, file: str, complaint: str) -> Location:
    match = _AT_LINE.search(complaint)
    if match is None:
        return _location(positions, len(positions.text), file)
    return Location(file, int(match[1]), int(match[2]))


def _bare_text(line: str, column: int) -> tuple[int, str, str] | None:
    """Where on the line a text without quotation marks begins, the text, and what to write."""
    assignment = _ASSIGNMENT.match(line)
    if assignment is not None and _NEEDS_QUOTES.search(assignment[2]):
        keyword, value = assignment[1], assignment[2]
        if keyword == "auth_pass":
            return assignment.start(2), "the password", 'auth_pass = "..."'
        if _PRIVATE.search(line):
            return None
        return assignment.start(2), value, f"{keyword} = {toml_literal(value)}"
    for token in _TOKEN.finditer(line):
        if token.start() <= column <= token.end() and _NEEDS_QUOTES.search(token.group()) and not _PRIVATE.search(line):
            return token.start(), token.group(), toml_literal(token.group())
    return None
