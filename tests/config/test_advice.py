"""Weights that can never move the addresses; the election's own arithmetic is the judge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.config.findings import WARNING, found, instance, one, script
from vrrpd.tracking import Contribution, evaluate
from vrrpd.units import Priority


def advice(base: int, weight: int, *, reverse: bool = False, extra: str = "") -> list[str]:
    word = " reverse" if reverse else ""
    text = script() + instance(f"priority = {base}\ntrack_script = ['chk weight {weight}{word}']\n{extra}")
    return [item.code for item in found(text) if item.severity is WARNING]


def effective(base: int, weight: int, *, ok: bool, reverse: bool) -> int:
    return evaluate(Priority(base), [Contribution("chk", weight, reverse, ok)]).effective_priority


@given(st.integers(1, 254), st.integers(-253, 253), st.booleans())
def test_advice_follows_the_arithmetic_of_the_election(base: int, weight: int, reverse: bool) -> None:
    loss = effective(base, weight, ok=not reverse, reverse=reverse) - effective(
        base, weight, ok=reverse, reverse=reverse
    )
    expected = [] if weight == 0 or loss > 1 else ["weight-too-small"] if loss == 1 else ["weight-without-effect"]
    assert advice(base, weight, reverse=reverse) == expected


@given(st.integers(2, 254), st.integers(-253, 253))
def test_a_weight_without_warning_lets_a_neighbour_one_below_take_over(base: int, weight: int) -> None:
    failed_here = effective(base, weight, ok=False, reverse=False)
    healthy_there = effective(base - 1, weight, ok=True, reverse=False)
    if weight and not advice(base, weight):
        assert healthy_there > failed_here
    if advice(base, weight) == ["weight-without-effect"]:
        assert failed_here == effective(base, weight, ok=True, reverse=False)


def test_the_seed_pair_has_a_weight_that_works() -> None:
    assert advice(101, 2) == []
    assert advice(100, 2) == []


@pytest.mark.parametrize(
    ("base", "weight", "parts"),
    [
        (101, "1", ["from 102 to 101", "at 101 then, draws level", "write: chk weight 2"]),
        (101, "-1", ["from 101 to 100", "write: chk weight -2"]),
        (254, "2", ["is 254 and stays 254", "256 -> 254, but 254 is the most", "write: priority = 252"]),
        (1, "-5", ["is 1 and stays 1", "1 -> -4, but 1 is the least", "write: priority = 6"]),
        (253, "2", ["from 254 to 253", "leaves room"]),
        (101, "1 reverse", ["when chk succeeds"]),
    ],
)
def test_the_numbers_are_said(base: int, weight: str, parts: list[str]) -> None:
    diagnostic, place = one(script() + instance(f"priority = {base}\ntrack_script = ['§chk weight {weight}']"))
    assert (diagnostic.location.line, diagnostic.location.column) == place
    for part in parts:
        assert part in str(diagnostic)


def test_an_owner_ignores_weights_but_not_faults() -> None:
    assert advice(255, -100) == ["weight-without-effect"]
    assert advice(255, 0) == []


def test_nopreempt_beside_a_weight() -> None:
    assert advice(101, -50, extra="nopreempt = true") == ["weight-with-nopreempt"]
    assert advice(101, 0, extra="nopreempt = true") == []
    assert advice(101, 1, extra="nopreempt = true") == ["weight-with-nopreempt", "weight-too-small"]


def test_the_weights_of_all_trackers_count_together() -> None:
    text = script("weight = 100") + script("weight = 60", name="other")
    text += instance("priority = 100\ntrack_script = ['chk', 'other']\ntrack_interface = ['eth1 weight -5']")
    codes = [(item.code, item.message.split()[0]) for item in found(text)]
    assert codes == [("weight-without-effect", "eth1")]  # 260 - 5 is still held at 254; 260 - 60 is 200
