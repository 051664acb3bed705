"""Real daemons on hosts of the lab."""

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from netns.host import Host
from netns.process import Process
from vrrpd.control.client import ControlClient
from vrrpd.control.status import InstanceStatus, read_status
from vrrpd.errors import ControlError

REPOSITORY = Path(__file__).parents[2]
VIP = "192.168.1.100"
PATIENCE = 20.0
HAPROXY = """
global
    maxconn 10
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend web
    bind 127.0.0.1:8080
    http-request return status 200
"""
"""A service that answers on 127.0.0.1:8080."""


def eventually(condition: Callable[[], object], what: str = "") -> None:
    """Wait until it holds; fail when it does not within a generous time."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, f"never came true: {what or condition}"
        time.sleep(0.01)


def instance_text(name: str = "VI_1", *, vrid: int = 51, priority: int = 100, extra: str = "", **values: object) -> str:
    """A ``vrrp_instance`` with quick timers; ``extra`` is appended as it is."""
    settings: dict[str, object] = {
        "interface": "eth0",
        "virtual_router_id": vrid,
        "priority": priority,
        "version": 3,
        "advert_int": 0.1,
        "virtual_ipaddress": [VIP],
        **values,
    }
    lines = [f"[vrrp_instance.{name}]", *(f"{key} = {_toml(value)}" for key, value in settings.items()), extra]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value).replace("'", '"')


class Node:
    """One daemon on one host."""

    def __init__(self, host: Host, config: str) -> None:
        self.host = host
        self.config = host.directory / "vrrpd.toml"
        self.run_dir = host.directory / "run"
        self.config.write_text(config)
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        assert self._process is not None
        return self._process

    def start(self, *, ready: bool = True, path: Path | None = None) -> "Node":
        """``path``: where Python looks for modules first."""
        argv = [sys.executable, "-m", "vrrpd", "--config", str(self.config), "--run-dir", str(self.run_dir)]
        argv += ["--log-to", "console", "--log-level", "debug"]
        starts = self._count("ready: ")
        self._process = self.host.spawn(argv, log="vrrpd.log", env={"PYTHONPATH": f"{path or REPOSITORY}:{REPOSITORY}"})
        if ready:
            eventually(lambda: self._count("ready: ") > starts or not self.process.running, "ready")
            assert self.process.running, self.log()
        return self

    def _count(self, text: str) -> int:
        """How often it stands in the log, which goes on when the daemon is started again."""
        path = self.host.directory / "vrrpd.log"
        return path.read_text(errors="replace").count(text) if path.exists() else 0

    @property
    def worker(self) -> int:
        """The process that does the work, by its number here and not on its host."""
        return self.outside(self.worker_inside)

    @property
    def worker_inside(self) -> int:
        return read_status(ControlClient(self.run_dir / "control.sock").call("status"))["daemon"]["worker_pid"]

    def outside(self, inside: int) -> int:
        """The number here of a process of the host."""
        for pid in self.host.pids():
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("NSpid:") and line.split()[-1] == str(inside):
                    return pid
        raise AssertionError(f"no process {inside}\n{self.log()}")

    def kill_worker(self) -> None:
        """SIGKILL; returns when there is another one."""
        worker = self.worker_inside
        os.kill(self.outside(worker), signal.SIGKILL)
        eventually(lambda: self._other_worker(worker), "another worker")

    def _other_worker(self, worker: int) -> bool:
        try:
            return self.worker_inside != worker
        except ControlError:
            return False  # the dead one had the connection

    def log(self) -> str:
        return self.process.log()

    def lines(self, pattern: str) -> list[str]:
        return [line for line in self.log().splitlines() if re.search(pattern, line)]

    def status(self, name: str = "VI_1") -> InstanceStatus:
        result = read_status(ControlClient(self.run_dir / "control.sock").call("status"))
        return next(instance for instance in result["instances"] if instance["name"] == name)

    def state(self, name: str = "VI_1") -> str:
        try:
            return self.status(name)["state"]
        except ControlError:
            return ""

    def becomes(self, state: str, name: str = "VI_1") -> None:
        eventually(lambda: self.state(name) == state, f"{self.host.name} {name} {state}\n{self.log()}")

    def holds(self, address: str = VIP) -> bool:
        return self.host.holds(address)

    def reload(self, config: str | None = None) -> tuple[str, ...]:
        """Have it read ``config``, by default what it has; what it says has changed."""
        if config is not None:
            self.config.write_text(config)
        done, refused = self._count("reloaded in "), self._count("not reloaded")
        self.process.send(signal.SIGHUP)
        eventually(
            lambda: (
                self._count("reloaded in ") > done or self._count("not reloaded") > refused or not self.process.running
            ),
            "an end of the reload",
        )
        assert self._count("reloaded in ") > done, self.log()
        last = max(number for number, line in enumerate(self.log().splitlines()) if "reloaded in " in line)
        lines = self.log().splitlines()[last + 1 :]
        return tuple(line.split(" reload: ", 1)[1] for line in lines if " reload: " in line)

    def kill(self) -> None:
        self.process.kill()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; its exit code."""
        self.process.send(number)
        assert self.process.wait(PATIENCE), self.log()
        code = self.process.returncode
        assert code is not None
        return code
