"""The protocol's intervals as real numbers, and the named deadlines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.builders import parameters
from vrrpd.core.timers import Deadlines, Timer, master_down_interval, skew_time, timing_priority
from vrrpd.units import Instant, Priority, Seconds

MICROSECONDS = 1_000_000


@pytest.mark.parametrize(
    ("version", "priority", "interval", "skew_us", "down_us"),
    [
        (2, 100, 1.0, 609_375, 3_609_375),
        (2, 101, 1.0, 605_468.75, 3_605_468.75),
        (2, 100, 10.0, 609_375, 30_609_375),  # VRRPv2: independent of the interval
        (2, 255, 1.0, 3_906.25, 3_003_906.25),
        (2, 1, 255.0, 996_093.75, 765_996_093.75),
        (3, 100, 1.0, 609_375, 3_609_375),
        (3, 150, 4.0, 1_656_250, 13_656_250),
        (3, 255, 1.0, 3_906.25, 3_003_906.25),
        (3, 254, 0.01, 78.125, 30_078.125),
        (3, 253, 0.01, 117.1875, 30_117.1875),
        (3, 1, 40.95, 40_790_039.0625, 163_640_039.0625),
    ],
)
def test_skew_and_master_down_are_never_rounded(
    version: int, priority: int, interval: float, skew_us: float, down_us: float
) -> None:
    wait = Seconds(interval)
    assert skew_time(version, Priority(priority), wait) * MICROSECONDS == pytest.approx(skew_us, abs=1e-6)
    assert master_down_interval(version, Priority(priority), wait) * MICROSECONDS == pytest.approx(down_us, abs=1e-6)


@pytest.mark.parametrize(("adverts", "expected"), [(1, 1.609375), (3, 3.609375), (30, 30.609375), (100, 100.609375)])
def test_down_timer_adverts_counts_intervals(adverts: int, expected: float) -> None:
    assert master_down_interval(2, Priority(100), Seconds(1.0), adverts) == expected


@given(
    version=st.sampled_from([2, 3]),
    lower=st.integers(1, 254),
    above=st.integers(1, 254),
    centiseconds=st.integers(1, 4095),
    adverts=st.integers(1, 100),
)
def test_a_strictly_lower_priority_waits_strictly_longer(
    version: int, lower: int, above: int, centiseconds: int, adverts: int
) -> None:
    higher = min(lower + above, 255)
    interval = Seconds(centiseconds / 100)
    slow = master_down_interval(version, Priority(lower), interval, adverts)
    quick = master_down_interval(version, Priority(higher), interval, adverts)
    assert quick < slow
    share = 1.0 if version == 2 else interval
    assert slow - quick == pytest.approx((higher - lower) * share / 256)


@pytest.mark.parametrize(("base", "effective", "expected"), [(100, 90, 90), (100, 120, 120), (255, 254, 255)])
def test_an_owner_times_as_255_even_while_it_advertises_less(base: int, effective: int, expected: int) -> None:
    assert timing_priority(parameters(base), Priority(effective)) == expected


def test_the_earliest_deadline_counts() -> None:
    deadlines = Deadlines()
    deadlines.set(Timer.ADVERT, Instant(2.0))
    deadlines.set(Timer.REFRESH, Instant(1.0))
    assert deadlines.earliest == 1.0
    deadlines.clear(Timer.REFRESH, Timer.RETRY)
    assert deadlines.earliest == 2.0


def test_no_deadline_is_left_after_clearing_all() -> None:
    deadlines = Deadlines()
    deadlines.set(Timer.ADVERT, Instant(2.0))
    deadlines.clear_all()
    assert deadlines.earliest is None


def test_due_means_passed_or_now_the_longest_overdue_first() -> None:
    deadlines = Deadlines()
    deadlines.set(Timer.ADVERT, Instant(3.0))
    deadlines.set(Timer.REFRESH, Instant(1.0))
    deadlines.set(Timer.RETRY, Instant(2.0))
    assert deadlines.due(Instant(0.5)) == []
    assert deadlines.due(Instant(2.0)) == [Timer.REFRESH, Timer.RETRY]
    assert deadlines.due(Instant(9.0)) == [Timer.REFRESH, Timer.RETRY, Timer.ADVERT]


def test_the_rest_of_a_timer_is_told_by_name() -> None:
    deadlines = Deadlines()
    deadlines.set(Timer.MASTER_DOWN, Instant(3.5))
    deadlines.set(Timer.PREEMPT_DELAY, Instant(9.0))
    assert deadlines.remaining(Instant(1.0)) == {"master_down": 2.5, "preempt_delay": 8.0}
    assert deadlines.get(Timer.MASTER_DOWN) == 3.5
    assert deadlines.get(Timer.ADVERT) is None
