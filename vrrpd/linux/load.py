"""How much of a CPU this process got, and how much the machine's processes waited for theirs."""

from pathlib import Path
from typing import Final

from vrrpd.linux.clock import now
from vrrpd.records import dataclass
from vrrpd.units import Instant, Seconds

_OWN: Final = Path("/proc/self/schedstat")
_PRESSURE: Final = Path("/proc/pressure/cpu")


@dataclass(frozen=True, slots=True)
class Load:
    """Seconds since the start of the process (its main thread) or of the machine; None where the kernel does not tell.

    ``ran`` and ``waited`` for a CPU are its own; ``pressed`` is how long somebody on the machine had to wait for one
    (pressure stall information, "some").
    """

    at: Instant
    ran: Seconds | None
    waited: Seconds | None
    pressed: Seconds | None


def read_load(own: Path = _OWN, pressure: Path = _PRESSURE) -> Load:
    """Never raises: kernels are built without either, and containers hide them."""
    ran = waited = pressed = None
    try:
        words = own.read_bytes().split()
        ran, waited = Seconds(int(words[0]) / 1e9), Seconds(int(words[1]) / 1e9)
    except (OSError, ValueError, IndexError):
        pass
    try:
        some = pressure.read_bytes().partition(b"\n")[0]
        pressed = Seconds(int(some.rpartition(b"total=")[2]) / 1e6)
    except (OSError, ValueError):
        pass
    return Load(now(), ran, waited, pressed)
