"""What one instance costs among few and among thousands: 255 on each interface, as many interfaces as needed."""

import time
from collections.abc import Mapping, Sequence

from netns.bench.usage import Usage
from netns.commands import batch
from netns.host import Host
from netns.kernel import LabError
from netns.lab import Lab
from netns.peers.base import NodeDaemon, RunningNode
from netns.peers.spec import InstanceSpec, NodeSpec

PER_INTERFACE = 255
INTERVAL = 1.0
PATIENCE = 90.0
SETTLING = 3.0


def scale_of(daemon: NodeDaemon, counts: Sequence[int], seconds: float) -> Mapping[str, float]:
    """For each of ``counts``: CPU per 1000 adverts of master and backup, and memory of the master."""
    figures: dict[str, float] = {}
    for count in counts:
        with Lab(clients=0) as lab:
            first, second = lab.routers
            _connect(first, second, -(-count // PER_INTERFACE))
            for name, value in _cost(daemon, lab, count, seconds).items():
                figures[f"{name}, {count} instances"] = value
    return figures


def _connect(first: Host, second: Host, interfaces: int) -> None:
    """A cable of its own for each interface after the first."""
    for number in range(1, interfaces):
        name = f"e{number}"
        ends = f"link add {name} netns {first.namespace} type veth peer name {name} netns {second.namespace}"
        batch(None, [ends])
        for host in (first, second):
            batch(host.namespace, [f"addr add 10.{200 + number}.0.{host.number}/24 dev {name}", f"link set {name} up"])


def _cost(daemon: NodeDaemon, lab: Lab, count: int, seconds: float) -> Mapping[str, float]:
    first, second = lab.routers
    master = _start(daemon, first, count, priority=101)
    _await_addresses(first, count)
    backup = _start(daemon, second, count, priority=100)
    time.sleep(SETTLING + count / 500)
    if _addresses(second):
        raise LabError(f"{daemon.name}: there was not one master of {count} instances")
    nodes, sent = (master, backup), _sent(first)
    before = [Usage.of(node.process.pid) for node in nodes]
    time.sleep(seconds)
    after = [Usage.of(node.process.pid) for node in nodes]
    per_thousand = 1000 / max(1, _sent(first) - sent)
    figures = {
        "CPU per 1000 adverts, master": (after[0].cpu_ms - before[0].cpu_ms) * per_thousand,
        "CPU per 1000 adverts, backup": (after[1].cpu_ms - before[1].cpu_ms) * per_thousand,
        "PSS of the master, MiB": after[0].pss_mib,
    }
    for node in nodes:
        node.kill()
    return figures


def _start(daemon: NodeDaemon, host: Host, count: int, priority: int) -> RunningNode:
    instances = (_instance(number, priority) for number in range(count))
    node = daemon.start(host, NodeSpec(tuple(instances)))
    node.wait_ready(PATIENCE)
    return node


def _instance(number: int, priority: int) -> InstanceSpec:
    place, vrid = divmod(number, PER_INTERFACE)
    return InstanceSpec(
        vrid=vrid + 1,
        priority=priority,
        vips=(f"10.{20 + place}.0.{vrid + 1}",),
        version=3,
        advert_int=INTERVAL,
        interface=f"e{place}" if place else "eth0",
    )


def _addresses(host: Host) -> int:
    return sum("/32 " in line for line in host.run(["ip", "-o", "-4", "addr", "show", "scope", "global"]).splitlines())


def _await_addresses(host: Host, count: int) -> None:
    end = time.monotonic() + PATIENCE
    while (found := _addresses(host)) < count:
        if time.monotonic() > end:
            raise LabError(f"{host.name} has {found} of {count} addresses after {PATIENCE:g} s")
        time.sleep(0.2)


def _sent(host: Host) -> int:
    """Packets that have left through all interfaces; next to nothing but adverts."""
    lines = host.run(["cat", "/proc/net/dev"]).splitlines()[2:]
    return sum(int(line.partition(":")[2].split()[9]) for line in lines if not line.strip().startswith("lo:"))
