"""What keepalived makes of a file's mistakes: classes, of which the greatest decides how ``-t`` exits."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from vrrpd.config.diagnostics import Diagnostic, Location, Report


class Complaint(IntEnum):
    """keepalived's classes of configuration errors, in its order."""

    OK = 0
    FILE_NOT_FOUND = 1
    BAD_INTERFACE = 2
    FATAL = 3
    MULTIPLE_FILES = 4
    UNKNOWN_KEYWORD = 5
    UNEXPECTED_OPENING = 6
    MISSING_OPENING = 7
    UNEXPECTED_CLOSING = 8
    MISSING_CLOSING = 9
    UNMATCHED_QUOTE = 10
    MISSING_PARAMETER = 11
    INVALID_NUMBER = 12
    GENERAL = 13
    WARNING = 14
    DEPRECATED = 15
    SECURITY = 16


EXIT_CLEAN: Final = 0
EXIT_MISSING_PARAMETER: Final = 2
EXIT_UNRUNNABLE: Final = 4
EXIT_FINDINGS: Final = 5
EXIT_SECURITY: Final = 6


@dataclass(frozen=True, slots=True)
class Verdict:
    """``worst`` is the greatest class met; ``parameter_missing``: keepalived stops at the first such line."""

    worst: Complaint = Complaint.OK
    parameter_missing: bool = False

    @property
    def exit_code(self) -> int:
        """As keepalived 2.4.3 ``-t`` exits."""
        if self.parameter_missing:
            return EXIT_MISSING_PARAMETER
        if self.worst is Complaint.SECURITY:
            return EXIT_SECURITY
        if self.worst > Complaint.FATAL:
            return EXIT_FINDINGS
        return EXIT_CLEAN if self.worst is Complaint.OK else EXIT_UNRUNNABLE


class Complaints:
    """Diagnostics and the verdict beside them.

    Nothing that keepalived lives with is an error here; ``refuse`` is for what it does not start with.
    """

    def __init__(self) -> None:
        self.report = Report()
        self._worst = Complaint.OK
        self._parameter_missing = False
        self._said: set[tuple[Location, str, str]] = set()

    def complain(
        self, kind: Complaint, at: Location, code: str, message: str, *, expected: str = "", write: str = ""
    ) -> None:
        """Something that keepalived reports too."""
        if self._note(kind, at, code, message):
            self.report.warning(at, code, message, expected=expected, write=write)

    def refuse(
        self, kind: Complaint, at: Location, code: str, message: str, *, expected: str = "", write: str = ""
    ) -> None:
        """Something with which keepalived does not start."""
        if self._note(kind, at, code, message):
            self.report.error(at, code, message, expected=expected, write=write)

    def warn(self, at: Location, code: str, message: str, *, expected: str = "", write: str = "") -> None:
        """Something that keepalived has no class for."""
        if self._note(Complaint.OK, at, code, message):
            self.report.warning(at, code, message, expected=expected, write=write)

    def tell(self, at: Location, code: str, message: str, *, expected: str = "", write: str = "") -> None:
        if self._note(Complaint.OK, at, code, message):
            self.report.note(at, code, message, expected=expected, write=write)

    def _note(self, kind: Complaint, at: Location, code: str, message: str) -> bool:
        """Whether this is said for the first time: what a definition repeats is said once."""
        self._worst = max(self._worst, kind)
        self._parameter_missing |= kind is Complaint.MISSING_PARAMETER
        key = (at, code, message)
        new = key not in self._said
        self._said.add(key)
        return new

    @property
    def verdict(self) -> Verdict:
        return Verdict(self._worst, self._parameter_missing)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return self.report.diagnostics
