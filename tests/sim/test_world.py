"""The simulated world is what the daemon's is: deterministic, and as unfair as the real one."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from netns.scenarios.shared import SHARED
from vrrpd.core.effects import AddAddresses, Reason, State, StateChanged
from vrrpd.sim.evidence import Evidence
from vrrpd.sim.generate import generate
from vrrpd.sim.history import Happening, History, HistoryError, Setup, Trouble, from_json, of_scenario, to_json
from vrrpd.sim.invariants import broken, holders
from vrrpd.sim.laws import first_violation
from vrrpd.sim.network import Weather
from vrrpd.sim.prober import Prober
from vrrpd.sim.scenario import Action, Scenario
from vrrpd.sim.timeline import timeline
from vrrpd.sim.world import World, play
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
    spans = Evidence(play(history), history).spans["VI_1"]
    return [holders(spans, at) for at in moments]


@pytest.mark.parametrize("scenario", SHARED, ids=lambda scenario: scenario.name)
def test_what_the_lab_plays_comes_out_the_same_in_memory(scenario: Scenario) -> None:
    history = of_scenario(scenario)
    journal = play(history)
    spans = Evidence(journal, history).spans["VI_1"]
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


def hurried(*troubles: Trouble, fast: str = "overdue") -> History:
    setups = tuple(replace(setup, fast=fast) for setup in PAIR)
    return History(setups, troubles, Seconds(30.0))


def test_a_host_that_is_gone_is_succeeded_by_its_silence() -> None:
    history = hurried(trouble(10, Action.CRASH))
    assert held(history, (9, 10.1, 11.5)) == [("n1",), (), ("n2",)]
    assert reasons(history, "n2")[-1] == (State.MASTER, Reason.MASTER_SILENT)


def test_the_kernel_of_a_dead_daemon_answers() -> None:
    history = hurried(trouble(10, Action.KILL))
    assert held(history, (9, 12, 14)) == [("n1",), ("n1",), ("n1", "n2")]
    assert reasons(history, "n2")[-1] == (State.MASTER, Reason.MASTER_DOWN)


def test_a_stalled_daemon_is_not_taken_for_a_dead_host() -> None:
    history = hurried(trouble(10, Happening.STALL, value=2.5))
    assert reasons(history, "n2") == [(State.BACKUP, Reason.STARTUP)]


def test_a_master_that_was_cut_off_for_a_moment_is_alive() -> None:
    history = hurried(trouble(10.0, Action.ISOLATE), trouble(11.6, Action.JOIN))
    assert held(history, (9, 11.55, 13)) == [("n1",), ("n1", "n2"), ("n1",)]
    assert first_violation(play(history), history) is None


@pytest.mark.parametrize("mode", ["overdue", "always"])
def test_a_stream_that_rests_finds_silence_when_one_that_never_rests_does(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = hurried(trouble(9.87, Action.LINK_DOWN), trouble(16, Action.LINK_UP), fast=mode)
    found = [(entry.at, entry.seen) for entry in play(history).entries if isinstance(entry.seen, StateChanged)]
    monkeypatch.setattr(Prober, "_is_certain", lambda *_: False)
    again = [(entry.at, entry.seen) for entry in play(history).entries if isinstance(entry.seen, StateChanged)]
    assert [seen for _, seen in found] == [seen for _, seen in again]
    assert [at for at, _ in found] == pytest.approx([at for at, _ in again])


def test_a_kernel_that_refuses_is_asked_again() -> None:
    history = pair(trouble(0, Happening.REFUSE_ADD), trouble(5, Happening.REFUSE_NOTHING))
    assert held(history, (4.5, 6.5)) == [(), ("n1",)]


def test_one_that_cannot_serve_hands_over() -> None:
    history = pair(trouble(0, Happening.REFUSE_ADD))
    assert held(history, (4.5, 7.0, 20)) == [(), ("n2",), ("n2",)]


def test_what_could_not_be_removed_is_removed_later() -> None:
    refused = (
        trouble(10, Happening.REFUSE_REMOVE),
        trouble(11, Action.LINK_DOWN),
        trouble(13, Happening.REFUSE_NOTHING),
    )
    assert held(pair(*refused), (12.5, 14.5)) == [("n1",), ("n2",)]


def test_two_owners_settle_it_by_address_even_if_one_of_them_is_deaf() -> None:
    owners = (Setup("n1", 255), Setup("n2", 255))
    assert held(History(owners, (), Seconds(20.0)), (10,)) == [("n2",)]
    deaf = (Setup("n1", 255, stubborn=True), Setup("n2", 255))
    assert held(History(deaf, (), Seconds(20.0)), (10,)) == [("n1",)]


def test_a_reload_changes_the_addresses() -> None:
    told = [
        entry.seen
        for entry in play(pair(trouble(10, Happening.RELOAD_ADDRESSES, value=3.0))).entries
        if isinstance(entry.seen, AddAddresses)
    ]
    assert [len(effect.addresses) for effect in told] == [1, 2]


@pytest.mark.parametrize("seed", range(10))
def test_another_process_does_what_the_old_one_would_have_done(seed: int) -> None:
    history = generate(seed)
    setups = tuple(replace(setup, fast=None) for setup in history.setups)
    troubles = tuple(item for item in history.troubles if item.what is not Happening.ADOPTED)
    plain = replace(history, setups=setups, troubles=troubles)
    at = Seconds(history.duration / 2)
    swaps = tuple(Trouble(at, Happening.ADOPTED, setup.name) for setup in setups)
    adopted = replace(plain, troubles=tuple(sorted((*troubles, *swaps), key=lambda item: item.at)))
    assert [list_of(plain, setup.name) for setup in setups] == [list_of(adopted, setup.name) for setup in setups]


def list_of(history: History, node: str) -> list[tuple[float, State]]:
    return [
        (entry.at, entry.seen.new)
        for entry in play(history).entries
        if isinstance(entry.seen, StateChanged) and entry.node == node
    ]


def test_who_is_asked_to_stop_holds_until_the_successor_does() -> None:
    history = pair(trouble(10, Action.STOP))
    assert held(history, (9, 10.6, 10.62)) == [("n1",), ("n1",), ("n2",)]
    first = replace(history, setups=tuple(replace(setup, break_first=True) for setup in PAIR))
    assert held(first, (9, 10.1, 10.62)) == [("n1",), (), ("n2",)]


def test_without_its_announcement_the_successors_advert_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(World, "_announce", lambda *_: None)
    assert held(pair(trouble(10, Action.STOP)), (10.62, 10.75)) == [("n1", "n2"), ("n2",)]


def test_without_a_successor_it_lets_go_in_the_end() -> None:
    alone = History(PAIR[:1], (trouble(10, Action.STOP),), Seconds(20.0))
    assert held(alone, (10.1, 12.0, 12.2)) == [("n1",), ("n1",), ()]


def test_it_starts_again_when_it_has_stopped() -> None:
    history = pair(trouble(10, Action.STOP), trouble(10.1, Action.START))
    assert reasons(history, "n1")[2:] == [
        (State.INIT, Reason.SHUTDOWN),
        (State.BACKUP, Reason.STARTUP),
        (State.MASTER, Reason.PREEMPTING),
    ]


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
