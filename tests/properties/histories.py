"""Random histories: settings, and events with the pauses between them."""

from dataclasses import replace
from ipaddress import IPv4Address

from hypothesis import strategies as st

from tests.core.builders import CHECK, HIGHER, LOWER, OURS, STRANGER, VIP, VIP_2, VIP_3, VRID
from vrrpd.config.rfc import rfc_reading
from vrrpd.core.effects import AddAddresses, Announce, Reason, RemoveAddresses, SendAdvertisement
from vrrpd.core.events import (
    AddressLost,
    AdvertisementReceived,
    DeadlineReached,
    EffectFailed,
    Event,
    Fault,
    FaultsChanged,
    GroupAction,
    GroupChanged,
    GroupRequest,
    HostAnswered,
    HostSilent,
    LetGo,
    LinkChanged,
    OperatorAction,
    OperatorRequest,
    PacketDropped,
    ParametersReplaced,
    PrimaryAddressChanged,
    PriorityChanged,
    Shutdown,
    Stalled,
    Startup,
)
from vrrpd.core.parameters import (
    AddressLossPolicy,
    AnnouncePolicy,
    FastFailover,
    Handover,
    ListMismatchPolicy,
    Parameters,
    ProbeMode,
)
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.proto.advertisement import Advertisement, DropReason
from vrrpd.units import OWNER, Instant, Priority, Seconds

SOURCES = st.sampled_from([LOWER, OURS, HIGHER, STRANGER])
ADDRESSES = st.sampled_from([VIP, VIP_2, VIP_3, IPv4Address("10.9.9.9")])
LISTS = st.sampled_from([(VIP,), (VIP, VIP_2), (VIP_2, VIP), ()])
PRIORITIES = st.sampled_from([1, 90, 99, 100, 101, 254]).map(Priority)
DELAYS = st.sampled_from([0.0, 0.25, 2.0, 10.0]).map(Seconds)


def _settings(version: int, priority: int, interval: float, flags: dict[str, bool], delay: float) -> Parameters:
    made = Parameters(
        VRID,
        version=version,
        base_priority=Priority(priority),
        advert_interval=Seconds(interval if version == 3 else max(1.0, interval)),
        addresses=(VIP, VIP_2) if flags["two"] else (VIP,),
        excluded_addresses=(VIP_3,) if flags["excluded"] else (),
        preempt=flags["preempt"],
        preempt_delay=Seconds(delay),
        timer_expired_backup=Priority(90) if flags["trusting"] else None,
        advert_before_yielding=flags["polite"],
        answer_lower_priority=not flags["silent"],
        list_mismatch=ListMismatchPolicy.DROP if flags["strict"] else ListMismatchPolicy.ACCEPT,
        address_loss=AddressLossPolicy.FAIL_OVER if flags["fail over"] else AddressLossPolicy.RESTORE,
        fast_failover=FastFailover(ProbeMode.ALWAYS if flags["two"] else ProbeMode.OVERDUE) if flags["fast"] else None,
        handover=Handover.BREAK_FIRST if flags["break first"] else Handover.MAKE_FIRST,
        announce=AnnouncePolicy(delay=Seconds(delay), refresh=Seconds(1.5 if flags["refresh"] else 0.0)),
    )
    return rfc_reading(made) if flags["rfc"] else made


FLAGS = (
    "two",
    "excluded",
    "preempt",
    "trusting",
    "polite",
    "silent",
    "strict",
    "fail over",
    "refresh",
    "rfc",
    "break first",
    "fast",
)

settings = st.builds(
    _settings,
    version=st.sampled_from([2, 3]),
    priority=st.sampled_from([1, 99, 100, 101, 254, 255]),
    interval=st.sampled_from([0.01, 0.5, 1.0, 4.0]),
    flags=st.fixed_dictionaries({flag: st.booleans() for flag in FLAGS}),
    delay=DELAYS,
)

adverts = st.builds(
    lambda priority, interval, addresses, source: AdvertisementReceived(
        Advertisement(2, VRID, Priority(priority), Seconds(interval), addresses), source
    ),
    priority=st.sampled_from([0, 1, 90, 99, 100, 101, 254, 255]),
    interval=st.sampled_from([0.0, 0.01, 1.0, 1.0, 4.0]),
    addresses=LISTS,
    source=SOURCES,
)
repeated = st.builds(
    lambda priority, source: AdvertisementReceived(
        Advertisement(2, VRID, Priority(priority), Seconds(1.0), (VIP,)), source
    ),
    priority=st.sampled_from([90, 101]),
    source=st.sampled_from([LOWER, HIGHER]),
)
"""Few of them, so that one often follows itself."""

FAULTS = st.sampled_from(
    [
        frozenset[Fault](),
        frozenset[Fault](),
        frozenset({CHECK}),
        frozenset({CHECK, Fault(Reason.TRACK_FAILED, "chk_b"), Fault(Reason.LINK_DOWN, "chk_b")}),
    ]
)
REQUESTS = st.sampled_from([*OperatorAction, OperatorAction.MAINTENANCE_OFF, OperatorAction.MAINTENANCE_OFF])
FAILED = st.one_of(
    st.builds(AddAddresses, st.lists(ADDRESSES, min_size=1, max_size=3, unique=True).map(tuple)),
    st.builds(RemoveAddresses, st.lists(ADDRESSES, min_size=1, max_size=3, unique=True).map(tuple)),
    st.just(SendAdvertisement(Priority(100))),
    st.just(Announce((VIP,), 5)),
)

world = st.one_of(
    st.builds(LinkChanged, st.sampled_from([True, True, True, False]), st.sampled_from(["", "no carrier"])),
    st.builds(PrimaryAddressChanged, st.sampled_from([OURS, OURS, OURS, LOWER, None])),
    st.builds(PriorityChanged, PRIORITIES),
    st.builds(FaultsChanged, FAULTS, st.sampled_from([frozenset[str](), frozenset[str](), frozenset({"chk_c"})])),
    st.builds(
        lambda new, effective, moved: ParametersReplaced(new, OWNER if new.is_owner else effective, moved),
        settings,
        PRIORITIES,
        st.sampled_from([(), (), (VIP,), (VIP_2, VIP_3)]),
    ),
    st.builds(AddressLost, ADDRESSES, st.sampled_from(["", "ip (pid 7)"])),
    st.builds(Stalled, st.sampled_from([0.5, 5.0]).map(Seconds)),
    st.builds(OperatorRequest, REQUESTS, st.sampled_from(["", "why"])),
    st.builds(EffectFailed, FAILED, st.sampled_from(["busy", "no such device"])),
    st.builds(PacketDropped, st.sampled_from(list(DropReason)), SOURCES),
    st.builds(HostSilent, SOURCES),
    st.builds(HostAnswered, SOURCES),
    st.builds(Startup, DELAYS),
    st.builds(Startup, DELAYS),
    st.sampled_from(
        [Shutdown(), Shutdown(removed=True), Startup(), Startup(), Startup(), LinkChanged(up=True), LetGo()]
    ),
    st.builds(GroupRequest, st.sampled_from(list(GroupAction)), st.just("with VI_2")),
    st.builds(
        GroupChanged,
        faults=st.sampled_from([(), (), (Fault(Reason.SYNC_GROUP, "VI_2 (link_down)"),)]),
        waiting_for=st.sampled_from([frozenset[str](), frozenset[str](), frozenset({"chk of VI_2"})]),
        may_lead=st.booleans(),
        all_owners=st.booleans(),
    ),
)
"""More often for the better than for the worse: in FAULT and INIT little happens."""

pauses = st.sampled_from([0.0, 1e-9, 0.01, 0.3, 1.0, 3.609375, 30.0]).map(Seconds)
events: st.SearchStrategy[Event] = st.one_of(st.just(DeadlineReached()), adverts, repeated, world)
histories = st.one_of(
    st.lists(st.tuples(pauses, events), max_size=8),
    st.lists(st.tuples(pauses, events), min_size=25, max_size=80),
    st.lists(st.tuples(pauses, events), min_size=25, max_size=80),
)
"""What happens, and how many seconds after what happened before."""


def running(parameters: Parameters, name: str = "VI_1") -> VirtualRouter:
    """A router started at 0 with link and source address."""
    router = VirtualRouter(name, parameters)
    router.handle(PrimaryAddressChanged(OURS), Instant(0.0))
    router.handle(LinkChanged(up=True), Instant(0.0))
    router.handle(Startup(), Instant(0.0))
    return router


def with_priority(parameters: Parameters, priority: int) -> Parameters:
    return replace(parameters, base_priority=Priority(priority))
