"""Debian's keepalived as a node."""

import re
import shutil
from pathlib import Path
from typing import ClassVar, Final

from netns.host import Host
from netns.peers.base import NodeDaemon, RunningNode, replace_file
from netns.peers.spec import InstanceSpec, NodeSpec, ScriptSpec
from netns.process import Process

_PID_FILES: Final = ("keepalived.pid", "vrrp.pid", "checkers.pid")


class Keepalived(NodeDaemon):
    name: ClassVar[str] = "keepalived"
    # The texts of vrrp_check_packet and its callers in keepalived 2.2 that find fault with a packet.
    complaint: ClassVar[re.Pattern[str]] = re.compile(
        r"auth type not AH|vrrp packet too|invalid TTL/HL|wrong version|auth, expecting|invalid passwd|invalid IPSEC"
        r"|interval mismatch|Invalid packet type|unexpected ip number count|ip_tot_len mismatch"
        r"|Expected \w+icast packet|expected \d+ VIPs but received|not present in MASTER advert"
        r"|equal priority advert received"
        r"|Invalid auth type|Invalid VRRPv[23] checksum|Unknown VRID|bogus"
    )

    ready: ClassVar[re.Pattern[str]] = re.compile(r"Entering \w+ STATE")

    def __init__(self, program: str = "/usr/sbin/keepalived") -> None:
        self.program = program

    def missing(self) -> str | None:
        return None if shutil.which(self.program) else f"{self.program} (Debian package keepalived)"

    def write_config(self, host: Host, spec: NodeSpec) -> Path:
        return replace_file(host.directory / "keepalived.conf", render(spec))

    def start(self, host: Host, spec: NodeSpec) -> RunningNode:
        process = self.run(host, self.write_config(host, spec))
        return RunningNode(self, host, spec, process, [host.directory / "keepalived.log"])

    def run(self, host: Host, config: Path) -> Process:
        """Start it with a file that is there already."""
        files = host.directory
        for name in _PID_FILES:
            # A PID namespace gives out the same few numbers again: what is left of a dead one looks alive.
            (files / name).unlink(missing_ok=True)
        # -G: without it syslog() falls back to the slow console where /dev/log is missing.
        argv = [self.program, "-n", "-l", "-G", "-P", "-f", str(config)]
        for option, name in zip(("-p", "-r", "-c"), _PID_FILES, strict=True):
            argv += [option, str(files / name)]
        # What it writes on SIGUSR1 and SIGUSR2 goes where TMPDIR says: every host has its own.
        return host.spawn(argv, log="keepalived.log", env={"TMPDIR": str(files)})


def render(spec: NodeSpec) -> str:
    """A keepalived.conf."""
    blocks = [_block("global_defs", ["script_user root"])] if spec.scripts else []
    blocks += [_script(script) for script in spec.scripts]
    blocks += [_instance(instance) for instance in spec.instances]
    return "\n".join(blocks)


def _script(script: ScriptSpec) -> str:
    lines = [
        f'script "{" ".join(script.command)}"',
        f"interval {script.interval}",
        f"weight {script.weight}",
        f"rise {script.rise}",
        f"fall {script.fall}",
    ]
    return _block(f"vrrp_script {script.name}", lines)


def _instance(instance: InstanceSpec) -> str:
    lines = [
        f"state {instance.state}",
        f"interface {instance.interface}",
        f"virtual_router_id {instance.vrid}",
        f"priority {instance.priority}",
        f"version {instance.version}",
        f"advert_int {instance.advert_int:g}",
    ]
    if instance.nopreempt:
        lines.append("nopreempt")
    if instance.preempt_delay:
        lines.append(f"preempt_delay {instance.preempt_delay:g}")
    if instance.auth:
        lines.append(_block("authentication", ["auth_type PASS", f"auth_pass {instance.auth}"]))
    lines.append(_block("virtual_ipaddress", instance.vips))
    if instance.track_script:
        lines.append(_block("track_script", instance.track_script))
    return _block(f"vrrp_instance {instance.name}", lines)


def _block(head: str, lines: list[str] | tuple[str, ...]) -> str:
    return "\n".join([f"{head} {{", *lines, "}"])
