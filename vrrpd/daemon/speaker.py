"""One instance's advertisements on their way out, to its group or to each of its peers."""

from collections.abc import Sequence
from contextlib import ExitStack

from vrrpd.daemon.plan import InstancePlan
from vrrpd.daemon.senders import Packets, Senders
from vrrpd.errors import LinuxError
from vrrpd.linux.sockets import Sender
from vrrpd.proto.advertisement import Advertisement, ChecksumForm, encode
from vrrpd.units import RESIGN, Address, Priority


class Speaker:
    """``source`` is the address that adverts come from; None while there is no way to send any."""

    _old: frozenset[Address] = frozenset()
    """Peers whose adverts have checksums of keepalived 1.3.6 and before: they get such, for they know no others."""

    def __init__(self, plan: InstancePlan, senders: Senders | None = None) -> None:
        self._plan = plan
        self._outlets = senders or Senders()
        self._senders: Sequence[Sender] = ()
        self._encoded: dict[Priority, Sequence[bytes]] = {}
        self.source: Address | None = None

    def open(self, index: int, source: Address) -> None:
        """Send from ``source`` on the interface with this index from now on. After a LinuxError all is as before."""
        senders = self._open_all(index, source)
        self.close()
        self._senders, self.source = senders, source
        for priority in (self._plan.parameters.base_priority, RESIGN):
            self.prepare(priority)

    def _open_all(self, index: int, source: Address) -> Sequence[Sender]:
        plan = self._plan
        with ExitStack() as opened:
            senders: list[Sender] = []
            for destination in plan.destinations:
                key = (plan.interface, index, plan.family, source, destination, plan.hop_limit)
                senders.append(self._outlets.take(key))
                opened.callback(self._outlets.give_back, senders[-1])
            opened.pop_all()
        return senders

    def close(self) -> None:
        self.source = None
        self._encoded.clear()
        for sender in self._senders:
            self._outlets.give_back(sender)
        self._senders = ()

    def adapt(self, peer: Address, form: ChecksumForm) -> bool:
        """The checksums of this peer have that form; whether what we send to it changes."""
        old = self._old | {peer} if form is ChecksumForm.OLD_UNICAST else self._old - {peer}
        fixed = self._plan.checksum_form is not ChecksumForm.PSEUDO_HEADER
        if old == self._old or fixed or peer not in self._plan.destinations:
            return False
        self._old = old
        prepared = tuple(self._encoded)
        self._encoded.clear()
        for priority in prepared:
            self.prepare(priority)
        return True

    def packets(self, priority: Priority) -> Packets:
        """The advert with this priority, with what ``open_sender`` takes for each destination."""
        if self.source is None:
            return ()
        self.prepare(priority)
        keys = (self._outlets.key_of(sender) for sender in self._senders)
        return tuple(zip(keys, self._encoded[priority], strict=True))

    def prepare(self, priority: Priority) -> None:
        """Encode the advert with this priority before it is needed."""
        if self.source is not None and priority not in self._encoded:
            self._encoded[priority] = self._encode(priority, self.source)

    def send(self, priority: Priority) -> bool:
        """False when there is nothing to send with. LinuxError: a peer could not be reached; the others were told."""
        if not self._senders:
            return False
        self.prepare(priority)
        failed: LinuxError | None = None
        for sender, payload in zip(self._senders, self._encoded[priority], strict=True):
            try:
                sender.send(payload)
            except LinuxError as error:
                failed = error
        if failed is not None:
            raise failed
        return True

    def _encode(self, priority: Priority, source: Address) -> Sequence[bytes]:
        plan, own = self._plan, self._plan.parameters
        advert = Advertisement(own.version, own.vrid, priority, own.advert_interval, own.addresses, plan.checksum_form)
        return [encode(advert, source, self._covered(destination), plan.password) for destination in plan.destinations]

    def _covered(self, destination: Address) -> Address:
        """The address that stands in the pseudo-header of the checksum."""
        group = self._plan.rules.old_group
        old = self._plan.checksum_form is ChecksumForm.OLD_UNICAST or destination in self._old
        return group if old and group is not None else destination
