"""Words of a statement, turned into values: numbers, switches, addresses, weights, commands."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, TypeAlias, TypeVar

from vrrpd.config.diagnostics import Location, Written
from vrrpd.config.keepalived.complaints import Complaint
from vrrpd.config.keepalived.cursor import Cursor, Handler, Keywords
from vrrpd.config.keepalived.lexer import Statement, command_words, script_words
from vrrpd.config.model import Command
from vrrpd.config.shapes import plain_number
from vrrpd.config.values import INTERFACE_LIMIT, shortened
from vrrpd.records import dataclass
from vrrpd.units import Address, Family, family_of

UINT: Final = 0xFFFFFFFF
"""The greatest number that keepalived's plain numbers hold."""

T = TypeVar("T")

Parser: TypeAlias = Callable[[Cursor, Statement], object | None]
"""Reads the words behind a keyword; None: nothing usable, and that has been reported."""

_TRUE: Final = frozenset({"on", "true", "yes"})
_FALSE: Final = frozenset({"off", "false", "no"})
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)
_DECIMAL: Final = re.compile(r"([0-9]{0,12})(?:\.([0-9]*))?", re.ASCII)


@dataclass(slots=True)
class Draft:
    """A block of the model in the making."""

    values: dict[str, object] = field(default_factory=dict)
    origins: dict[str, Location] = field(default_factory=dict)
    lists: dict[str, list[object]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def put(self, name: str, value: object, at: Location) -> None:
        self.values[name] = value
        self.origins[name] = at

    def collect(self, name: str, at: Location) -> list[object]:
        """The list under this name, to be added to; ``settle`` makes a tuple of it."""
        self.origins.setdefault(name, at)
        return self.lists.setdefault(name, [])

    def handed_over(self) -> "Draft":
        """All that is in it, as another draft; this one is empty then, for handlers that go on filling it."""
        full = Draft(self.values, self.origins, self.lists, self.seen)
        self.values, self.origins, self.lists, self.seen = {}, {}, {}, set()
        return full

    def settle(self) -> None:
        self.values.update((name, tuple(found)) for name, found in self.lists.items())
        self.lists.clear()

    def find(self, name: str, kind: type[T]) -> T | None:
        value = self.values.get(name)
        return value if isinstance(value, kind) else None

    def get(self, name: str, kind: type[T], default: T) -> T:
        value = self.values.get(name)
        return value if isinstance(value, kind) else default

    def at(self, name: str) -> Location:
        return self.origins.get(name) or self.origins.get("") or Location("")


def names(text: str) -> tuple[str, ...]:
    """The words of a text: tables of keywords stay short."""
    return tuple(text.split())


def build(kind: Callable[..., T], values: Mapping[str, object]) -> T:
    return kind(**values)


def rules(draft: Draft, table: Mapping[str, Parser]) -> dict[str, Handler]:
    """Handlers that put what the parsers read under the keywords' names."""
    return {name: setter(draft, name, parser) for name, parser in table.items()}


def setter(draft: Draft, name: str, parser: Parser) -> Handler:
    def handle(cursor: Cursor, statement: Statement) -> None:
        value = parser(cursor, statement)
        if value is not None:
            draft.put(name, value, statement.location)

    return handle


def complain(
    cursor: Cursor, word: Written, code: str, message: str, *, expected: str = "", write: str = "",
    kind: Complaint = Complaint.GENERAL,
) -> None:  # fmt: skip
    cursor.complaints.complain(kind, word.location, code, message, expected=expected, write=write)


# -- numbers ---------------------------------------------------------------------------------------------------------


def _bad_number(cursor: Cursor, word: Written, code: str, message: str, expected: str = "") -> None:
    complain(cursor, word, code, message, expected=expected, kind=Complaint.INVALID_NUMBER)


def integer_word(cursor: Cursor, word: Written, low: int, high: int, what: str) -> int | None:
    value = int(word.text) if _INTEGER.fullmatch(word.text) else None
    if value is not None and low <= value <= high:
        return value
    expected = f"a whole number from {low} to {high}"
    if value is None:
        _bad_number(
            cursor, word, "bad-number", f"{what}: {shortened(word.text)} is not a number: it is ignored", expected
        )
    else:
        _bad_number(cursor, word, "out-of-range", f"{what} cannot be {shortened(word.text)}: it is ignored", expected)
    return None


def decimal_word(cursor: Cursor, word: Written, low: float, high: float, what: str, places: int = 6) -> float | None:
    expected = _seconds_from(low, high)
    match = _DECIMAL.fullmatch(word.text)
    if match is None or not any(match.groups()):
        text = f"{what}: {shortened(word.text)} is not a number of seconds: it is ignored"
        _bad_number(cursor, word, "bad-number", text, expected)
        return None
    value = float(f"{match.group(1) or 0}.{match.group(2) or 0}")
    if len(match.group(2) or "") > places:
        value = round(value, places)
        text = f"{what} has at most {places} digits behind the point: it becomes {value:g}"
        _bad_number(cursor, word, "too-exact", text)
    if low <= value <= high:
        return value
    _bad_number(cursor, word, "out-of-range", f"{what} cannot be {shortened(word.text)}: it is ignored", expected)
    return None


def _seconds_from(low: float, high: float) -> str:
    return f"seconds from {plain_number(low)} to {plain_number(high)}"


def integer(low: int, high: int) -> Parser:
    def parse(cursor: Cursor, statement: Statement) -> int | None:
        if not cursor.needs(statement, 1, f"a whole number from {low} to {high}"):
            return None
        return integer_word(cursor, statement.words[1], low, high, statement.keyword)

    return parse


def optional_integer(low: int, high: int, default: int) -> Parser:
    def parse(cursor: Cursor, statement: Statement) -> int | None:
        if not statement.arguments:
            return default
        return integer_word(cursor, statement.words[1], low, high, statement.keyword)

    return parse


def seconds(low: float, high: float, places: int = 6) -> Parser:
    def parse(cursor: Cursor, statement: Statement) -> float | None:
        if not cursor.needs(statement, 1, _seconds_from(low, high)):
            return None
        return decimal_word(cursor, statement.words[1], low, high, statement.keyword, places)

    return parse


def whole_seconds(low: int, high: int) -> Parser:
    number = integer(low, high)

    def parse(cursor: Cursor, statement: Statement) -> float | None:
        value = number(cursor, statement)
        return float(value) if isinstance(value, int) else None

    return parse


# -- switches and texts ----------------------------------------------------------------------------------------------


def present(cursor: Cursor, statement: Statement) -> bool:
    """A keyword that stands alone; what follows it is ignored, as keepalived does."""
    del cursor, statement
    return True


def flag(cursor: Cursor, statement: Statement) -> bool | None:
    if not statement.arguments:
        return True
    word = statement.words[1]
    if word.text in _TRUE or word.text in _FALSE:
        return word.text in _TRUE
    complain(
        cursor, word, "bad-switch", f"{statement.keyword}: {shortened(word.text)} is neither on nor off",
        expected="on, true, yes, off, false, no, or nothing for on",
    )  # fmt: skip
    return None


def text(what: str) -> Parser:
    def parse(cursor: Cursor, statement: Statement) -> str | None:
        return statement.words[1].text if cursor.needs(statement, 1, what) else None

    return parse


def optional_text(default: str) -> Parser:
    def parse(cursor: Cursor, statement: Statement) -> str:
        del cursor
        return statement.words[1].text if statement.arguments else default

    return parse


def one_of(*choices: str) -> Parser:
    def parse(cursor: Cursor, statement: Statement) -> str | None:
        expected = " or ".join(choices)
        if not cursor.needs(statement, 1, expected):
            return None
        word = statement.words[1]
        if word.text in choices:
            return word.text
        complain(cursor, word, "bad-value", f"{statement.keyword} cannot be {shortened(word.text)}", expected=expected)
        return None

    return parse


def texts(cursor: Cursor, statement: Statement) -> tuple[str, ...]:
    del cursor
    return tuple(word.text for word in statement.arguments)


# -- names, addresses, weights ---------------------------------------------------------------------------------------


def interface_word(cursor: Cursor, word: Written, what: str) -> str | None:
    if len(word.text.encode(errors="replace")) <= INTERFACE_LIMIT and "/" not in word.text and word.text:
        return word.text
    complain(
        cursor, word, "bad-interface", f"{what}: {shortened(word.text)} cannot be the name of an interface",
        expected=f"a name of at most {INTERFACE_LIMIT} bytes",
    )  # fmt: skip
    return None


def interface(cursor: Cursor, statement: Statement) -> str | None:
    if not cursor.needs(statement, 1, "the name of an interface"):
        return None
    return interface_word(cursor, statement.words[1], statement.keyword)


def address_word(cursor: Cursor, word: Written, what: str, family: Family | None = None) -> Address | None:
    value = parse_address(word.text)
    if value is not None and family in (None, family_of(value)):
        return value
    kind = f"IPv{family.value} " if family else "IP "
    complain(cursor, word, "bad-address", f"{what}: {shortened(word.text)} is not an {kind}address")
    return None


def parse_address(text: str) -> Address | None:
    """An address without prefix and interface."""
    if not text or "%" in text or "/" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def address(family: Family | None = None, *, multicast: bool | None = None) -> Parser:
    def parse(cursor: Cursor, statement: Statement) -> IPv4Address | IPv6Address | None:
        if not cursor.needs(statement, 1, "an IP address"):
            return None
        word = statement.words[1]
        value = address_word(cursor, word, statement.keyword, family)
        if value is None or multicast is None or value.is_multicast is multicast:
            return value
        complain(
            cursor, word, "bad-address", f"{statement.keyword} cannot be {value}",
            expected="a multicast address" if multicast else "the address of one host",
        )  # fmt: skip
        return None

    return parse


@dataclass(frozen=True, slots=True)
class Weight:
    """``reverse`` None: not said."""

    value: int
    reverse: bool | None = None


def weight_words(cursor: Cursor, words: Sequence[Written], limit: int, what: str) -> Weight | None:
    """``-20``, ``5 reverse``, ``5 noreverse``."""
    value = integer_word(cursor, words[0], -limit, limit, what)
    if value is None:
        return None
    if len(words) == 1:
        return Weight(value)
    if words[1].text not in {"reverse", "noreverse"}:
        complain(
            cursor, words[1], "bad-weight", f"{what}: {shortened(words[1].text)} is not known behind a weight",
            expected="reverse, or nothing",
        )  # fmt: skip
        return Weight(value)
    return Weight(value, words[1].text == "reverse")


def weight(limit: int) -> Parser:
    def parse(cursor: Cursor, statement: Statement) -> Weight | None:
        if not cursor.needs(statement, 1, f"a whole number from -{limit} to {limit}"):
            return None
        return weight_words(cursor, statement.arguments, limit, statement.keyword)

    return parse


# -- commands --------------------------------------------------------------------------------------------------------


def command(cursor: Cursor, statement: Statement) -> Command | None:
    """``"program arguments" [user [group]]``, as behind notify keywords."""
    words = script_words(statement.line, cursor.complaints)
    if len(words) < 2:
        if not statement.line.text[len(statement.keyword) :].strip():
            cursor.needs(statement, 1, '"/path/to/program arguments"')
        return None
    argv = command_words(words[1], cursor.complaints)
    if not argv or not argv[0]:
        cursor.complaints.warn(
            words[1].location, "empty-command", f"{statement.keyword}: there is no program in this command"
        )
        return None
    if len(words) > 4:
        cursor.complaints.warn(
            words[4].location, "extra-word", f"{statement.keyword}: more words than a command, a user and a group",
            expected='a command with arguments in quotation marks: "program argument"',
        )  # fmt: skip
    user = words[2].text if len(words) > 2 else None
    group = words[3].text if len(words) > 3 else None
    if user is not None and not cursor.context.has_user(user, group):
        complain(
            cursor, words[2], "unknown-user",
            f"{statement.keyword}: there is no user {shortened(user)}"
            f"{f' or no group {shortened(group)}' if group else ''} to run it: it is left out",
            expected="behind a command a user and a group; a command with arguments stands in quotation marks",
        )  # fmt: skip
        return None
    return Command(argv, user, group)


def ignored(cursor: Cursor, statement: Statement) -> None:
    """A keyword that has no effect, here or in keepalived."""
    del cursor, statement


def merged(*tables: Keywords) -> dict[str, Handler]:
    return {name: handler for table in tables for name, handler in table.items()}


def repeat_count(cursor: Cursor, statement: Statement) -> int | None:
    """How often something is announced; keepalived makes 1 of 0."""
    if not cursor.needs(statement, 1, "a whole number of 1 or more"):
        return None
    value = integer_word(cursor, statement.words[1], 0, UINT, statement.keyword)
    if value == 0:
        complain(cursor, statement.words[1], "out-of-range", f"{statement.keyword} cannot be 0: it becomes 1")
        return 1
    return value
