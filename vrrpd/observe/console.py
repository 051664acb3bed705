"""Lines to a file descriptor that may block, written by a thread of their own."""

import os
import queue
import select
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Final

from vrrpd.observe.lines import Entry, dropped_entry

_QUEUE_LIMIT: Final = 1024 * 1024
_BATCH: Final = 64 * 1024
_CLOSE_WAIT: Final = 1.0

_Item = tuple[bytes, int]
"""A line, and how many had been refused before it."""


class ConsoleSink:
    """Lines wait in a queue of at most ``limit`` bytes; beyond that they are refused and counted.

    ``write`` may be called by one thread at a time, as a logging handler does. It takes no lock and makes no system
    call that can wait.
    """

    def __init__(self, descriptor: int, render: Callable[[Entry], bytes], limit: int = _QUEUE_LIMIT) -> None:
        self._descriptor = descriptor
        self._render = render
        self._limit = limit
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        # each counter has one writing thread: the caller's (accepted, refused) or ours (written, lost)
        self._accepted = self._refused = self._written = self._lost = 0
        self._told = 0  # refused lines accounted for
        self._owed = 0  # lines to be reported before the next one
        self._open = True
        self._abandoned = False
        self._thread = threading.Thread(target=self._run, name="vrrpd-log", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        return self._refused + self._lost

    def write(self, entry: Entry) -> None:
        line = self._render(entry)
        if not self._open or self._accepted - self._written + len(line) > self._limit:
            self._refused += 1
            return
        self._accepted += len(line)
        self._queue.put((line, self._refused))

    def close(self) -> None:
        """Write what waits, for at most a second: a console that nobody reads cannot hold up the end.

        No write is begun after that, so the descriptor may be closed.
        """
        if self._open:
            self._open = False
            self._queue.put(None)
            self._thread.join(_CLOSE_WAIT)
            self._abandoned = True

    def _run(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # they are the main thread's
        ended = False
        while not (ended or self._abandoned):
            batch, ended = self._next_batch()
            self._write_batch(batch)
            if self._queue.empty():
                self._report_refused()

    def _write_batch(self, batch: Sequence[_Item]) -> None:
        """Each line stands behind the report of those refused before it."""
        output = bytearray()
        owed, told = self._owed, self._told
        for line, refused in batch:
            output += self._report(owed + refused - told) + line
            owed, told = 0, refused
        if self._put_out(output):
            self._owed = owed
        else:
            self._lost += len(batch)
            self._owed += told - self._told + len(batch)
        self._told = told
        self._written += sum(len(line) for line, _ in batch)

    def _report_refused(self) -> None:
        """What was refused since the last line that came through: no further one may come for hours."""
        refused = self._refused
        self._owed += refused - self._told
        self._told = refused
        if self._put_out(self._report(self._owed)):
            self._owed = 0

    def _next_batch(self) -> tuple[list[_Item], bool]:
        """Wait for one line, take those behind it; True: it was the last."""
        batch: list[_Item] = []
        size = 0
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            size += len(item[0])
            if size >= _BATCH or self._queue.empty():
                return batch, False
            item = self._queue.get()
        return batch, True

    def _report(self, count: int) -> bytes:
        return self._render(dropped_entry(count)) if count else b""

    def _put_out(self, data: bytes | bytearray) -> bool:
        """False when the console is gone (its reader ended, the terminal hung up)."""
        rest = memoryview(data)
        while rest and not self._abandoned:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                # somebody who shares it made it non-blocking
                poll = select.poll()
                poll.register(self._descriptor, select.POLLOUT)
                poll.poll()
            except OSError:
                return False
        return not rest
