"""``~SEQ(var, start, step, end)``, ``~SEQx(...)`` and ``~LST(var, a, b)``: one line, repeated."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from vrrpd.config.keepalived.limits import LINES_LIMIT
from vrrpd.records import dataclass

_HEAD: Final = re.compile(r"~(SEQx|SEQ|LST)\(([^()]{0,8192})\)[ \t]*")
_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_TUPLE: Final = re.compile(r"\s*(?:\{([^{}]*)\}|([^,{}]*))\s*(,|$)")


@dataclass(frozen=True, slots=True)
class Sequence:
    """``rounds`` gives the variables of each repetition; ``end`` is where the line to be repeated begins."""

    rounds: Iterator[Mapping[str, str]]
    end: int


def is_sequence(text: str) -> bool:
    return text.startswith(("~SEQ(", "~SEQx(", "~LST("))


def sequence_head(text: str) -> tuple[int, int] | None:
    """Where the arguments of a sequence begin and end; None when the parenthesis is not closed."""
    match = _HEAD.match(text)
    return None if match is None else match.span(2)


def parse_sequence(text: str) -> Sequence | None:
    """None when this is none that keepalived knows."""
    match = _HEAD.match(text)
    if match is None:
        return None
    kind, arguments = match.group(1), match.group(2)
    rounds = _list_rounds(arguments) if kind == "LST" else _number_rounds(arguments, hexadecimal=kind == "SEQx")
    return None if rounds is None else Sequence(rounds, match.end())


def _number_rounds(arguments: str, *, hexadecimal: bool) -> Iterator[Mapping[str, str]] | None:
    name, *texts = (part.strip() for part in arguments.split(","))
    if not _NAME.fullmatch(name) or not 1 <= len(texts) <= 3:
        return None
    numbers = [int(text) for text in texts if _NUMBER.fullmatch(text)]
    if len(numbers) != len(texts):
        return None
    start, end = (1 if len(numbers) == 1 else numbers[0]), numbers[-1]
    step = numbers[1] if len(numbers) == 3 else (1 if start <= end else -1)
    if step == 0 or (end - start) * step < 0:
        return None
    return _numbers(name, range(start, end + (1 if step > 0 else -1), step), hexadecimal=hexadecimal)


def _numbers(name: str, values: range, *, hexadecimal: bool) -> Iterator[Mapping[str, str]]:
    for value in values[: LINES_LIMIT + 1]:
        yield {name: f"{value:x}" if hexadecimal else str(value)}


def _list_rounds(arguments: str) -> Iterator[Mapping[str, str]] | None:
    items = _tuples(arguments)
    if items is None or len(items) < 2:
        return None
    names = items[0]
    if not all(_NAME.fullmatch(name) for name in names) or any(len(item) != len(names) for item in items[1:]):
        return None
    return (dict(zip(names, item, strict=True)) for item in items[1:])


def _tuples(arguments: str) -> list[tuple[str, ...]] | None:
    found, position = [], 0
    while True:
        match = _TUPLE.match(arguments, position)
        if match is None:
            return None
        inner = match.group(1)
        parts = (match.group(2),) if inner is None else tuple(inner.split(","))
        found.append(tuple(part.strip() for part in parts))
        position = match.end()
        if match.group(3) != ",":
            return found
