"""Changes of files in directories, as inotify(7) tells them."""

import ctypes
import os
import struct
from collections.abc import Iterator
from typing import Final

from vrrpd.errors import LinuxError

_MODIFIED: Final = 0x0008 | 0x0040 | 0x0080 | 0x0200
"""IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO, IN_DELETE: a file has other contents, or is another one, or none."""
_DIRECTORY_ONLY: Final = 0x01000000
_IGNORED: Final = 0x8000
_OVERFLOW: Final = 0x4000
_EVENT: Final = struct.Struct("iIII")
_BUFFER: Final = 65536

_libc = ctypes.CDLL(None, use_errno=True)


class DirectoryWatch:
    """Which names in some directories have changed. Writing without closing goes unnoticed (as in keepalived)."""

    def __init__(self) -> None:
        """LinuxError: the user's limit of watches is used up (EMFILE)."""
        self._descriptor = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise LinuxError("watch", "files", ctypes.get_errno())
        self._directories: dict[int, str] = {}

    def fileno(self) -> int:
        return int(self._descriptor)

    def add(self, directory: str) -> None:
        """Watch it. LinuxError: it does not exist (ENOENT), is no directory, or may not be read."""
        watch = _libc.inotify_add_watch(self._descriptor, os.fsencode(directory), _MODIFIED | _DIRECTORY_ONLY)
        if watch < 0:
            raise LinuxError("watch", directory, ctypes.get_errno())
        self._directories[watch] = directory

    def read(self) -> tuple[tuple[str, str], ...]:
        """Directories and names that changed, empty when nothing did.

        An empty name: the directory itself is gone, and no longer watched. An empty directory: events were lost.
        """
        try:
            data = os.read(self._descriptor, _BUFFER)
        except BlockingIOError:
            return ()
        return tuple(self._changes(data))

    def _changes(self, data: bytes) -> Iterator[tuple[str, str]]:
        offset = 0
        while offset < len(data):
            watch, mask, _, length = _EVENT.unpack_from(data, offset)
            start = offset + _EVENT.size
            offset = start + length
            if mask & _OVERFLOW:
                yield "", ""
            elif mask & _IGNORED:
                yield self._directories.pop(watch, ""), ""
            elif watch in self._directories:
                yield self._directories[watch], os.fsdecode(data[start:offset].rstrip(b"\0"))

    def close(self) -> None:
        os.close(self._descriptor)
