"""Counters by name."""

from vrrpd.core.statistics import Statistics
from vrrpd.observe.counters import plain_counters
from vrrpd.proto.advertisement import DropReason


def test_every_counter_has_its_name() -> None:
    named = plain_counters(Statistics(adverts_received=7))
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


def test_drops_are_named_by_their_reasons() -> None:
    counters = Statistics()
    counters.drop(DropReason.BAD_TTL)
    counters.drop(DropReason.BAD_TTL)
    counters.drop(DropReason.AUTH_FAILURE)
    assert plain_counters(counters)["dropped"] == {"bad_ttl": 2, "auth_failure": 1}
