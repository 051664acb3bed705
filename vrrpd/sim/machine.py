"""One node of the simulated world: what is configured there, what has befallen it, and what is on its interface."""

from collections.abc import Mapping
from dataclasses import field, replace
from ipaddress import IPv4Address
from typing import Final

from vrrpd.config.rfc import rfc_reading
from vrrpd.core.effects import AddAddresses, Effect, Reason, RemoveAddresses
from vrrpd.core.events import AdvertisementReceived, Event, Fault
from vrrpd.core.node import Node
from vrrpd.core.parameters import FastFailover, Handover, Parameters, ProbeMode
from vrrpd.proto.advertisement import Advertisement
from vrrpd.records import dataclass
from vrrpd.sim.history import LONGEST_HOLDS, History, Setup, retry_delay
from vrrpd.units import OWNER, Address, Instant, Priority, Seconds, Vrid

_NETWORK: Final = IPv4Address("192.168.1.0")
_FIRST_VIP: Final = 100
_VIPS: Final = 10
"""Room for the addresses of one virtual router."""
_FIRST_VRID: Final = 51
PROBE_MODES: Final[Mapping[str, ProbeMode]] = {mode.value: mode for mode in ProbeMode}
SCRIPT: Final = Fault(Reason.TRACK_FAILED, "chk")


@dataclass(slots=True)
class Machine:
    """``node`` is None while its daemon does not run; ``armed``: what its timer is set to; ``refuses``: its kernel.

    ``stopping``: asked to end, it waits for a successor; ``starts_again``: when it has ended.
    """

    name: str
    setup: Setup
    address: IPv4Address
    parameters: dict[str, Parameters]
    held: dict[str, set[Address]]
    priority: Priority
    node: Node | None = None
    powered: bool = True
    paused: bool = False
    link: bool = True
    isolated: bool = False
    source: bool = True
    script: bool = True
    maintenance: bool = False
    stopping: bool = False
    starts_again: bool = False
    refuses_to_add: bool = False
    refuses_to_remove: bool = False
    armed: Instant | None = None
    inbox: list[tuple[str, Event]] = field(default_factory=list)
    sent: dict[tuple[str, Priority], AdvertisementReceived] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return any(self.held.values())

    @property
    def is_connected(self) -> bool:
        return self.powered and self.link and not self.isolated

    @property
    def answers(self) -> bool:
        """Whether its kernel answers who asks for the address that its adverts come from."""
        return self.is_connected and self.source

    @property
    def is_able(self) -> bool:
        well = (self.script or self.setup.script_weight != 0) and not self.refuses_to_add
        running = self.powered and self.node is not None and not self.paused and not self.stopping
        return running and self.link and self.source and well and not self.maintenance

    @property
    def leaves_addresses(self) -> bool:
        return self.powered and self.node is None and self.holds

    @property
    def is_troubled(self) -> bool:
        """What it does now says nothing of how it does when all is well."""
        return self.paused or self.isolated or self.refuses_to_remove or self.leaves_addresses

    def refuses(self, effect: Effect) -> bool:
        if isinstance(effect, AddAddresses):
            return self.refuses_to_add
        return isinstance(effect, RemoveAddresses) and self.refuses_to_remove

    def advert(self, router: str, priority: Priority) -> AdvertisementReceived:
        """What others hear of it."""
        event = self.sent.get((router, priority))
        if event is None:
            own = self.parameters[router]
            message = Advertisement(own.version, own.vrid, priority, own.advert_interval, own.addresses)
            event = self.sent[router, priority] = AdvertisementReceived(message, self.address)
        return event


def machine_of(history: History, setup: Setup, number: int, routers: tuple[str, ...]) -> Machine:
    """The ``number``-th node, before anything has happened."""
    parameters = {}
    for place, router in enumerate(routers):
        plain = Parameters(
            Vrid(_FIRST_VRID + place),
            version=history.version,
            base_priority=Priority(setup.priority),
            advert_interval=setup.interval,
            addresses=vips(router, routers, 1),
            preempt=setup.preempt,
            preempt_delay=setup.preempt_delay,
            retry_delay=retry_delay(history),
            yield_hold=history.yield_hold,
            longest_yield=Seconds(LONGEST_HOLDS * history.yield_hold),
            fast_failover=fast_failover(setup, setup.fast),
            handover=Handover.BREAK_FIRST if setup.break_first else Handover.MAKE_FIRST,
        )
        settings = rfc_reading(plain) if history.rfc else plain
        parameters[router] = replace(settings, owner_ignores_adverts=True) if setup.stubborn else settings
    held: dict[str, set[Address]] = {router: set() for router in routers}
    return Machine(setup.name, setup, address_of(number), parameters, held, Priority(setup.priority))


def address_of(number: int) -> IPv4Address:
    """Where the adverts of the ``number``-th node come from."""
    return _NETWORK + number


def vips(router: str, routers: tuple[str, ...], count: int) -> tuple[Address, ...]:
    """So many addresses for one of the virtual routers, always the same ones first."""
    first = _NETWORK + _FIRST_VIP + _VIPS * routers.index(router)
    return tuple(first + more for more in range(count))


def fast_failover(setup: Setup, mode: str | None) -> FastFailover | None:
    return None if mode is None else FastFailover(PROBE_MODES[mode], setup.probe_interval, setup.misses)


def weighed(machine: Machine) -> Priority:
    """What the script makes of the configured priority."""
    base, weight = next(iter(machine.parameters.values())).base_priority, machine.setup.script_weight or 0
    counts = machine.script if weight > 0 else not machine.script
    return base if base == OWNER else Priority(min(254, max(1, base + (weight if counts else 0))))
