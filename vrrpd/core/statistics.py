"""What a virtual router counts."""

from dataclasses import dataclass, field, fields, replace

from vrrpd.proto.advertisement import DropReason


@dataclass(slots=True)
class Statistics:
    """Counters since the start or ``clear``; each only grows."""

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

    def clear(self) -> None:
        """Count from 0 again."""
        for item in fields(self):
            if item.name != "dropped":
                setattr(self, item.name, 0)
        self.dropped.clear()

    def copy(self) -> "Statistics":
        return replace(self, dropped=dict(self.dropped))

    def as_dict(self) -> dict[str, int | dict[str, int]]:
        """Counters by name; ``dropped`` holds one number for each DropReason that occurred."""
        plain: dict[str, int | dict[str, int]] = {
            item.name: getattr(self, item.name) for item in fields(self) if item.name != "dropped"
        }
        plain["dropped"] = {reason.value: count for reason, count in self.dropped.items()}
        return plain
