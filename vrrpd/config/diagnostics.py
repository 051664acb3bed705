"""Where a value stands in a file, and what is to be said about it."""

import enum
from collections.abc import Iterable

from vrrpd.records import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; ``line`` and ``column`` count from 1, 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Written:
    """A text as it stands in a file; ``exact`` when every character of it stands there as itself."""

    text: str
    location: Location
    exact: bool = True

    def at(self, offset: int) -> Location:
        """Where the character ``offset`` (from 0) of the text stands; the whole text's place when that is not known."""
        place = self.location
        return Location(place.file, place.line, place.column + offset) if offset and self.exact else place


class Severity(enum.Enum):
    """ERROR: the file cannot be run. WARNING: it runs, perhaps not as meant. NOTE: good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing to say: what is wrong, where, what was expected, and what to write instead.

    The texts never contain a secret. ``str()`` is the whole of it on one line, fit for a log.
    """

    severity: Severity
    location: Location
    code: str
    message: str
    expected: str = ""
    suggestion: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        text = f"{self.location}: {self.severity.value}: {self.message}"
        text += f"; expected: {self.expected}" if self.expected else ""
        return text + (f"; write: {self.suggestion}" if self.suggestion else "")


class Report:
    """Collects what is to be said while a file is read, so that all of it is said at once.

    What cannot be printed is replaced by ``?``: names out of a file appear in terminals and logs.
    """

    def __init__(self) -> None:
        self._items: list[Diagnostic] = []

    def error(self, at: Location, code: str, message: str, *, expected: str = "", write: str = "") -> None:
        self._add(Severity.ERROR, at, code, message, expected, write)

    def warning(self, at: Location, code: str, message: str, *, expected: str = "", write: str = "") -> None:
        self._add(Severity.WARNING, at, code, message, expected, write)

    def note(self, at: Location, code: str, message: str, *, expected: str = "", write: str = "") -> None:
        self._add(Severity.NOTE, at, code, message, expected, write)

    def _add(self, severity: Severity, at: Location, code: str, *texts: str) -> None:
        message, expected, write = map(printable, texts)
        self._items.append(Diagnostic(severity, at, code, message, expected, write))

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        self._items.extend(diagnostics)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything said so far, in the order of the file."""
        return tuple(sorted(self._items, key=lambda item: item.location))


def printable(text: str) -> str:
    """The text with ``?`` for everything that is not a visible character or a space."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in text)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(item.is_error for item in diagnostics)
