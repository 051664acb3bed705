"""Checks that ask nothing but whether a process of some name runs: read from their command where it is plain."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from vrrpd.linux.processes import NAME_BYTES
from vrrpd.records import dataclass


@dataclass(frozen=True, slots=True)
class ProcessCheck:
    """``names`` of processes, as the kernel keeps them, or without ``exact`` what is in them.

    ``every``: a process of each name has to run; else one of any.
    """

    names: tuple[bytes, ...]
    exact: bool = True
    every: bool = True

    def asks_for(self, name: bytes) -> frozenset[bytes]:
        """Those of ``names`` that a process of this name is counted for."""
        return frozenset(wanted for wanted in self.names if (wanted == name if self.exact else wanted in name))

    def met_by(self, running: Collection[bytes]) -> bool:
        """Whether it is, when there are processes for these of ``names``."""
        return (all if self.every else any)(name in running for name in self.names)

    def __str__(self) -> str:
        return (" and " if self.every else " or ").join(name.decode("utf-8", "replace") for name in self.names)


_KILLALL: Final = frozenset(("e", "q", "v", "exact", "quiet", "verbose"))
_PIDOF: Final = frozenset("nqswxz")
_PGREP: Final = frozenset(
    ("a", "c", "l", "n", "o", "x", "list-full", "count", "list-name", "newest", "oldest", "exact")
)
_PKILL: Final = frozenset(("c", "e", "n", "o", "x", "count", "echo", "newest", "oldest", "exact"))
_NAME: Final = re.compile(r"(?:/(?:.*/)?)?([\w.+@:-]+)")
_LITERAL: Final = re.compile(r"[\w@:-]+")  # as a regular expression it means itself
_WHOLE: Final = re.compile(r"\^([\w@:-]+)\$")


def process_check(argv: Sequence[str]) -> ProcessCheck | None:
    """What ``killall -0``, ``pidof``, ``pgrep`` and ``pkill -0`` with these words ask.

    None: something else, or with an option that makes it something else (of which user, how old, ...). What is asked
    may be a little less than what is meant: the program tells processes apart by more than their names.
    """
    program, words = argv[0].rpartition("/")[2], argv[1:]
    match program:
        case "killall":
            signal, words = _without_signal(words, ("-s", "--signal"))
            return _by_name(words, _KILLALL) if signal == "0" else None
        case "pidof":
            check = _by_name(words, _PIDOF)
            return None if check is None else replace(check, every=False)
        case "pgrep":
            return _by_pattern(words, _PGREP)
        case "pkill":
            signal, words = _without_signal(words, ("--signal",))
            return _by_pattern(words, _PKILL) if signal == "0" else None
    return None


def _without_signal(words: Sequence[str], options: Collection[str]) -> tuple[str, Sequence[str]]:
    """The signal that is sent, as written, and the other words."""
    for place, word in enumerate(words):
        option, equals, value = word.partition("=")
        if word == "-0":
            return "0", (*words[:place], *words[place + 1 :])
        if word in options:
            return "".join(words[place + 1 : place + 2]), (*words[:place], *words[place + 2 :])
        if equals and option.startswith("--") and option in options:
            return value, (*words[:place], *words[place + 1 :])
    return "", words


def _by_name(words: Sequence[str], known: Collection[str]) -> ProcessCheck | None:
    split = _options(words, known)
    if split is None or not split[1]:
        return None
    found = [_NAME.fullmatch(word) for word in split[1]]
    names = [match[1] for match in found if match is not None]
    return ProcessCheck(tuple(map(_kept, names))) if len(names) == len(found) else None


def _by_pattern(words: Sequence[str], known: Collection[str]) -> ProcessCheck | None:
    split = _options(words, known)
    if split is None or len(split[1]) != 1:
        return None
    options, (pattern,) = split
    whole = _WHOLE.fullmatch(pattern)
    name = pattern if whole is None else whole[1]
    if not _LITERAL.fullmatch(name) or len(name.encode()) > NAME_BYTES:
        return None
    return ProcessCheck((name.encode(),), exact=whole is not None or not options.isdisjoint(("x", "exact")))


def _options(words: Sequence[str], known: Collection[str]) -> tuple[frozenset[str], Sequence[str]] | None:
    """The options, all of which stand before other words and are ``known``, and those words."""
    options: list[str] = []
    for place, word in enumerate(words):
        if word == "--":
            words = words[place + 1 :]
            break
        if not word.startswith("-") or word == "-":
            words = words[place:]
            break
        options += [word[2:]] if word.startswith("--") else word[1:]
    else:
        words = ()
    unknown = any(option not in known for option in options) or any(word.startswith("-") for word in words)
    return None if unknown else (frozenset(options), words)


def _kept(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")[:NAME_BYTES]
