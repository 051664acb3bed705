"""Has the configuration read by a copy of this process, so that a big file delays no advertisement of the daemon.

A copy, because a new program would spend longer on loading Python than on the file.
"""

import asyncio
import os
import pickle
from collections.abc import Callable
from typing import Final

from vrrpd.daemon.job import Job, JobResult
from vrrpd.daemon.options import DaemonOptions
from vrrpd.daemon.reading import read
from vrrpd.linux.process import work_apart
from vrrpd.units import Seconds

TIME_LIMIT: Final = Seconds(60.0)
NICENESS: Final = 5
"""Of a long reading, which must not take the processor from advertisements; a short one is to be over soon."""
LONG: Final = 64 * 1024
"""Bytes of a file whose reading takes long: what it includes is not counted."""
CHUNK: Final = 1 << 18


class Reader:
    """One reading at a time."""

    def __init__(self, options: DaemonOptions, loop: asyncio.AbstractEventLoop) -> None:
        self._options = options
        self._loop = loop
        self._job: Job | None = None
        self._pipe = -1
        self._received = bytearray()

    def read(self, done: Callable[[bytes, str], None]) -> None:
        """``done`` gets the pickled ``Reading``, empty when it failed, and how the copy ended. Raises LinuxError."""
        self._received.clear()
        options = self._options
        niceness = NICENESS if _size(options) >= LONG else 0
        child, self._pipe = work_apart(lambda: pickle.dumps(read(options), pickle.HIGHEST_PROTOCOL), niceness)
        self._loop.add_reader(self._pipe, self._readable)

        def ended(result: JobResult) -> None:
            self._job = None
            while self._readable():
                pass
            self._close_pipe()
            done(bytes(self._received) if result.ok else b"", result.describe())

        self._job = Job(self._loop, child, TIME_LIMIT, ended)

    def close(self) -> None:
        if self._job is not None:
            self._job.abandon()
            self._job = None
        self._close_pipe()

    def _readable(self) -> bool:
        try:
            chunk = os.read(self._pipe, CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self._loop.remove_reader(self._pipe)
        self._received += chunk
        return bool(chunk)

    def _close_pipe(self) -> None:
        if self._pipe >= 0:
            self._loop.remove_reader(self._pipe)
            os.close(self._pipe)
            self._pipe = -1


def _size(options: DaemonOptions) -> int:
    try:
        return options.config.stat().st_size
    except OSError:
        return 0  # what reading it says of that is said soon
