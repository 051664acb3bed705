"""Has the configuration read by a process of its own, so that a big file delays no advertisement of the daemon."""

import asyncio
import os
import pickle
import sys
from collections.abc import Callable
from typing import Final

from vrrpd.daemon.job import Job, JobResult
from vrrpd.daemon.options import DaemonOptions
from vrrpd.errors import VrrpdError
from vrrpd.linux.process import spawn
from vrrpd.units import Seconds

TIME_LIMIT: Final = Seconds(60.0)
HELPER: Final = "vrrpd.daemon.config_helper"
CHUNK: Final = 1 << 18


class Reader:
    """``read`` starts the helper and calls ``done`` with the pickled ``Reading``; an empty one: the helper failed."""

    def __init__(self, options: DaemonOptions, loop: asyncio.AbstractEventLoop) -> None:
        self._argv = (sys.executable, "-m", HELPER, pickle.dumps(options).hex())
        self._loop = loop
        self._job: Job | None = None
        self._pipe = -1
        self._received = bytearray()

    def read(self, done: Callable[[bytes, str], None]) -> None:
        """``done`` gets what was received, and how the helper ended. Raises VrrpdError when it cannot be started."""
        self._received.clear()
        self._pipe, write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        os.set_blocking(write_end, True)
        try:
            child = spawn(self._argv, None, output=write_end)
        except VrrpdError:
            self._close_pipe()
            raise
        finally:
            os.close(write_end)
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
