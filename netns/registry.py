"""Which labs exist on this machine, and which of them have lost their maker.

A lab is a directory under /run/vrrpd-lab with a lock that its process holds: a lock that can be had belongs to a lab
whose maker is dead, and everything with that lab's name can go.
"""

import fcntl
import itertools
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from netns.commands import output

ROOT: Final = Path("/run/vrrpd-lab")
NAMESPACES: Final = Path("/run/netns")
_NAME: Final = re.compile(r"(vrl\d+x\d+)-\w+")
_sequence = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Claim:
    """A lab's name, its directory, and the lock that says that its maker lives."""

    name: str
    directory: Path
    lock: int

    def release(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        os.close(self.lock)


def claim() -> Claim:
    """A name that no other lab has; sweeps what dead labs have left behind."""
    with _registry_locked():
        _sweep()
        name = f"vrl{os.getpid()}x{next(_sequence)}"
        directory = ROOT / name
        directory.mkdir(mode=0o755)
        return Claim(name, directory, _lock(directory / "lock", wait=True))


def sweep() -> tuple[str, ...]:
    """Remove what dead labs have left behind; returns their names."""
    with _registry_locked():
        return _sweep()


def delete_namespaces(lab: str) -> None:
    names = [path.name for path in _paths(NAMESPACES) if path.name.startswith(f"{lab}-")]
    if names:
        output(["ip", "-force", "-batch", "-"], given="".join(f"netns del {name}\n" for name in names), check=False)


def _sweep() -> tuple[str, ...]:
    labs = {path.name for path in _paths(ROOT) if path.is_dir()}
    labs |= {match[1] for path in _paths(NAMESPACES) if (match := _NAME.fullmatch(path.name))}
    dead = tuple(name for name in sorted(labs) if _is_dead(name))
    for name in dead:
        delete_namespaces(name)
        shutil.rmtree(ROOT / name, ignore_errors=True)
    return dead


def _is_dead(lab: str) -> bool:
    path = ROOT / lab / "lock"
    if not path.exists():
        return True
    try:
        os.close(_lock(path, wait=False))
    except BlockingIOError:
        return False
    return True


def _paths(directory: Path) -> list[Path]:
    return list(directory.iterdir()) if directory.is_dir() else []


def _lock(path: Path, *, wait: bool) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def _registry_locked() -> Iterator[None]:
    ROOT.mkdir(mode=0o755, exist_ok=True)
    descriptor = _lock(ROOT / ".lock", wait=True)
    try:
        yield
    finally:
        os.close(descriptor)
