"""FRR's vrrpd as a node: zebra, vrrpd, and a macvlan for each virtual router made beforehand."""

import re
import shutil
import time
from pathlib import Path
from typing import ClassVar, Final

from netns import kernel
from netns.host import Host
from netns.kernel import LabError
from netns.peers.base import NodeDaemon, RunningNode, replace_file
from netns.peers.spec import NodeSpec
from netns.process import Process

LIBRARY: Final = Path("/usr/lib/frr")
_ZEBRA_SECONDS: Final = 10.0


class FrrNode(RunningNode):
    """FRR's vrrpd says farewell at SIGTERM; zebra goes after it."""

    def __init__(self, daemon: NodeDaemon, host: Host, spec: NodeSpec, zebra: Process, process: Process) -> None:
        super().__init__(daemon, host, spec, process, [host.directory / "frr.log"])
        self._zebra = zebra

    def stop(self) -> int:
        began_at = super().stop()
        self._zebra.stop()
        return began_at

    def kill(self) -> int:
        began_at = super().kill()
        self._zebra.kill()
        return began_at


class Frr(NodeDaemon):
    """Neither scripts nor authentication.

    A BACKUP keeps the address on a macvlan that is only protodown, and the kernel still answers ARP and ICMP there
    (FRR issue 16696), so a client cannot see a failover: only adverts, announcements and the macvlan's carrier count.
    """

    name: ClassVar[str] = "frr"
    complaint: ClassVar[re.Pattern[str]] = re.compile(r"Datagram invalid|\bBad \w+")
    ready: ClassVar[re.Pattern[str]] = re.compile(r"Initialize -> \w+")
    carries_traffic: ClassVar[bool] = False

    def missing(self) -> str | None:
        return None if shutil.which(LIBRARY / "vrrpd") else "FRR's vrrpd (Debian package frr)"

    def unsupported(self, spec: NodeSpec) -> str | None:
        if any(instance.auth for instance in spec.instances):
            return "FRR's vrrpd has no authentication"
        if any(":" in vip for instance in spec.instances for vip in instance.vips):
            return "the lab prepares FRR's macvlans for IPv4 only"
        if spec.scripts:
            return "FRR's vrrpd has no scripts"
        return None

    def link_of(self, vrid: int) -> str | None:
        return f"v4-{vrid}"

    def write_config(self, host: Host, spec: NodeSpec) -> Path:
        lines = [f"hostname {host.name}", "log timestamp precision 6", "debug vrrp protocol", "debug vrrp packets"]
        lines.append("interface eth0")
        for instance in spec.instances:
            lines += [
                f" vrrp {instance.vrid} version {instance.version}",
                f" vrrp {instance.vrid} priority {instance.priority}",
                f" vrrp {instance.vrid} advertisement-interval {round(instance.advert_int * 1000)}",
            ]
            lines += [f" vrrp {instance.vrid} ip {vip}" for vip in instance.vips]
            if instance.nopreempt:
                lines.append(f" no vrrp {instance.vrid} preempt")
        replace_file(host.directory / "zebra.conf", f"hostname {host.name}\n")
        return replace_file(host.directory / "frr-vrrpd.conf", "\n".join(lines) + "\n")

    def start(self, host: Host, spec: NodeSpec) -> RunningNode:
        _make_macvlans(host, spec)
        config = self.write_config(host, spec)
        files = host.directory
        (files / "frr").mkdir(exist_ok=True)
        log = files / "frr.log"
        log.touch()
        for path in (files / "frr", log):
            shutil.chown(path, "frr", "frr")
        socket = files / "frr" / "zserv.api"
        socket.unlink(missing_ok=True)
        common = ["-u", "frr", "-g", "frr", "--vty_socket", f"{files}/frr", "-z", str(socket), "-P", "0"]
        common += ["--log", f"file:{log}", "--log-level", "debugging"]
        zebra = host.spawn(
            [f"{LIBRARY}/zebra", "-f", f"{files}/zebra.conf", "-i", f"{files}/frr/zebra.pid", *common], log="zebra.out"
        )
        _wait_for(socket)
        argv = [f"{LIBRARY}/vrrpd", "-f", str(config), "-i", f"{files}/frr/vrrpd.pid", *common]
        return FrrNode(self, host, spec, zebra, host.spawn(argv, log="frr-vrrpd.out"))


def _make_macvlans(host: Host, spec: NodeSpec) -> None:
    # Otherwise eth0 answers ARP for the address of a macvlan that is protodown.
    settings = [(f"net/ipv4/conf/{c}/{key}", v) for c in ("all", "eth0") for key, v in _ARP.items()]
    host.enter(kernel.write_sysctls, settings)
    shown = host.run(["ip", "-o", "link"])
    commands = []
    for instance in spec.instances:
        device = f"v4-{instance.vrid}"
        if f" {device}@" in shown:
            continue
        mac = f"00:00:5e:00:01:{instance.vrid:02x}"
        commands.append(f"link add {device} link eth0 address {mac} type macvlan mode bridge")
        commands += [f"addr add {vip}/32 dev {device}" for vip in instance.vips]
        commands += [f"link set {device} protodown on", f"link set {device} up"]
    host.ip(*commands)


_ARP: Final = {"arp_ignore": "1", "arp_announce": "2"}


def _wait_for(socket: Path) -> None:
    end = time.monotonic() + _ZEBRA_SECONDS
    while not socket.exists():
        if time.monotonic() > end:
            raise LabError(f"zebra did not make {socket} within {_ZEBRA_SECONDS:g} s")
        time.sleep(0.02)
