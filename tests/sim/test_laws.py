"""Each law of the simulator can be broken: the bug that it guards against is planted, and found."""

import pytest

from tests.sim.planted import PLANTED, Plant
from vrrpd.sim.campaign import simulate
from vrrpd.sim.generate import generate
from vrrpd.sim.laws import LAWS
from vrrpd.sim.shrink import shrink, violation_of

SEARCHED = range(1000)


def first_broken(seeds: range) -> int:
    return next(seed for seed in seeds if violation_of(generate(seed)) is not None)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found_and_shown_in_few_troubles(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    seed = first_broken(SEARCHED)
    found = violation_of(generate(seed))
    assert found is not None
    assert found.law in PLANTED[plant]
    shortest = shrink(generate(seed))
    again = violation_of(shortest)
    assert again is not None
    assert again.law == found.law
    assert len(shortest.troubles) <= 4
    assert len(shortest.setups) <= 4


def test_every_law_has_a_bug_that_breaks_it() -> None:
    guarded = {law.replace(" ", "_") for laws in PLANTED.values() for law in laws}
    assert guarded == {law.__name__ for law in LAWS}


def test_the_election_as_it_is_breaks_none() -> None:
    tally = simulate(range(200))
    assert tally.broken == []
    assert tally.histories == 200


def test_shrinking_what_is_well_changes_nothing() -> None:
    assert shrink(generate(3)) == generate(3)


def test_shrinking_gives_the_same_result_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    next(iter(PLANTED))(monkeypatch)
    seed = first_broken(SEARCHED)
    assert shrink(generate(seed)) == shrink(generate(seed))
