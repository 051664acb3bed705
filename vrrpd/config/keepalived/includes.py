"""Which files an ``include`` line means, and what is wrong with it."""

import re
from collections.abc import Iterator
from typing import Final

from vrrpd.config.diagnostics import Location
from vrrpd.config.keepalived.complaints import Complaint, Complaints
from vrrpd.config.keepalived.context import FoundFile, ReadContext

READ, MATCH, WILDCARD, BRACES = "read", "match", "wildcard_match", "brace_match"
ALL_CHECKS: Final = frozenset({READ, MATCH, WILDCARD, BRACES})

VARIANTS: Final = {
    "include": frozenset[str](),
    "includer": frozenset({READ}),
    "includem": frozenset({READ, MATCH}),
    "includew": frozenset({READ, MATCH, WILDCARD}),
    "includeb": frozenset({READ, MATCH, BRACES}),
    "includea": ALL_CHECKS,
}
"""What each word demands of its pattern."""

_WILD: Final = re.compile(r"[*?\[]")
_BRACED: Final = re.compile(r"\{([^{}]*)\}")
_ALTERNATIVES_LIMIT: Final = 256


class Includes:
    """The ``include_check`` in force, and the patterns looked up under it."""

    def __init__(self, context: ReadContext, complaints: Complaints) -> None:
        self._context = context
        self._complaints = complaints
        self._checks = ALL_CHECKS if context.check_all_includes else frozenset[str]()

    def set_checks(self, words: list[str], at: Location) -> None:
        """``include_check``, ``include_check read match``, ``include_check +read -match``."""
        known = [word for word in words if word.lstrip("+-") in ALL_CHECKS]
        for word in words:
            if word not in known:
                self._complaints.complain(
                    Complaint.GENERAL, at, "include-check", f"include_check does not know {word}",
                    expected=", ".join(sorted(ALL_CHECKS)),
                )  # fmt: skip
        if self._context.check_all_includes:
            return
        plain = frozenset(word for word in known if word[0] not in "+-")
        if not words:
            self._checks = ALL_CHECKS
        elif plain:
            self._checks = plain
        self._checks |= {word[1:] for word in known if word[0] == "+"}
        self._checks -= {word[1:] for word in known if word[0] == "-"}

    def find(self, keyword: str, pattern: str, directory: str, at: Location) -> Iterator[FoundFile]:
        """The files to be read in this place, in order; those that cannot be read are reported and left out."""
        checks = VARIANTS[keyword] | self._checks
        alternatives = _alternatives(pattern)
        found: dict[str, FoundFile] = {}
        for alternative in alternatives:
            files = self._context.find_files(alternative, directory)
            if not files:
                self._nothing(alternative, checks, at, alone=len(alternatives) == 1)
            found.update((file.path, file) for file in files)
        if alternatives and not found and len(alternatives) > 1:
            self._nothing(pattern, checks, at, alone=True)
        for path in sorted(found):
            file = found[path]
            if file.content is None:
                self._unreadable(file, checks, at)
            else:
                yield file

    def _nothing(self, pattern: str, checks: frozenset[str], at: Location, *, alone: bool) -> None:
        needed = WILDCARD if _WILD.search(pattern) else MATCH
        if (needed if alone else BRACES) in checks:
            self._complaints.refuse(
                Complaint.FILE_NOT_FOUND, at, "include-missing", f"no file matches {pattern}",
                expected="a regular file without execute permission",
            )  # fmt: skip
        else:
            self._complaints.tell(at, "include-missing", f"no file matches {pattern}: nothing is included")

    def _unreadable(self, file: FoundFile, checks: frozenset[str], at: Location) -> None:
        text = f"{file.path} cannot be read: {file.problem}"
        if READ in checks:
            self._complaints.refuse(Complaint.FILE_NOT_FOUND, at, "include-unreadable", text)
        else:
            self._complaints.warn(at, "include-unreadable", text)


def _alternatives(pattern: str) -> list[str]:
    """The pattern with every ``{a,b}`` written out; as it stands where that would be too many."""
    done, pending = [], [pattern]
    while pending:
        current = pending.pop(0)
        match = _BRACED.search(current)
        if match is None:
            done.append(current)
        else:
            pending += [current[: match.start()] + part + current[match.end() :] for part in match.group(1).split(",")]
        if len(done) + len(pending) > _ALTERNATIVES_LIMIT:
            return [pattern]
    return done
