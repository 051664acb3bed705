"""Cgroups whose processes are frozen, or get hardly any CPU: nobody is told, and nothing in the processes shows it."""

import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final, Self

from netns.kernel import LabError

_PATIENCE: Final = 5.0


class Freezer:
    """Takes ``pids`` into a group of their own until it is closed. LabError where there are no cgroups of version 2."""

    def __init__(self, pids: Collection[int]) -> None:
        self._parent = _hierarchy()
        self._group = self._parent / f"vrrpd-lab-{os.getpid()}-{min(pids)}"
        self._group.mkdir()
        for pid in pids:
            (self._group / "cgroup.procs").write_text(str(pid))

    def freeze(self) -> int:
        """Returns when it began (ns), once all are frozen."""
        return self._set(True)

    def thaw(self) -> int:
        return self._set(False)

    def _set(self, frozen: bool) -> int:
        at = time.time_ns()
        (self._group / "cgroup.freeze").write_text(str(int(frozen)))
        end = time.monotonic() + _PATIENCE
        while f"frozen {int(frozen)}" not in (self._group / "cgroup.events").read_text():
            if time.monotonic() > end:
                raise LabError(f"{self._group} does not freeze")
            time.sleep(0.001)
        return at

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever is in it still goes where it came from."""
        self.thaw()
        for pid in (self._group / "cgroup.procs").read_text().split():
            (self._parent / "cgroup.procs").write_text(pid)
        self._group.rmdir()


class Throttle:
    """``pid`` gets a thousandth of a CPU until it is closed. LabError where no cgroup can limit that."""

    def __init__(self, pid: int) -> None:
        self._parent = Path("/sys/fs/cgroup/cpu")
        if not (self._parent / "cpu.cfs_quota_us").exists():
            raise LabError("there is no cgroup of version 1 for CPUs")
        self._pid = pid
        self._group = self._parent / f"vrrpd-lab-{os.getpid()}-{pid}"
        self._group.mkdir()
        (self._group / "cpu.cfs_period_us").write_text("1000000")
        (self._group / "cpu.cfs_quota_us").write_text("1000")
        self._move(self._group)

    def _move(self, group: Path) -> None:
        (group / "cgroup.procs").write_text(str(self._pid))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._move(self._parent)
        end = time.monotonic() + _PATIENCE
        while (self._group / "cgroup.procs").read_text() and time.monotonic() < end:
            time.sleep(0.01)
        self._group.rmdir()


def _hierarchy() -> Path:
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind = line.split()[:3]
        if kind == "cgroup2":
            return Path(place)
    raise LabError("there is no cgroup of version 2")
