"""The tables of ``docs/configuration.md``, made from the tables that the reader goes by."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from vrrpd.config.diagnostics import Severity
from vrrpd.config.keywords import TABLES, Keyword, expected
from vrrpd.config.unsupported import UNSUPPORTED, Unsupported

_SECTION: Final = re.compile(r"(<!-- (keywords|unsupported): ([a-z_-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_TOP_LEVEL: Final = "tables"
_CONSEQUENCE: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def refreshed(document: str) -> str:
    """The document with everything between its ``<!-- keywords: ... -->`` and ``<!-- end -->`` marks made anew."""
    return _SECTION.sub(_section, document)


def _section(match: re.Match[str]) -> str:
    begin, kind, name, end = match.groups()
    if kind == "keywords":
        return begin + keyword_table(TABLES[name].values()) + end
    return begin + unsupported_table(UNSUPPORTED["" if name == _TOP_LEVEL else name]) + end


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


def unsupported_table(words: Mapping[str, Unsupported]) -> str:
    """Words of one reason share a row."""
    rows: dict[tuple[Severity, str], list[str]] = {}
    for name, word in words.items():
        rows.setdefault((word.severity, word.why), []).append(f"`{name}`")
    order = list(Severity)
    lines = ["| keepalived's | Gives | Because |", "|---|---|---|"]
    for (severity, why), names in sorted(rows.items(), key=lambda row: order.index(row[0][0])):
        lines.append(f"| {', '.join(names)} | {_CONSEQUENCE[severity]} | {_cell(why)} |")
    return "\n".join([*lines, ""])
