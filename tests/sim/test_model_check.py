"""The election of two nodes, every way through it within bounds."""

import pytest
from hypothesis import given

from tests.properties import histories
from tests.sim.planted import Plant, follows_anybody, never_takes_over, never_yields
from vrrpd.core.events import Event
from vrrpd.core.node import Node
from vrrpd.core.parameters import Parameters
from vrrpd.handover import capture
from vrrpd.sim.model_check import PAIRS, Bounds, duplicate, explore, pair_of
from vrrpd.units import Instant, Seconds

SMALL = Bounds(losses=2, crashes=1, late=1)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_whatever_is_lost_late_or_crashes_one_is_master_in_the_end(pair: tuple[Parameters, Parameters]) -> None:
    explored = explore(*pair, SMALL)
    assert explored.wrong == ()
    assert explored.complete
    assert explored.states > 300


@pytest.mark.parametrize("plant", [never_yields, never_takes_over], ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found_with_the_way_to_it(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    explored = explore(*pair_of(100, 100), SMALL)
    assert explored.wrong[0] == "both start"
    assert "are MASTER" in explored.wrong[-1]


def test_who_is_not_to_be_master_makes_no_difference_to_that_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    follows_anybody(monkeypatch)
    assert explore(*pair_of(101, 100), SMALL).wrong == ()


def test_exploring_ends_at_the_bound_and_says_so() -> None:
    explored = explore(*pair_of(101, 100), Bounds(states=50))
    assert (explored.states, explored.complete) == (50, False)


@given(histories.settings, histories.histories, histories.histories)
def test_what_befalls_a_copy_leaves_the_original_alone(
    settings: Parameters, before: list[tuple[Seconds, Event]], after: list[tuple[Seconds, Event]]
) -> None:
    router, now = histories.running(settings), 0.0
    for pause, event in before:
        now += pause
        router.handle(event, Instant(now))
    state = capture(Node([router]))
    copy = duplicate(router)
    assert capture(Node([copy])) == state
    for pause, event in after:
        now += pause
        copy.handle(event, Instant(now))
    assert capture(Node([router])) == state
