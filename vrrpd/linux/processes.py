"""Which processes there are, and what each is: /proc, and descriptors of processes."""

import os
from typing import Final

from vrrpd.errors import LinuxError

NAME_BYTES: Final = 15
"""What the kernel keeps of the name of a process."""

_COMMAND_BYTES: Final = 65536
_STATUS_BYTES: Final = 512


def process_ids() -> set[int]:
    """All that this process may see. LinuxError when /proc is not there."""
    try:
        return {int(name) for name in os.listdir("/proc") if name.isdecimal()}  # noqa: PTH208  # a Path for each costs
    except OSError as error:
        raise LinuxError("list", "/proc", error.errno or 0) from error


def name_of(pid: int) -> bytes | None:
    """Its name, which is that of its program unless it gave itself another; None when there is no such process."""
    name = _read(pid, "comm", NAME_BYTES + 2)
    return None if name is None else name.removesuffix(b"\n")


def command_of(pid: int) -> bytes | None:
    """The program and its arguments as they were given, each ended by a zero byte; empty: a zombie, or the kernel's."""
    return _read(pid, "cmdline", _COMMAND_BYTES)


def has_ended(pid: int) -> bool:
    """Whether it is gone, or a zombie."""
    status = _read(pid, "stat", _STATUS_BYTES)
    if not status:
        return True
    # The name is in parentheses, and may have such in it.
    state = status.rpartition(b")")[2].split()
    return not state or state[0] in (b"Z", b"X")


def open_process(pid: int) -> int:
    """A descriptor that is readable once it has ended. LinuxError: ESRCH when it has already, ENOSYS, EMFILE."""
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        raise LinuxError("watch", f"pid {pid}", error.errno or 0) from error


def _read(pid: int, file: str, most: int) -> bytes | None:
    try:
        descriptor = os.open(f"/proc/{pid}/{file}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(descriptor, most)
    except OSError:
        return None
    finally:
        os.close(descriptor)
