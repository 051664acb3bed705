"""A line of words, split as a shell would split it; but nothing else that a shell does is done."""

import re
from collections.abc import Sequence
from typing import Final

from vrrpd.config.diagnostics import Location, Report, Written
from vrrpd.config.shapes import toml_literal

_SPACE: Final = " \t\r\n"
_SHELL_WORDS: Final = frozenset({"|", "||", "&", "&&", ";", ">", ">>", "<", "2>", "2>&1", ">&2", "&>"})
_SHELL_SIGNS: Final = re.compile(r"[;&|<>`]|\$[({A-Za-z_?]")


def plain_words(written: Written) -> list[Written]:
    """The words between blanks, each with its place."""
    return [
        Written(match.group(), written.at(match.start()), written.exact) for match in re.finditer(r"\S+", written.text)
    ]


def split_command(written: Written, report: Report) -> tuple[str, ...] | None:
    """Program and arguments. ``'…'`` is literal, in ``"…"`` a backslash escapes ``"`` and itself, outside anything."""
    arguments: list[str] = []
    position = 0
    bare = ""
    text = written.text
    while True:
        while position < len(text) and text[position] in _SPACE:
            position += 1
        if position == len(text):
            break
        start = position
        word, unquoted, position = _word(text, position)
        if position < 0:
            report.error(written.at(start), "unclosed-quote", "a quotation mark is not closed in this command")
            return None
        arguments.append(word)
        bare = bare or _shell_sign(unquoted)
    if bare:
        _no_shell(written, bare, report)
    return checked_command(arguments, written.location, report)


def checked_command(arguments: Sequence[str], at: Location, report: Report) -> tuple[str, ...] | None:
    """The arguments, if they can be executed at all."""
    if not arguments or not arguments[0]:
        report.error(at, "empty-command", "there is no program in this command", write='"/path/to/program"')
        return None
    if any("\0" in argument for argument in arguments):
        report.error(at, "bad-character", "a command cannot contain the character NUL")
        return None
    return tuple(arguments)


def _word(text: str, position: int) -> tuple[str, str, int]:
    """The word, its unquoted part, and the position behind it: -1 when a quotation mark is open."""
    word, unquoted = "", ""
    while position < len(text) and text[position] not in _SPACE:
        character = text[position]
        position += 1
        if character in "'\"":
            end, inside = _quoted(text, position, character)
            if end < 0:
                return word, unquoted, -1
            word, position = word + inside, end
        elif character == "\\" and position < len(text):
            word += text[position]
            position += 1
        else:
            word += character
            unquoted += character
    return word, unquoted, position


def _quoted(text: str, position: int, mark: str) -> tuple[int, str]:
    """The position behind the closing mark (-1: there is none), and what stands before it."""
    inside = ""
    while position < len(text):
        character = text[position]
        position += 1
        if character == mark:
            return position, inside
        if character == "\\" and mark == '"' and text[position : position + 1] in ('"', "\\"):
            character = text[position]
            position += 1
        inside += character
    return -1, inside


def _shell_sign(unquoted: str) -> str:
    """What in an unquoted word a shell would act upon."""
    if unquoted in _SHELL_WORDS:
        return unquoted
    match = _SHELL_SIGNS.search(unquoted)
    return match.group() if match else ""


def _no_shell(written: Written, sign: str, report: Report) -> None:
    report.warning(
        written.location,
        "no-shell",
        f"commands are run without a shell: {sign} reaches the program as it stands",
        write=f'["/bin/sh", "-c", {toml_literal(written.text)}]',
    )
