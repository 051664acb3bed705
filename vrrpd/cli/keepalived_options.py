"""keepalived's options as a table, and their parser: getopt_long(3) with arguments that are optional when glued."""

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final

from vrrpd.errors import VrrpdError
from vrrpd.records import dataclass


class UsageError(VrrpdError):
    """The command line cannot be used."""


class Argument(enum.Enum):
    """OPTIONAL ones are given as ``-tFILE`` or ``--config-test=FILE`` only."""

    NONE = 0
    REQUIRED = 1
    OPTIONAL = 2


@dataclass(frozen=True, slots=True)
class Option:
    """One row. ``short`` is "" where there is none; ``foreign``: why vrrpd does nothing about it."""

    short: str
    long: str
    argument: Argument = Argument.NONE
    metavar: str = ""
    help: str = ""
    foreign: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was given, by the long names; of a repeated option the last argument counts (getopt).

    ``counts`` says how often each option was given, ``extra`` are the words that belong to no option.
    """

    arguments: Mapping[str, str | None] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    extra: tuple[str, ...] = ()

    def given(self, name: str) -> bool:
        return name in self.counts

    def value(self, name: str) -> str | None:
        return self.arguments.get(name)


_REQUIRED: Final = Argument.REQUIRED
_OPTIONAL: Final = Argument.OPTIONAL
_NO_LVS: Final = "vrrpd does not balance load"
_NO_BFD: Final = "there is no BFD process"
_NO_SNMP: Final = "there is no SNMP agent"

KEEPALIVED: Final = (
    Option("f", "use-file", _REQUIRED, "FILE", "Use this configuration file."),
    Option("P", "vrrp", help="Only VRRP, which is all that vrrpd does."),
    Option("C", "check", help="Only health checkers, which vrrpd does not have: no instance runs."),
    Option("B", "no_bfd", help="No BFD."),
    Option("", "all", help="Accepted: there is one process, and it always runs."),
    Option("l", "log-console", help="Log to the console too."),
    Option("D", "log-detail", help="Log in more detail."),
    Option("S", "log-facility", _REQUIRED, "FACILITY", "Log to syslog as 0-7, local0-local7, user or daemon."),
    Option(
        "g", "log-file", _OPTIONAL, "FILE", "Log to a file too (default keepalived.log in the temporary directory)."
    ),
    Option("", "flush-log-file", help="Accepted: each line is written at once anyway."),
    Option("G", "no-syslog", help="Do not log to syslog."),
    Option("u", "umask", _REQUIRED, "MASK", "Rights that files do not get (default 0177)."),
    Option("X", "release-vips", help="Accepted: addresses are always removed, whoever added them."),
    Option("V", "dont-release-vrrp", help="Leave the virtual addresses in place at the end."),
    Option("I", "dont-release-ipvs", foreign=_NO_LVS),
    Option("R", "dont-respawn", help="Do not replace a worker that dies."),
    Option("n", "dont-fork", help="Stay in the foreground."),
    Option("d", "dump-conf", help="Log the configuration as it was understood."),
    Option("p", "pid", _REQUIRED, "FILE", "Pid file of keepalived's parent process."),
    Option("r", "vrrp_pid", _REQUIRED, "FILE", "Pid file of keepalived's VRRP process; it has the same number."),
    Option("T", "genhash", foreign="there is no genhash here"),
    Option("c", "checkers_pid", _REQUIRED, "FILE", foreign=_NO_LVS),
    Option("a", "address-monitoring", help="Log every address that comes or goes."),
    Option("b", "bfd_pid", _REQUIRED, "FILE", foreign=_NO_BFD),
    Option("x", "snmp", foreign=_NO_SNMP),
    Option("A", "snmp-agent-socket", _REQUIRED, "FILE", foreign=_NO_SNMP),
    Option("s", "namespace", _REQUIRED, "NAME", "Run in this network namespace, whatever the file says."),
    Option("m", "core-dump", help="Allow core dumps."),
    Option("M", "core-dump-pattern", _OPTIONAL, "PATTERN", "As -m; the pattern is the system's and stays as it is."),
    Option("e", "all-config", help="An included file that is missing is an error."),
    Option("i", "config-id", _REQUIRED, "ID", "Use the lines that begin with @ID (default: the host's name)."),
    Option("", "signum", _REQUIRED, "NAME", "Print the number of a signal."),
    Option("t", "config-test", _OPTIONAL, "LOG", "Check the configuration and exit; findings go to LOG if given."),
    Option("", "config-fd", _REQUIRED, "N", foreign="it is for keepalived's own children"),
    Option("", "perf", _OPTIONAL, "WHEN", foreign="it is for keepalived's developers"),
    Option("", "debug", _OPTIONAL, "FLAGS", foreign="it is for keepalived's developers"),
    Option("", "no-mem-check", foreign="it is for keepalived's developers"),
    Option("", "ignore-sigint", foreign="it is for keepalived's developers"),
    Option("v", "version", help="Print the version."),
    Option("h", "help", help="Print this."),
)

VRRPD: Final = (
    Option("", "config", _REQUIRED, "FILE", "The same as --use-file."),
    Option("", "run-dir", _REQUIRED, "DIR", "Where vrrpd has its control socket."),
    Option("", "log-level", _REQUIRED, "LEVEL", "The least that is logged: debug, info, warning, error."),
    Option("", "log-format", _REQUIRED, "FORM", "Lines as text or json."),
    Option("", "log-to", _REQUIRED, "WHERE", "Only there: auto, console, syslog, journal."),
    Option("", "json", help="With --config-test: findings as JSON."),
)
"""Those of vrrpd that may stand beside them."""

_ALL: Final = (*KEEPALIVED, *VRRPD)
_SHORT: Final = {option.short: option for option in _ALL if option.short}
_LONG: Final = {option.long: option for option in _ALL}


def named(word: str) -> Option | None:
    """The option that ``word`` gives, if its name is written in full: ``-f``, ``-tLOG``, ``--umask=022``."""
    if word.startswith("--"):
        return _LONG.get(word[2:].partition("=")[0])
    return _SHORT.get(word[1:2]) if word.startswith("-") else None


def parse(words: Sequence[str]) -> Parsed:
    """Raises UsageError for an option that does not exist, an argument that is missing or one that is not wanted."""
    arguments: dict[str, str | None] = {}
    counts: dict[str, int] = {}
    extra: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            extra += rest
        elif word.startswith("--"):
            found: Sequence[tuple[Option, str | None]] = [_long(word[2:], rest)]
            _store(found, arguments, counts)
        elif word.startswith("-") and word != "-":
            _store(_cluster(word[1:], rest), arguments, counts)
        else:
            extra.append(word)
    return Parsed(arguments, counts, tuple(extra))


def _store(
    found: Sequence[tuple[Option, str | None]], arguments: dict[str, str | None], counts: dict[str, int]
) -> None:
    for option, argument in found:
        counts[option.long] = counts.get(option.long, 0) + 1
        arguments[option.long] = argument


def _long(text: str, rest: Iterator[str]) -> tuple[Option, str | None]:
    name, equals, argument = text.partition("=")
    option = _find_long(name)
    if option.argument is Argument.NONE and equals:
        raise UsageError(f"option --{option.long} takes no argument")
    if equals:
        return option, argument
    return option, _next(f"--{name}", rest) if option.argument is _REQUIRED else None


def _find_long(name: str) -> Option:
    """By its full name, or by a beginning that is no other's (getopt_long)."""
    if name in _LONG:
        return _LONG[name]
    possible = [option for long, option in _LONG.items() if name and long.startswith(name)]
    if not possible:
        raise UsageError(f"unknown option --{name}")
    if len(possible) > 1:
        raise UsageError(f"option --{name} could be {', '.join(f'--{option.long}' for option in possible)}")
    return possible[0]


def _cluster(letters: str, rest: Iterator[str]) -> list[tuple[Option, str | None]]:
    """``-nlD``, ``-fFILE``, ``-f FILE``, ``-tLOG``: an argument takes the rest of the word."""
    found: list[tuple[Option, str | None]] = []
    while letters:
        letter, letters = letters[0], letters[1:]
        option = _SHORT.get(letter)
        if option is None:
            raise UsageError(f"unknown option -{letter}")
        if option.argument is Argument.NONE:
            found.append((option, None))
            continue
        argument = letters or (_next(f"-{letter}", rest) if option.argument is _REQUIRED else None)
        return [*found, (option, argument)]
    return found


def _next(given: str, rest: Iterator[str]) -> str:
    try:
        return next(rest)
    except StopIteration:
        raise UsageError(f"missing parameter for option {given}") from None
