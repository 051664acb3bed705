"""The files of a configuration as one stream of lines: includes, conditions, definitions and sequences are gone."""

import re
from collections.abc import Iterator
from posixpath import dirname
from typing import Final

from vrrpd.config.diagnostics import Location
from vrrpd.config.keepalived.comments import without_comment
from vrrpd.config.keepalived.complaints import Complaint, Complaints
from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.keepalived.expansion import Definitions, Expansion
from vrrpd.config.keepalived.includes import VARIANTS, Includes
from vrrpd.config.keepalived.limits import (
    FILES_LIMIT,
    INCLUDE_DEPTH,
    INPUT_LIMIT,
    LINES_LIMIT,
    OUTPUT_LIMIT,
    TooMuchError,
)
from vrrpd.config.keepalived.lines import LINE_LIMIT, Line, lines_of
from vrrpd.config.keepalived.predefined import Predefined
from vrrpd.config.keepalived.sequences import is_sequence, parse_sequence, sequence_head

_CONDITION: Final = re.compile(r"@(\^?)(\S*)(?:\s+|$)")
_DEFINITION: Final = re.compile(r"\$([A-Za-z_]\w*)=", re.ASCII)
_SPACES: Final = " \t\r\f\v"
_NESTING: Final = 32


class Preprocessor:
    """Reads a file and those that it includes; raises TooMuchError when a limit is met."""

    def __init__(self, context: ReadContext, complaints: Complaints) -> None:
        self._context = context
        self._complaints = complaints
        self._predefined = Predefined(context)
        self._definitions = Definitions(self._predefined)
        self._includes = Includes(context, complaints)
        self._included = 0
        self._read_characters = 0
        self._written_lines = 0
        self._written_characters = 0

    def lines(self, text: str, file: str) -> Iterator[Line]:
        """Lines without comments and outer blanks, none of them empty."""
        yield from self._file(text, file, (file,))

    # -- files -------------------------------------------------------------------------------------------------------

    def _file(self, text: str, file: str, chain: tuple[str, ...]) -> Iterator[Line]:
        self._read_characters += len(text)
        if self._read_characters > INPUT_LIMIT:
            raise TooMuchError(f"these are more than {INPUT_LIMIT >> 20} MiB: no configuration is so large")
        multi: tuple[str, list[Line]] | None = None
        for raw in lines_of(text, file):
            line = self._kept(raw)
            if line is None:
                continue
            if multi is not None:
                if self._continues(line, multi[1]):
                    continue
                self._definitions.define(multi[0], tuple(multi[1]) or "")
                multi = None
                continue
            match = _DEFINITION.match(line.text)
            if match is None:
                yield from self._expanded(line, chain, ())
            else:
                multi = self._define(match.group(1), line.cut(match.end(), len(line.text)).stripped())
        if multi is not None:
            self._definitions.define(multi[0], tuple(multi[1]) or "")

    def _kept(self, raw: Line) -> Line | None:
        """The line without comment and condition; None when the condition is not met."""
        if "\0" in raw.text:
            raw = Line((type(raw.pieces[0])(raw.text.split("\0")[0], raw.location),))
        line = without_comment(raw)
        if len(raw.text) >= LINE_LIMIT and len(raw.text.encode(errors="replace")) >= LINE_LIMIT:
            self._complaints.complain(
                Complaint.GENERAL, raw.location, "long-line",
                f"a line has at most {LINE_LIMIT - 1} bytes: this one is ignored",
            )  # fmt: skip
            return None
        if not line.text.startswith("@"):
            return line
        match = _CONDITION.match(line.text)
        if match is None:
            return line
        is_own = match.group(2) == self._context.config_id
        return line.cut(match.end(), len(line.text)).stripped() if is_own != bool(match.group(1)) else None

    def _define(self, name: str, value: Line) -> tuple[str, list[Line]] | None:
        """The beginning of a multi-line definition; a plain one is defined at once."""
        if not value.text.endswith("\\"):
            self._definitions.define(name, value.text)
            return None
        body: list[Line] = []
        self._continues(value, body)
        return name, body

    @staticmethod
    def _continues(line: Line, body: list[Line]) -> bool:
        """Takes a line of a multi-line definition; False when it was the last."""
        more = line.text.endswith("\\")
        kept = line.cut(0, len(line.text) - 1).stripped() if more else line
        if kept.text:
            body.append(kept)
        return more

    # -- lines -------------------------------------------------------------------------------------------------------

    def _expanded(self, line: Line, files: tuple[str, ...], chain: tuple[str, ...]) -> Iterator[Line]:
        """``chain`` names the multi-line definitions that this line comes from."""
        if not line.text:
            return
        self._count(line)
        if is_sequence(line.text):
            yield from self._repeated(line, files, chain)
            return
        if "$" in line.text:
            expansion = Expansion(line, self._definitions, self._complaints, chain)
            if not expansion.run():
                return
            if expansion.chain != chain:
                if len(expansion.chain) > _NESTING:
                    raise TooMuchError(f"{line.location}: definitions are nested more than {_NESTING} deep")
                yield from self._expanded(expansion.line, files, expansion.chain)
                for part in expansion.rest:
                    yield from self._of_definition(part, files, expansion.chain)
                return
            line = without_comment(expansion.line)
        if not line.text:
            return
        yield from self._directive(line, files)

    def _of_definition(self, line: Line, files: tuple[str, ...], chain: tuple[str, ...]) -> Iterator[Line]:
        """A line of a multi-line definition, not its first: it may define something itself."""
        match = _DEFINITION.match(line.text)
        if match is None:
            yield from self._expanded(line, files, chain)
        else:
            self._definitions.define(match.group(1), line.text[match.end() :].strip())

    def _count(self, line: Line) -> None:
        self._written_lines += 1
        self._written_characters += len(line.text)
        if self._written_lines > LINES_LIMIT or self._written_characters > OUTPUT_LIMIT:
            raise TooMuchError(
                f"{line.location}: these are more than {LINES_LIMIT} lines or {OUTPUT_LIMIT >> 20} MiB"
                " when everything is written out"
            )

    def _repeated(self, line: Line, files: tuple[str, ...], chain: tuple[str, ...]) -> Iterator[Line]:
        head = sequence_head(line.text)
        if head is not None and "$" in line.text[head[0] : head[1]]:
            inner = Expansion(line.cut(0, head[1]), self._definitions, self._complaints, chain)
            if not inner.run():
                return
            line = Line((*inner.line.pieces, *line.cut(head[1], len(line.text)).pieces))
        sequence = parse_sequence(line.text)
        if sequence is None:
            self._complaints.complain(
                Complaint.GENERAL,
                line.location,
                "bad-sequence",
                "this sequence cannot be read: the line is ignored",
                expected="~SEQ(name, end), ~SEQ(name, start, end), ~SEQ(name, start, step, end) or ~LST(name, a, b)",
            )
            return
        if len(chain) > _NESTING:
            raise TooMuchError(f"{line.location}: sequences are nested more than {_NESTING} deep")
        rest = line.cut(sequence.end, len(line.text))
        for variables in sequence.rounds:
            if not rest.text:
                self._count(rest)
            self._definitions.enter(variables)
            yield from self._expanded(rest, files, (*chain, "~"))
            self._definitions.leave()

    def _directive(self, line: Line, files: tuple[str, ...]) -> Iterator[Line]:
        word, _, rest = line.text.partition(" ") if "\t" not in line.text else _first_word(line.text)
        if word in VARIANTS:
            pattern = rest.strip(_SPACES).strip('"')
            yield from self._include(word, pattern, line.location, files)
            return
        if word == "include_check":
            self._includes.set_checks(rest.split(), line.location)
        yield line

    def _include(self, word: str, pattern: str, at: Location, files: tuple[str, ...]) -> Iterator[Line]:
        if not pattern:
            self._complaints.complain(
                Complaint.MISSING_PARAMETER, at, "missing-value", f"there is no file behind {word}",
                expected="a path, with * ? [] or {a,b} if need be",
            )  # fmt: skip
            return
        if len(files) > INCLUDE_DEPTH:
            raise TooMuchError(f"{at}: files include each other more than {INCLUDE_DEPTH} deep")
        directory = self._predefined.directory
        for found in self._includes.find(word, pattern, directory, at):
            self._included += 1
            if self._included > FILES_LIMIT:
                raise TooMuchError(f"{at}: more than {FILES_LIMIT} files are included")
            if found.path in files:
                self._complaints.refuse(
                    Complaint.GENERAL, at, "include-loop", f"{found.path} includes itself: it is left out here"
                )
                continue
            self._predefined.directory = dirname(found.path) or "."
            text = (found.content or b"").decode("utf-8-sig", errors="replace")
            yield from self._file(text, found.path, (*files, found.path))
            self._predefined.directory = directory


def _first_word(text: str) -> tuple[str, str, str]:
    parts = text.split(None, 1)
    return parts[0], " ", parts[1] if len(parts) > 1 else ""
