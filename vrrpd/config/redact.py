"""A configuration's text with its secrets covered, so that its lines may be shown."""

import re
from collections.abc import Iterable
from typing import Final

from vrrpd.config.positions import scan

_SECRET: Final = re.compile(r"pass", re.IGNORECASE)
_NAMED_SO: Final = r"(?i:(?<![\w-])(?=[\w-]*pass)[\w-]++)"
"""Tried once for each word, however long that is."""
_BEHIND: Final = re.compile(
    rf"""({_NAMED_SO}["']?[ \t]*+=[ \t]*+|\bauth_pass[ \t]++"""
    rf"""|(?m:^)[ \t]*+{_NAMED_SO}[ \t]++|\bkey[ \t]++[0-9]++[ \t]++)"""
    r"""("{3}[\s\S]*?(?:"{3}|\Z)|'{3}[\s\S]*?(?:'{3}|\Z)|"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|[^\s,}]+)"""
)
_KEYS: Final = re.compile(r"""(\bkey["']?[ \t]*=[ \t]*)(\[[^\]]*\]?)""")
"""Of ``auth_hmac``, also where the text is no TOML."""
_VISIBLE: Final = re.compile(r"[^\s\"']")


def redacted(text: str) -> str:
    """The same text, with asterisks for each character of a password; lines and columns stay where they are.

    A keyword that has "pass" in it is taken for one, as it may be misspelt, also in a text that is not TOML.
    """
    positions = scan(text)
    values = [
        (mark.value, mark.end)
        for path, mark in positions.marks.items()
        if mark.value != mark.key and _SECRET.search(str(path[-1]))
    ]
    shown = _covered(positions.text, sorted(values))
    shown = _KEYS.sub(lambda match: match[1] + _VISIBLE.sub("*", match[2]), shown)
    return _BEHIND.sub(lambda match: match[1] + _VISIBLE.sub("*", match[2]), shown)


def _covered(text: str, places: Iterable[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in places:
        parts += [text[done : max(start, done)], _VISIBLE.sub("*", text[max(start, done) : end])]
        done = max(end, done)
    return "".join((*parts, text[done:]))
