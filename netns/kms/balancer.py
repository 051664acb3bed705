"""A load balancer: HAProxy with the setting's file, and vrrpd or keepalived beside it."""

import csv
import io
import os
import shutil
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from netns.host import INTERFACE, Host
from netns.kernel import LabError
from netns.kms import configs, dumps
from netns.kms.waiting import wait_until
from netns.peers.base import replace_file
from netns.peers.keepalived import Keepalived
from netns.peers.vrrpd import ROOT, Vrrpd, run_directory
from netns.peers.vrrpd import status as vrrpd_status
from netns.process import Process, send_signal
from netns.soak.faults import workers
from vrrpd.control.client import ControlClient

VRRPD: Final = "vrrpd"
KEEPALIVED: Final = "keepalived"
DAEMONS: Final = (VRRPD, KEEPALIVED)
LANGUAGES: Final = ("toml", "keepalived")

_PATIENCE: Final = 20.0
_LOADED: Final = "Loading success"
_SYSLOG: Final = Path("/dev/log")


def missing(daemon: str) -> str | None:
    """What must be installed before a balancer can run; None: it can."""
    for program, package in (("haproxy", "haproxy"), ("killall", "psmisc")):
        if shutil.which(program) is None:
            return f"{program} (Debian package {package})"
    return Keepalived().missing() if daemon == KEEPALIVED else None


@dataclass(frozen=True, slots=True)
class Server:
    """A KMS node as HAProxy sees it: "UP", "DOWN", "UP 1/3", …; connections now, and how often it was chosen for one
    since HAProxy started (a connection that is tried again is not a new choice).
    """

    status: str
    current: int
    total: int


@dataclass(frozen=True, slots=True)
class Duty:
    """What a balancer runs: the daemon and its file's language ("keepalived": the setting's own file)."""

    position: int
    vip: str
    daemon: str
    language: str
    fast_failover: bool

    @property
    def text(self) -> str:
        fast = self.fast_failover and self.daemon == VRRPD
        write = configs.toml if self.language == "toml" and self.daemon == VRRPD else configs.keepalived
        return write(self.position, self.vip, fast_failover=fast)


class Balancer:
    """One node. Everything in it dies with its host; what it runs is started by the site."""

    def __init__(self, name: str, host: Host, duty: Duty, servers: Mapping[str, str]) -> None:
        self.name = name
        self.host = host
        self.duty = duty
        self._servers = dict(servers)
        self._haproxy: Process | None = None
        self._daemon: Process | None = None
        self._old_words = 0

    @property
    def address(self) -> str:
        return str(self.host.address)

    @property
    def mac(self) -> str:
        return self.host.mac

    @property
    def powered(self) -> bool:
        return self.host.running

    @property
    def priority(self) -> int:
        """The one in its file."""
        return configs.FIRST_PRIORITY - self.duty.position

    def holds_vip(self) -> bool:
        """Read from the kernel; a node without power holds nothing."""
        return self.host.running and self.host.holds(self.duty.vip)

    # -- HAProxy ---------------------------------------------------------------------------------------------------

    @property
    def haproxy_runs(self) -> bool:
        return self._haproxy is not None and self._haproxy.running

    def start_haproxy(self) -> None:
        """Start it as its service does, with a master process, and wait until it serves."""
        if self.haproxy_runs:
            raise LabError(f"HAProxy runs on {self.name} already")
        self._write_haproxy()
        loaded = self._loaded()
        directory = self.host.directory
        # The lab's file first: "log global" takes what is known of global so far.
        argv = ["haproxy", "-W", "-db", "-f", str(directory / "lab.cfg"), "-f", str(directory / "haproxy.cfg")]
        self._haproxy = self.host.spawn(argv, log="haproxy.log")
        self._await_haproxy(loaded)

    def kill_haproxy(self) -> None:
        """SIGKILL to the master and its workers."""
        if self._haproxy is not None:
            self._haproxy.kill()

    def stop_haproxy(self) -> None:
        """SIGTERM, as its service stops it: connections are cut."""
        if self.haproxy_runs and self._haproxy is not None:
            self._haproxy.stop()

    def reload_haproxy(self) -> None:
        """A new worker takes over the listening sockets, the old one ends with its last connection."""
        if not self.haproxy_runs or self._haproxy is None:
            raise LabError(f"HAProxy does not run on {self.name}")
        self._write_haproxy()
        loaded = self._loaded()
        self._haproxy.send(signal.SIGUSR2)
        self._await_haproxy(loaded)

    def add_server(self, name: str, address: str) -> None:
        """One more server line; it counts from the next reload or start of HAProxy."""
        self._servers[name] = address

    def remove_server(self, name: str) -> None:
        del self._servers[name]

    def servers(self) -> dict[str, Server]:
        """The KMS nodes, from HAProxy's stats socket. LabError when it does not answer."""
        table = csv.DictReader(io.StringIO(self.ask_haproxy(f"show stat {configs.BACKEND} 4 -1").lstrip("# ")))
        return {
            row["svname"]: Server(row["status"], int(row["scur"] or 0), int(row["lbtot"] or 0))
            for row in table
            if row["svname"] in self._servers
        }

    def server_states(self) -> dict[str, str]:
        """ "UP" or "DOWN" for each KMS node."""
        return {name: server.status.split()[0] for name, server in self.servers().items()}

    def sessions(self, server: str) -> int:
        """How often HAProxy has chosen it for a connection since it started or was reloaded."""
        return self.servers()[server].total

    def _write_haproxy(self) -> None:
        directory = self.host.directory
        replace_file(directory / "haproxy.cfg", configs.haproxy(self._servers))
        replace_file(directory / "lab.cfg", configs.haproxy_beside(self.name, self._servers, directory))

    def _loaded(self) -> int:
        return self._text("haproxy.log").count(_LOADED)

    def _await_haproxy(self, loaded: int) -> None:
        wait_until(
            lambda: self._loaded() > loaded,
            _PATIENCE,
            lambda: f"HAProxy does not start on {self.name}: {self._text('haproxy.log')[-800:]}",
            alive=lambda: self.haproxy_runs,
        )

    def ask_haproxy(self, command: str) -> str:
        """Over its stats socket; LabError when it does not answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(5)
            try:
                connection.connect(str(configs.stats_socket(self.host.directory)))
                connection.sendall(f"{command}\n".encode())
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
            except OSError as error:
                raise LabError(f"HAProxy on {self.name} does not answer: {error}") from error
        return answer.decode()

    # -- the failover daemon -----------------------------------------------------------------------------------------

    @property
    def daemon_runs(self) -> bool:
        return self._daemon is not None and self._daemon.running

    @property
    def daemon_log(self) -> str:
        return self._text(f"{self.duty.daemon}.log")

    def start_daemon(self) -> None:
        """Start it and wait until it takes part."""
        if self.daemon_runs:
            raise LabError(f"{self.duty.daemon} runs on {self.name} already")
        ready = (Vrrpd if self.duty.daemon == VRRPD else Keepalived).ready
        old = len(self.daemon_log)
        process = self._daemon = self._spawn_daemon()
        wait_until(
            lambda: ready.search(self.daemon_log, old) is not None,
            _PATIENCE,
            lambda: f"{self.duty.daemon} does not start on {self.name}: {self.daemon_log[-800:]}",
            alive=lambda: process.running,
        )

    def _spawn_daemon(self) -> Process:
        suffix = "toml" if self.duty.daemon == VRRPD and self.duty.language == "toml" else "conf"
        config = replace_file(self.host.directory / f"{self.duty.daemon}.{suffix}", self.duty.text)
        if self.duty.daemon == KEEPALIVED:
            return Keepalived().run(self.host, config)
        argv = [sys.executable, "-m", "vrrpd", "--config", str(config)]
        argv += ["--run-dir", str(run_directory(self.host)), "--log-to", "console"]
        return self.host.spawn(argv, log="vrrpd.log", env={"PYTHONPATH": str(ROOT)})

    def stop_daemon(self) -> None:
        """Ask it to end in order and wait until it has."""
        if self._daemon is not None and self._daemon.running:
            self._daemon.stop()

    def kill_daemon(self) -> None:
        """SIGKILL to it and its children: its addresses stay."""
        if self._daemon is not None:
            self._daemon.kill()

    def kill_worker(self) -> None:
        """SIGKILL to the process of vrrpd that does the work; its supervisor has to put another one in its place."""
        if self._daemon is not None:
            send_signal(workers(self._daemon.pid)[:1], signal.SIGKILL)

    def reload_daemon(self) -> None:
        """SIGHUP, with the same file."""
        if self._daemon is not None:
            self._daemon.send(signal.SIGHUP)

    def maintenance(self, on: bool) -> None:
        """vrrpd's command; keepalived knows none and is stopped and started."""
        if self.duty.daemon == VRRPD:
            self._ask_vrrpd("maintenance", on=on, instance=None)
        elif on:
            self.stop_daemon()
        else:
            self.start_daemon()

    def _ask_vrrpd(self, command: str, **args: object) -> dict[str, object]:
        return dict(ControlClient(run_directory(self.host) / "control.sock").call(command, **args))

    def status(self) -> dict[str, object] | None:
        """What ``vrrpd status --json`` shows; None under keepalived, which answers nobody."""
        return vrrpd_status(self.host) if self.duty.daemon == VRRPD else None

    def instance(self) -> dict[str, object] | None:
        """The one virtual router of it."""
        status = self.status()
        instances = status["instances"] if status else None
        return dict(instances[0]) if isinstance(instances, list) else None

    def state(self) -> str | None:
        """What the daemon says that it is: "MASTER", "BACKUP", "FAULT", "INIT"; None when it cannot be asked."""
        if not self.daemon_runs or self._daemon is None:
            return None
        if self.duty.daemon == KEEPALIVED:
            return dumps.state(self._daemon, self.host.directory)
        instance = self.instance()
        return None if instance is None else str(instance["state"])

    def adverts_sent(self) -> int | None:
        """By the daemon's own counter; None when it cannot be asked."""
        if not self.daemon_runs or self._daemon is None:
            return None
        if self.duty.daemon == KEEPALIVED:
            return dumps.adverts_sent(self._daemon, self.host.directory)
        return round(self.metrics()["adverts_sent"])

    def metrics(self) -> dict[str, float]:
        """The numbers that monitoring would take from the status; empty under keepalived."""
        instance = self.instance()
        if instance is None:
            return {}
        found = {key: float(value) for key, value in instance.items() if isinstance(value, int | float)}
        statistics = instance["statistics"]
        for key, value in statistics.items() if isinstance(statistics, dict) else ():
            parts = value.items() if isinstance(value, dict) else [("", value)]
            found.update({f"{key}.{part}" if part else key: float(number) for part, number in parts})
        return found

    # -- its network ---------------------------------------------------------------------------------------------------

    def set_carrier(self, up: bool) -> None:
        """The cable."""
        self.host.set_carrier(up)

    def set_link(self, up: bool) -> None:
        self.host.set_link(up)

    # -- power -------------------------------------------------------------------------------------------------------

    def start_service(self) -> None:
        """What comes before the daemon, whose check must not find HAProxy missing."""
        self._hide_syslog()
        self.start_haproxy()

    def crash(self) -> None:
        """Power cut: everything stops at once, nobody is told; the addresses are gone."""
        self.host.crash()
        self._haproxy = self._daemon = None
        self.host.ip(f"addr flush dev {INTERFACE}")

    def restore(self) -> None:
        """Power is back, and all that the node runs with it."""
        self.host.restore()
        self.start_service()
        self.start_daemon()

    def _hide_syslog(self) -> None:
        """The setting's ``log /dev/log local0`` would fill the syslog of the machine that the lab runs on."""
        try:
            target = _SYSLOG.resolve(strict=True)
        except OSError:
            return
        self.host.run(["mount", "--bind", os.devnull, str(target)])

    def _text(self, file: str) -> str:
        path = self.host.directory / file
        return path.read_text(errors="replace") if path.exists() else ""
