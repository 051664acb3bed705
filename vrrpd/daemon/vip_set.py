"""The addresses of one instance: put on, taken off and announced with messages and frames built beforehand."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from ipaddress import IPv4Address

from vrrpd.config.model import VirtualAddress
from vrrpd.daemon.kernel_form import find, kernel_form
from vrrpd.daemon.plan import InstancePlan
from vrrpd.daemon.spacing import Burst, Spacing
from vrrpd.linux.addresses import AddressBatch, AddressFailure, Vip
from vrrpd.linux.arp import MAC_LENGTH, gratuitous_arp
from vrrpd.linux.interfaces import InterfaceAddress, Link
from vrrpd.linux.ndisc import unsolicited_advertisement
from vrrpd.linux.netlink import Netlink
from vrrpd.records import NONE, dataclass
from vrrpd.units import Address, Family


@dataclass(frozen=True, slots=True)
class Failure:
    """Addresses of which an effect could not be carried out, and why; to ``tolerated`` ones that does not matter."""

    addresses: tuple[Address, ...]
    error: str
    tolerated: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class _Bound:
    """One address with the interface it is to live on, as that interface was when we looked."""

    vip: VirtualAddress
    link: Link


def _nothing_known(_index: int) -> Iterable[InterfaceAddress]:
    return ()


class VipSet:
    """Unbound, it holds nothing: adding fails, removing has nothing to do.

    ``forwarding`` says whether this host routes on an interface; its announcements leave through ``outlet``;
    ``entries`` tells what is on an interface. ``patient``: what can wait does, until ``prepare``.
    """

    def __init__(
        self,
        plan: InstancePlan,
        outlet: Spacing,
        forwarding: Callable[[str, Family], bool],
        entries: Callable[[int], Iterable[InterfaceAddress]] = _nothing_known,
    ) -> None:
        self._plan = plan
        self._all = tuple(vip.address for vip in plan.vips)
        self._outlet = outlet
        self._forwarding = forwarding
        self._entries = entries
        self._bound: dict[Address, _Bound] = {}
        self._batch: AddressBatch | None = None
        self._routers: frozenset[str] = NONE
        self._frames: dict[Address, tuple[int, bytes]] = {}
        self._bursts: dict[tuple[Address, ...], tuple[Burst, ...]] = {}
        self._whole: tuple[Burst, ...] = ()
        self._looks_first = any(vip.dad and vip.address.version == 6 for vip in plan.vips)
        self._former: Mapping[Address, Vip] = {}
        self._untracked = frozenset(vip.address for vip in plan.vips if vip.no_track) or NONE
        self._examined: dict[Address, int] = {}
        self._spared: frozenset[Address] = NONE
        self._own: Link | None = None
        self.patient = False

    def prepare(self) -> None:
        """Have everything ready for the next change of state, also what was put off while ``patient``."""
        self.patient = False
        if self._batch is not None:
            self._batch.prepare()

    @property
    def indices(self) -> frozenset[int]:
        own = {self._own.index} if self._own is not None and self._plan.config.unicast else set()
        return frozenset({bound.link.index for bound in self._bound.values()} | own)

    def bind(self, links: Mapping[str, Link]) -> None:
        """Build everything anew for these interfaces; addresses whose interface is missing stay unbound."""
        plan = self._plan
        self._bound = {
            vip.address: _Bound(vip, links[plan.device_of(vip)]) for vip in plan.vips if plan.device_of(vip) in links
        }
        self._own = links.get(plan.interface)
        self._batch = AddressBatch(tuple(self.forms.values()))
        if not self.patient:
            self._batch.prepare()
        self._routers = self._look_who_routes()
        self._build_frames()

    def succeed(self, old: "VipSet") -> None:
        """Take over from the set that this instance had before a reload: what that one put up, a removal removes."""
        self._former, self._spared = old.forms, old._spared

    @property
    def moved(self) -> tuple[Address, ...]:
        """Addresses that stand there in another form, from before a reload."""
        forms = self.forms
        return tuple(item for item, form in self._former.items() if item in forms and forms[item] != form)

    def spare(self, addresses: Collection[Address]) -> None:
        """Another instance has them from now on: the next removal leaves them where they are."""
        self._spared = frozenset(addresses)

    @property
    def forms(self) -> Mapping[Address, Vip]:
        """The addresses as they stand, or would stand, on their interfaces."""
        return {address: kernel_form(bound.vip, bound.link.index) for address, bound in self._bound.items()}

    def refresh(self) -> None:
        """Look whether this host routes IPv6 as the announcements say, and change them if not; reads files."""
        routers = self._look_who_routes()
        if routers != self._routers:
            self._routers = routers
            self._build_frames()

    def _look_who_routes(self) -> frozenset[str]:
        """Those of our interfaces with IPv6 addresses on which this host is a router."""
        names = {bound.link.name for bound in self._bound.values() if bound.vip.address.version == 6}
        return frozenset(name for name in names if self._forwarding(name, Family.IPV6)) or NONE

    def _build_frames(self) -> None:
        self._bursts.clear()
        self._whole = ()
        self._frames = {
            address: (bound.link.index, frame)
            for address, bound in self._bound.items()
            if (frame := self._frame(address, bound.link)) is not None
        }
        self._outlet.refresh(self._frames)
        self._whole = self._burst(self._all)

    @property
    def addresses(self) -> tuple[Address, ...]:
        return self._all

    def on_index(self, index: int) -> tuple[VirtualAddress, ...]:
        """Those that live on the interface with this index."""
        return tuple(bound.vip for bound in self._bound.values() if bound.link.index == index)

    def places(self, addresses: Iterable[Address]) -> Iterator[tuple[int, Address]]:
        """Those that neighbours can be told of, each with the index of its interface."""
        return ((self._frames[address][0], address) for address in addresses if address in self._frames)

    def devices_of(self, addresses: Collection[Address]) -> tuple[str, ...]:
        """Names of the interfaces of ``addresses``, each once."""
        if self._is_whole(tuple(addresses)):
            return tuple(dict.fromkeys(bound.link.name for bound in self._bound.values()))
        found = (self._bound[address].link.name for address in addresses if address in self._bound)
        return tuple(dict.fromkeys(found))

    def add(self, netlink: Netlink, addresses: tuple[Address, ...]) -> Failure | None:
        unbound = () if self._is_whole(addresses) else tuple(item for item in addresses if item not in self._bound)
        failures = self._batch.add(netlink, self._choice(addresses)) if self._batch is not None else ()
        failed = (*unbound, *(failure.vip.address for failure in failures))
        if self._looks_first:
            self._examined.update((item, 0) for item in addresses if self._is_examined(item) and item not in failed)
        if not failed:
            return None
        reasons = [self._missing(address) for address in unbound]
        reasons += [self._describe("add", failure) for failure in failures]
        return Failure(
            tuple(item for item in failed if item not in self._untracked),
            "; ".join(reasons),
            tuple(item for item in failed if item in self._untracked),
        )

    def _is_whole(self, addresses: tuple[Address, ...]) -> bool:
        """All of ours, all bound; told without looking at a thousand of them, for they are the very same objects."""
        return len(self._bound) == len(self._all) and addresses == self._all

    def _is_examined(self, address: Address) -> bool:
        """Whether the kernel looks first if another host has it, and it is not there from before."""
        bound = self._bound.get(address)
        return bound is not None and bound.vip.dad and address.version == 6 and not self._stands(bound)

    def passed(self, address: Address) -> None:
        """Nobody else has it: what was to be announced meanwhile is announced now. Raises LinuxError."""
        rounds = self._examined.pop(address, 0)
        if rounds:
            self.announce((address,), rounds)

    def remove(self, netlink: Netlink, addresses: tuple[Address, ...]) -> Failure | None:
        """Addresses that are unbound are nowhere, and so removed."""
        self.hush(addresses)
        if self._spared:
            addresses, self._spared = tuple(item for item in addresses if item not in self._spared), NONE
        failures = self._remove_former(netlink, addresses)
        if self._batch is not None:
            failures += self._batch.remove(netlink, self._choice(addresses))
        if not failures:
            return None
        reasons = [self._describe("remove", failure) for failure in failures]
        return Failure(tuple(failure.vip.address for failure in failures), "; ".join(reasons))

    def hush(self, addresses: Iterable[Address]) -> None:
        """What was still to be said of them is not said any more."""
        addresses = tuple(addresses)
        self._outlet.cancel(addresses)
        for address in addresses:
            self._examined.pop(address, None)

    def _remove_former(self, netlink: Netlink, addresses: Collection[Address]) -> tuple[AddressFailure, ...]:
        """What stands there in a form that we no longer give it."""
        if not self._former:
            return ()
        forms, going = self.forms, frozenset(addresses)
        stale = [form for item, form in self._former.items() if item in going and forms.get(item) != form]
        self._former = {item: form for item, form in self._former.items() if item not in going}
        return AddressBatch(stale).remove(netlink) if stale else ()

    def _choice(self, addresses: tuple[Address, ...]) -> frozenset[Address] | None:
        """None is the batch's word for all."""
        return None if addresses == self._all else frozenset(addresses)

    def announce(self, addresses: tuple[Address, ...], rounds: int) -> int:
        """How many announcements could not be sent because the interface's queue was full. Raises LinuxError."""
        if self._examined:
            addresses = self._postpone(addresses, rounds)
        return sum(self._outlet.send(burst, rounds) for burst in self._burst(addresses))

    def _postpone(self, addresses: tuple[Address, ...], rounds: int) -> tuple[Address, ...]:
        """Those that are not examined; the others are announced once they have passed."""
        for address in self._examined.keys() & set(addresses):
            self._examined[address] = max(self._examined[address], rounds)
        return tuple(item for item in addresses if item not in self._examined)

    def announce_own(self, address: Address) -> None:
        """Say once on the instance's interface that ``address``, which is not virtual, is here. Raises LinuxError."""
        frame = None if self._own is None else self._frame(address, self._own)
        if self._own is not None and frame is not None:
            self._outlet.send(Burst(self._own.name, self._own.index, (address,), (frame,)), 1)

    def _burst(self, addresses: tuple[Address, ...]) -> tuple[Burst, ...]:
        """The frames for ``addresses``, by interface."""
        if self._whole and addresses == self._all:
            return self._whole
        known = self._bursts.get(addresses)
        if known is None:
            by_link: dict[tuple[str, int], list[Address]] = {}
            for address in addresses:
                if address in self._frames:
                    link = self._bound[address].link
                    by_link.setdefault((link.name, link.index), []).append(address)
            known = self._bursts[addresses] = tuple(
                Burst(*link, tuple(found), tuple(self._frames[address][1] for address in found))
                for link, found in by_link.items()
            )
        return known

    def _frame(self, address: Address, link: Link) -> bytes | None:
        """None where there are no neighbours to tell: no Ethernet address, or ARP switched off."""
        if len(link.mac) != MAC_LENGTH:
            return None
        if isinstance(address, IPv4Address):
            reply = self._plan.config.garp.reply_form
            return gratuitous_arp(link.mac, address, reply=reply) if link.arp else None
        return unsolicited_advertisement(link.mac, address, router=link.name in self._routers)

    def _stands(self, bound: _Bound) -> bool:
        entry = find(bound.vip, self._entries(bound.link.index))
        return entry is not None and entry.usable

    def _missing(self, address: Address) -> str:
        device = next((self._plan.device_of(vip) for vip in self._plan.vips if vip.address == address), "?")
        return f"add {address}: interface {device} does not exist"

    def _describe(self, operation: str, failure: AddressFailure) -> str:
        bound = self._bound.get(failure.vip.address)
        device = bound.link.name if bound is not None else f"interface {failure.vip.index}"
        return f"{operation} on {device} {failure.describe()}"
