"""Counters."""

from vrrpd.core.statistics import Statistics
from vrrpd.proto.advertisement import DropReason


def test_drops_are_counted_by_reason() -> None:
    counters = Statistics()
    counters.drop(DropReason.BAD_TTL)
    counters.drop(DropReason.BAD_TTL)
    counters.drop(DropReason.AUTH_FAILURE)
    assert counters.dropped == {DropReason.BAD_TTL: 2, DropReason.AUTH_FAILURE: 1}


def test_a_copy_stands_still() -> None:
    counters = Statistics(adverts_sent=1)
    copy = counters.copy()
    counters.adverts_sent += 1
    counters.drop(DropReason.BAD_TTL)
    assert copy.adverts_sent == 1
    assert copy.dropped == {}
