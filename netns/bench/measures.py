"""What is measured. Each measure runs one daemon on both routers of a fresh lab and returns figures by name.

Times are ms unless the name says otherwise, taken from the kernel's stamps of frames and of address changes.
"""

import itertools
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from netns.bench.scale import scale_of
from netns.bench.usage import Usage
from netns.kernel import LabError
from netns.peers import DAEMONS
from netns.peers.base import NodeDaemon
from netns.peers.spec import VIP, InstanceSpec, NodeSpec, ScriptSpec
from netns.probe import PingProbe
from netns.process import descendants, send_signal
from netns.scenarios.haproxy import SCRIPT, LoadBalancers
from netns.stage import Stage

OWNER = 255
PATIENCE = 30.0
WATCHED = 8.0
"""Seconds in which a worker that died is replaced, or another node takes over and gives back."""
VIPS_OF_ONE = 20
"""keepalived has an advertisement name no more without being told otherwise."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How large: instances and their interval (s), seconds of watching, addresses; ``many`` instances for ``scale``.

    ``phase``: the part of an interval (0..1) between the last advertisement and what is done to the master.
    """

    instances: int = 255
    interval: float = 0.1
    seconds: float = 10.0
    addresses: int = 1000
    phase: float = 0.5
    many: int = 4080


Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Measure:
    """``headline`` is the figure that is compared first."""

    name: str
    summary: str
    headline: str
    run: Callable[[NodeDaemon, Scale], Figures]


def crash(daemon: NodeDaemon, scale: Scale) -> Figures:
    with _pair(daemon, NodeSpec((InstanceSpec(),))) as stage:
        _await_phase(stage, scale)
        return _outage(stage, stage.crash("r1"))


def crash_asking(probe: str, daemon: NodeDaemon, scale: Scale) -> Figures:
    """Where there is fast failover also with keepalived as the master that dies."""
    spec = NodeSpec((InstanceSpec(probe=probe),))
    with _pair(daemon, spec) as stage:
        _await_phase(stage, scale)
        figures = _outage(stage, stage.crash("r1"))
    if daemon.name != "vrrpd" or DAEMONS["keepalived"].missing() is not None:
        return figures
    with _pair(daemon, spec, first=DAEMONS["keepalived"]) as stage:
        _await_phase(stage, scale)
        behind = _outage(stage, stage.crash("r1"))
    return {**figures, **{f"{name}, the master is keepalived": value for name, value in behind.items()}}


def demotion(daemon: NodeDaemon, scale: Scale) -> Figures:
    """The master's check fails; weight 2 is what it was better by."""
    spec = NodeSpec((InstanceSpec(probe="overdue"),))
    with Stage("bench", {"r1": daemon, "r2": daemon}) as stage:
        healthy = stage.lab["r1"].directory / "healthy"
        healthy.touch()
        check = ScriptSpec("check", ("/usr/bin/test", "-f", str(healthy)), weight=2)
        (instance,) = spec.instances
        stage.start("r1", NodeSpec((replace(instance, priority=101, track_script=("check",)),), (check,)))
        stage.start("r2", NodeSpec((replace(instance, priority=102),)))
        if stage.capture.wait_for_advert(PATIENCE, host="r1", priority=103, since=0) is None:
            raise LabError(f"{daemon.name}: r1 does not become master with the weight of its check")
        time.sleep(2.0)
        _await_phase(stage, scale)
        healthy.unlink()
        lower = stage.capture.wait_for_advert(PATIENCE, host="r1", priority=101, since=0)
        if lower is None:
            raise LabError(f"{daemon.name}: the priority of r1 does not fall")
        taken = stage.await_advert("r2", PATIENCE, since=lower.time_ns)
        time.sleep(0.5)
        return {
            "first lower advert to takeover": (taken.time_ns - lower.time_ns) / 1e6,
            "outage": _pings(stage).outage(lower.time_ns).ms,
        }


def stop(daemon: NodeDaemon, _scale: Scale) -> Figures:
    with _pair(daemon, NodeSpec((InstanceSpec(),))) as stage:
        at = stage.nodes["r1"].stop()
        return _outage(stage, at)


def worker(daemon: NodeDaemon, scale: Scale) -> Figures:
    """The process that works dies, be it all there is. Whether others then take over, and back, shows after a while."""
    with _pair(daemon, NodeSpec((InstanceSpec(),))) as stage:
        _await_phase(stage, scale)
        family = descendants(stage.nodes["r1"].process.pid)
        at = time.time_ns()
        send_signal(family[1:] or family, signal.SIGKILL)
        time.sleep(WATCHED)
        figures = {"adverts of the other node": float(len(stage.capture.adverts("r2", since=at)))}
        if stage.pings is None:
            return figures
        answers = [reply.host for reply in stage.pings.replies(since=at)]
        changes = sum(before != after for before, after in itertools.pairwise(["r1", *answers]))
        return {"replies lost": stage.pings.lost_ms(at), "changes of master": float(changes), **figures}


def adverts(daemon: NodeDaemon, scale: Scale) -> Figures:
    with _pair(daemon, many(scale)) as stage:
        time.sleep(2.0)
        before = {name: Usage.of(node.process.pid) for name, node in stage.nodes.items()}
        since = time.time_ns()
        time.sleep(scale.seconds)
        until = time.time_ns()
        after = {name: Usage.of(node.process.pid) for name, node in stage.nodes.items()}
        seen = stage.capture.adverts("r1", since=since, until=until)
        if not seen or stage.capture.adverts("r2", since=since, until=until):
            raise LabError(f"{daemon.name}: there was not one master")
        per_thousand = 1000 / len(seen)
        return {
            "CPU per 1000 adverts, master": (after["r1"].cpu_ms - before["r1"].cpu_ms) * per_thousand,
            "CPU per 1000 adverts, backup": (after["r2"].cpu_ms - before["r2"].cpu_ms) * per_thousand,
            "PSS of the master, MiB": after["r1"].pss_mib,
            "longest gap between adverts, intervals": _longest_gap(stage, since, until) / 1e3 / scale.interval,
        }


def addresses(daemon: NodeDaemon, scale: Scale) -> Figures:
    """As many instances as it takes, all of which are taken over at once."""
    _require_addresses(daemon)
    spec = _shared_out(scale.addresses)
    wanted = {vip for instance in spec.instances for vip in instance.vips}
    with _pair(daemon, spec) as stage:
        _await_addresses(stage, "r1", wanted, since=0)
        time.sleep(1.0)
        at = stage.nodes["r1"].stop()
        present = _await_addresses(stage, "r2", wanted, since=at)
        time.sleep(0.5)
        first = stage.first_advert_of("r2", at)
        heard = {item.vrid: item.time_ns for item in reversed(stage.capture.adverts("r2", since=at))}
        announced = {item.address: item.time_ns for item in reversed(stage.capture.garps("r2", since=at))}
        if not wanted <= announced.keys():
            raise LabError(f"{daemon.name}: {len(wanted - announced.keys())} addresses were not announced")
        return {
            "until all are present": (present - first) / 1e6,
            "until all are announced": (max(announced[vip] for vip in wanted) - first) / 1e6,
            "until all instances have advertised": (max(heard.values()) - first) / 1e6,
        }


def reload(daemon: NodeDaemon, _scale: Scale) -> Figures:
    _require_addresses(daemon)
    spec = NodeSpec((InstanceSpec(),))
    with _pair(daemon, spec) as stage:
        new = "192.168.1.99"
        (instance,) = stage.nodes["r1"].spec.instances
        began = time.time_ns()
        at = stage.nodes["r1"].reload(NodeSpec((replace(instance, vips=(*instance.vips, new)),)))
        found = stage.monitor.wait_for_address("r1", new, PATIENCE, since=at)
        if found is None:
            raise LabError(f"{daemon.name} did not add the address: {stage.nodes['r1'].log()[-300:]}")
        time.sleep(2.5)
        return {
            "until the new address is present": (found.time_ns - at) / 1e6,
            "replies lost meanwhile": _pings(stage).lost_ms(began),
            "longest gap between adverts": _longest_gap(stage, began - 2_000_000_000, time.time_ns()),
        }


def service(daemon: NodeDaemon, scale: Scale) -> Figures:
    """HAProxy of the master is killed; the phase is that of the script's beat, which begins with the daemon."""
    with Stage("service", {"r1": daemon, "r2": daemon}, backends=2) as stage:
        pair = LoadBalancers(stage, fast=True)
        pair.settle()
        age = (time.time_ns() - stage.nodes["r1"].process.started_at) / 1e9
        time.sleep((scale.phase * SCRIPT.interval - age) % SCRIPT.interval)
        outage = pair.expect("r2", pair.kill_service("r1"), "killed")
        return {"until the other node serves": outage.ms}


def start(daemon: NodeDaemon, _scale: Scale) -> Figures:
    with Stage("start", {"r1": daemon, "r2": daemon}) as stage:
        node = stage.start("r1", NodeSpec((InstanceSpec(priority=OWNER, state="MASTER"),)))
        advert = stage.await_advert("r1", PATIENCE)
        time.sleep(1.0)
        usage = Usage.of(node.process.pid)
        return {"until the first advert": (advert.time_ns - node.process.started_at) / 1e6, "PSS, MiB": usage.pss_mib}


def scale(daemon: NodeDaemon, scale: Scale) -> Figures:
    return scale_of(daemon, sorted({1, scale.instances, scale.many}), scale.seconds)


MEASURES = (
    Measure("crash", "the master's machine dies: outage that a client sees", "outage", crash),
    Measure("crash-overdue", "the same with fast_failover, vrrpd's own", "outage", partial(crash_asking, "overdue")),
    Measure("crash-always", "the same with probe always", "outage", partial(crash_asking, "always")),
    Measure("demotion", "the master's check fails, with fast_failover", "first lower advert to takeover", demotion),
    Measure("stop", "the master is asked to stop: outage that a client sees", "outage", stop),
    Measure("worker", "the master's worker process is killed: time (ms) of lost replies", "replies lost", worker),
    Measure("adverts", "many instances at a short interval: what they cost", "CPU per 1000 adverts, master", adverts),
    Measure(
        "scale", "what one instance among few or thousands costs, at advert_int 1", "PSS of the master, MiB", scale
    ),
    Measure("addresses", "many addresses are taken over at once", "until all are announced", addresses),
    Measure("reload", "SIGHUP with one address more", "until the new address is present", reload),
    Measure(
        "service",
        "HAProxy of the master is killed (checked every 2 s; vrrpd with fast_failover): outage that a client sees",
        "until the other node serves",
        service,
    ),
    Measure("start", "one node alone, owner of its address: from exec", "until the first advert", start),
)


def many(scale: Scale) -> NodeSpec:
    """One instance for each VRID."""
    return NodeSpec(
        tuple(
            InstanceSpec(vrid=vrid, vips=(_address(vrid),), version=3, advert_int=scale.interval)
            for vrid in range(1, scale.instances + 1)
        )
    )


def _shared_out(count: int) -> NodeSpec:
    groups = range(0, count, VIPS_OF_ONE)
    return NodeSpec(
        tuple(
            InstanceSpec(vrid=vrid, vips=tuple(_address(n) for n in range(start, min(count, start + VIPS_OF_ONE))))
            for vrid, start in enumerate(groups, 1)
        )
    )


def _address(number: int) -> str:
    return f"10.20.{number // 250}.{number % 250 + 1}"


def _require_addresses(daemon: NodeDaemon) -> None:
    if daemon.link_of(InstanceSpec().vrid) is not None:
        raise LabError("it adds no addresses: they stand on interfaces that it switches on and off")


def _pair(daemon: NodeDaemon, spec: NodeSpec, first: NodeDaemon | None = None) -> Stage:
    """r1 (``first``, if it is another) is the only master, r2 its backup; a client's pings get through if there is the
    usual address.
    """
    instance = spec.instances[0]
    with ExitStack() as until_it_stands:
        stage = until_it_stands.enter_context(
            Stage("bench", {"r1": first or daemon, "r2": daemon}, vip=instance.vips[0], vrid=instance.vrid)
        )
        stage.start("r1", _with_priority(spec, 101))
        stage.start("r2", _with_priority(spec, 100))
        if not stage.await_sole_holder("r1", PATIENCE):
            raise LabError(f"{daemon.name}: r1 does not hold the address alone")
        if instance.vips == (VIP,) and stage.pings is not None and not stage.pings.wait_for_reply(PATIENCE, host="r1"):
            raise LabError(f"{daemon.name}: nobody answers pings")
        time.sleep(1.5)
        until_it_stands.pop_all()
    return stage


def _with_priority(spec: NodeSpec, priority: int) -> NodeSpec:
    return NodeSpec(tuple(replace(instance, priority=priority) for instance in spec.instances))


def _await_phase(stage: Stage, scale: Scale) -> None:
    """An advertisement of r1, and then the phase of what is an interval of a second."""
    stage.await_advert("r1", PATIENCE, since=time.time_ns())
    time.sleep(scale.phase * InstanceSpec().advert_int)


def _outage(stage: Stage, at: int) -> Figures:
    advert = stage.await_advert("r2", PATIENCE, since=at)
    figures = {"until the other node advertises": (advert.time_ns - at) / 1e6}
    if stage.pings is None:
        return figures
    if stage.pings.wait_for_reply(PATIENCE, host="r2", since=at) is None:
        raise LabError("the other node does not answer")
    return {"outage": stage.pings.outage(at).ms, **figures}


def _pings(stage: Stage) -> PingProbe:
    if stage.pings is None:
        raise LabError("a client's pings cannot tell which node answers")
    return stage.pings


def _await_addresses(stage: Stage, host: str, wanted: set[str], *, since: int) -> int:
    """When the last of them came (ns)."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        came = {c.address: c.time_ns for c in stage.monitor.addresses(host) if c.present and c.time_ns >= since}
        if wanted <= came.keys():
            return max(came[address] for address in wanted)
        time.sleep(0.05)
    raise LabError(f"{host} has {len(wanted & came.keys())} of {len(wanted)} addresses after {PATIENCE:g} s")


def _longest_gap(stage: Stage, since: int, until: int) -> float:
    """Between two adverts of one virtual router of r1."""
    by_router: dict[int, list[int]] = {}
    for advert in stage.capture.adverts("r1", since=since, until=until):
        by_router.setdefault(advert.vrid, []).append(advert.time_ns)
    gaps = [b - a for times in by_router.values() for a, b in itertools.pairwise(times)]
    return max(gaps, default=0) / 1e6
