import itertools

from hypothesis import given
from hypothesis import strategies as st

from vrrpd.sim.invariants import Change, Holding, broken, holders, holdings, overlaps, vacancies
from vrrpd.sim.scenario import Held
from vrrpd.units import Seconds


def span(node: str, start: float, end: float) -> Holding:
    return Holding(node, Seconds(start), Seconds(end))


def change(at: float, node: str, holds: bool) -> Change:
    return Change(Seconds(at), node, holds)


HANDOVER = (span("r1", 1, 5), span("r2", 6, 10))
CLASH = (span("r1", 1, 5), span("r2", 4, 10))


def test_changes_become_spans_and_the_last_lasts_to_the_end() -> None:
    told = [change(1, "r1", True), change(2, "r1", True), change(5, "r1", False), change(6, "r2", True)]
    assert holdings(told, Seconds(10)) == HANDOVER


def test_a_removal_without_an_addition_is_nothing() -> None:
    assert holdings([change(1, "r1", False)], Seconds(9)) == ()


def test_an_expectation_is_met_by_its_node_alone() -> None:
    assert broken(HANDOVER, Held("r1", Seconds(1.5), Seconds(4.5))) is None
    assert broken(HANDOVER, Held(None, Seconds(5.0), Seconds(5.9))) is None


def test_a_second_holder_breaks_an_expectation() -> None:
    assert broken(CLASH, Held("r1", Seconds(2), Seconds(4.5))) == "at 4.000 s held by r1 and r2, not by r1"


def test_a_gap_breaks_an_expectation() -> None:
    assert broken(HANDOVER, Held("r1", Seconds(2), Seconds(5.5))) == "at 5.000 s held by nobody, not by r1"


def test_the_wrong_holder_breaks_an_expectation() -> None:
    assert broken(HANDOVER, Held("r1", Seconds(7), Seconds(8))) == "at 7.000 s held by r2, not by r1"


def test_overlaps_and_vacancies_are_measured() -> None:
    assert overlaps(CLASH) == (Seconds(1),)
    assert overlaps(HANDOVER) == ()
    assert vacancies(HANDOVER, Seconds(0), Seconds(11)) == (Seconds(1), Seconds(1), Seconds(1))
    assert vacancies(CLASH, Seconds(2), Seconds(9)) == ()


CHANGES = st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["r1", "r2"]), st.booleans()), max_size=20).map(
    lambda items: [change(float(at), node, holds) for at, node, holds in sorted(items)]
)


@given(CHANGES)
def test_spans_of_one_node_never_touch_inside(changes: list[Change]) -> None:
    for node in ("r1", "r2"):
        spans = [s for s in holdings(changes, Seconds(60)) if s.node == node]
        assert all(first.end <= second.start for first, second in itertools.pairwise(spans))


@given(CHANGES)
def test_every_moment_is_vacant_or_held(changes: list[Change]) -> None:
    spans = holdings(changes, Seconds(60))
    held = sum(1 for at in range(60) if holders(spans, at + 0.5))
    assert held + sum(vacancies(spans, Seconds(0), Seconds(60))) == 60
