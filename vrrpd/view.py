"""Virtual routers and sync groups as seen at one moment, for whoever shows them.

This reaches into the parts of ``vrrpd.core`` on purpose: who reads the election need not read about this.
"""

from collections.abc import Mapping

from vrrpd.core.effects import Reason, State
from vrrpd.core.events import Fault
from vrrpd.core.memory import Heard
from vrrpd.core.node import Node
from vrrpd.core.statistics import Statistics
from vrrpd.core.sync_group import SyncGroup
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.proto.advertisement import ChecksumForm
from vrrpd.records import dataclass
from vrrpd.units import Address, Instant, Priority, Seconds


@dataclass(frozen=True, slots=True)
class PeerView:
    """The last advertisement of one sender; ``interval`` in seconds."""

    address: Address
    priority: Priority
    interval: Seconds
    last_heard: Instant
    checksum_form: ChecksumForm


@dataclass(frozen=True, slots=True)
class VirtualRouterView:
    """``master``, whom a BACKUP follows, is None for a MASTER itself and while none is known.

    ``timers`` holds seconds left, by name. ``lingering``: addresses that it has resigned from and keeps until
    the successor is heard. ``handed_over``: how often in a row, because it could not serve its addresses (0: all is
    well); ``patience``: for how long it stays MASTER all the same.
    """

    name: str
    state: State
    since: Instant
    reason: Reason
    detail: str
    base_priority: Priority
    effective_priority: Priority
    source: Address | None
    master: PeerView | None
    faults: tuple[Fault, ...]
    waiting_for: tuple[str, ...]
    lingering: tuple[Address, ...]
    handed_over: int
    patience: Seconds
    timers: Mapping[str, Seconds]
    peers: tuple[PeerView, ...]
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class SyncGroupView:
    """``blocked_by``: what keeps it from being MASTER, each with its member: ``VI_2 (link_down: eth1 is down)``."""

    name: str
    state: State
    since: Instant
    detail: str
    members: tuple[str, ...]
    blocked_by: tuple[str, ...]


def view_of(router: VirtualRouter, now: Instant) -> VirtualRouterView:
    router.catch_up()
    memory, followed = router._memory, router._memory.master
    follows = router.state in (State.BACKUP, State.FAULT)
    return VirtualRouterView(
        name=router.name,
        state=router.state,
        since=now if router._since is None else router._since,
        reason=router._reason,
        detail=router.detail,
        base_priority=router.parameters.base_priority,
        effective_priority=router.effective_priority,
        source=router._source,
        master=_peer(followed) if follows and followed is not None else None,
        faults=router._current_faults(),
        waiting_for=tuple(sorted(router.waiting_for | router._group.waiting_for)),
        lingering=router._lingering.addresses,
        handed_over=router._upkeep._handed_over,
        patience=router._upkeep.patience(now),
        timers=router._deadlines.remaining(now),
        peers=tuple(_peer(heard) for heard in memory._peers.values()),
        statistics=router.statistics.copy(),
    )


def views_of(node: Node, now: Instant) -> tuple[VirtualRouterView, ...]:
    return tuple(view_of(router, now) for router in node.routers.values())


def group_view_of(group: SyncGroup, now: Instant) -> SyncGroupView:
    since = now if group._since is None else group._since
    return SyncGroupView(group.name, group.state, since, group._detail, group.members, tuple(group.blockers()))


def group_views_of(node: Node, now: Instant) -> tuple[SyncGroupView, ...]:
    return tuple(group_view_of(group, now) for group in node.groups.values())


def _peer(heard: Heard) -> PeerView:
    advert = heard.advertisement
    return PeerView(heard.source, advert.priority, advert.interval, heard.at, advert.checksum_form)
