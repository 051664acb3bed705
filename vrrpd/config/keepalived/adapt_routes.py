"""``virtual_routes``, ``virtual_rules`` and their static counterparts: one on each line, in the words of ``ip``."""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from vrrpd.config.diagnostics import Report, Written
from vrrpd.config.keepalived.complaints import Complaint
from vrrpd.config.keepalived.cursor import Cursor
from vrrpd.config.keepalived.lexer import Statement
from vrrpd.config.keepalived.words import complain
from vrrpd.config.model import Route, Rule
from vrrpd.config.routing import route_line, rule_line

T = TypeVar("T", Route, Rule)

_DEVICES: Final = frozenset({"dev", "oif", "iif"})
_PREFERENCES: Final = frozenset({"preference", "order", "priority"})
_OLD_WORDS: Final = {"gw": "via", "or": "nexthop"}


def routes(statement: Statement, cursor: Cursor) -> Iterator[tuple[Route, Written]]:
    return _entries(statement, cursor, route_line)


def rules_of(statement: Statement, cursor: Cursor) -> Iterator[tuple[Rule, Written]]:
    for rule, word in _entries(statement, cursor, rule_line):
        if not _PREFERENCES.intersection(rule.words):
            complain(
                cursor, word, "no-preference", "this rule says no preference: one is chosen for it",
                write="preference 100",
            )  # fmt: skip
        yield rule, word


def _entries(
    statement: Statement, cursor: Cursor, read: Callable[[Written, Report], T | None]
) -> Iterator[tuple[T, Written]]:  # fmt: skip
    for entry in cursor.entries(statement):
        report = Report()
        line = entry.line
        found = read(line.written(line.text, 0, exact=True), report)
        cursor.complaints.relay(report.diagnostics)
        _look_at_words(entry, cursor)
        if found is not None:
            yield found, entry.words[0]


def _look_at_words(entry: Statement, cursor: Cursor) -> None:
    """Old names are reported, and interfaces remembered that are not there."""
    for word, following in zip(entry.words, (*entry.words[1:], None), strict=True):
        if word.text in _OLD_WORDS and following is not None:
            cursor.complaints.complain(
                Complaint.DEPRECATED, word.location, "deprecated", f"{word.text} is an old name in a route",
                write=_OLD_WORDS[word.text],
            )  # fmt: skip
        if word.text in _DEVICES and following is not None:
            cursor.uses_interface(following.text, following.location, word.text)
