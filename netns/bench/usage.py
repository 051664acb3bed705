"""What a daemon and its helpers have used."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from netns.process import descendants


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU time since its start, and memory (proportional set size), of a process and all below it."""

    cpu_ms: float
    pss_mib: float

    @classmethod
    def of(cls, pid: int) -> Self:
        cpu, pss = 0.0, 0.0
        for member in descendants(pid):
            with suppress(OSError):  # it has ended meanwhile
                cpu += sum(_on_cpu(task) for task in Path(f"/proc/{member}/task").iterdir())
                pss += _pss(Path(f"/proc/{member}/smaps_rollup").read_text())
        return cls(cpu, pss)


def _on_cpu(task: Path) -> float:
    """In ms; the first number of schedstat is ns."""
    return int((task / "schedstat").read_text().split()[0]) / 1e6


def _pss(rollup: str) -> float:
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
