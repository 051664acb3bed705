import dataclasses

import pytest

from netns.demo.configs import EXAMPLES, read
from netns.demo.promises import MACHINE_SLACK, MEASURING_SLACK, Promise, Promises, UnusableConfigError, node_of
from vrrpd.config.model import Config
from vrrpd.core.parameters import Handover
from vrrpd.units import Priority, Seconds


@pytest.fixture
def promises() -> Promises:
    first, second = (node_of(read(EXAMPLES / name)) for name in ("vi1.toml", "vi1-backup.toml"))
    return Promises(first, second)


def test_the_example_nodes_have_the_priorities_that_weight_2_makes(promises: Promises) -> None:
    assert (promises.first.healthy, promises.first.failed) == (103, 101)
    assert (promises.second.healthy, promises.second.failed) == (102, 100)


def test_a_crash_costs_a_master_down_interval_less_at_most_one_advert(promises: Promises) -> None:
    # RFC 3768 section 6.1: 3 x 1 s + (256 - 102) / 256 s
    assert promises.node_crashed.high == pytest.approx(3.6015625)
    assert promises.node_crashed.low == pytest.approx(2.6015625)


def test_a_failed_check_adds_its_interval(promises: Promises) -> None:
    assert promises.service_killed.low == promises.node_crashed.low
    assert promises.service_killed.high == pytest.approx(promises.node_crashed.high + 2.0)


def test_a_stop_costs_nothing(promises: Promises) -> None:
    assert (promises.stopped.low, promises.stopped.high) == (0.0, 0.0)


@pytest.mark.parametrize("file", ["break_first", "keepalived"])
def test_a_farewell_without_addresses_that_stay_leaves_one_skew_time(file: str) -> None:
    first, second = (read(EXAMPLES / name) for name in ("vi1.toml", "vi1-backup.toml"))
    if file == "break_first":
        instance = dataclasses.replace(first.vrrp_instances[0], handover=Handover.BREAK_FIRST)
        node = node_of(dataclasses.replace(first, vrrp_instances=(instance,)))
    else:
        node = node_of(first, "keepalived")
    stopped = Promises(node, node_of(second)).stopped
    assert stopped.low == stopped.high == pytest.approx(154 / 256)


def test_handing_back_costs_nothing(promises: Promises) -> None:
    assert promises.handed_back.kept(Seconds(0.0))
    assert not promises.handed_back.kept(Seconds(MACHINE_SLACK + 0.001))


def test_an_outage_that_is_too_short_breaks_a_promise_as_one_that_is_too_long_does() -> None:
    promise = Promise(Seconds(2.6), Seconds(3.6), "")
    assert promise.kept(Seconds(3.0))
    assert not promise.kept(Seconds(2.6 - MEASURING_SLACK - 0.001))
    assert not promise.kept(Seconds(3.6 + MACHINE_SLACK + 0.001))


@pytest.mark.parametrize(
    ("promise", "text"),
    [
        (Promise(Seconds(0.0), Seconds(0.0), ""), "0"),
        (Promise(Seconds(0.6), Seconds(0.6), ""), "600"),
        (Promise(Seconds(2.6), Seconds(3.6), ""), "2600 .. 3600"),
    ],
)
def test_a_promise_is_shown_in_milliseconds(promise: Promise, text: str) -> None:
    assert str(promise) == text


def test_a_weight_that_moves_nothing_is_refused(promises: Promises) -> None:
    stuck = dataclasses.replace(promises.first, failed=Priority(102))
    with pytest.raises(UnusableConfigError, match="102 < 102"):
        Promises(stuck, promises.second)


def test_a_configuration_without_a_script_is_refused() -> None:
    with pytest.raises(UnusableConfigError, match="one vrrp_script"):
        node_of(Config())
