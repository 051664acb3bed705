"""Where each key, value and array element of a TOML text stands; ``tomllib`` gives the values but not their places.

The scanner follows TOML's grammar only as far as it must to know where things begin and end. Texts that ``tomllib``
accepts are scanned whole. In others it stops quietly at the first thing it cannot make out.
"""

import re
import tomllib
from bisect import bisect_right
from dataclasses import field
from typing import Final

from vrrpd.records import dataclass

Path = tuple[str | int, ...]

DEPTH_LIMIT: Final = 1000
"""Levels of tables and arrays that are followed; tomllib gives up sooner, but for keys of that many parts."""

_TRIVIA = re.compile(r"(?:[ \t\r\n]+|\#[^\n]*)*+")
_BLANK = re.compile(r"[ \t]*")
_KEY_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*'""")
# Atomic groups, not possessive repeats: those go wrong around an assertion in Python 3.11.2 (Debian 12).
_SCALAR = re.compile(
    r'''"""(?>(?:[^"\\]|\\[\s\S]|"(?!""))*)"{3,5}'''
    r"""|'''(?>(?:[^']|'(?!''))*)'{3,5}"""
    r'''|"(?!"")(?:[^"\\\n]|\\.)*+"'''
    r"""|'(?!'')[^'\n]*+'"""
    r"""|[^\s,\[\]{}"'\#=](?:[^,\[\]{}"'\#=\n]*[^\s,\[\]{}"'\#=])?"""
)


@dataclass(frozen=True, slots=True)
class Mark:
    """Offsets in the text: of the key (of the value itself in an array), of the value, and behind the value."""

    key: int
    value: int
    end: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """A key or table that was written before."""

    path: Path
    first: int
    second: int


@dataclass(slots=True)
class Positions:
    """The marks of a text, by path; tables have the mark of their name. ``text`` has ``\\n`` as its only line end."""

    text: str
    marks: dict[Path, Mark] = field(default_factory=dict)
    repeats: list[Repeat] = field(default_factory=list)
    _lines: list[int] = field(default_factory=list)

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Both from 1; a column is one character."""
        if not self._lines:
            self._lines = [0, *(match.end() for match in re.finditer(r"\n", self.text))]
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def written_as_is(self, path: Path, value: str) -> bool:
        """Whether the string at ``path`` stands on one line, character by character, behind one quotation mark."""
        mark = self.marks.get(path)
        return (
            mark is not None and self.text.startswith(value, mark.value + 1) and mark.end == mark.value + len(value) + 2
        )


def scan(text: str) -> Positions:
    """The places of everything in ``text``; never raises."""
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.run()
    return scanner.positions


@dataclass(slots=True)
class _Open:
    """An array (``count`` of its elements so far) or an inline table (None) that is not closed yet."""

    path: Path
    key: int
    start: int
    count: int | None


class _Stopped(Exception):  # noqa: N818 - no error: the rest of the text is not TOML, the caller knows already
    pass


class _Scanner:
    def __init__(self, text: str) -> None:
        self.positions = Positions(text)
        self._text = text
        self._at = 0
        self._declared: dict[Path, int] = {}
        self._tables: dict[Path, int] = {}  # arrays of tables: how many elements so far

    def run(self) -> None:
        prefix: Path = ()
        try:
            while not self._at_end():
                if self._text[self._at] == "[":
                    prefix = self._header()
                else:
                    self._pair(prefix)
        except _Stopped:
            return

    def _at_end(self) -> bool:
        self._skip(_TRIVIA)
        return self._at >= len(self._text)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()

    def _take(self, expected: str) -> None:
        if not self._text.startswith(expected, self._at):
            raise _Stopped
        self._at += len(expected)

    def _declare(self, path: Path, offset: int) -> None:
        first = self._declared.setdefault(path, offset)
        if first != offset:
            self.positions.repeats.append(Repeat(path, first, offset))

    def _header(self) -> Path:
        start = self._at
        brackets = 2 if self._text.startswith("[[", start) else 1
        self._at += brackets
        path: Path = ()
        parts = self._dotted_key()
        for index, (part, offset, end) in enumerate(parts):
            path = (*path, part)
            self.positions.marks.setdefault(path, Mark(offset, offset, end))
            if index < len(parts) - 1 and path in self._tables:
                path = (*path, self._tables[path] - 1)
        self._take("]" * brackets)
        if brackets == 1:
            self._declare(path, start)
            _, offset, end = parts[-1]
            self.positions.marks[path] = Mark(offset, offset, end)
            return path
        element = self._tables.get(path, 0)
        self._tables[path] = element + 1
        path = (*path, element)
        self.positions.marks[path] = Mark(start, start, self._at)
        return path

    def _dotted_key(self) -> list[tuple[str, int, int]]:
        """Parts with the offsets of their begin and end; stands behind the key and blanks afterwards."""
        parts = []
        while True:
            self._skip(_BLANK)
            match = _KEY_PART.match(self._text, self._at)
            if match is None:
                raise _Stopped
            self._at = match.end()
            parts.append((_unquoted(match.group()), match.start(), match.end()))
            self._skip(_BLANK)
            if not self._text.startswith(".", self._at):
                return parts
            if len(parts) == DEPTH_LIMIT:
                raise _Stopped
            self._at += 1

    def _pair(self, prefix: Path) -> None:
        opened: list[_Open] = []
        self._key_and_value(prefix, opened)
        while opened:
            self._element(opened)

    def _key_and_value(self, prefix: Path, opened: list[_Open]) -> None:
        path, parts = prefix, self._dotted_key()
        for part, offset, end in parts:
            path = (*path, part)
            self.positions.marks.setdefault(path, Mark(offset, offset, end))
        key = parts[-1][1]
        self._declare(path, key)
        self._take("=")
        self._skip(_BLANK)
        self._value(path, key, opened)

    def _value(self, path: Path, key: int, opened: list[_Open]) -> None:
        """A scalar is marked at once, an array or inline table when it closes."""
        start = self._at
        first = self._text[start : start + 1]
        if first in ("[", "{") and first:
            if len(opened) == DEPTH_LIMIT:
                raise _Stopped
            self._at += 1
            opened.append(_Open(path, key, start, 0 if first == "[" else None))
            self.positions.marks[path] = Mark(key, start, self._at)
            return
        match = _SCALAR.match(self._text, start)
        if match is None:
            raise _Stopped
        self._at = match.end()
        self.positions.marks[path] = Mark(key, start, self._at)

    def _element(self, opened: list[_Open]) -> None:
        """One step inside the innermost open array or inline table."""
        top = opened[-1]
        if self._at_end():
            raise _Stopped
        character = self._text[self._at]
        if character == ",":
            self._at += 1
        elif character == ("}" if top.count is None else "]"):
            self._at += 1
            opened.pop()
            self.positions.marks[top.path] = Mark(top.key, top.start, self._at)
        elif top.count is None:
            self._key_and_value(top.path, opened)
        else:
            top.count += 1
            self._value((*top.path, top.count - 1), self._at, opened)


def _unquoted(part: str) -> str:
    if part[0] == "'":
        return part[1:-1]
    if part[0] != '"' or "\\" not in part:
        return part.strip('"')
    try:
        return str(tomllib.loads(f"k = {part}")["k"])
    except ValueError:
        raise _Stopped from None
