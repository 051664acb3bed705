"""Blocks and their keywords, with keepalived's way of going on after a mistake."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from vrrpd.config.diagnostics import Location
from vrrpd.config.keepalived.complaints import Complaint, Complaints
from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.keepalived.lexer import Brace, Statement
from vrrpd.config.keywords import BLOCKS
from vrrpd.config.values import shortened

Handler: TypeAlias = Callable[["Cursor", Statement], None]
Keywords: TypeAlias = Mapping[str, Handler]

_SHOWN_WORDS: Final = 40


class Cursor:
    """Walks over the statements of a configuration.

    A handler gets the statement of its keyword, and then reads with ``block`` or ``entries`` what belongs to it.
    """

    def __init__(self, statements: Iterator[Statement], context: ReadContext, complaints: Complaints) -> None:
        self._statements = statements
        self._waiting: Statement | None = None
        self._depth = 0
        self._last = Location("")
        self.context = context
        self.complaints = complaints
        self.missing_interfaces: list[tuple[Location, str]] = []

    # -- statements --------------------------------------------------------------------------------------------------

    def _next(self) -> Statement | None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            return waiting
        statement = next(self._statements, None)
        if statement is not None:
            self._last = statement.location
            self._weigh(statement)
        return statement

    def _weigh(self, statement: Statement) -> None:
        if statement.brace is Brace.OPEN:
            self._depth += 1
        elif statement.brace is Brace.CLOSE:
            if not self._depth:
                self._closes_nothing(Complaint.UNEXPECTED_CLOSING, statement)
            self._depth = max(0, self._depth - 1)

    def _closes_nothing(self, kind: Complaint, statement: Statement) -> None:
        self.complaints.complain(
            kind,
            statement.location,
            "extra-brace",
            "there is no { that this } closes",
            expected="as many } as {; see whether a block above ends too early",
        )

    def _opens(self) -> bool:
        """Takes the ``{`` if it comes next."""
        statement = self._next()
        if statement is not None and statement.brace is Brace.OPEN:
            return True
        self._waiting = statement
        return False

    # -- blocks ------------------------------------------------------------------------------------------------------

    def top(self, keywords: Keywords, where: str) -> None:
        """Everything to the end of the files."""
        self._process(keywords, where, nested=False)
        if self._depth:
            self.complaints.complain(
                Complaint.MISSING_CLOSING,
                self._last,
                "missing-brace",
                f"{self._depth} {'block is' if self._depth == 1 else 'blocks are'} not closed at the end",
                expected="as many } as {",
                write="}",
            )

    def block(self, statement: Statement, keywords: Keywords, where: str) -> None:
        """The ``{ ... }`` behind a keyword, made of keywords."""
        if not self._opens():
            self.complaints.complain(
                Complaint.MISSING_OPENING,
                statement.location,
                "missing-brace",
                f"there is no {{ behind {statement.keyword}",
                write=f"{statement.keyword} {{",
            )
        self._process(keywords, where, nested=True)

    def optional_block(self, keywords: Keywords, where: str) -> None:
        """The ``{ ... }`` behind a keyword that may stand alone."""
        if self._opens():
            self._process(keywords, where, nested=True)

    def entries(self, statement: Statement) -> Iterator[Statement]:
        """The ``{ ... }`` behind a keyword, made of lines that are no keywords."""
        self.no_more(statement, 1)
        self._opens()
        while (entry := self._next()) is not None and entry.brace is not Brace.CLOSE:
            if entry.brace is Brace.OPEN:
                self.complaints.complain(
                    Complaint.UNEXPECTED_OPENING, entry.location, "unexpected-brace",
                    f"a {{ cannot stand within {statement.keyword}", expected="one entry on a line",
                )  # fmt: skip
            else:
                yield entry

    def skip_block(self) -> None:
        """Leaves out the ``{ ... }`` that follows, with all that is in it."""
        if not self._opens():
            return
        depth = 1
        while depth and (statement := self._next()) is not None:
            depth += (statement.brace is Brace.OPEN) - (statement.brace is Brace.CLOSE)

    def _process(self, keywords: Keywords, where: str, *, nested: bool) -> None:
        while (statement := self._next()) is not None:
            if statement.brace is Brace.OPEN:
                self.complaints.complain(
                    Complaint.UNEXPECTED_OPENING,
                    statement.location,
                    "unexpected-brace",
                    "there is no block here: this { is ignored, and what stands in it belongs to the block around it",
                )
            elif statement.brace is Brace.CLOSE:
                if nested:
                    return
                self._closes_nothing(Complaint.UNKNOWN_KEYWORD, statement)
            elif (handler := keywords.get(statement.keyword)) is not None:
                handler(self, statement)
            else:
                self._unknown(statement, keywords, where)

    def _unknown(self, statement: Statement, keywords: Keywords, where: str) -> None:
        word = statement.keyword
        homes = (kind for kind, words in BLOCKS.items() if kind and word in words and not words[word].ours)
        home = next(homes, "")
        self.complaints.complain(
            Complaint.UNKNOWN_KEYWORD,
            statement.location,
            "unknown-keyword",
            f"{where} has no keyword {shortened(word)}: the line is ignored",
            expected=f"{word} in a {home}" if home else f"a keyword of {where}",
            write="" if home else self.complaints.near(word, keywords),
        )

    def uses_interface(self, name: str, at: Location, what: str) -> None:
        """Remembers an interface that is not there; whether that matters depends on dynamic_interfaces."""
        if not self.context.has_interface(name):
            self.missing_interfaces.append((at, f"{what}: there is no interface {shortened(name)} here"))

    # -- arguments ---------------------------------------------------------------------------------------------------

    def needs(self, statement: Statement, count: int, what: str) -> bool:
        """Whether that many words follow the keyword; keepalived stops where they do not."""
        if len(statement.arguments) >= count:
            return True
        last = statement.words[-1]
        self.complaints.refuse(
            Complaint.MISSING_PARAMETER,
            last.at(len(last.text)),
            "missing-value",
            f"there is no value behind {shortened(last.text)}",
            expected=what,
        )
        return False

    def no_more(self, statement: Statement, words: int) -> None:
        """Reports words behind what the keyword takes."""
        if len(statement.words) > words:
            word = statement.words[words]
            self.complaints.complain(
                Complaint.GENERAL,
                word.location,
                "extra-word",
                f"{shortened(word.text)} is too much behind {statement.keyword}: it is ignored",
            )
