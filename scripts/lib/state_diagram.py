"""The state diagram of docs/architecture.md, drawn from what the election does in every cell of its table."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.core.table import cells
from vrrpd.core.effects import Reason, State

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
_SECTION: Final = re.compile(r"(<!-- state diagram -->\n).*?(<!-- end -->)", re.DOTALL)
_STATES: Final = tuple(State)
_REASONS: Final = tuple(Reason)

Arrows = Mapping[tuple[State, State], tuple[Reason, ...]]


def arrows() -> Arrows:
    """From state to state, for which reasons; in the order of the enumerations."""
    found: dict[tuple[State, State], set[Reason]] = {}
    for cell in cells():
        for change in cell.changes:
            found.setdefault((change.old, change.new), set()).add(change.reason)
    ordered = sorted(found, key=lambda pair: (_STATES.index(pair[0]), _STATES.index(pair[1])))
    return {pair: tuple(sorted(found[pair], key=_REASONS.index)) for pair in ordered}


def mermaid(found: Arrows) -> str:
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> INIT"]
    for (old, new), reasons in found.items():
        words = "\\n".join(reason.value for reason in reasons)
        lines.append(f"    {old.value} --> {new.value}: {words}")
    return "\n".join([*lines, "```", ""])


def table(found: Arrows) -> str:
    lines = ["| from | to | for one of these reasons |", "|---|---|---|"]
    for (old, new), reasons in found.items():
        lines.append(f"| {old.value} | {new.value} | {', '.join(reason.value for reason in reasons)} |")
    return "\n".join([*lines, ""])


def refreshed(document: str) -> str:
    """The document with what stands between its two marks drawn anew."""
    found = arrows()
    return _SECTION.sub(lambda match: f"{match[1]}{mermaid(found)}\n{table(found)}{match[2]}", document)


if __name__ == "__main__":
    DOCUMENT.write_text(refreshed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
