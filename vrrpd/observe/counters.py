"""What a virtual router counts, by name for the status output."""

from dataclasses import fields

from vrrpd.core.statistics import Statistics


def plain_counters(statistics: Statistics) -> dict[str, int | dict[str, int]]:
    """Counters by name; ``dropped`` holds one number for each DropReason that occurred."""
    plain: dict[str, int | dict[str, int]] = {
        item.name: getattr(statistics, item.name) for item in fields(statistics) if item.name != "dropped"
    }
    plain["dropped"] = {reason.value: count for reason, count in statistics.dropped.items()}
    return plain
