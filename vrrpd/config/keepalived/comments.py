"""Comments, and the two characters that begin them."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from vrrpd.config.diagnostics import Written
from vrrpd.config.keepalived.lines import Line

_SIGN: Final = re.compile(r'["#!\\]')


def without_comment(line: Line) -> Line:
    """The line up to its first ``#`` or ``!`` outside ``"..."``, blanks around it removed.

    A backslash before one of the two makes it an ordinary character and goes away itself.
    """
    text = line.text
    match = _SIGN.search(text)
    if match is None:
        return line.stripped()
    quoted = False
    escapes: list[int] = []
    end = len(text)
    while match is not None:
        start, sign = match.start(), match.group()
        position = start + 1
        if sign == '"':
            quoted = not quoted
        elif sign == "\\":
            if not quoted and text[position : position + 1] in {"#", "!"}:
                escapes.append(start)
                position += 1
        elif not quoted:
            end = start
            break
        match = _SIGN.search(text, position)
    return (_unescaped(line, escapes, end) if escapes else line.cut(0, end)).stripped()


def _unescaped(line: Line, escapes: Sequence[int], end: int) -> Line:
    """The text without these backslashes; from the first on it stands where that stands."""
    first = escapes[0]
    bounds = [*escapes, end]
    rest = "".join(line.text[start + 1 : stop] for start, stop in pairwise(bounds))
    return Line((*line.cut(0, first).pieces, Written(rest, line.at(first), exact=False)))
