"""From results of checks to priorities and faults."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrrpd.core.effects import Reason
from vrrpd.core.events import Fault
from vrrpd.tracking import Contribution, FileContribution, Hysteresis, evaluate
from vrrpd.units import Priority


def reports(check: Hysteresis, results: str) -> str:
    """The status after each result: + for up, - for down."""
    return "".join("+" if check.report(result == "+") else "-" for result in results)


@pytest.mark.parametrize(
    ("rise", "fall", "results", "expected"),
    [
        (1, 1, "+-+-", "+-+-"),
        (3, 3, "+", "+"),  # the first result decides alone, whatever rise and fall say
        (3, 3, "-", "-"),
        (1, 3, "+--+--+---", "+++++++++-"),  # a success in between begins the count anew
        (3, 1, "-++-++-+++", "---------+"),
        (2, 2, "+-+--++--", "++++--++-"),
        (1, 1, "+++---", "+++---"),
    ],
)
def test_rise_and_fall_count_results_in_a_row(rise: int, fall: int, results: str, expected: str) -> None:
    assert reports(Hysteresis(rise, fall), results) == expected


def test_before_the_first_result_the_status_is_unknown() -> None:
    assert Hysteresis(2, 2).status is None


@pytest.mark.parametrize(
    ("initially", "results", "expected"), [(True, "-", "+"), (False, "+", "-"), (False, "++", "-+")]
)
def test_an_initial_status_has_to_be_overcome_like_any_other(initially: bool, results: str, expected: str) -> None:
    check = Hysteresis(rise=2, fall=2, initially=initially)
    assert check.status is initially
    assert reports(check, results) == expected


@given(rise=st.integers(1, 5), fall=st.integers(1, 5), results=st.text("+-", min_size=1, max_size=60))
def test_hysteresis_agrees_with_the_rule_written_out(rise: int, fall: int, results: str) -> None:
    """The status changes exactly when the last ``rise`` (``fall``) results all contradict it."""
    expected = [results[0]]
    since = 1  # results before the last change no longer count
    for index in range(1, len(results)):
        status = expected[-1]
        needed = fall if status == "+" else rise
        recent = results[max(since, index + 1 - needed) : index + 1]
        changed = len(recent) == needed and status not in recent
        expected.append(results[index] if changed else status)
        since = index + 1 if changed else since
    assert reports(Hysteresis(rise, fall), results) == "".join(expected)


WEIGHTS = [
    # weight, reverse: what is added to 100 while up, while down, without a result
    (2, False, 2, 0, 0),
    (-20, False, 0, -20, 0),
    (2, True, -2, 0, 0),
    (-20, True, 0, 20, 0),
]


@pytest.mark.parametrize(("weight", "reverse", "up", "down", "unknown"), WEIGHTS)
def test_a_weight_rewards_or_punishes(weight: int, reverse: bool, up: int, down: int, unknown: int) -> None:
    for status, expected in ((True, up), (False, down), (None, unknown)):
        result = evaluate(Priority(100), [Contribution("chk", weight, reverse, status)])
        assert result.effective_priority == 100 + expected
        assert not result.faults
        assert not result.waiting_for


@pytest.mark.parametrize(("reverse", "failing"), [(False, False), (True, True)])
def test_weight_0_is_a_fault_while_it_fails_and_awaited_while_unknown(reverse: bool, failing: bool) -> None:
    fault = Fault(Reason.TRACK_FAILED, "chk")
    assert evaluate(Priority(100), [Contribution("chk", 0, reverse, failing)]).faults == {fault}
    assert not evaluate(Priority(100), [Contribution("chk", 0, reverse, not failing)]).faults
    unknown = evaluate(Priority(100), [Contribution("chk", 0, reverse, None)])
    assert not unknown.faults
    assert unknown.waiting_for == {"chk"}


def test_weights_add_up_before_they_are_clamped() -> None:
    """300 - 60, not 254 - 60."""
    items = [Contribution("a", 200, False, True), Contribution("b", -60, False, False)]
    assert evaluate(Priority(100), items).effective_priority == 240


@pytest.mark.parametrize(("weight", "status", "expected"), [(253, True, 254), (-253, False, 1)])
def test_a_priority_stays_within_1_and_254(weight: int, status: bool, expected: int) -> None:
    assert evaluate(Priority(100), [Contribution("chk", weight, False, status)]).effective_priority == expected


def test_an_owner_stays_255_and_can_still_fault() -> None:
    items = [Contribution("a", -60, False, False), Contribution("b", 0, False, False)]
    result = evaluate(Priority(255), items)
    assert result.effective_priority == 255
    assert result.faults == {Fault(Reason.TRACK_FAILED, "b")}


@pytest.mark.parametrize(
    ("weight", "reverse", "value", "effective", "fault"),
    [
        pytest.param(1, False, 5, 105, False, id="its number is added"),
        pytest.param(2, False, -5, 90, False, id="times the weight"),
        pytest.param(1, True, 5, 95, False, id="reverse turns the sign"),
        pytest.param(10, False, 1000, 254, False, id="at most 253 are added"),
        pytest.param(1, False, -253, 1, False, id="the last number that is no fault"),
        pytest.param(1, False, -254, 100, True, id="-254 is one"),
        pytest.param(0, False, 1, 100, True, id="weight 0: any number is a fault"),
        pytest.param(0, False, 0, 100, False, id="but 0"),
        pytest.param(0, True, 0, 100, True, id="reverse: 0 is"),
        pytest.param(0, True, 3, 100, False, id="and no other"),
    ],
)
def test_tracked_files(weight: int, reverse: bool, value: int, effective: int, fault: bool) -> None:
    result = evaluate(Priority(100), [FileContribution("f", weight, reverse, value)])
    assert (result.effective_priority, bool(result.faults)) == (effective, fault)


def test_the_level_between_up_and_down() -> None:
    check = Hysteresis(rise=2, fall=3)
    levels = [check.level]
    for ok in (True, False, False, False, True, True):
        check.report(ok)
        levels.append(check.level)
    assert levels == [0, 4, 3, 2, 0, 1, 4]
