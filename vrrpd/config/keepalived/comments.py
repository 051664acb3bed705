"""Comments, and the two characters that begin them."""

import re
from typing import Final

from vrrpd.config.keepalived.lines import Line

_SIGN: Final = re.compile(r'["#!\\]')


def without_comment(line: Line) -> Line:
    """The line up to its first ``#`` or ``!`` outside ``"..."``, blanks around it removed.

    A backslash before one of the two makes it an ordinary character and goes away itself.
    """
    quoted, position = False, 0
    while (match := _SIGN.search(line.text, position)) is not None:
        start, sign = match.start(), match.group()
        position = start + 1
        if sign == '"':
            quoted = not quoted
        elif sign == "\\":
            if not quoted and line.text[position : position + 1] in ("#", "!"):
                line = line.replaced(start, position + 1, line.text[position])
        elif not quoted:
            return line.cut(0, start).stripped()
    return line.stripped()
