"""What this process is allowed to do."""

from pathlib import Path
from typing import Final

_NEEDED: Final = {"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13}
_OTHERS: Final = {"CAP_IPC_LOCK": 14, "CAP_SYS_NICE": 23}
_STATUS: Final = Path("/proc/self/status")


def missing_capabilities() -> tuple[str, ...]:
    """Those of CAP_NET_ADMIN and CAP_NET_RAW that are not in effect; both are needed to run a virtual router."""
    effective = _effective(_STATUS.read_text(encoding="ascii"))
    return tuple(name for name, bit in _NEEDED.items() if not effective >> bit & 1)


def has_capability(name: str) -> bool:
    """Whether one of those that vrrpd can do without is in effect."""
    return bool(_effective(_STATUS.read_text(encoding="ascii")) >> _OTHERS[name] & 1)


def _effective(status: str) -> int:
    """The mask behind ``CapEff`` (capabilities(7))."""
    return next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff:"))
