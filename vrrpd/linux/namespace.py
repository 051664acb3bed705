"""Into a network namespace that ``ip netns`` made."""

import ctypes
import errno
import os
import sys
from pathlib import Path
from typing import Final

from vrrpd.errors import LinuxError

DIRECTORY: Final = Path("/run/netns")
_CLONE_NEWNET: Final = 0x4000_0000


def enter_network(name: str) -> None:
    """Everything opened from now on is opened in the namespace ``name``. Call it before there are threads.

    LinuxError: ENOENT when there is none, EINVAL when this is no name or no network namespace, EPERM without
    CAP_SYS_ADMIN.
    """
    target = f"network namespace {name}"
    if not name or "/" in name or "\0" in name or name in {".", ".."}:
        raise LinuxError("enter", target, errno.EINVAL)
    try:
        descriptor = os.open(DIRECTORY / name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise LinuxError("enter", target, error.errno or 0) from error


if sys.version_info >= (3, 12):

    def _enter(descriptor: int) -> None:
        os.setns(descriptor, _CLONE_NEWNET)

else:

    def _enter(descriptor: int) -> None:
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
