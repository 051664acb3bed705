"""The directory where one daemon keeps its pid file and control socket, and the lock that says it is taken."""

import fcntl
import logging
import os
import stat
from pathlib import Path

from vrrpd.errors import LinuxError, VrrpdError

log = logging.getLogger("vrrpd.run_dir")

DIRECTORY_MODE = 0o750
PID_FILE_MODE = 0o640


class RunDirInUseError(VrrpdError):
    """Another daemon holds the lock of this directory."""


class RunDir:
    """Made by ``claim``; holds the lock until ``release``. ``created``: the directory goes with it."""

    def __init__(self, path: Path, lock: int, created: bool) -> None:
        self.path = path
        self.lock = lock
        self.created = created

    @property
    def control_socket(self) -> Path:
        return self.path / "control.sock"

    @property
    def pid_file(self) -> Path:
        return self.path / "vrrpd.pid"

    def rewrite(self) -> None:
        """This process is the one that holds it now."""
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Remove what ``claim`` made. The file goes while it is still locked, so no newcomer's file is removed."""
        self.pid_file.unlink(missing_ok=True)
        os.close(self.lock)
        if self.created:
            try:
                self.path.rmdir()
            except OSError:
                return  # somebody put something else there: it is not ours to remove


def claim(path: Path) -> RunDir:
    """Create ``path`` if need be and lock it.

    One that everybody may write to no longer is afterwards. Raises RunDirInUseError when another daemon has it,
    LinuxError when it cannot be made, VrrpdError when it is a stranger's or shared (sticky, like /tmp).
    """
    created = _make_directory(path)
    lock = _lock_pid_file(path / "vrrpd.pid")
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return RunDir(path, lock, created)


def _make_directory(path: Path) -> bool:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=DIRECTORY_MODE)
        path.chmod(DIRECTORY_MODE)  # whatever the umask is
    except FileExistsError:
        _check_directory(path)
        return False
    except OSError as error:
        raise LinuxError("create", str(path), error.errno or 0) from error
    return True


def _check_directory(path: Path) -> None:
    """A directory that others may write to would let them swap our socket for theirs."""
    try:
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except NotADirectoryError:
        raise VrrpdError(f"{path} is not a directory") from None
    except OSError as error:
        raise LinuxError("open", str(path), error.errno or 0) from error
    try:
        _close_to_others(path, directory)
    finally:
        os.close(directory)


def _close_to_others(path: Path, directory: int) -> None:
    found = os.fstat(directory)
    if found.st_uid not in {0, os.geteuid()}:
        raise VrrpdError(f"{path} belongs to uid {found.st_uid}; it must belong to root or to the user of the daemon")
    if not found.st_mode & stat.S_IWOTH:
        return
    if found.st_mode & stat.S_ISVTX:
        raise VrrpdError(f"{path} is everybody's, like /tmp; give a directory of its own with --run-dir")
    try:
        os.fchmod(directory, stat.S_IMODE(found.st_mode) & ~stat.S_IWOTH)
    except OSError as error:
        raise LinuxError("chmod o-w", str(path), error.errno or 0) from error
    log.warning("%s could be written to by everybody; it is the run dir, and no longer can", path)


def _lock_pid_file(path: Path) -> int:
    while True:
        lock = _open(path)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 32).decode(errors="replace").strip()
            os.close(lock)
            raise RunDirInUseError(
                f"{path.parent} is in use by another vrrpd{f' (pid {holder})' if holder else ''}"
            ) from None
        if _is_current(path, lock):
            return lock
        os.close(lock)  # its holder removed it between our open and our lock


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PID_FILE_MODE)
    except OSError as error:
        raise LinuxError("open", str(path), error.errno or 0) from error


def _is_current(path: Path, lock: int) -> bool:
    try:
        found = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    held = os.fstat(lock)
    return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)
