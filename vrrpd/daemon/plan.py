"""What the daemon derives from one instance's configuration before anything runs."""

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from vrrpd.config.model import GlobalDefs, VirtualAddress, VrrpInstance
from vrrpd.config.parameters import parameters_of
from vrrpd.core.parameters import Parameters
from vrrpd.proto.advertisement import ReceiveRules
from vrrpd.proto.auth import pass_key
from vrrpd.units import Address, Family

ALL_ROUTERS_4: Final = IPv4Address("224.0.0.18")
"""RFC 3768 section 5.2.2."""
ALL_ROUTERS_6: Final = IPv6Address("ff02::12")
"""RFC 9568 section 5.1.2.2."""


@dataclass(frozen=True, slots=True)
class InstancePlan:
    """``destination`` is where adverts go and the group that is listened to."""

    config: VrrpInstance
    parameters: Parameters
    rules: ReceiveRules
    destination: Address
    password: bytes | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def interface(self) -> str:
        return self.config.interface

    @property
    def family(self) -> Family:
        return self.config.family

    @property
    def vips(self) -> tuple[VirtualAddress, ...]:
        return self.config.virtual_ipaddress + self.config.virtual_ipaddress_excluded

    @property
    def devices(self) -> tuple[str, ...]:
        """The interfaces this instance needs, its own first."""
        return tuple(dict.fromkeys((self.interface, *(self.device_of(vip) for vip in self.vips))))

    def device_of(self, vip: VirtualAddress) -> str:
        return vip.device or self.interface


def plan_instance(instance: VrrpInstance, defaults: GlobalDefs) -> InstancePlan:
    parameters = parameters_of(instance)
    password = pass_key(instance.authentication.password) if instance.authentication is not None else None
    rules = ReceiveRules(
        family=instance.family,
        version=parameters.version,
        vrid=parameters.vrid,
        interval=parameters.advert_interval,
        password=password,
    )
    return InstancePlan(instance, parameters, rules, _destination(instance.family, defaults), password)


def _destination(family: Family, defaults: GlobalDefs) -> Address:
    if family is Family.IPV4:
        return defaults.vrrp_mcast_group4 or ALL_ROUTERS_4
    return defaults.vrrp_mcast_group6 or ALL_ROUTERS_6
