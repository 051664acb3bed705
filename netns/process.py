"""Programs that run inside a host of the lab."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import IO

from netns.kernel import LabError


class Process:
    """One program and its descendants; reaped as soon as it exits, so that nobody sees a zombie.

    ``started_at`` and ``exited_at`` are ns since the epoch.
    """

    def __init__(
        self, popen: subprocess.Popen[bytes], argv: tuple[str, ...], log: Path | None, started_at: int
    ) -> None:
        self.argv = argv
        self.pid = popen.pid
        self.started_at = started_at
        self.exited_at: int | None = None
        self.log_path = log
        self._popen = popen
        self._exited = threading.Event()
        self._reaper = threading.Thread(target=self._reap, name=f"reap {argv[0]}", daemon=True)
        self._reaper.start()

    def _reap(self) -> None:
        self._popen.wait()
        self.exited_at = time.time_ns()
        self._exited.set()

    @property
    def running(self) -> bool:
        return not self._exited.is_set()

    @property
    def returncode(self) -> int | None:
        """As in ``subprocess``: negative is the signal that ended it, None while it runs."""
        return self._popen.returncode if self._exited.is_set() else None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait at most ``timeout`` seconds for the end; True if it has ended."""
        return self._exited.wait(timeout)

    def send(self, number: signal.Signals) -> int:
        """Signal the program alone; returns the time just before (ns)."""
        sent_at = time.time_ns()
        send_signal([self.pid] if self.running else [], number)
        return sent_at

    def signal_tree(self, number: signal.Signals) -> int:
        """Signal the program and all its descendants; returns the time just before (ns)."""
        family = descendants(self.pid) if self.running else []
        sent_at = time.time_ns()
        send_signal(family, number)
        return sent_at

    def kill(self) -> int:
        """SIGKILL to the whole tree, stopped first so that no child outlives its parent to say farewell."""
        family = descendants(self.pid) if self.running else []
        sent_at = time.time_ns()
        send_signal(family, signal.SIGSTOP)
        send_signal(family, signal.SIGKILL)
        self.wait(10)
        return sent_at

    def stop(self, timeout: float = 15.0) -> int:
        """SIGTERM and wait; returns the exit status. Raises LabError (and kills) when it does not end in time."""
        self.send(signal.SIGTERM)
        if not self.wait(timeout):
            self.kill()
            raise LabError(f"{self.argv[0]} (pid {self.pid}) did not stop within {timeout:g} s of SIGTERM")
        return self._popen.returncode

    def log(self) -> str:
        if self.log_path is None or not self.log_path.exists():
            return ""
        return self.log_path.read_text(errors="replace")

    @property
    def output(self) -> IO[bytes]:
        """What a program started with ``spawn_piped`` prints."""
        if self._popen.stdout is None:
            raise LabError(f"{self.argv[0]} was not started with pipes")
        return self._popen.stdout

    def close_input(self) -> None:
        if self._popen.stdin is not None:
            self._popen.stdin.close()

    def join(self) -> None:
        """Wait for the reaper after a SIGKILL."""
        self._reaper.join(10)
        self.close_input()
        if self._popen.stdout is not None:
            self._popen.stdout.close()


def spawn_outside(argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> Process:
    """A program in no host of the lab, but in the machine's own namespaces; whoever starts it ends it."""
    started_at = time.time_ns()
    with log.open("ab") as output:
        popen = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=log.parent,
            start_new_session=True,
        )
    return Process(popen, tuple(argv), log, started_at)


def send_signal(pids: Collection[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def descendants(pid: int) -> list[int]:
    """``pid`` and everything below it, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = _parent_of(entry)
            if parent is not None:
                children.setdefault(parent, []).append(int(entry.name))
    family = [pid]
    for member in family:
        family.extend(children.get(member, ()))
    return family


def _parent_of(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None


def pids_in_namespace(path: str, inode: int) -> list[int]:
    """Processes whose namespace ``path`` ("ns/pid", "ns/net") is the one with that inode."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / path).stat().st_ino == inode:
                found.append(int(entry.name))
        except OSError:
            continue
    return found
