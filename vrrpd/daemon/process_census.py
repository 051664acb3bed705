"""Which processes count for what, and when their number is enough: decisions only, nothing is read here."""

from collections.abc import Collection, Mapping
from typing import Literal, TypeAlias

from vrrpd.config.model import TrackProcess
from vrrpd.records import dataclass
from vrrpd.units import Instant, Seconds, after

ParamMatch: TypeAlias = Literal["exact", "initial", "partial"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which processes are meant, by keepalived's rules.

    By its name, literally; with ``full_command`` by the command line it was started with: its program (the first word)
    is ``process``, and where ``match`` says how, the rest is compared with ``parameters``, each of which ends in a zero
    byte: equal (exact), begins with them (partial), or with as much of the last one as is written (initial).
    """

    process: bytes
    parameters: bytes = b""
    full_command: bool = False
    match: ParamMatch | None = None

    @classmethod
    def of(cls, config: TrackProcess) -> "Pattern":
        process, *parameters = (word.encode("utf-8", "surrogateescape") for word in config.process)
        match: ParamMatch | None = None
        if config.param_match == "initial":
            match = "initial"
        elif config.param_match is not None:
            match = "partial" if config.param_match == "partial" else "exact"
        return cls(process, b"".join(word + b"\0" for word in parameters), config.full_command, match)

    def matches(self, name: bytes, command: bytes) -> bool:
        """``command``: the words it was started with, each ended by a zero byte."""
        if not self.full_command:
            return name == self.process
        program, _, rest = command.partition(b"\0")
        return program == self.process and self._fits(rest)

    def _fits(self, rest: bytes) -> bool:
        match self.match:
            case None:
                return True
            case "exact":
                return rest == self.parameters
            case "partial":
                return rest.startswith(self.parameters)
            case "initial":
                return rest.startswith(self.parameters.removesuffix(b"\0"))


class Census:
    """The processes that count, each for one pattern or several, known by their names."""

    def __init__(self) -> None:
        self._patterns: dict[str, Pattern] = {}
        self._counted: dict[int, frozenset[str]] = {}

    @property
    def counted(self) -> Mapping[int, frozenset[str]]:
        """Which patterns each process counts for."""
        return self._counted

    @property
    def needs_commands(self) -> bool:
        """Whether ``matching`` looks at command lines."""
        return any(pattern.full_command for pattern in self._patterns.values())

    def adopt(self, patterns: Mapping[str, Pattern], kept: Collection[str]) -> None:
        """Count for these from now on; only for those ``kept`` do processes count already that did."""
        self._patterns = dict(patterns)
        remaining = {pid: names & frozenset(kept) for pid, names in self._counted.items()}
        self._counted = {pid: names for pid, names in remaining.items() if names}

    def matching(self, name: bytes, command: bytes) -> frozenset[str]:
        return frozenset(key for key, pattern in self._patterns.items() if pattern.matches(name, command))

    def renamed(self, pid: int, name: bytes) -> frozenset[str]:
        """What it counts for under this name: the command line is as it was."""
        by_command = {key for key in self._counted.get(pid, ()) if self._patterns[key].full_command}
        by_name = {
            key for key, pattern in self._patterns.items() if not pattern.full_command and pattern.process == name
        }
        return frozenset(by_command | by_name)

    def place(self, pid: int, names: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """It counts for these and no others; which are new, and which are no more."""
        before = self._counted.get(pid, frozenset())
        if names:
            self._counted[pid] = names
        else:
            self._counted.pop(pid, None)
        return names - before, before - names


class Quorum:
    """Whether as many run as are wanted, with keepalived's delays.

    What makes the number enough or too many counts at once, unless it was a fork: then after ``fork_delay``. What makes
    it too few or no longer too many counts at once, unless it was an end: then after ``terminate_delay``. The opposite
    crossing meanwhile calls the wait off, and counts at once.
    """

    def __init__(self, least: int, most: int | None, fork_delay: Seconds, terminate_delay: Seconds) -> None:
        self.count = 0
        self.forked: Instant | None = None
        self.terminated: Instant | None = None
        self._least = least
        self._most = most
        self._fork_delay = fork_delay
        self._terminate_delay = terminate_delay
        self.status = self.enough

    @property
    def enough(self) -> bool:
        """Whether the number is right, now."""
        return self._least <= self.count and (self._most is None or self.count <= self._most)

    @property
    def deadline(self) -> Instant | None:
        """When ``due`` is to be called."""
        return self.terminated if self.forked is None else self.forked  # never both

    def joined(self, now: Instant, *, by_fork: bool) -> None:
        """One more."""
        self.count += 1
        if self.count != self._least and (self._most is None or self.count != self._most + 1):
            return
        if self.terminated is not None:
            self.terminated = None
        elif by_fork and self._fork_delay:
            self.forked = self.forked or after(now, self._fork_delay)
            return
        self.status = self.enough

    def left(self, now: Instant, *, by_end: bool) -> None:
        """One less."""
        self.count -= 1
        if self.count + 1 != self._least and self.count != self._most:
            return
        if self.forked is not None:
            self.forked = None
        elif by_end and self._terminate_delay:
            self.terminated = self.terminated or after(now, self._terminate_delay)
            return
        self.status = self.enough

    def due(self, now: Instant) -> None:
        """What was waited for has come: the number of this moment counts. Before its time nothing happens."""
        if self.deadline is not None and self.deadline <= now:
            self.forked = self.terminated = None
            self.status = self.enough
