"""What arrives on one interface for one address family, sorted to the instances that want it."""

from collections.abc import Collection
from typing import Final

from vrrpd.core.events import AdvertisementReceived, PacketDropped
from vrrpd.daemon.custody import Custody, NoCustody
from vrrpd.daemon.plan import InstancePlan
from vrrpd.daemon.receive_buffer import together
from vrrpd.errors import LinuxError
from vrrpd.linux.sockets import Known, Receiver, open_receiver, open_unicast_receiver
from vrrpd.proto.advertisement import ChecksumForm, Datagram, Dropped, DropReason, decode, peek_vrid
from vrrpd.units import Address, Family, Vrid

DRAIN_LIMIT: Final = 1024
"""More than a receive queue of the kernel's default size holds; a flood must not keep us here for ever."""
USUAL_MTU: Final = 1500
REMEMBERED: Final = 512
"""Peers whose last advertisement is kept decoded."""

Received = AdvertisementReceived | PacketDropped


class Listener:
    """Without an interface its name ``interface`` is the address that is listened at, ``source``.

    ``unattributed`` holds packets so broken that no instance can be named, until somebody reports them.

    ``unknown`` likewise holds virtual routers that nobody here takes part in, each with one that speaks of it, and
    ``forms`` holds which form the checksums of a unicast peer have, by name of instance, and ``dropped`` those of the
    last events that say that a packet was of no use.
    """

    def __init__(
        self, interface: str, family: Family, plans: Collection[InstancePlan], custody: Custody | None = None
    ) -> None:
        self.interface = interface
        self.source = next((plan.source for plan in plans if not plan.interface), None)
        self.family = family
        self.unattributed: list[Dropped] = []
        self.dropped: list[tuple[str, PacketDropped]] = []
        self.forms: list[tuple[str, Address, ChecksumForm]] = []
        self.unknown: dict[Vrid, Address] = {}
        self._plans = {plan.parameters.vrid: plan for plan in plans}
        self._groups = _groups(plans)
        self._hears_others = any(plan.hears_others for plan in plans)
        self._known: Known[tuple[str, Received]] = {}
        self._latest: dict[tuple[Vrid, Address], tuple[Datagram, tuple[str, Received]]] = {}
        self._receiver: Receiver | None = None
        self._custody: Custody = custody or NoCustody()
        self._deposit = ""
        self._mtu = USUAL_MTU
        self.index: int | None = None

    @property
    def is_open(self) -> bool:
        return self._receiver is not None

    def open(self, index: int, mtu: int = USUAL_MTU) -> None:
        """Listen on the interface with this index. Raises LinuxError."""
        vrids = tuple(self._plans)
        self._mtu = mtu
        index = 0 if self.source is not None else index
        groups = " ".join(map(str, self._groups))
        self._deposit = f"receiver {self.interface} {index} {self.family.value} {groups}"
        kept = self._custody.claim(self._deposit)
        if kept is not None:
            self._receiver = Receiver.inherited(kept, self.interface, index, self.family)
            self._receiver.set_vrids(vrids, self._hears_others, self._queue)
            self.index = index
            return
        if self.source is not None:
            self._receiver = open_unicast_receiver(self.source, vrids, self._hears_others, self._queue)
        else:
            self._receiver = open_receiver(
                self.interface, index, self.family, self._groups, vrids, self._hears_others, self._queue
            )
        self.index = index
        self._custody.keep(self._deposit, self._receiver.fileno())

    @property
    def _queue(self) -> int:
        return together((plan.buffer for plan in self._plans.values()), self._mtu)

    def serve(self, plans: Collection[InstancePlan]) -> bool:
        """Listen for these from now on. False: not with this socket, which is to be closed and opened anew."""
        queue = self._queue
        old, self._plans = self._plans, {plan.parameters.vrid: plan for plan in plans}
        self._known.clear()
        self._latest.clear()
        groups, self._groups = self._groups, _groups(plans)
        heard_others, self._hears_others = self._hears_others, any(plan.hears_others for plan in plans)
        if self._receiver is None:
            return True
        if self._groups != groups:
            return False
        if self._plans.keys() != old.keys() or self._hears_others is not heard_others or self._queue != queue:
            try:
                self._receiver.set_vrids(tuple(self._plans), self._hears_others, self._queue)
            except LinuxError:
                return False
        return True

    def close(self) -> None:
        self.index = None
        if self._receiver is not None:
            self._custody.drop(self._deposit)
            self._receiver.close()
            self._receiver = None

    def fileno(self) -> int:
        """Raises ValueError while closed."""
        if self._receiver is None:
            raise ValueError(f"not listening on {self.interface}")
        return self._receiver.fileno()

    def drain(self) -> list[tuple[str, Received]]:
        """Everything that waits, as events by name of instance. Raises LinuxError."""
        if self._receiver is None:
            return []
        return self._receiver.drain(DRAIN_LIMIT, self._known, self._understand)

    def _understand(self, datagram: Datagram | Dropped) -> tuple[tuple[str, Received] | None, bool]:
        """For which instance it is and what it says, and whether an equal one will always say the same."""
        if isinstance(datagram, Dropped):
            self.unattributed.append(datagram)
            return None, False
        vrid = peek_vrid(datagram.payload)
        if vrid is None:
            self.unattributed.append(Dropped(DropReason.TRUNCATED, f"from {datagram.source}"))
            return None, False
        plan = self._plans.get(vrid)
        if plan is None:
            self.unknown[vrid] = datagram.source
            return None, False
        latest = self._latest.get((vrid, datagram.source))
        if latest is not None and latest[0] == datagram:
            return latest[1], False
        result = decode(datagram, plan.rules)
        if isinstance(result, Dropped):
            dropped = plan.name, PacketDropped(result.reason, datagram.source, result.detail)
            self.dropped.append(dropped)
            return dropped, False
        event = plan.name, AdvertisementReceived(result, datagram.source)
        if plan.rules.old_group is None:
            return event, True
        # The latest tells in which form the peer's checksums are: one that was heard before may be news again.
        self.forms.append((plan.name, datagram.source, result.checksum_form))
        if len(self._latest) >= REMEMBERED:
            self._latest.clear()
        self._latest[vrid, datagram.source] = datagram, event
        return event, False


def _groups(plans: Collection[InstancePlan]) -> tuple[Address, ...]:
    return tuple(dict.fromkeys(group for plan in plans for group in plan.groups))
