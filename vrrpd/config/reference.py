"""The tables of ``docs/configuration.md``, made from the tables that the reader goes by."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from vrrpd.config.keywords import TABLES, Keyword, expected
from vrrpd.config.unsupported import NOT_RUN, PENDING, Handling, Unready

_SECTION: Final = re.compile(r"(<!-- (keywords|unsupported): ([a-z_-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_TOP_LEVEL: Final = "tables"


def refreshed(document: str) -> str:
    """The document with everything between its ``<!-- keywords: ... -->`` and ``<!-- end -->`` marks made anew."""
    return _SECTION.sub(_section, document)


def _section(match: re.Match[str]) -> str:
    begin, kind, name, end = match.groups()
    block = "" if name == _TOP_LEVEL else name
    if kind == "keywords":
        return begin + keyword_table(TABLES[block].values()) + end
    return begin + unsupported_table({**PENDING.get(block, {}), **NOT_RUN.get(block, {})}) + end


def keyword_table(keywords: Iterable[Keyword]) -> str:
    lines = ["| Keyword | Value | Default | Meaning | Example |", "|---|---|---|---|---|"]
    return "\n".join([*lines, *(_row(keyword) for keyword in keywords), ""])


def _row(keyword: Keyword) -> str:
    name = f"`{keyword.name}`{' (vrrpd)' if keyword.ours else ''}"
    default = "**required**" if keyword.required else _cell(keyword.default) or "none"
    cells = (name, _cell(expected(keyword.shape)), default, _cell(keyword.meaning), _code(keyword.example))
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def unsupported_table(words: Mapping[str, Unready]) -> str:
    """Words of one reason share a row."""
    rows: dict[tuple[Handling, str], list[str]] = {}
    for name, word in words.items():
        rows.setdefault((word.handling, word.why), []).append(f"`{name}`")
    order = list(Handling)
    lines = ["| keepalived's | Gives | Because |", "|---|---|---|"]
    for (handling, why), names in sorted(rows.items(), key=lambda row: order.index(row[0][0])):
        lines.append(f"| {', '.join(names)} | {handling.value} | {_cell(why)} |")
    return "\n".join([*lines, ""])
