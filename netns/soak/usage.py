"""What a daemon and its helpers hold at one moment."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from netns.process import descendants


@dataclass(frozen=True, slots=True)
class Sample:
    """``at`` in seconds since the soak began, ``life`` counts the starts of that node; memory in KiB.

    The daemon's own processes (those that run the same program) count for memory and ``fds``; ``children`` are the
    others below it, ``zombies`` those that have ended and that nobody has asked about.
    """

    at: float
    node: str
    life: int
    rss: int
    anonymous: int
    peak: int
    pss: int
    fds: int
    own: int
    children: int
    zombies: tuple[int, ...]


def sample(at: float, node: str, life: int, pid: int) -> Sample:
    """OSError when that process has ended."""
    program = Path(f"/proc/{pid}/exe").readlink()
    own, others, zombies = [], [], []
    for member in descendants(pid):
        with suppress(OSError):  # it has ended meanwhile
            if _state(member) == "Z":
                zombies.append(member)
            elif member == pid or Path(f"/proc/{member}/exe").readlink() == program:
                own.append(member)
            else:
                others.append(member)
    status = [_status(member) for member in own]
    return Sample(
        at=at,
        node=node,
        life=life,
        rss=_sum(status, "VmRSS"),
        anonymous=_sum(status, "RssAnon"),
        peak=_sum(status, "VmHWM"),
        pss=sum(map(_pss, own)),
        fds=sum(map(_descriptors, own)),
        own=len(own),
        children=len(others),
        zombies=tuple(zombies),
    )


def _sum(status: Iterable[dict[str, int]], name: str) -> int:
    return sum(item.get(name, 0) for item in status)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def _status(pid: int) -> dict[str, int]:
    """The lines of /proc/PID/status that are sizes."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return {line.partition(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
    return {}


def _pss(pid: int) -> int:
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return 0


def _descriptors(pid: int) -> int:
    with suppress(OSError):
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return 0
