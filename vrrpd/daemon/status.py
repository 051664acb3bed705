"""What the daemon answers to ``status``: the election's view, and the kernel's word on the addresses."""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from vrrpd import __version__
from vrrpd.config.model import VirtualAddress
from vrrpd.control.commands import Access, Caller, Command, no_arguments
from vrrpd.control.status import (
    AddressStatus,
    DaemonStatus,
    GroupStatus,
    InstanceStatus,
    MasterStatus,
    PeerStatus,
    ProbeStatus,
    RefusedUpgrade,
    SilentPeerStatus,
    StatusResult,
    TrackerStatus,
    UnableStatus,
    WorkerDeath,
)
from vrrpd.core.effects import State
from vrrpd.core.node import Node
from vrrpd.core.timers import Timer
from vrrpd.daemon.kernel_form import Standing, key_of, standing
from vrrpd.daemon.plan import InstancePlan
from vrrpd.daemon.post import Death
from vrrpd.daemon.prober import ProbeReport
from vrrpd.daemon.trackers import TrackerReport, Trackers
from vrrpd.linux.clock import now as read_clock
from vrrpd.linux.interfaces import InterfaceWatch
from vrrpd.linux.realtime import describe
from vrrpd.observe.counters import plain_counters
from vrrpd.units import Address, Instant, between
from vrrpd.view import PeerView, SyncGroupView, VirtualRouterView, group_views_of, views_of


class StatusReporter:
    """``config`` is the path of the configuration, for people; ``started`` when the daemon did."""

    def __init__(
        self,
        plans: Sequence[InstancePlan],
        node: Node,
        watch: InterfaceWatch,
        trackers: Trackers,
        config: str,
        started: Instant,
    ) -> None:
        self._plans = plans
        self._node = node
        self._watch = watch
        self._trackers = trackers
        self._config = config
        self.started = started
        self.main_pid = os.getpid()
        self.deaths: Sequence[Death] = ()
        self.refused_upgrade: RefusedUpgrade | None = None
        self.silent_peers: Callable[[str], Sequence[PeerView]] = lambda _: ()
        self.probe: Callable[[str], ProbeReport | None] = lambda _: None
        self.rival: Callable[[str], str | None] = lambda _: None
        self.static_addresses: Callable[[], Iterable[tuple[VirtualAddress, str]]] = tuple

    def command(self) -> Command:
        return Command("status", Access.READ, self._answer, "Show every instance: state, master, addresses, trackers.")

    def status(self) -> StatusResult:
        now = read_clock()
        daemon = DaemonStatus(
            version=__version__,
            pid=self.main_pid,
            worker_pid=os.getpid(),
            uptime=between(self.started, now),
            config=self._config,
            worker_deaths=[WorkerDeath(at=death.at, pid=death.pid, how=death.how) for death in self.deaths],
            refused_upgrade=self.refused_upgrade,
            scheduling=describe(),
        )
        views = {view.name: view for view in views_of(self._node, now)}
        return StatusResult(
            daemon=daemon,
            instances=[self._instance(plan, views[plan.name], now) for plan in self._plans],
            groups=[_group(view, now) for view in group_views_of(self._node, now)],
            static_addresses=self._statics(),
        )

    def replace(self, plans: Sequence[InstancePlan]) -> None:
        """Speak of these instances from now on."""
        self._plans = plans

    def _answer(self, args: Mapping[str, object], _caller: Caller) -> Mapping[str, object]:
        no_arguments(args)
        return dict(self.status())

    def _instance(self, plan: InstancePlan, view: VirtualRouterView, now: Instant) -> InstanceStatus:
        in_state = between(view.since, now)
        return InstanceStatus(
            name=plan.name,
            state=view.state.value,
            since=time.time() - in_state,
            state_seconds=in_state,
            reason=view.reason.value,
            detail=view.detail,
            interface=plan.interface or self._interface_with(plan.source),
            virtual_router_id=plan.parameters.vrid,
            family=plan.family.value,
            version=3 if plan.parameters.version == 3 else 2,
            base_priority=view.base_priority,
            effective_priority=view.effective_priority,
            source=None if view.source is None else str(view.source),
            master=_master(view, now),
            addresses=self._addresses(plan),
            faults=[{"reason": fault.reason.value, "name": fault.name} for fault in view.faults],
            waiting_for=list(view.waiting_for),
            lingering=[str(address) for address in view.lingering],
            unable=_unable(view),
            trackers=[_tracker(report) for report in self._trackers.reports(plan.config)],
            timers=dict(view.timers),
            peers=[_peer(peer, now) for peer in view.peers],
            silent_peers=[_silent_peer(peer, now) for peer in self.silent_peers(plan.name)],
            rival=self.rival(plan.name),
            probe=_probe(self.probe(plan.name)),
            statistics=plain_counters(view.statistics),
        )

    def _interface_with(self, source: Address | None) -> str:
        link = None if source is None else self._watch.link_with(source)
        return "" if link is None else link.name

    def _addresses(self, plan: InstancePlan) -> list[AddressStatus]:
        there = {device: self._on_device(device) for device in plan.devices}
        return [_address(vip, device, there[device]) for vip in plan.vips for device in (plan.device_of(vip),)]

    def _statics(self) -> list[AddressStatus]:
        return [_address(vip, device, self._on_device(device)) for vip, device in self.static_addresses()]

    def _on_device(self, name: str) -> Standing:
        link = self._watch.link(name)
        return standing(() if link is None else self._watch.addresses(link.index))


def _address(vip: VirtualAddress, device: str, there: Standing) -> AddressStatus:
    entry = there.get(key_of(vip))
    return AddressStatus(
        address=f"{vip.address}/{vip.prefix}",
        device=device,
        present=entry is not None and entry.usable,
        duplicate=entry is not None and entry.duplicate,
    )


def _unable(view: VirtualRouterView) -> UnableStatus | None:
    if not view.handed_over:
        return None
    master = view.state is State.MASTER
    return UnableStatus(
        handed_over=view.handed_over,
        holds_back=view.timers.get(Timer.YIELD_HOLD.value, 0.0),
        stays=view.patience if master else 0.0,
    )


def _group(view: SyncGroupView, now: Instant) -> GroupStatus:
    in_state = between(view.since, now)
    return GroupStatus(
        name=view.name,
        state=view.state.value,
        since=time.time() - in_state,
        state_seconds=in_state,
        detail=view.detail,
        members=list(view.members),
        blocked_by=list(view.blocked_by),
    )


def _master(view: VirtualRouterView, now: Instant) -> MasterStatus | None:
    if view.state is State.MASTER:
        own = "" if view.source is None else str(view.source)
        return MasterStatus(address=own, priority=view.effective_priority, self=True, heard_ago=None)
    if view.master is None:
        return None
    heard_ago = between(view.master.last_heard, now)
    return MasterStatus(
        address=str(view.master.address), priority=view.master.priority, self=False, heard_ago=heard_ago
    )


def _peer(peer: PeerView, now: Instant) -> PeerStatus:
    return PeerStatus(
        address=str(peer.address),
        priority=peer.priority,
        interval=peer.interval,
        heard_ago=between(peer.last_heard, now),
        checksum_form=peer.checksum_form.value,
    )


def _silent_peer(peer: PeerView, now: Instant) -> SilentPeerStatus:
    return SilentPeerStatus(address=str(peer.address), priority=peer.priority, heard_ago=between(peer.last_heard, now))


def _probe(report: ProbeReport | None) -> ProbeStatus | None:
    if report is None:
        return None
    return ProbeStatus(
        host=str(report.host),
        how=report.how,
        answers=report.answers,
        missed=report.missed,
        answered_ago=report.answered_ago,
    )


def _tracker(report: TrackerReport) -> TrackerStatus:
    return TrackerStatus(
        name=report.name,
        kind=report.kind,
        status="unknown" if report.status is None else "up" if report.status else "down",
        detail=report.detail,
        weight=report.weight,
        reverse=report.reverse,
    )
