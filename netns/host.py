"""One host of the lab: a network namespace, and PID and mount namespaces for what runs in it."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from netns import kernel
from netns.bridge import Bridge
from netns.commands import batch, ip_batch, output
from netns.kernel import LabError
from netns.process import Process, pids_in_namespace, send_signal

P = ParamSpec("P")
T = TypeVar("T")

INTERFACE: Final = "eth0"
TTL_BASE: Final = 60
"""A router's answers carry TTL 60 + its number, so that a client can tell who answered."""

_SYSCTLS: Final = (
    ("net/ipv6/conf/default/accept_dad", "0"),
    ("net/ipv6/conf/all/accept_dad", "0"),
    ("net/ipv6/conf/default/router_solicitations", "0"),
    ("net/ipv4/conf/all/rp_filter", "0"),
    ("net/ipv4/conf/default/rp_filter", "0"),
    ("net/ipv4/conf/all/arp_ignore", "0"),
    ("net/ipv4/conf/default/arp_ignore", "0"),
    ("net/ipv4/conf/all/arp_announce", "0"),
    ("net/ipv4/conf/default/arp_announce", "0"),
)

# PID 1 of a host: reaps what is orphaned (SIGCHLD ignored; dash's trap does not keep it so) and ends, and the host with
# it, when the lab's end of its standard input is closed, even if the lab was killed.
_INIT: Final = (
    "mount -t proc proc /proc && mount -t sysfs sysfs /sys && echo ready"
    " && exec env --ignore-signal=CHLD cat >/dev/null"
)


class _Boot:
    """The namespaces of a running host, held by its PID 1."""

    def __init__(self, network: int) -> None:
        self.init = kernel.in_thread(self._start, network)
        self.pid_namespace = -1
        self.mounts = -1
        self.pid_inode = 0

    @staticmethod
    def _start(network: int) -> subprocess.Popen[bytes]:
        kernel.setns(network, kernel.CLONE_NEWNET)
        kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWPID)
        kernel.make_mounts_follow()
        return subprocess.Popen(
            ["/bin/sh", "-c", _INIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, cwd="/"
        )

    def wait_ready(self) -> None:
        if self.init.stdout is None or self.init.stdout.readline() != b"ready\n":
            raise LabError("the first process of a host did not start")
        self.pid_namespace = kernel.open_handle(f"/proc/{self.init.pid}/ns/pid")
        self.mounts = kernel.open_handle(f"/proc/{self.init.pid}/ns/mnt")
        self.pid_inode = os.fstat(self.pid_namespace).st_ino

    def kill(self) -> None:
        """The kernel ends every process of a PID namespace with its PID 1."""
        send_signal([self.init.pid], signal.SIGKILL)

    def close(self) -> None:
        self.init.wait()
        for pipe in (self.init.stdin, self.init.stdout):
            if pipe is not None:
                pipe.close()
        for descriptor in (self.pid_namespace, self.mounts):
            if descriptor >= 0:
                os.close(descriptor)
        self.pid_namespace = self.mounts = -1


class Host:
    """A machine of the lab with one interface, eth0, on the bridge.

    ``number`` is the last part of its addresses (192.168.1.N/24, fd00:1::N/64) and of its MAC.
    """

    def __init__(self, bridge: Bridge, name: str, number: int, namespace: str, directory: Path, ttl: int) -> None:
        self.name = name
        self.number = number
        self.namespace = namespace
        self.directory = directory
        self.address = IPv4Address(f"192.168.1.{number}")
        self.address6 = IPv6Address(f"fd00:1::{number}")
        self.mac = f"02:00:00:00:00:{number:02x}"
        self.ttl = ttl
        self.processes: list[Process] = []
        self._bridge = bridge
        self._network = -1
        self._control: socket.socket | None = None
        self._boot: _Boot | None = None

    # -- built and taken down by the lab ---------------------------------------------------------------------------

    def prepare(self) -> None:
        """Open the namespace and set what must be set before an interface comes into it."""
        self.directory.mkdir(mode=0o755)
        self._network = kernel.open_handle(f"/run/netns/{self.namespace}")
        settings = [*_SYSCTLS, ("net/ipv4/ip_default_ttl", str(self.ttl))]
        settings += [(f"net/ipv6/conf/{which}/hop_limit", str(self.ttl)) for which in ("default", "all")]
        kernel.in_namespace(self._network, kernel.write_sysctls, settings)
        self._control = kernel.in_namespace(self._network, socket.socket, socket.AF_INET, socket.SOCK_DGRAM)

    def address_commands(self) -> list[str]:
        return [
            f"link set {INTERFACE} up",
            f"addr replace {self.address}/24 brd + dev {INTERFACE}",
            f"addr replace {self.address6}/64 dev {INTERFACE}",
        ]

    def configure(self) -> subprocess.Popen[bytes]:
        return ip_batch(self.namespace, ["link set lo up", *self.address_commands()])

    def boot(self) -> None:
        self._boot = _Boot(self._network)

    def wait_ready(self) -> None:
        self.booted.wait_ready()

    def close(self) -> None:
        self._power_off()
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._network >= 0:
            os.close(self._network)
            self._network = -1

    @property
    def booted(self) -> _Boot:
        if self._boot is None:
            raise LabError(f"{self.name} is not running")
        return self._boot

    @property
    def running(self) -> bool:
        return self._boot is not None

    # -- programs --------------------------------------------------------------------------------------------------

    def spawn(
        self,
        argv: Sequence[str],
        *,
        log: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Process:
        """Start a program in this host, in a process group of its own.

        ``log`` is a file name in the host's directory for what it prints (None: nowhere); ``env`` is added to ours.
        """
        if log is None:
            return self._spawn(argv, None, subprocess.DEVNULL, subprocess.DEVNULL, env)
        path = self.directory / log
        with path.open("ab") as sink:
            return self._spawn(argv, path, subprocess.DEVNULL, sink.fileno(), env)

    def spawn_piped(self, argv: Sequence[str]) -> Process:
        """Start a program with pipes as its standard input and output (``Process.close_input`` and ``output``)."""
        return self._spawn(argv, None, subprocess.PIPE, subprocess.PIPE, None)

    def _spawn(
        self, argv: Sequence[str], log: Path | None, stdin: int, stdout: int, env: Mapping[str, str] | None
    ) -> Process:
        boot = self.booted

        def body() -> tuple[subprocess.Popen[bytes], int]:
            self._enter(boot)
            started_at = time.time_ns()
            return subprocess.Popen(
                argv,
                stdin=stdin,
                stdout=stdout,
                stderr=None if stdin == subprocess.PIPE else subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=self.directory,
                start_new_session=True,
            ), started_at

        popen, started_at = kernel.in_thread(body)
        # Made here: a thread that has changed its PID namespace cannot start others.
        process = Process(popen, tuple(argv), log, started_at)
        self.processes.append(process)
        return process

    def run(self, argv: Sequence[str], *, check: bool = True, timeout: float = 30) -> str:
        """Run a program to its end in this host; returns what it printed. Raises LabError if it fails."""
        boot = self.booted

        def body() -> str:
            self._enter(boot)
            return output(argv, check=check, timeout=timeout)

        return kernel.in_thread(body)

    def _enter(self, boot: _Boot) -> None:
        kernel.unshare(kernel.CLONE_FS)
        kernel.setns(self._network, kernel.CLONE_NEWNET)
        kernel.setns(boot.pid_namespace, kernel.CLONE_NEWPID)
        kernel.setns(boot.mounts, kernel.CLONE_NEWNS)

    def enter(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work`` in a thread inside the host's network namespace; sockets it opens stay there."""
        return kernel.in_namespace(self._network, work, *args, **kwargs)

    def pids(self) -> list[int]:
        """Every process of the host except its PID 1, as the lab sees them."""
        if self._boot is None:
            return []
        return [pid for pid in pids_in_namespace("ns/pid", self._boot.pid_inode) if pid != self._boot.init.pid]

    # -- faults ----------------------------------------------------------------------------------------------------

    def crash(self) -> int:
        """Power failure: everything stops, the port is cut, everything is killed. Returns when (ns).

        Nobody in the host sees its carrier go, and no farewell escapes.
        """
        pids = self.pids()
        crashed_at = time.time_ns()
        send_signal(pids, signal.SIGSTOP)
        self._bridge.set_port(self.name, up=False)
        self._power_off()
        return crashed_at

    def _power_off(self) -> None:
        boot, self._boot = self._boot, None
        if boot is None:
            return
        boot.kill()
        for process in self.processes:
            process.join()
        self.processes.clear()
        boot.close()

    def restore(self) -> int:
        """Power is back: only the host's own addresses, no programs, carrier. Returns when (ns)."""
        if self._boot is not None:
            raise LabError(f"{self.name} is running already")
        extra = [name for _, name in self.enter(socket.if_nameindex) if name not in {"lo", INTERFACE}]
        batch(self.namespace, [f"link del {name}" for name in extra])
        # Down and up again: the kernel makes the link-local address anew.
        commands = [f"addr flush dev {INTERFACE}", f"link set {INTERFACE} down", *self.address_commands()]
        batch(self.namespace, commands)
        self.boot()
        self.wait_ready()
        restored_at = time.time_ns()
        self._bridge.set_port(self.name, up=True)
        return restored_at

    def set_carrier(self, up: bool) -> int:
        """Pull or plug the cable: the port of the bridge. Returns when (ns)."""
        changed_at = time.time_ns()
        self._bridge.set_port(self.name, up=up)
        return changed_at

    def set_link(self, up: bool) -> int:
        """``ip link set eth0 up|down`` inside the host. Returns when (ns)."""
        if self._control is None:
            raise LabError(f"{self.name} is closed")
        changed_at = time.time_ns()
        kernel.set_interface_up(self._control, INTERFACE, up)
        if up:
            # IPv6 addresses go with the link and do not come back by themselves
            batch(self.namespace, [f"addr replace {self.address6}/64 dev {INTERFACE}"])
        return changed_at

    def isolate(self, *, sending: bool = True, hearing: bool = True) -> int:
        """Partition: nothing that this host sends arrives, or nothing reaches it, or both. Returns when (ns)."""
        return self._bridge.drop(self.name, sending=100 if sending else 0, hearing=100 if hearing else 0)

    def random_loss(self, percent: int, *, sending: bool = True, hearing: bool = False) -> int:
        """Drop that share (0..100) of the frames in the given directions. Returns when (ns)."""
        return self._bridge.drop(self.name, sending=percent if sending else 0, hearing=percent if hearing else 0)

    def join(self) -> int:
        """End of ``isolate`` or ``random_loss``. Returns when (ns)."""
        return self._bridge.drop(self.name, sending=0, hearing=0)

    def remove_interface(self) -> int:
        """Delete eth0, as when a network card is pulled. Returns when (ns)."""
        removed_at = time.time_ns()
        self._bridge.remove_port(self.name)
        return removed_at

    def create_interface(self) -> int:
        """Make a new eth0 (with another index) with the host's addresses. Returns when (ns)."""
        created_at = time.time_ns()
        self._bridge.add_ports([(self.name, self.mac, self.namespace)])
        batch(self.namespace, self.address_commands())
        return created_at

    def rename_interface(self, old: str, new: str) -> int:
        """Rename an interface (it goes down for a moment, as old kernels demand). Returns when (ns)."""
        renamed_at = time.time_ns()
        commands = [f"link set {old} down", f"link set {old} name {new}", f"link set {new} up"]
        batch(self.namespace, [*commands, f"addr replace {self.address6}/64 dev {new}"])
        return renamed_at

    def ip(self, *commands: str) -> int:
        """Run lines of ``ip`` in the network namespace, from outside the host. Returns when they began (ns)."""
        began_at = time.time_ns()
        batch(self.namespace, commands)
        return began_at

    def holds(self, address: str) -> bool:
        """Is the address on an interface of this host that is up?"""
        shown = output(["ip", "-n", self.namespace, "-o", "addr", "show", "up"])
        return any(line.split()[3].partition("/")[0] == address for line in shown.splitlines())
