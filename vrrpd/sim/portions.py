"""Work in portions on several processes: results in order, and what a process had that was killed is done again."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import field
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import Final, Generic, TypeVar

from vrrpd.errors import VrrpdError
from vrrpd.records import dataclass

TRIES: Final = 3
"""Processes that may be killed over one portion."""
_AHEAD: Final = 4
"""Portions for each process that may be done before they are asked for."""
_FORK: Final = multiprocessing.get_context("fork")

W = TypeVar("W")
R = TypeVar("R")


class LostError(VrrpdError):
    """A portion was not done: its process failed, or was killed each time."""


@dataclass(slots=True)
class _Portion(Generic[W, R]):
    work: W
    results: list[R] = field(default_factory=list)
    """None or one."""
    killed: int = 0
    lost: str = ""
    """Why it is given up."""


class _Process(Generic[W, R]):
    def __init__(self, do: Callable[[W], R]) -> None:
        self._do = do
        self.portion: _Portion[W, R] | None = None
        self._start()

    def _start(self) -> None:
        self.connection, theirs = _FORK.Pipe()
        self._process = _FORK.Process(target=_serve, args=(self._do, theirs, self.connection), daemon=True)
        self._process.start()
        theirs.close()

    def begin(self, portion: _Portion[W, R]) -> None:
        self.portion = portion
        with suppress(OSError):  # it is dead: whoever waits for its answer learns that
            self.connection.send(portion.work)

    def take(self, portion: _Portion[W, R]) -> None:
        """What it answered. Another process has the portion of one that was killed."""
        self.portion = None
        try:
            portion.results.append(self.connection.recv())
        except (EOFError, OSError):
            self._replace(portion)

    def _replace(self, portion: _Portion[W, R]) -> None:
        code = self.end()
        self._start()
        portion.killed += 1
        if code >= 0:
            portion.lost = f"the process that had {portion.work} failed"
        elif portion.killed == TRIES:
            how = signal.Signals(-code).name
            portion.lost = f"{TRIES} processes that had {portion.work} were killed by {how}; fewer need less memory"
        else:
            self.begin(portion)

    def end(self) -> int:
        """Its exit code; negative, the signal that killed it."""
        self.connection.close()
        self._process.kill()
        self._process.join()
        return self._process.exitcode or 0


def in_order(do: Callable[[W], R], works: Iterable[W], processes: int) -> Iterator[R]:
    """The results, in the order of ``works``; ends the processes when nobody asks for more. Raises LostError."""
    crew: list[_Process[W, R]] = []
    try:
        crew.extend(_Process(do) for _ in range(processes))
        yield from _results(crew, (_Portion[W, R](work) for work in works))
    finally:
        for process in crew:
            process.end()


def _results(crew: list[_Process[W, R]], portions: Iterator[_Portion[W, R]]) -> Iterator[R]:
    ahead: deque[_Portion[W, R]] = deque()
    while True:
        for process in crew:
            if process.portion is None and len(ahead) < _AHEAD * len(crew):
                for portion in islice(portions, 1):
                    ahead.append(portion)
                    process.begin(portion)
        while ahead and ahead[0].results:
            yield from ahead.popleft().results
        if not ahead:
            return
        if ahead[0].lost:
            raise LostError(ahead[0].lost)
        answers = wait([process.connection for process in crew if process.portion is not None])
        for process in crew:
            if process.portion is not None and process.connection in answers:
                process.take(process.portion)


def _serve(do: Callable[[W], R], connection: Connection, parents: Connection) -> None:
    """Until the process that asks is no more. Ctrl-C is for that one; it ends the others."""
    parents.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(EOFError, ConnectionError):
        while True:
            connection.send(do(connection.recv()))
