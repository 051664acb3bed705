"""Lines into statements and braces, statements into words."""

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final

from vrrpd.config.diagnostics import Location, Written
from vrrpd.config.keepalived.complaints import Complaint, Complaints
from vrrpd.config.keepalived.limits import TOKENS_LIMIT, TooMuchError
from vrrpd.config.keepalived.lines import Line
from vrrpd.records import dataclass

_SEPARATOR: Final = re.compile(r'["{}]')
_WORD: Final = re.compile(r'[^\s"]+|"([^"]*)("?)')
_PLAIN: Final = re.compile(r"\S+")
_ESCAPES: Final = {"a": "\a", "b": "\b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPE: Final = re.compile(r"([abEfnrtv])|x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|c(.)|(.)", re.DOTALL)


class Brace(Enum):
    OPEN = "{"
    CLOSE = "}"


@dataclass(frozen=True, slots=True)
class Statement:
    """A line, or the part of one between braces. ``words`` is empty for a brace."""

    words: tuple[Written, ...]
    line: Line
    brace: Brace | None = None

    @property
    def keyword(self) -> str:
        return self.brace.value if self.brace else self.words[0].text

    @property
    def location(self) -> Location:
        return self.words[0].location if self.words else self.line.location

    @property
    def arguments(self) -> tuple[Written, ...]:
        return self.words[1:]


def statements(lines: Iterable[Line], complaints: Complaints) -> Iterator[Statement]:
    """Braces outside ``"..."`` stand for themselves wherever they are."""
    tokens = 0
    for line in lines:
        for part in _parts(line):
            tokens += 1
            if tokens > TOKENS_LIMIT:
                raise TooMuchError(
                    f"{line.location}: these are more than {TOKENS_LIMIT} words: no configuration has so many"
                )
            if part.text in ("{", "}"):
                yield Statement((), part, Brace(part.text))
                continue
            words = words_of(part, complaints)
            tokens += len(words)
            if words:
                yield Statement(words, part)


def _parts(line: Line) -> Iterator[Line]:
    text = line.text
    if "{" not in text and "}" not in text:
        yield line
        return
    start, quoted = 0, False
    for match in _SEPARATOR.finditer(text):
        if match.group() == '"':
            quoted = not quoted
        elif not quoted:
            if text[start : match.start()].strip():
                yield line.cut(start, match.start())
            yield line.cut(match.start(), match.end())
            start = match.end()
    if text[start:].strip():
        yield line.cut(start, len(text))


def words_of(line: Line, complaints: Complaints) -> tuple[Written, ...]:
    """Words between blanks; ``"a b"`` is one, and a quotation mark ends the word before it."""
    text = line.text
    if '"' not in text:
        return tuple([line.written(match.group(), match.start(), exact=True) for match in _PLAIN.finditer(text)])
    found = []
    for match in _WORD.finditer(text):
        if match.group(1) is None:
            found.append(line.written(match.group(), match.start(), exact=True))
            continue
        if not match.group(2):
            complaints.complain(
                Complaint.UNMATCHED_QUOTE,
                line.at(match.start()),
                "unclosed-quote",
                "this quotation mark is not closed on its line: what follows it is ignored",
                expected='"text"',
            )
            break
        found.append(line.written(match.group(1), match.start() + 1, exact=True))
    return tuple(found)


# -- scripts ---------------------------------------------------------------------------------------------------------


def script_words(line: Line, complaints: Complaints) -> tuple[Written, ...]:
    """The words of a line that names a script: ``'...'`` and ``"..."`` hold blanks, C's escapes stand for signs."""
    return tuple(
        line.written(word, position, exact=exact)
        for word, position, exact in _script_words(line.text, line, complaints)
    )


def command_words(command: Written, complaints: Complaints) -> tuple[str, ...]:
    """Program and arguments: the word is split as the line was, escapes once more included (keepalived)."""
    line = Line((command,))
    return tuple(word for word, _, _ in _script_words(command.text, line, complaints))


def _script_words(
    text: str, line: Line, complaints: Complaints
) -> Iterator[tuple[str, int, bool]]:  # fmt: skip
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        start = position
        word, position, closed = _script_word(text, position)
        if not closed:
            complaints.complain(
                Complaint.UNMATCHED_QUOTE, line.at(start), "unclosed-quote", "this quotation mark is not closed"
            )
            return
        quoted = text[start] in "'\""
        yield word, start + quoted, word == text[start + quoted : position - quoted]


def _script_word(text: str, position: int) -> tuple[str, int, bool]:
    """The word that begins here, the position behind it, and whether its quotation marks are closed."""
    parts: list[str] = []
    mark = ""
    while position < len(text):
        sign = text[position]
        position += 1
        if mark:
            if sign == mark:
                mark = ""
                continue
        elif sign in "'\"":
            mark = sign
            continue
        elif sign.isspace():
            position -= 1
            break
        if sign == "\\" and position < len(text):
            sign, position = _escaped(text, position)
        parts.append(sign)
    return "".join(parts), position, not mark


def _escaped(text: str, position: int) -> tuple[str, int]:
    match = _ESCAPE.match(text, position)
    if match is None:
        return "\\", position
    letter, hexadecimal, octal, control, other = match.groups()
    if letter:
        sign = _ESCAPES[letter]
    elif hexadecimal or octal:
        sign = chr((int(hexadecimal, 16) if hexadecimal else int(octal, 8)) & 0xFF)
    else:
        sign = chr(ord(control[0]) & 0x1F) if control else other
    return sign, match.end()
