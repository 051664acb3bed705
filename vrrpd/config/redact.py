"""A configuration's text with its secrets covered, so that its lines may be shown."""

import re
from typing import Final

from vrrpd.config.positions import scan

_SECRETS: Final = frozenset({"auth_pass"})
_BEHIND: Final = re.compile(r"""(\bauth_pass\b["']?\s*[=\s]\s*)("(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|[^\s,}\n]+)""")
_VISIBLE: Final = re.compile(r"[^\s\"']")


def redacted(text: str) -> str:
    """The same text, with asterisks for each character of a password; lines and columns stay where they are.

    Also covers what follows the keyword in a text that is not TOML.
    """
    positions = scan(text)
    shown = positions.text
    for path, mark in positions.marks.items():
        if path[-1] in _SECRETS:
            shown = shown[: mark.value] + _VISIBLE.sub("*", shown[mark.value : mark.end]) + shown[mark.end :]
    return _BEHIND.sub(lambda match: match[1] + _VISIBLE.sub("*", match[2]), shown)
