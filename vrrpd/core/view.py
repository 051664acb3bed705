"""A virtual router as seen at one moment, for status output and for handing it over."""

from collections.abc import Mapping

from vrrpd.core.effects import Reason, State
from vrrpd.core.events import Fault
from vrrpd.core.statistics import Statistics
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

    ``timers`` holds seconds left, by name.
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
    timers: Mapping[str, Seconds]
    peers: tuple[PeerView, ...]
    statistics: Statistics
