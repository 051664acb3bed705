"""Settings of the kernel below /proc/sys, of this process's network namespace where there is one for each."""

from pathlib import Path
from typing import Final

from vrrpd.errors import LinuxError

_ROOT: Final = Path("/proc/sys")


def read_sysctl(name: str) -> str:
    """``name`` with slashes, as below /proc/sys. Raises LinuxError."""
    try:
        return (_ROOT / name).read_text(encoding="ascii").strip()
    except OSError as error:
        raise LinuxError("read sysctl", name, error.errno or 0) from error


def write_sysctl(name: str, value: str) -> None:
    """Raises LinuxError."""
    try:
        (_ROOT / name).write_text(value, encoding="ascii")
    except OSError as error:
        raise LinuxError("write sysctl", name, error.errno or 0) from error
