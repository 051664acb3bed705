"""One instance's advertisements on their way out."""

from vrrpd.daemon.plan import InstancePlan
from vrrpd.linux.sockets import Sender, open_sender
from vrrpd.proto.advertisement import Advertisement, encode
from vrrpd.units import RESIGN, Address, Priority


class Speaker:
    """``source`` is the address that adverts come from; None while there is no way to send any."""

    def __init__(self, plan: InstancePlan) -> None:
        self._plan = plan
        self._sender: Sender | None = None
        self._encoded: dict[Priority, bytes] = {}
        self.source: Address | None = None

    def open(self, index: int, source: Address) -> None:
        """Send from ``source`` on the interface with this index from now on. After a LinuxError all is as before."""
        plan = self._plan
        sender = open_sender(plan.interface, index, plan.family, source, plan.destination)
        self.close()
        self._sender, self.source = sender, source
        for priority in (plan.parameters.base_priority, RESIGN):
            self.prepare(priority)

    def close(self) -> None:
        self.source = None
        self._encoded.clear()
        if self._sender is not None:
            self._sender.close()
            self._sender = None

    def prepare(self, priority: Priority) -> None:
        """Encode the advert with this priority before it is needed."""
        if self.source is not None and priority not in self._encoded:
            self._encoded[priority] = self._encode(priority, self.source)

    def send(self, priority: Priority) -> bool:
        """False when there is nothing to send with. Raises LinuxError."""
        if self._sender is None:
            return False
        self.prepare(priority)
        self._sender.send(self._encoded[priority])
        return True

    def _encode(self, priority: Priority, source: Address) -> bytes:
        plan, own = self._plan, self._plan.parameters
        advertisement = Advertisement(own.version, own.vrid, priority, own.advert_interval, own.addresses)
        return encode(advertisement, source, plan.destination, plan.password)
