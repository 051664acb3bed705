"""A process that has imported PyKMIP once and forks the KMS nodes and KMIP clients of all sites from itself.

Importing it takes most of a second of CPU time: too much for every start of a node. ``Warm`` is the lab's side;
``main`` is the process: it takes an ``Order`` a line, forks into the namespaces of a host, and answers with the pid.
"""

import gc
import json
import os
import select
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from netns import kernel
from netns.host import Host
from netns.kernel import LabError

ROOT: Final = Path(__file__).resolve().parents[2]
_NO_DESCRIPTOR: Final = -1

Role: TypeAlias = Callable[[dict[str, Any]], None]
"""Given what an ``Order`` tells, runs until the end of the process."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to fork: a role, the host's first process, a file for what it prints, and what it is told."""

    role: str
    init: int
    log: str
    told: Mapping[str, object]


class Forked:
    """A process that the warm one has forked: not ours to wait for, but to watch."""

    def __init__(self, pid: int, log: Path) -> None:
        self.pid = pid
        self.log_path = log
        try:
            self._descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            self._descriptor = _NO_DESCRIPTOR

    @property
    def running(self) -> bool:
        return not self.wait(0)

    def wait(self, seconds: float) -> bool:
        """True when it has ended."""
        if self._descriptor == _NO_DESCRIPTOR:
            return True
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        if not poll.poll(1000 * seconds):
            return False
        self.close()
        return True

    def kill(self) -> None:
        if self._descriptor != _NO_DESCRIPTOR:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
            self.wait(10)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def close(self) -> None:
        if self._descriptor != _NO_DESCRIPTOR:
            os.close(self._descriptor)
            self._descriptor = _NO_DESCRIPTOR


class Warm:
    """The lab's side. What it forked dies with the hosts; the process itself ends when it is closed, or we do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "netns.kms.warm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
            cwd="/",
        )

    def fork(self, role: str, host: Host, told: Mapping[str, object]) -> Forked:
        """``role``: one of ``roles()``."""
        log = host.directory / f"{role}.log"
        order = Order(role, host.booted.init.pid, str(log), told)
        with self._lock:
            if self._process.stdin is None or self._process.stdout is None:
                raise LabError("the warm process has no pipes")
            self._process.stdin.write((json.dumps(asdict(order)) + "\n").encode())
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
            if not answer:
                raise LabError("PyKMIP cannot be used (above: why)")
            return Forked(int(answer), log)

    def close(self) -> None:
        with self._lock:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process.wait()


def roles() -> dict[str, Role]:
    """What a forked process can be. Imported here: only the warm process needs PyKMIP."""
    from netns.kms import kmip_client, kmip_server

    return {
        "node": lambda told: kmip_server.run(kmip_server.Node(**told)),
        "kmip": lambda told: kmip_client.run(kmip_client.Work(kmip_client.Access(**told.pop("access")), **told)),
        "read-back": lambda told: kmip_client.read_back(
            kmip_client.ReadBack(kmip_client.Access(**told.pop("access")), **told)
        ),
    }


def main() -> None:
    warnings.simplefilter("ignore")  # PyKMIP's, of what it uses
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    known = roles()
    home = kernel.open_handle("/proc/self/ns/pid")
    gc.collect()
    gc.freeze()
    for line in sys.stdin.buffer:
        order = Order(**json.loads(line))
        inside = kernel.open_handle(f"/proc/{order.init}/ns/pid")
        kernel.setns(inside, kernel.CLONE_NEWPID)
        pid = os.fork()
        if pid == 0:
            _become(order, known[order.role])
        kernel.setns(home, kernel.CLONE_NEWPID)
        os.close(inside)
        os.write(1, f"{pid}\n".encode())


def _become(order: Order, role: Role) -> None:
    """The forked process: goes into the host and never returns."""
    try:
        _enter(order)
        role(dict(order.told))
    finally:
        # Whatever it was: this copy must not go on as the warm process.
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        os._exit(1)


def _enter(order: Order) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for kind, name in ((kernel.CLONE_NEWNET, "net"), (kernel.CLONE_NEWNS, "mnt")):
        descriptor = kernel.open_handle(f"/proc/{order.init}/ns/{name}")
        kernel.setns(descriptor, kind)
        os.close(descriptor)
    os.chdir(Path(order.log).parent)
    log = os.open(order.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)


if __name__ == "__main__":
    main()
