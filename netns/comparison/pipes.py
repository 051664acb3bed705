"""Reads the notify FIFOs of the hosts as lines arrive."""

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from netns.reader import Reader


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a node's FIFO; read at ``time_ns`` (ns since the epoch)."""

    time_ns: int
    host: str
    text: str


class Pipes:
    """Makes a FIFO for every host (name -> path), and reads from now until it is closed."""

    def __init__(self, paths: Mapping[str, Path], mode: int = 0o644) -> None:
        self._news = threading.Condition()
        self._lines: list[Line] = []
        self._rest = dict.fromkeys(paths, b"")
        self._files = {_opened(path, mode): name for name, path in paths.items()}
        self._reader = Reader("pipes", {descriptor: partial(self._read, descriptor) for descriptor in self._files})

    def lines(self) -> list[Line]:
        with self._news:
            return list(self._lines)

    def first(self, host: str, since: int) -> Line | None:
        return next((line for line in self.lines() if line.host == host and line.time_ns >= since), None)

    def close(self) -> None:
        self._reader.close()
        for descriptor in self._files:
            os.close(descriptor)

    def _read(self, descriptor: int) -> None:
        host = self._files[descriptor]
        data = self._rest[host] + os.read(descriptor, 65536)
        *whole, self._rest[host] = data.split(b"\n")
        now = time.time_ns()
        with self._news:
            self._lines += [Line(now, host, text.decode()) for text in whole]


def _opened(path: Path, mode: int) -> int:
    """For reading and writing: it then has no end while no daemon holds it."""
    os.mkfifo(path)
    path.chmod(mode)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
