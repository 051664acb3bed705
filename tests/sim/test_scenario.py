import pytest

from vrrpd.sim.scenario import Action, Composer, Held, Node, Protocol, Scenario, ScenarioError, Step
from vrrpd.units import Seconds

PAIR = (Node("r1", 101), Node("r2", 100))


def scenario(*steps: Step, expectations: tuple[Held, ...] = (), nodes: tuple[Node, ...] = PAIR) -> Scenario:
    return Scenario("try", "", Protocol(), nodes, steps, expectations)


def step(at: float, action: Action = Action.CRASH, node: str = "r1") -> Step:
    return Step(Seconds(at), action, node)


def test_the_duration_covers_every_step_and_expectation() -> None:
    held = Held("r1", Seconds(4.0), Seconds(9.5))
    assert scenario(step(1), step(7), expectations=(held,)).duration == Seconds(9.5)
    assert scenario(step(12), expectations=(held,)).duration == Seconds(12)


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ((step(2), step(1)), "order of time"),
        ((step(-1),), "order of time"),
        ((step(1, node="r9"),), "no node is called r9"),
    ],
)
def test_a_scenario_that_contradicts_itself_is_refused(steps: tuple[Step, ...], text: str) -> None:
    with pytest.raises(ScenarioError, match=text):
        scenario(*steps)


def test_two_nodes_of_one_name_are_refused() -> None:
    with pytest.raises(ScenarioError, match="same name"):
        scenario(nodes=(Node("r1", 1), Node("r1", 2)))


def test_an_expectation_needs_some_time() -> None:
    with pytest.raises(ScenarioError, match="ends before it starts"):
        scenario(expectations=(Held(None, Seconds(2), Seconds(2)),))


def test_a_cut_or_a_stall_may_split_a_crash_may_not() -> None:
    assert scenario(step(1, Action.ISOLATE)).may_split
    assert scenario(step(1, Action.PAUSE)).may_split
    assert not scenario(step(1)).may_split


def test_the_heir_of_a_crash_is_expected_after_its_master_down_interval() -> None:
    composer = Composer(Protocol(), PAIR, margin=1.0, quiet=0.5)
    composer.started("r1")
    composer.crash("r1", "r2")
    composed = composer.finish("crash", "")
    first, second = composed.expectations
    assert first == Held("r1", Seconds(round(3 + 155 / 256 + 1, 3)), Seconds(round(3 + 155 / 256 + 1.5, 3)))
    crashed_at = composed.steps[0].at
    assert crashed_at == first.end
    assert second.start == pytest.approx(crashed_at + 3 + 156 / 256 + 1, abs=0.002)


def test_the_heir_of_a_farewell_is_expected_after_one_skew_time() -> None:
    composer = Composer(Protocol(version=3, advert_interval=Seconds(0.1)), PAIR, margin=0.25)
    composer.stop("r1", "r2")
    assert composer.finish("stop", "").expectations[0].start == pytest.approx(0.1 * 156 / 256 + 0.25, abs=0.001)


def test_nobody_is_expected_at_once_when_there_is_no_heir() -> None:
    composer = Composer(Protocol(), PAIR, margin=0.25)
    composer.crash("r1", None)
    assert composer.finish("alone", "").expectations == (Held(None, Seconds(0.25), Seconds(0.75)),)
