"""A log record as plain values, and its forms for people and for programs. What is secret is taken out here."""

import enum
import json
import logging
import math
import re
import time
from collections.abc import Mapping
from dataclasses import field
from typing import Final

from vrrpd.records import dataclass

_LONGEST_MESSAGE: Final = 4096
_LONGEST_TRACEBACK: Final = 16384
_SECRET_FIELDS: Final = frozenset(("auth_pass", "password", "passwd", "passphrase", "secret", "auth_key"))
_SECRET_TEXT: Final = re.compile(
    rf"""\b({"|".join(sorted(_SECRET_FIELDS))})\b(["']?\s*[=:]\s*|\s+(?=["']))("[^"]*"?|'[^']*'?|[^\s,}}\])]+)"""
)
_HIDDEN: Final = "****"
_CONTROL: Final = {code: f"\\x{code:02x}" for code in (*range(9), *range(11, 32), *range(127, 160))} | {9: " "}
_FORMATTER: Final = logging.Formatter()


@dataclass(frozen=True, slots=True)
class Entry:
    """``when`` in seconds since the epoch, ``level`` of logging. Texts may have several lines, no other control
    characters and no secrets; ``fields`` are what the record's ``extra={"fields": ...}`` gave.
    """

    when: float
    level: int
    message: str
    fields: Mapping[str, object] = field(default_factory=dict)
    traceback: str = ""

    @property
    def lines(self) -> list[str]:
        return [*(self.message.split("\n")), *(self.traceback.split("\n") if self.traceback else ())]


def entry_of(record: logging.LogRecord) -> Entry:
    fields = getattr(record, "fields", None)
    return Entry(
        record.created,
        record.levelno,
        _clean(_message_of(record), _LONGEST_MESSAGE),
        _plain_fields(fields) if isinstance(fields, Mapping) else {},
        _traceback_of(record),
    )


def dropped_entry(count: int) -> Entry:
    """What stands in place of ``count`` lines that could not be written."""
    lines = "line" if count == 1 else "lines"
    return Entry(time.time(), logging.WARNING, f"{count} log {lines} dropped", {"dropped": count})


def render_text(entry: Entry) -> bytes:
    """``2026-01-01T12:00:00.123 INFO message`` in local time; further lines are indented: none passes for a record."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(entry.when))
    head, *rest = entry.lines
    text = f"{stamp}.{_milliseconds(entry.when):03} {logging.getLevelName(entry.level)} {head}\n"
    return (text + "".join(f"    | {line}\n" for line in rest)).encode(errors="backslashreplace")


def render_json(entry: Entry) -> bytes:
    """One object on a line: ts (UTC, RFC 3339), level, message, then the fields."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(entry.when))
    value: dict[str, object] = {
        "ts": f"{stamp}.{_milliseconds(entry.when):03}Z",
        "level": logging.getLevelName(entry.level).lower(),
        "message": entry.message,
    }
    if entry.traceback:
        value["traceback"] = entry.traceback
    value |= {key: item for key, item in entry.fields.items() if key not in value}
    return json.dumps(value).encode() + b"\n"


def _milliseconds(when: float) -> int:
    return int(when * 1000) % 1000


def _message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError, IndexError) as error:
        # the line is worth more than its arguments
        return f"{record.msg!s} [{record.filename}:{record.lineno}: {error}]"


def _traceback_of(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    text = _FORMATTER.formatException(record.exc_info)
    # the end of a traceback says what went wrong
    return _clean(text[-_LONGEST_TRACEBACK:], _LONGEST_TRACEBACK)


def _clean(text: str, longest: int) -> str:
    if not text.isprintable():
        text = text.translate(_CONTROL)
    if len(text) > longest:
        text = f"{text[:longest]}... ({len(text) - longest} more characters)"
    return _SECRET_TEXT.sub(rf"\1\2{_HIDDEN}", text)


def _plain_fields(fields: Mapping[object, object]) -> dict[str, object]:
    return {str(key): _HIDDEN if key in _SECRET_FIELDS else _plain(value) for key, value in fields.items()}


def _plain(value: object) -> object:
    """The value as JSON can carry it."""
    match value:
        case bool() | int() | None:
            return value
        case enum.Enum():
            return _plain(value.value)
        case float():
            return value if math.isfinite(value) else str(value)
        case str():
            return _clean(value, _LONGEST_MESSAGE)
        case Mapping():
            return _plain_fields(value)
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case _:
            return _clean(str(value), _LONGEST_MESSAGE)
