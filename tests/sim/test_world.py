"""The simulated world is what the daemon's is: deterministic, and as unfair as the real one."""

from collections.abc import Iterable

import pytest

from netns.scenarios.shared import SHARED
from vrrpd.core.effects import Reason, State, StateChanged
from vrrpd.sim.generate import generate
from vrrpd.sim.history import Happening, History, HistoryError, Setup, Trouble, from_json, of_scenario, to_json
from vrrpd.sim.invariants import broken, changes, first_violation, holders, holdings
from vrrpd.sim.network import Weather
from vrrpd.sim.scenario import Action, Scenario
from vrrpd.sim.timeline import timeline
from vrrpd.sim.world import play
from vrrpd.units import Seconds

PAIR = (Setup("n1", 101), Setup("n2", 100))


def pair(*troubles: Trouble, duration: float = 30.0) -> History:
    return History(PAIR, troubles, Seconds(duration))


def trouble(at: float, what: Action | Happening, node: str = "n1", value: float = 0.0) -> Trouble:
    return Trouble(Seconds(at), what, node, value=value)


def reasons(history: History, node: str) -> list[tuple[State, Reason]]:
    entries = play(history).entries
    return [(e.seen.new, e.seen.reason) for e in entries if isinstance(e.seen, StateChanged) and e.node == node]


def held(history: History, moments: Iterable[float]) -> list[tuple[str, ...]]:
    spans = holdings(changes(play(history), "VI_1"), history.duration)
    return [holders(spans, at) for at in moments]


@pytest.mark.parametrize("scenario", SHARED, ids=lambda scenario: scenario.name)
def test_what_the_lab_plays_comes_out_the_same_in_memory(scenario: Scenario) -> None:
    history = of_scenario(scenario)
    journal = play(history)
    spans = holdings(changes(journal, "VI_1"), scenario.duration)
    assert [broken(spans, expected) for expected in scenario.expectations] == [None] * len(scenario.expectations)
    assert first_violation(journal, history) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_seed_gives_one_history_and_one_journal(seed: int) -> None:
    assert generate(seed) == generate(seed)
    assert play(generate(seed)) == play(generate(seed))


@pytest.mark.parametrize("seed", range(50))
def test_a_history_is_stored_and_read_back(seed: int) -> None:
    assert from_json(to_json(generate(seed))) == generate(seed)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "setups": [{}], "troubles": []}'])
def test_what_is_no_history_is_refused(text: str) -> None:
    with pytest.raises(HistoryError):
        from_json(text)


def test_a_crash_takes_the_addresses_along_a_killed_process_leaves_them() -> None:
    assert held(pair(trouble(10, Action.CRASH)), (9, 10.1, 20)) == [("n1",), (), ("n2",)]
    assert held(pair(trouble(10, Action.KILL)), (9, 10.1, 20)) == [("n1",), ("n1",), ("n1", "n2")]


def test_a_stalled_process_hears_what_has_arrived_before_it_speaks() -> None:
    stalled = pair(trouble(10, Happening.STALL, "n1", 12.0))
    assert reasons(stalled, "n2")[-1] == (State.BACKUP, Reason.PREEMPTED)
    lower = pair(trouble(10, Happening.STALL, "n2", 12.0))
    assert reasons(lower, "n2") == [(State.BACKUP, Reason.STARTUP)]


def test_a_one_way_partition_makes_two_masters_and_ends_with_one() -> None:
    cut = Trouble(Seconds(10), Happening.CUT, "n1", "n2")
    mended = Trouble(Seconds(20), Happening.MEND, "n1", "n2")
    assert held(pair(cut, mended), (9, 19, 25)) == [("n1",), ("n1", "n2"), ("n1",)]


def test_a_step_of_the_wall_clock_changes_nothing() -> None:
    history = pair(trouble(10, Happening.CLOCK_STEP, value=86400))
    assert reasons(history, "n1") == reasons(pair(), "n1")
    assert reasons(history, "n2") == reasons(pair(), "n2")


def test_weather_loses_packets() -> None:
    storm = Trouble(Seconds(10), Happening.WEATHER, weather=Weather(loss=1.0))
    assert held(pair(storm), (9, 20)) == [("n1",), ("n1", "n2")]


def test_a_stolen_address_comes_back() -> None:
    assert held(pair(trouble(10, Happening.THEFT)), (9, 10.1)) == [("n1",), ("n1",)]


def test_the_timeline_names_nodes_troubles_and_changes() -> None:
    told = timeline(pair(trouble(10, Action.CRASH)))
    assert "n1: priority 101" in told
    assert "* n1: crash" in told
    assert "n2 VI_1: BACKUP -> MASTER (master_down: no advert from 192.168.1.1 for" in told
    assert told.endswith("end")
