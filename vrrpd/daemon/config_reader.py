"""Has the configuration read beside the event loop, so that neither a big file nor a slow disk delays an advertisement.

A small file is read by a thread, in less time than a copy of the process needs to come to life. A big one, or one that
may become big when it is expanded, is read by such a copy, which does not share the interpreter; a new program would
spend longer on loading Python than on the file. Either may wait for a disk or a name server for as long as it takes.
"""

import os
import threading
from collections.abc import Callable, Sequence
from typing import Final

from vrrpd.config.model import VrrpInstance
from vrrpd.daemon.job import Job, JobResult
from vrrpd.daemon.options import DaemonOptions
from vrrpd.daemon.reading import Reading, pack, read, unpack
from vrrpd.daemon.source import read_source
from vrrpd.errors import LinuxError
from vrrpd.linux.process import work_apart
from vrrpd.loop import Loop, TimerHandle
from vrrpd.units import Seconds

TIME_LIMIT: Final = Seconds(60.0)
NICENESS: Final = 5
"""Of a long reading, which must not take the processor from advertisements; a short one is to be over soon."""
LONG: Final = 64 * 1024
"""Bytes of a file whose reading takes long: what it includes is not counted."""
SMALL: Final = 4096
"""Bytes of a file that a thread reads; it needs about 1.5 us for each."""
EXPANDING: Final = (b"include", b"~", b"$")
"""Signs of a keepalived.conf that is longer than it looks: other files, sequences, definitions."""
CHUNK: Final = 1 << 18

Done = Callable[[Reading | None, str], None]


class Reader:
    """One reading at a time."""

    def __init__(self, options: DaemonOptions, loop: Loop) -> None:
        self._options = options
        self._loop = loop
        self._done: Done = _nobody
        self._known: Sequence[VrrpInstance] = ()
        self._may_fork = True
        self._thread: threading.Thread | None = None
        self._limit: TimerHandle | None = None
        self._job: Job | None = None
        self._pipe = -1
        self._received = bytearray()

    def read(self, known: Sequence[VrrpInstance], done: Done, *, at_any_price: bool = True) -> None:
        """``done`` gets what was read, or None and how it failed. ``known``: see ``reading.read``.

        Not ``at_any_price``: only if a thread can do it.
        """
        self._done, self._known, self._may_fork = done, known, at_any_price
        if self._thread is not None and self._thread.is_alive():
            self._fork(NICENESS)  # it still waits for whatever held up the last reading
        else:
            self._thread = threading.Thread(target=self._in_thread, args=(done, known), name="reader", daemon=True)
            self._limit = self._loop.call_later(TIME_LIMIT, self._thread_expired)
            self._thread.start()

    def close(self) -> None:
        """Nothing is told any more."""
        self._done = _nobody
        if self._limit is not None:
            self._limit.cancel()
        if self._job is not None:
            self._job.abandon()
            self._job = None
        self._close_pipe()

    # --- by a thread ------------------------------------------------------------------------------------------------

    def _in_thread(self, done: Done, known: Sequence[VrrpInstance]) -> None:
        read_or_size = _read_if_small(self._options, known)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._thread_ended, done, read_or_size)

    def _thread_ended(self, done: Done, read_or_size: Reading | int) -> None:
        if done is not self._done:
            return  # nobody waits for it any more
        if self._limit is not None:
            self._limit.cancel()
        if isinstance(read_or_size, Reading):
            self._tell(read_or_size, "")
        else:
            self._fork(NICENESS if read_or_size >= LONG else 0)

    def _thread_expired(self) -> None:
        self._tell(None, f"took longer than {TIME_LIMIT:g} s")

    def _tell(self, reading: Reading | None, ended: str) -> None:
        done, self._done = self._done, _nobody
        done(reading, ended)

    # --- by a copy of this process ----------------------------------------------------------------------------------

    def _fork(self, niceness: int) -> None:
        if not self._may_fork:
            self._tell(None, "a copy of this process should do it")
            return
        self._received.clear()
        options, known = self._options, self._known
        try:
            child, self._pipe = work_apart(lambda: pack(read(options, known), known), niceness)
        except LinuxError as error:
            self._tell(None, str(error))
            return
        self._loop.add_reader(self._pipe, self._readable)
        self._job = Job(self._loop, child, TIME_LIMIT, self._child_ended)

    def _child_ended(self, result: JobResult) -> None:
        self._job = None
        while self._readable():
            pass
        self._close_pipe()
        complete = result.ok and bool(self._received)
        self._tell(unpack(bytes(self._received), self._known) if complete else None, result.describe())

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


def _nobody(_reading: Reading | None, _ended: str) -> None:
    """Nobody waits."""


def _read_if_small(options: DaemonOptions, known: Sequence[VrrpInstance]) -> Reading | int:
    """The size of a file that a copy of the process should read, also because this thread could not."""
    try:
        content = read_source(options.config)
    except OSError as error:
        return Reading(None, error=f"cannot read {options.config}: {error.strerror}")
    if len(content) > SMALL or any(sign in content for sign in EXPANDING):
        return len(content)
    try:
        return read(options, known, content)
    except Exception:  # noqa: BLE001  # a defect of the reader must not end the failover: it will show in the copy
        return len(content)
