"""How the lab runs a VRRP daemon, whichever it is."""

import re
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from netns.host import Host
from netns.kernel import LabError
from netns.peers.spec import NodeSpec
from netns.process import Process


class RunningNode:
    """A daemon at work in a host. Its methods return the time (ns) at which they began to act."""

    def __init__(
        self, daemon: "NodeDaemon", host: Host, spec: NodeSpec, process: Process, logs: Sequence[Path]
    ) -> None:
        self.daemon = daemon
        self.host = host
        self.spec = spec
        self.process = process
        self._logs = tuple(logs)
        self._old = len(self.log())

    def wait_ready(self, timeout: float = 20.0) -> None:
        """Wait until it takes part in the election; LabError with the end of its log if it does not."""
        end = time.monotonic() + timeout
        while not self.daemon.ready.search(self.log(), self._old):
            if time.monotonic() > end or not self.process.running:
                raise LabError(f"{self.daemon.name} on {self.host.name} does not start: {self.log()[-500:]}")
            time.sleep(0.01)

    def stop(self) -> int:
        """Ask it to end in order and wait until it has."""
        began_at = time.time_ns()
        self.process.stop()
        return began_at

    def kill(self) -> int:
        """SIGKILL to the daemon and its children: nothing is cleaned up, nobody is told."""
        return self.process.kill()

    def pause(self) -> int:
        """SIGSTOP: the machine is overloaded, or its memory is being moved elsewhere."""
        return self.process.signal_tree(signal.SIGSTOP)

    def resume(self) -> int:
        return self.process.signal_tree(signal.SIGCONT)

    def reload(self, spec: NodeSpec) -> int:
        """Replace the configuration and send SIGHUP."""
        self.daemon.write_config(self.host, spec)
        self.spec = spec
        return self.process.send(signal.SIGHUP)

    def log(self) -> str:
        return "".join(path.read_text(errors="replace") for path in self._logs if path.exists())

    def complaints(self) -> list[str]:
        """Log lines in which the daemon finds fault with a packet of somebody else."""
        return [line.strip() for line in self.log().splitlines() if self.daemon.complaint.search(line)]


class NodeDaemon(ABC):
    """An implementation of VRRP.

    ``complaint`` finds log lines that find fault with a packet, ``ready`` the one that says that it takes part;
    ``carries_traffic``: a client's pings tell which node holds an address.
    """

    name: ClassVar[str]
    complaint: ClassVar[re.Pattern[str]]
    ready: ClassVar[re.Pattern[str]]
    carries_traffic: ClassVar[bool] = True

    @abstractmethod
    def missing(self) -> str | None:
        """What must be installed before it can run; None: it can."""

    def unsupported(self, spec: NodeSpec) -> str | None:
        """Why it cannot do what ``spec`` says; None: it can."""
        del spec
        return None

    @abstractmethod
    def write_config(self, host: Host, spec: NodeSpec) -> Path: ...

    @abstractmethod
    def start(self, host: Host, spec: NodeSpec) -> RunningNode:
        """Configure and start it in a host that runs."""

    def link_of(self, vrid: int) -> str | None:
        """The device whose carrier says who is MASTER, for a daemon that does not move addresses."""
        del vrid
        return None


def replace_file(path: Path, text: str) -> Path:
    """Write a file so that a reader finds the old text or the new one, never a part."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text)
    fresh.chmod(0o644)
    fresh.rename(path)
    return path
