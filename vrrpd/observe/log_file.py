"""Lines appended to a file, which may be rotated at any time."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from vrrpd.errors import LinuxError
from vrrpd.observe.console import ConsoleSink
from vrrpd.observe.lines import Entry

_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MODE: Final = 0o640


class FileSink(ConsoleSink):
    """Each batch of lines is written at once, by a thread of its own, which also notices when ``path`` was moved away
    or removed and begins a new file there. Raises LinuxError when it cannot be opened (ELOOP: it is a symbolic link).
    """

    def __init__(self, path: Path, render: Callable[[Entry], bytes]) -> None:
        self._path = path
        try:
            descriptor = os.open(path, _FLAGS, _MODE)
        except OSError as error:
            raise LinuxError("open", str(path), error.errno or 0) from error
        super().__init__(descriptor, render)

    def close(self) -> None:
        super().close()
        if self._descriptor >= 0 and not self._thread.is_alive():
            os.close(self._descriptor)
            self._descriptor = -1

    def _put_out(self, data: bytes | bytearray) -> bool:
        return not data or (self._follow() and super()._put_out(data))

    def _follow(self) -> bool:
        """False when the file went away and no new one can be made."""
        try:
            found = self._path.stat(follow_symlinks=False)
            held = os.fstat(self._descriptor)
            if (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino):
                return True
        except OSError:
            pass  # gone: the reason to make it anew
        try:
            fresh = os.open(self._path, _FLAGS, _MODE)
        except OSError:
            return False
        os.close(self._descriptor)
        self._descriptor = fresh
        return True
