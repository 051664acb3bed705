"""What a virtual router counts."""

from dataclasses import field, replace

from vrrpd.proto.advertisement import DropReason
from vrrpd.records import dataclass


@dataclass(slots=True)
class Statistics:
    """Counters, each of which only grows."""

    adverts_received: int = 0
    adverts_sent: int = 0
    became_master: int = 0
    released_master: int = 0
    priority_zero_received: int = 0
    priority_zero_sent: int = 0
    lower_priority_received: int = 0
    address_list_mismatches: int = 0
    interval_mismatches: int = 0
    addresses_restored: int = 0
    effects_failed: int = 0
    stalls: int = 0
    silent_takeovers: int = 0
    wrong_takeovers: int = 0
    dropped: dict[DropReason, int] = field(default_factory=dict)

    def drop(self, reason: DropReason) -> None:
        self.dropped[reason] = self.dropped.get(reason, 0) + 1

    def copy(self) -> "Statistics":
        return replace(self, dropped=dict(self.dropped))
