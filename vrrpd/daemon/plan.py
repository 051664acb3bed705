"""What the daemon derives from one instance's configuration before anything runs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from vrrpd.config.model import GlobalDefs, VirtualAddress, VrrpInstance
from vrrpd.config.parameters import parameters_of
from vrrpd.core.parameters import Parameters
from vrrpd.daemon.receive_buffer import NOTHING_ASKED, ReceiveBuffer, receive_buffer
from vrrpd.proto.advertisement import MULTICAST_HOP_LIMIT, ChecksumForm, ReceiveRules
from vrrpd.proto.auth import pass_key
from vrrpd.records import dataclass
from vrrpd.units import Address, Family

ALL_ROUTERS_4: Final = IPv4Address("224.0.0.18")
"""RFC 3768 section 5.2.2."""
ALL_ROUTERS_6: Final = IPv6Address("ff02::12")
"""RFC 9568 section 5.1.2.2."""


@dataclass(frozen=True, slots=True)
class InstancePlan:
    """``destinations`` is where adverts go: the group, which is listened to as well, or the unicast peers.

    ``hears_others``: advertisements of virtual routers that are not configured on its interface are reported.
    ``default_device``: where addresses without ``dev`` live if the instance has no interface (unicast only).
    """

    config: VrrpInstance
    parameters: Parameters
    rules: ReceiveRules
    destinations: tuple[Address, ...]
    password: bytes | None = field(default=None, repr=False)
    checksum_form: ChecksumForm = ChecksumForm.PSEUDO_HEADER
    hears_others: bool = False
    default_device: str = ""
    buffer: ReceiveBuffer = NOTHING_ASKED

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def interface(self) -> str:
        """Its name; "" for unicast without one: then it is the one that has the source address."""
        return self.config.interface

    @property
    def place(self) -> str:
        """The interface, or the address that stands for it; what listens there has this name."""
        return self.interface or str(self.source)

    @property
    def family(self) -> Family:
        return self.config.family

    @property
    def groups(self) -> tuple[Address, ...]:
        """The multicast groups to join."""
        return () if self.config.unicast else self.destinations

    @property
    def hop_limit(self) -> int | None:
        """Of adverts to unicast peers; None: the kernel's own."""
        if self.config.unicast_ttl is None and self.family is Family.IPV4:
            return MULTICAST_HOP_LIMIT
        return self.config.unicast_ttl

    @property
    def source(self) -> Address | None:
        """The configured source of adverts; None: the interface's own address."""
        return self.config.unicast_src_ip if self.config.unicast else self.config.mcast_src_ip

    @property
    def flaw(self) -> str:
        """Why this instance may never take part; empty when it may."""
        if not self.interface and not (self.config.unicast and self.source is not None):
            return "it has no interface, and no unicast_src_ip that would tell which"
        if self.config.unicast_fault_no_peer and "unicast_peer" in self.config.origins and not self.config.unicast:
            return "unicast_peer is empty (unicast_fault_no_peer)"
        return ""

    @property
    def vips(self) -> tuple[VirtualAddress, ...]:
        return self.config.virtual_ipaddress + self.config.virtual_ipaddress_excluded

    @property
    def addresses(self) -> frozenset[Address]:
        return frozenset(vip.address for vip in self.vips)

    @property
    def devices(self) -> tuple[str, ...]:
        """The interfaces this instance needs by name, its own first."""
        own = (self.interface,) if self.interface else ()
        return tuple(dict.fromkeys((*own, *(self.device_of(vip) for vip in self.vips))))

    @property
    def required(self) -> tuple[str, ...]:
        """The interfaces without which it may not take part: not those that only addresses with ``no_track`` need."""
        tracked = (self.device_of(vip) for vip in self.vips if not vip.no_track)
        own = (self.interface,) if self.interface else ()
        return tuple(dict.fromkeys((*own, *tracked)))

    def device_of(self, vip: VirtualAddress) -> str:
        return vip.device or self.interface or self.default_device


def plan_instance(instance: VrrpInstance, defaults: GlobalDefs) -> InstancePlan:
    parameters = parameters_of(instance)
    password = pass_key(instance.authentication.password) if instance.authentication is not None else None
    rules = ReceiveRules(
        family=instance.family,
        version=parameters.version,
        vrid=parameters.vrid,
        interval=parameters.advert_interval,
        password=password,
        multicast=not instance.unicast,
        peers=_accepted_peers(instance),
        any_checksum=instance.v3_checksum_as_v2,
        old_group=_old_group(instance, defaults),
    )
    return InstancePlan(
        instance,
        parameters,
        rules,
        _destinations(instance, defaults),
        password,
        _checksum_form(instance),
        defaults.log_unknown_vrids,
        "" if instance.interface else defaults.default_interface,
        receive_buffer(instance, defaults),
    )


def _old_group(instance: VrrpInstance, defaults: GlobalDefs) -> Address | None:
    """What unicast peers may have in their pseudo-headers instead of our address."""
    if not instance.unicast or instance.family is not Family.IPV4 or instance.old_unicast_checksum == "never":
        return None
    return defaults.vrrp_mcast_group4 or ALL_ROUTERS_4


def _checksum_form(instance: VrrpInstance) -> ChecksumForm:
    """The form in which adverts leave, to peers of which nothing is known."""
    if instance.v3_checksum_as_v2:
        return ChecksumForm.PLAIN
    old = instance.unicast and instance.old_unicast_checksum is not None and instance.old_unicast_checksum != "never"
    return ChecksumForm.OLD_UNICAST if old else ChecksumForm.PSEUDO_HEADER


def _accepted_peers(instance: VrrpInstance) -> Mapping[Address, tuple[int, int]] | None:
    if not (instance.unicast and instance.check_unicast_src):
        return None
    return {
        peer.address: (0 if peer.min_ttl is None else peer.min_ttl, 255 if peer.max_ttl is None else peer.max_ttl)
        for peer in instance.unicast_peer
    }


def _destinations(instance: VrrpInstance, defaults: GlobalDefs) -> tuple[Address, ...]:
    if instance.unicast:
        return tuple(peer.address for peer in instance.unicast_peer)
    if instance.mcast_dst_ip is not None:
        return (instance.mcast_dst_ip,)
    if instance.family is Family.IPV4:
        return (defaults.vrrp_mcast_group4 or ALL_ROUTERS_4,)
    return (defaults.vrrp_mcast_group6 or ALL_ROUTERS_6,)


def places_of_sources(plans: Iterable[InstancePlan]) -> Mapping[Address, Collection[str]]:
    """Where the instances are that have this address configured as theirs."""
    places: dict[Address, set[str]] = {}
    for plan in plans:
        if plan.source is not None:
            places.setdefault(plan.source, set()).add(plan.place)
    return places
