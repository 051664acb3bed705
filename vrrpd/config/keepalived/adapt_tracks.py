"""``track_script``, ``track_interface`` and their like: references to trackers, with weights."""

from collections.abc import Collection, Iterator

from vrrpd.config.diagnostics import Written
from vrrpd.config.keepalived.cursor import Cursor
from vrrpd.config.keepalived.lexer import Statement
from vrrpd.config.keepalived.words import Weight, complain, weight_words
from vrrpd.config.values import shortened
from vrrpd.records import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """One line; ``weight`` None: what the tracker's own definition says."""

    name: Written
    weight: Weight | None


def references(statement: Statement, cursor: Cursor, limit: int) -> Iterator[Reference]:
    """``NAME [weight W [reverse|noreverse]]``, one on a line."""
    for entry in cursor.entries(statement):
        yield Reference(entry.words[0], _weight(entry, cursor, limit))


def _weight(entry: Statement, cursor: Cursor, limit: int) -> Weight | None:
    words = entry.words[1:]
    if not words:
        return None
    if words[0].text != "weight":
        complain(
            cursor, words[0], "unknown-option", f"{shortened(words[0].text)} is not known behind a tracker's name",
            expected="weight and a number", write=cursor.complaints.near(words[0].text, ["weight"]),
        )  # fmt: skip
        return None
    if len(words) == 1:
        complain(cursor, words[0], "missing-value", "there is no number behind weight")
        return None
    return weight_words(cursor, words[1:], limit, "weight")


def not_found(
    cursor: Cursor, reference: Reference, kind: str, known: Collection[str]
) -> None:  # fmt: skip
    complain(
        cursor, reference.name, "undefined-tracker",
        f"there is no {kind} {shortened(reference.name.text)} above this line: it is not tracked",
        expected=f"the name of a {kind} that is defined before",
        write=cursor.complaints.near(reference.name.text, known),
    )  # fmt: skip
