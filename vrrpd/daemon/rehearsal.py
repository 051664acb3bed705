"""What a new worker does first, done once before any is forked: what is prepared when it is first needed is so then."""

import json
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from vrrpd.config.model import Config
from vrrpd.control.commands import Command
from vrrpd.control.permissions import Permissions
from vrrpd.core.events import (
    AdvertisementReceived,
    Event,
    FaultsChanged,
    HostSilent,
    LinkChanged,
    PrimaryAddressChanged,
    PriorityChanged,
    Shutdown,
    Startup,
)
from vrrpd.core.node import Node
from vrrpd.core.parameters import AnnouncePolicy, Parameters
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.daemon.arrangement import adverts_ahead, arrange
from vrrpd.daemon.continuity import Continuity, Memory
from vrrpd.daemon.executor import Means
from vrrpd.daemon.first_words import Announcing
from vrrpd.daemon.kernel_form import kernel_form
from vrrpd.daemon.lifetime import Supervision
from vrrpd.daemon.notify import Audience
from vrrpd.daemon.plan import InstancePlan, plan_instance
from vrrpd.daemon.recorder import Legacy
from vrrpd.daemon.spacing import Burst, Distances
from vrrpd.daemon.trackers import TrackerReport
from vrrpd.handover import capture, restore
from vrrpd.linux.addresses import AddressBatch
from vrrpd.linux.load import Load
from vrrpd.linux.rtnl import AddressChange, AddressRequest, InterfaceAddress, Link, LinkChange, Message
from vrrpd.linux.table import AddressEvent, LinkEvent
from vrrpd.observe.lines import Entry
from vrrpd.proto.advertisement import Advertisement, encode
from vrrpd.records import prepare
from vrrpd.tracking import Contribution, TrackingResult
from vrrpd.units import OWNER, RESIGN, Address, Family, Instant
from vrrpd.view import views_of

_BUILT: Final = (
    *(Announcing, Audience, Burst, Command, Continuity, Distances, Entry, Legacy, Load, Means, Memory),
    *(Contribution, Permissions, Supervision, TrackerReport, TrackingResult),
    *(AddressChange, AddressEvent, InterfaceAddress, Link, LinkChange, LinkEvent, Message),
)
"""What every worker is made of, before it reads a packet,"""
_COMPARED: Final = (AddressRequest, AnnouncePolicy, Distances, Link, Parameters)
"""and what it compares."""

LATER: Final = Instant(1e6)
"""Every timer has run out by then."""


def rehearse(config: Config) -> None:
    """One instance comes to life, is written down, read again, takes over, yields, and speaks to nobody."""
    prepare(*_BUILT, methods=("__init__",))
    prepare(*_COMPARED, methods=("__eq__",))
    for instance in config.vrrp_instances[:1]:
        plan = plan_instance(instance, config.global_defs)
        own = plan.parameters
        source = IPv4Address("192.0.2.1") if plan.family is Family.IPV4 else IPv6Address("fe80::1")
        advert = Advertisement(own.version, own.vrid, RESIGN, own.advert_interval, own.addresses, plan.checksum_form)
        node = Node([VirtualRouter(plan.name, own)])
        events = (PrimaryAddressChanged(source), LinkChanged(up=True), Startup(), AdvertisementReceived(advert, source))
        for event in events:
            node.handle(plan.name, event, Instant(0.0))
        views_of(restore(json.loads(json.dumps(capture(node)))), Instant(0.0))
        _take_over_and_yield(node, plan, replace(advert, priority=OWNER), source)
        _compare(AdvertisementReceived(advert, source))
        for destination in plan.destinations:
            encode(advert, source, destination, plan.password)
        AddressBatch([kernel_form(vip, 1) for vip in plan.vips]).prepare()


def _take_over_and_yield(node: Node, plan: InstancePlan, better: Advertisement, source: Address) -> None:
    """Nothing of what a takeover needs is to be made when the addresses have nobody."""
    for _ in range(2):  # a master is heard again and again, and then no more
        node.hear([(plan.name, AdvertisementReceived(replace(better), source))], Instant(0.0))
    adverts_ahead(arrange(node.due(LATER)))
    batch = node.hear([(plan.name, AdvertisementReceived(better, source))], LATER)
    arrange([*batch, *node.handle(plan.name, Shutdown(), LATER)])


def _compare(heard: AdvertisementReceived) -> None:
    """Whatever happens is compared with the advertisement that was accepted last."""
    happenings: tuple[Event, ...] = (PriorityChanged(OWNER), FaultsChanged(frozenset()), HostSilent(heard.source))
    for event in happenings:
        _ = event == heard
