"""The socket's name in the file system: reached by either side, made safely and taken away again by the daemon."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vrrpd.errors import ControlError, describe_errno

SOCKET_NAME = "control.sock"
_LONGEST_ADDRESS = 107  # sun_path of unix(7), less its NUL
_MODE = 0o660
_BACKLOG = 16


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """The address to bind or connect to: ``path`` itself, or a short way to it where it is too long for unix(7)."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


class Endpoint:
    """A listening socket at ``path``, mode 0660. Raises ControlError and leaves everything as it was when it cannot be.

    A stale socket (one that nobody listens on, left by a killed daemon) is replaced; anything else that stands at
    ``path`` is left alone. ``group``: who may connect besides the owner; None: the group of the process. ``inherited``:
    the socket, if a process before this one listens at ``path``; whoever connected meanwhile is still in its queue.
    """

    def __init__(self, path: Path, group: int | None = None, inherited: int | None = None) -> None:
        self.path = path
        try:
            self._directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise ControlError(f"run dir {path.parent}: {describe_errno(error.errno or 0)}") from error
        try:
            self._check_directory()
            if inherited is not None:
                self.socket = socket.socket(fileno=inherited)
                status = os.stat(path.name, dir_fd=self._directory, follow_symlinks=False)
                self._identity, self.group = _identity(status), status.st_gid
                return
            self._make_room()
            self.socket, self._identity, self.group = self._listen(group)
        except OSError as error:
            os.close(self._directory)
            raise ControlError(f"control socket {path}: {describe_errno(error.errno or 0)}") from error
        except ControlError:
            os.close(self._directory)
            raise

    def close(self) -> None:
        """Stop listening and remove the socket's name, if it is still ours."""
        self.socket.close()
        try:
            if _identity(os.stat(self.path.name, dir_fd=self._directory, follow_symlinks=False)) == self._identity:
                os.unlink(self.path.name, dir_fd=self._directory)
        except FileNotFoundError:
            pass
        finally:
            os.close(self._directory)

    def _check_directory(self) -> None:
        status = os.fstat(self._directory)
        if status.st_uid not in (0, os.geteuid()):
            raise ControlError(f"run dir {self.path.parent} belongs to uid {status.st_uid}; use one that is your own")
        if status.st_mode & stat.S_IWOTH:
            raise ControlError(f"everybody can write to run dir {self.path.parent}; use one of mode 0750")

    def _make_room(self) -> None:
        try:
            status = os.stat(self.path.name, dir_fd=self._directory, follow_symlinks=False)
        except FileNotFoundError:
            return
        if not stat.S_ISSOCK(status.st_mode):
            raise ControlError(f"{self.path} is not a socket; not replaced")
        if status.st_uid not in (0, os.geteuid()):
            raise ControlError(f"{self.path} belongs to uid {status.st_uid}; not replaced")
        if self._is_answered():
            raise ControlError(f"another process answers at {self.path}; not replaced")
        os.unlink(self.path.name, dir_fd=self._directory)

    def _is_answered(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, socket_address(self.path) as address:
            probe.setblocking(False)
            try:
                probe.connect(address)
            except ConnectionRefusedError:
                return False
            except BlockingIOError:
                pass  # somebody listens, with a full backlog
            return True

    def _listen(self, group: int | None) -> tuple[socket.socket, tuple[int, int], int]:
        """Nobody can connect before listen(), so mode and group are right before the first client gets in."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            with socket_address(self.path) as address:
                listener.bind(address)
            os.chmod(self.path.name, _MODE, dir_fd=self._directory)
            if group is not None:
                os.chown(self.path.name, -1, group, dir_fd=self._directory, follow_symlinks=False)
            status = os.stat(self.path.name, dir_fd=self._directory, follow_symlinks=False)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
        return listener, _identity(status), status.st_gid


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
