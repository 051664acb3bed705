"""How the nodes are doing, asked in the way that each daemon allows."""

import re
from dataclasses import dataclass
from typing import Final

from netns.demo.pair import LoadBalancer, Pair
from vrrpd.control.client import ControlClient
from vrrpd.control.status import read_status
from vrrpd.errors import ControlError

KEEPALIVED_STATE: Final = re.compile(r"Entering (\w+) STATE")
KEEPALIVED_PRIORITY: Final = re.compile(r"Changing effective priority from \d+ to (\d+)")


@dataclass(frozen=True, slots=True)
class Look:
    """One node at one moment; ``why`` is the daemon's own reason for its state."""

    name: str
    address: str
    power: bool
    state: str
    priority: str
    haproxy: bool
    holds_vip: bool
    why: str


def look_at(node: LoadBalancer) -> Look:
    state, priority, why = _daemon(node) if node.host.running and node.daemon_runs() else ("-", "-", "")
    haproxy = node.host.running and node.haproxy_runs()
    return Look(node.name, node.address, node.host.running, state, priority, haproxy, node.holds_vip(), why)


def look_at_all(pair: Pair) -> tuple[Look, ...]:
    return tuple(look_at(node) for node in pair.nodes)


def _daemon(node: LoadBalancer) -> tuple[str, str, str]:
    return _keepalived(node) if node.daemon == "keepalived" else _vrrpd(node)


def _vrrpd(node: LoadBalancer) -> tuple[str, str, str]:
    try:
        status = read_status(ControlClient(node.run_dir / "control.sock", timeout=1.0).call("status"))
    except ControlError:
        return "starting", "-", ""
    instance = status["instances"][0]
    priority = f"{instance['base_priority']} -> {instance['effective_priority']}"
    return instance["state"], priority, instance["detail"]


def _keepalived(node: LoadBalancer) -> tuple[str, str, str]:
    """It has no status command; its log tells."""
    log = node.vrrp.log() if node.vrrp else ""
    states, priorities = KEEPALIVED_STATE.findall(log), KEEPALIVED_PRIORITY.findall(log)
    base = node.config.vrrp_instances[0].priority
    return states[-1] if states else "starting", f"{base} -> {priorities[-1] if priorities else base}", ""
