"""HTML and SVG in which everything that comes from outside is escaped, and which is well-formed XML as well."""

import re
from typing import Final

_NOT_TEXT: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
"""Characters that XML forbids, and those that nobody sees or that turn the text around them."""
_VOID: Final = frozenset({"meta", "link", "br", "col", "hr"})
_OF_SVG: Final = frozenset({"rect", "line", "path", "pattern", "circle", "use"})
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


class Markup(str):
    """Text that may stand in a document as it is: made by this module only."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    return Markup(_NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", text).translate(_ESCAPES))


def joined(*parts: str, between: str = "") -> Markup:
    return Markup(between.join(part if isinstance(part, Markup) else escaped(part) for part in parts))


def element(name: str, /, *content: str, **attributes: str | float | None) -> Markup:
    """``class_`` and ``data_label`` become ``class`` and ``data-label``; an attribute that is None is left out."""
    head = name + "".join(
        f' {key.strip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID or (name in _OF_SVG and not content):
        return Markup(f"<{head}/>")
    return Markup(f"<{head}>{joined(*content)}</{name}>")


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return value if isinstance(value, Markup) else escaped(value)
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
