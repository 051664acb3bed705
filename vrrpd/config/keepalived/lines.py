"""Text that knows where each of its characters stands in which file."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from vrrpd.config.diagnostics import Location, Written

LINE_LIMIT: Final = 1024
"""Bytes of a line, its end included (keepalived's MAXBUF)."""


class Line:
    """A line put together from pieces of files; pieces of a definition stand where the reference to it stands."""

    __slots__ = ("_starts", "pieces", "text")

    def __init__(self, pieces: Sequence[Written]) -> None:
        if len(pieces) > 1:
            pieces = [piece for piece in pieces if piece.text] or pieces[:1]
        self.pieces = tuple(pieces)
        self._starts = [0]
        self.text = pieces[0].text
        if len(pieces) > 1:
            self._starts += accumulate(len(piece.text) for piece in pieces[:-1])
            self.text = "".join(piece.text for piece in pieces)

    @property
    def location(self) -> Location:
        return self.at(0)

    def at(self, position: int) -> Location:
        """Where the character ``position`` (from 0) of the line stands."""
        if len(self.pieces) == 1:
            return self.pieces[0].at(position)
        index = max(0, bisect_right(self._starts, position) - 1)
        return self.pieces[index].at(position - self._starts[index])

    def cut(self, start: int, end: int) -> "Line":
        """The part from ``start`` to before ``end``."""
        if len(self.pieces) == 1:
            piece = self.pieces[0]
            return Line((Written(piece.text[start:end], piece.at(start), piece.exact),))
        return Line(self._parts(start, end) or (Written("", self.at(start)),))

    def _parts(self, start: int, end: int) -> list[Written]:
        parts = []
        for index in range(max(0, bisect_right(self._starts, start) - 1), len(self.pieces)):
            begin, piece = self._starts[index], self.pieces[index]
            if begin >= end:
                break
            low, high = max(start - begin, 0), min(end - begin, len(piece.text))
            if low < high:
                parts.append(Written(piece.text[low:high], piece.at(low), piece.exact))
        return parts

    def replaced(self, start: int, end: int, text: str) -> "Line":
        """``text`` instead of the part from ``start`` to before ``end``; it stands where that stood."""
        middle = Written(text, self.at(start), exact=False)
        return Line((*self._parts(0, start), middle, *self._parts(end, len(self.text))))

    def stripped(self) -> "Line":
        text = self.text
        start = len(text) - len(text.lstrip())
        end = len(text.rstrip())
        return self if start == 0 and end == len(text) else self.cut(start, max(start, end))

    def written(self, text: str, position: int, *, exact: bool) -> Written:
        """``text``, read at ``position`` of this line."""
        if len(self.pieces) == 1:
            piece = self.pieces[0]
            return Written(text, piece.at(position), exact and piece.exact and position + len(text) <= len(piece.text))
        index = max(0, bisect_right(self._starts, position) - 1)
        whole = position + len(text) <= self._starts[index] + len(self.pieces[index].text)
        return Written(text, self.at(position), exact and whole and self.pieces[index].exact)


def plain(text: str, location: Location) -> Line:
    return Line((Written(text, location),))


_NEW_LINE: Final = re.compile(r"\n")


def lines_of(text: str, file: str) -> Iterator[Line]:
    """The lines of a file, without their ends, in order."""
    start, number = 0, 1
    for match in _NEW_LINE.finditer(text):
        yield plain(text[start : match.start()], Location(file, number, 1))
        start, number = match.end(), number + 1
    if start < len(text):
        yield plain(text[start:], Location(file, number, 1))
