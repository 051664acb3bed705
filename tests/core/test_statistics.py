"""Counters."""

from vrrpd.core.statistics import Statistics
from vrrpd.proto.advertisement import DropReason


def test_drops_are_counted_by_reason() -> None:
    counters = Statistics()
    counters.drop(DropReason.BAD_TTL)
    counters.drop(DropReason.BAD_TTL)
    counters.drop(DropReason.AUTH_FAILURE)
    assert counters.as_dict()["dropped"] == {"bad_ttl": 2, "auth_failure": 1}


def test_a_copy_stands_still() -> None:
    counters = Statistics(adverts_sent=1)
    copy = counters.copy()
    counters.adverts_sent += 1
    counters.drop(DropReason.BAD_TTL)
    assert copy.adverts_sent == 1
    assert copy.dropped == {}


def test_every_counter_has_its_name() -> None:
    named = Statistics(adverts_received=7).as_dict()
    assert named["adverts_received"] == 7
    assert set(named) == {
        "adverts_received",
        "adverts_sent",
        "became_master",
        "released_master",
        "priority_zero_received",
        "priority_zero_sent",
        "lower_priority_received",
        "address_list_mismatches",
        "interval_mismatches",
        "addresses_restored",
        "effects_failed",
        "stalls",
        "silent_takeovers",
        "wrong_takeovers",
        "dropped",
    }


def test_clear() -> None:
    statistics = Statistics(adverts_sent=3, became_master=1, stalls=2)
    statistics.drop(DropReason.BAD_TTL)
    copy = statistics.copy()
    statistics.clear()
    assert statistics == Statistics()
    assert copy.dropped == {DropReason.BAD_TTL: 1}
    statistics.drop(DropReason.BAD_TTL)
    assert statistics.dropped == {DropReason.BAD_TTL: 1}
