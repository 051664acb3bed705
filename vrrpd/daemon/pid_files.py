"""Pid files as keepalived has them: world-readable, the number and a newline, locked while the process lives."""

import errno
import fcntl
import os
import stat
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from vrrpd.errors import LinuxError, VrrpdError

MODE: Final = 0o644
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE_LOCK: Final = struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
"""``struct flock`` of fcntl(2) for the whole file."""
_LONGEST: Final = 32
_PROC: Final = Path("/proc")


class AlreadyRunningError(VrrpdError):
    """A living daemon has this pid file."""


class PidFiles:
    """Those that ``claim`` locked; all hold this process's number."""

    def __init__(self, held: Mapping[str, int] | None = None) -> None:
        self._held = {Path(path): descriptor for path, descriptor in (held or {}).items()}

    @property
    def held(self) -> dict[str, int]:
        """What the constructor takes, in a program that goes on in this process."""
        return {str(path): descriptor for path, descriptor in self._held.items()}

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(self._held)

    def add(self, path: Path) -> None:
        if path not in self._held:
            self._held[path] = _claim(path)

    def rewrite(self) -> None:
        """This process is the one that holds them now."""
        for path, descriptor in self._held.items():
            _write(path, descriptor)

    def release(self) -> None:
        """Remove them. Each goes while it is still locked, so no newcomer's file is removed."""
        for path, descriptor in self._held.items():
            if _is_current(path, descriptor):
                path.unlink(missing_ok=True)
            os.close(descriptor)
        self._held.clear()


def claim(paths: Sequence[Path]) -> PidFiles:
    """Lock them all, or none. AlreadyRunningError when a daemon has one of them, LinuxError when one cannot be written
    (ELOOP: it is a symbolic link), VrrpdError when it is no regular file. What a dead daemon left is taken over.
    """
    files = PidFiles()
    try:
        for path in paths:
            files.add(path)
    except VrrpdError:
        files.release()
        raise
    return files


def _claim(path: Path) -> int:
    while True:
        descriptor = _open(path)
        try:
            _lock(path, descriptor)
            if _is_current(path, descriptor):
                _refuse_holder(path, descriptor)
                _write(path, descriptor)
                return descriptor
        except VrrpdError:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its holder removed it between our open and our lock


def _open(path: Path) -> int:
    try:
        descriptor = os.open(path, _FLAGS, MODE)
    except OSError as error:
        raise LinuxError("open", str(path), error.errno or 0) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise VrrpdError(f"{path} is not a regular file")
    return descriptor


def _lock(path: Path, descriptor: int) -> None:
    """An open file description lock, which conflicts with keepalived's own."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _WRITE_LOCK)
    except OSError as error:
        if error.errno not in {errno.EAGAIN, errno.EACCES}:
            raise LinuxError("lock", str(path), error.errno or 0) from error
        raise AlreadyRunningError(f"daemon is already running: {_described(path, _number_in(descriptor))}") from None


def _refuse_holder(path: Path, descriptor: int) -> None:
    """A keepalived that does not lock its pid file (before 2.3) is known by its name."""
    number = _number_in(descriptor)
    if number is not None and number != os.getpid() and _name_of(number).startswith("keepalived"):
        raise AlreadyRunningError(f"daemon is already running: {_described(path, number)}")


def _number_in(descriptor: int) -> int | None:
    text = os.pread(descriptor, _LONGEST, 0).strip()
    return int(text) if text.isdigit() else None


def _described(path: Path, number: int | None) -> str:
    return f"{path} is locked" if number is None else f"{path} belongs to pid {number}"


def _name_of(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text(errors="replace").strip()
    except OSError:
        return ""


def _write(path: Path, descriptor: int) -> None:
    try:
        os.fchmod(descriptor, MODE)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        raise LinuxError("write", str(path), error.errno or 0) from error


def _is_current(path: Path, descriptor: int) -> bool:
    try:
        found = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    held = os.fstat(descriptor)
    return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)
