"""The files of a journal, written by a thread of their own: the election never waits for a disk."""

import os
import queue
import signal
import stat
import threading
from pathlib import Path
from typing import Final

from vrrpd.errors import LinuxError, VrrpdError
from vrrpd.observe.journal_codec import Gap, Header, Line, write_line

QUEUE_LIMIT: Final = 20_000
"""Lines that wait at most; of one instance with advert_int 1 that is a week."""
_HEADERS: Final = 4
"""A file has room for so many headers at least, however many instances they are about."""
_MODE: Final = 0o640
_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class JournalFile:
    """``path`` is written to; ``path.1`` is the one before, and so on, ``files`` in all of about ``size`` bytes each.

    A file is moved on only where a header follows, so that each can be read alone: ``is_full`` asks for one, and so
    does ``has_gap``, where lines were lost. Raises LinuxError or VrrpdError when the place is not fit for it.
    """

    def __init__(self, path: Path, size: int, files: int, limit: int = QUEUE_LIMIT) -> None:
        self._name = path.name
        self._size, self._files, self._limit = size, files, limit
        self._room = size
        self._directory = _open_directory(path.parent)
        try:
            self._descriptor = self._open()
        except VrrpdError:
            os.close(self._directory)
            raise
        self._length = _mend(self._descriptor)
        self._queue: queue.SimpleQueue[Line | None] = queue.SimpleQueue()
        self._accepted = self._refused = self._done = self._failed = 0  # one writing thread each
        self._owed = 0
        self._told = 0
        self.is_full = False
        self.has_gap = False
        self.closed = False
        self._thread = threading.Thread(target=self._run, name="vrrpd-journal", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> int:
        """Lines that were not written, because the disk was full or too slow."""
        return self._refused + self._failed

    def write(self, line: Line) -> None:
        """Never waits. A header ends a gap, and is the only line that begins a file."""
        if self.closed or self._accepted - self._done >= self._limit:
            self._refused += 1
            self.has_gap = True
            return
        if isinstance(line, Header):
            self.has_gap = self.is_full = False
        self._accepted += 1
        self._queue.put(line)

    def close(self, patience: float = 0.0) -> None:
        """Take no more lines; wait so many seconds at most for those that are on their way."""
        if not self.closed:
            self.closed = True
            self._queue.put(None)
        self._thread.join(patience)

    def _run(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # they are the main thread's
        while (line := self._queue.get()) is not None:
            self._put(line)
            self._done += 1
        os.close(self._descriptor)
        os.close(self._directory)

    def _put(self, line: Line) -> None:
        if isinstance(line, Header) and self._length >= self._room:
            self._rotate()
        missing, told = self._owed + self._refused - self._told, self._refused
        data = (write_line(Gap(missing)) if missing else b"") + write_line(line)
        self._told = told
        if isinstance(line, Header):
            self._room = max(self._size, _HEADERS * len(data))
        if self._append(data):
            self._owed = 0
        else:
            self._failed += 1
            self._owed = missing + 1
            self.has_gap = True
        if self._length >= self._room:
            self.is_full = True

    def _append(self, data: bytes) -> bool:
        """Whole lines or nothing. A file that nobody moved on although it is full grows to twice its size."""
        if self._length + len(data) > 2 * self._room and self._length > 0:
            return False
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            if len(rest) < len(data):
                os.ftruncate(self._descriptor, self._length)
            return False
        self._length += len(data)
        return True

    def _rotate(self) -> None:
        """Where that fails the present file goes on, up to twice its size."""
        try:
            for number in range(self._files - 1, 0, -1):
                source = f"{self._name}.{number - 1}" if number > 1 else self._name
                try:
                    os.rename(source, f"{self._name}.{number}", src_dir_fd=self._directory, dst_dir_fd=self._directory)
                except FileNotFoundError:
                    continue
            if self._files == 1:
                os.unlink(self._name, dir_fd=self._directory)
            fresh = self._open()
        except (OSError, VrrpdError):
            return
        os.close(self._descriptor)
        self._descriptor, self._length, self.is_full = fresh, 0, False

    def _open(self) -> int:
        try:
            descriptor = os.open(self._name, _FLAGS, _MODE, dir_fd=self._directory)
        except OSError as error:
            raise LinuxError("open", self._name, error.errno or 0) from error
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink != 1:
            os.close(descriptor)
            raise VrrpdError(f"{self._name} is not a file of vrrpd's own")
        return descriptor


def _open_directory(path: Path) -> int:
    try:
        directory = os.open(path, _DIRECTORY)
    except OSError as error:
        raise LinuxError("open", str(path), error.errno or 0) from error
    found = os.fstat(directory)
    if found.st_uid not in {0, os.geteuid()} or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        os.close(directory)
        raise VrrpdError(f"others may write to {path}; a journal needs a directory where only its owner may")
    return directory


def _mend(descriptor: int) -> int:
    """The length, up to the last whole line: whoever wrote it before us may have been killed amid one."""
    length = os.fstat(descriptor).st_size
    end = length
    while end > 0:
        begin = max(0, end - 65536)
        newline = os.pread(descriptor, end - begin, begin).rfind(b"\n")
        if newline >= 0:
            end = begin + newline + 1
            break
        end = begin
    if end != length:
        os.ftruncate(descriptor, end)
    return end
