"""What keepalived makes of a file's mistakes: classes, of which the greatest decides how ``-t`` exits."""

from collections.abc import Iterable
from dataclasses import replace
from enum import IntEnum
from itertools import islice
from typing import Final

from vrrpd.config.diagnostics import Diagnostic, Location, Report, Severity
from vrrpd.config.keepalived.limits import FINDINGS_LIMIT, SUGGESTIONS_LIMIT
from vrrpd.config.values import suggestion
from vrrpd.records import dataclass


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


_LONGEST_WORD: Final = 40
_SEVERITIES: Final = (Severity.NOTE, Severity.WARNING, Severity.ERROR)

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
        self._left_out = False
        self._suggestions = 0

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
        if self._note(kind, at, code, message, most=2 * FINDINGS_LIMIT):
            self.report.error(at, code, message, expected=expected, write=write)

    def give_up(self, file: str, why: str) -> None:
        """A limit was met: nothing that was read counts."""
        self._worst = max(self._worst, Complaint.FATAL)
        self.report.error(Location(file), "too-much", why)

    def warn(self, at: Location, code: str, message: str, *, expected: str = "", write: str = "") -> None:
        """Something that keepalived has no class for."""
        if self._note(Complaint.OK, at, code, message):
            self.report.warning(at, code, message, expected=expected, write=write)

    def tell(self, at: Location, code: str, message: str, *, expected: str = "", write: str = "") -> None:
        if self._note(Complaint.OK, at, code, message):
            self.report.note(at, code, message, expected=expected, write=write)

    def relay(self, diagnostics: Iterable[Diagnostic]) -> None:
        """What code that every language shares has found: keepalived leaves such things out and goes on."""
        for item in diagnostics:
            kind = Complaint.OK if item.severity is Severity.NOTE else Complaint.GENERAL
            if self._note(kind, item.location, item.code, item.message):
                severity = min(item.severity, Severity.WARNING, key=_SEVERITIES.index)
                self.report.extend((replace(item, severity=severity),))

    def add(self, diagnostics: Iterable[Diagnostic]) -> None:
        """What keepalived would not say."""
        self.report.extend(item for item in diagnostics if self._note(Complaint.OK, item.location, item.code, ""))

    def _note(self, kind: Complaint, at: Location, code: str, message: str, most: int = FINDINGS_LIMIT) -> bool:
        """Whether this is said for the first time, as what a definition repeats is said once; errors have more room."""
        self._worst = max(self._worst, kind)
        self._parameter_missing |= kind is Complaint.MISSING_PARAMETER
        key = (at, code, message)
        if key in self._said or len(self._said) >= most:
            self._left_out |= key not in self._said
            return False
        self._said.add(key)
        return True

    def near(self, word: str, known: Iterable[str]) -> str:
        """The known word that is nearest, or nothing; after many of them no more is looked for."""
        self._suggestions += 1
        return suggestion(word[:_LONGEST_WORD], islice(known, 256)) if self._suggestions <= SUGGESTIONS_LIMIT else ""

    @property
    def verdict(self) -> Verdict:
        return Verdict(self._worst, self._parameter_missing)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was said, in the order of the files."""
        if not self._left_out:
            return self.report.diagnostics
        text = f"there is more to say than these {FINDINGS_LIMIT} findings: mend them first"
        return (*self.report.diagnostics, Diagnostic(Severity.NOTE, Location(""), "more-findings", text))
