"""``$NAME`` and ``${NAME}`` in a line become what the definitions say."""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from vrrpd.config.keepalived.complaints import Complaint, Complaints
from vrrpd.config.keepalived.limits import EXPANDED_LINE_LIMIT, EXPANSIONS_LIMIT, WORK_LIMIT, TooMuchError
from vrrpd.config.keepalived.lines import Line

_REFERENCE: Final = re.compile(r"\$(?:\{(?P<braced>\w[^{}$]{0,200})\}|(?P<bare>[A-Za-z_]\w{0,255}))", re.ASCII)
_PIECE_COST: Final = 50
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)

Definition: TypeAlias = str | tuple[Line, ...]
"""A text, or the lines of a multi-line definition."""


class Definitions:
    """What ``$NAME=`` has defined so far; ``predefined`` knows the names that begin with an underscore."""

    def __init__(self, predefined: Callable[[str], str | None]) -> None:
        self._own: dict[str, Definition] = {}
        self._rounds: list[Mapping[str, str]] = []
        self._predefined = predefined
        self._work = 0

    def spend(self, line: Line) -> None:
        """Raises TooMuchError when all expansions together have moved too much."""
        self._work += len(line.text) + _PIECE_COST * len(line.pieces)
        if self._work > WORK_LIMIT:
            raise TooMuchError(f"{line.location}: the definitions of this configuration take too long to write out")

    def define(self, name: str, value: Definition) -> None:
        self._own[name] = value

    def enter(self, variables: Mapping[str, str]) -> None:
        """Variables of a sequence come before definitions, inner ones before outer ones."""
        self._rounds.append(variables)

    def leave(self) -> None:
        self._rounds.pop()

    def find(self, name: str) -> Definition | None:
        for variables in reversed(self._rounds):
            if name in variables:
                return variables[name]
        if _PLAIN_NAME.fullmatch(name) and name in self._own:
            return self._own[name]
        return self._predefined(name)


class Expansion:
    """One line on its way; ``rest`` are the lines that a multi-line definition at its end brought with it."""

    def __init__(self, line: Line, definitions: Definitions, complaints: Complaints, chain: tuple[str, ...]) -> None:
        self.line = line
        self.rest: tuple[Line, ...] = ()
        self.chain = chain
        self._definitions = definitions
        self._complaints = complaints
        self._active: list[tuple[int, str]] = []

    def run(self) -> bool:
        """False when the line had to be given up."""
        position, count = 0, 0
        while (match := _REFERENCE.search(self.line.text, position)) is not None:
            position = match.start()
            name = match.group("braced") or match.group("bare")
            self._leave_behind(position)
            value = self._definitions.find(name)
            at_end = not self.line.text[match.end() :].strip()
            if value is None or (isinstance(value, tuple) and not at_end):
                position += 1
                continue
            count += 1
            self._definitions.spend(self.line)
            if not self._allowed(name, position, count):
                return False
            if isinstance(value, tuple):
                self._take_lines(name, value, position)
                return True
            self._active.append((len(self.line.text) - match.end(), name))
            self.line = self.line.replaced(position, match.end(), value)
        return True

    def _leave_behind(self, position: int) -> None:
        """Definitions whose text lies wholly before this place are no longer being expanded."""
        length = len(self.line.text)
        while self._active and position >= length - self._active[-1][0]:
            self._active.pop()

    def _take_lines(self, name: str, value: tuple[Line, ...], position: int) -> None:
        before = self.line.cut(0, position)
        self.chain += (*(active for _, active in self._active), name)
        first, *rest = value
        self.line = Line((*before.pieces, *first.pieces)) if before.text else first
        self.rest = tuple(rest)

    def _allowed(self, name: str, position: int, count: int) -> bool:
        at = self.line.at(position)
        if name in self.chain or any(name == active for _, active in self._active):
            self._complaints.refuse(
                Complaint.GENERAL,
                at,
                "definition-loop",
                f"${name} refers to itself: the line is ignored",
                expected="a definition that ends",
            )
            return False
        if count > EXPANSIONS_LIMIT or len(self.line.text) > EXPANDED_LINE_LIMIT:
            self._complaints.refuse(
                Complaint.GENERAL,
                at,
                "too-much",
                f"with its definitions this line has more than {EXPANDED_LINE_LIMIT} characters: it is ignored",
            )
            return False
        return True
