import logging
import time

import pytest

from tests.daemon.conftest import ScriptMaker
from tests.daemon.loops import pause, turn
from vrrpd.config.model import Command, VrrpScript
from vrrpd.daemon.launcher import Launcher
from vrrpd.daemon.script_tracker import ScriptTracker
from vrrpd.loop import Loop
from vrrpd.units import Seconds

Changes = list[tuple[bool | None, str]]


def make(
    loop: Loop,
    *argv: str,
    interval: float = 0.05,
    timeout: float = 5.0,
    user: str | None = None,
    **values: int,
) -> tuple[ScriptTracker, Changes]:
    changes: Changes = []
    command = Command(tuple(argv), user)
    script = VrrpScript("chk", command, Seconds(interval), Seconds(timeout), **values)  # type: ignore[arg-type]  # rise, fall, init_fail
    tracker = ScriptTracker(script, Launcher(None, None), loop, lambda t: changes.append((t.status, t.detail)))
    return tracker, changes


def test_runs_at_once_and_then_on_its_beat(loop: Loop, script: ScriptMaker) -> None:
    tracker, changes = make(loop, script("ok", "date +%s.%N >>TRACE"), interval=0.2)
    assert tracker.status is None
    began = time.time()
    tracker.start()
    turn(loop, lambda: len(script.lines()) >= 5)
    tracker.stop()
    beats = [float(line) - began for line in script.lines()]
    assert beats[0] < 0.2
    # A fixed beat: the distance of the first to the last is that of four intervals, whatever each start took.
    assert beats[4] - beats[0] == pytest.approx(0.8, abs=0.19)
    assert changes == [(True, "exit 0")]


def test_only_changes_are_told_and_fall_and_rise_hold_them_back(loop: Loop, script: ScriptMaker) -> None:
    tracker, changes = make(loop, script("check", "echo run >>TRACE; test ! -e TRACE.fail"), rise=2, fall=3)
    fail = script.trace.with_name("trace.fail")
    tracker.start()
    turn(loop, lambda: tracker.status)
    fail.touch()
    before = len(script.lines())
    turn(loop, lambda: tracker.status is False)
    assert len(script.lines()) - before >= 3
    assert changes[1:] == [(False, "exit 1")]
    fail.unlink()
    before = len(script.lines())
    turn(loop, lambda: tracker.status)
    assert len(script.lines()) - before >= 2
    assert len(changes) == 3
    tracker.stop()


def test_init_fail_is_down_until_it_has_risen(loop: Loop, script: ScriptMaker) -> None:
    tracker, changes = make(loop, script("ok", "echo run >>TRACE"), rise=3, init_fail=True)
    assert tracker.status is False
    tracker.start()
    turn(loop, lambda: changes)
    assert len(script.lines()) >= 3
    assert changes == [(True, "exit 0")]
    tracker.stop()


def test_a_beat_is_skipped_while_the_last_run_lives(
    loop: Loop, script: ScriptMaker, caplog: pytest.LogCaptureFixture
) -> None:
    tracker, _ = make(loop, script("slow", "echo start >>TRACE; sleep 0.3; echo end >>TRACE"), interval=0.05)
    with caplog.at_level(logging.INFO):
        tracker.start()
        turn(loop, lambda: len(script.lines()) >= 6)
    tracker.stop()
    assert script.lines()[:6] == ["start", "end"] * 3, "two runs at once"
    assert tracker.skipped >= 6
    assert [record.getMessage() for record in caplog.records] == [
        "script chk takes longer than its interval of 0.05 s: starts are skipped"
    ]


def test_a_time_out_is_a_failure(loop: Loop) -> None:
    tracker, changes = make(loop, "sleep", "60", timeout=0.1)
    tracker.start()
    turn(loop, lambda: changes)
    tracker.stop()
    assert changes == [(False, "took longer than 0.1 s, killed by SIGTERM")]


@pytest.mark.parametrize(
    ("argv", "user", "reason"),
    [
        (("/no/such/program",), None, "cannot be started: run /no/such/program: ENOENT"),
        (("true",), "nobody-of-that-name", "cannot be started: user 'nobody-of-that-name' does not exist"),
    ],
)
def test_what_cannot_be_started_fails_and_is_reported_once(
    loop: Loop,
    caplog: pytest.LogCaptureFixture,
    argv: tuple[str, ...],
    user: str | None,
    reason: str,
) -> None:
    tracker, changes = make(loop, *argv, interval=0.02, user=user)
    tracker.start()
    turn(loop, lambda: tracker.runs >= 4)
    tracker.stop()
    assert changes == [(False, reason)]
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1


def test_a_program_that_appears_is_started_then(loop: Loop, script: ScriptMaker) -> None:
    path = script("later", "exit 0")
    hidden = script.trace.with_name("later")
    away = hidden.rename(hidden.with_name("away"))
    tracker, changes = make(loop, path)
    tracker.start()
    turn(loop, lambda: changes)
    away.rename(hidden)
    turn(loop, lambda: tracker.status)
    tracker.stop()
    assert [status for status, _ in changes] == [False, True]


def test_a_loop_that_was_held_up_keeps_the_beat(loop: Loop) -> None:
    tracker, _ = make(loop, "true", interval=0.05)
    tracker.start()
    turn(loop, lambda: tracker.runs >= 2)
    time.sleep(0.6)
    runs = tracker.runs
    pause(loop, 0.04)
    tracker.stop()
    assert tracker.runs - runs <= 2, "missed beats must not be made up for"


def test_stopped_it_runs_no_more(loop: Loop, script: ScriptMaker) -> None:
    tracker, changes = make(loop, script("slow", "echo start >>TRACE; sleep 0.3; echo end >>TRACE"))
    tracker.start()
    turn(loop, script.lines)
    tracker.stop()
    pause(loop, 0.5)
    assert script.lines() == ["start"]
    assert changes == []


def test_stop_before_start_is_harmless(loop: Loop) -> None:
    tracker, _ = make(loop, "true")
    tracker.stop()


def test_a_run_out_of_turn_is_a_result_like_any_other_and_the_beat_follows_it(loop: Loop, script: ScriptMaker) -> None:
    tracker, changes = make(loop, script("check", "date +%s.%N >>TRACE; test ! -e TRACE.fail"), interval=0.6, fall=2)
    tracker.hasten()
    pause(loop, 0.05)
    assert tracker.runs == 0, "it has not been started"
    tracker.start()
    turn(loop, lambda: tracker.status)
    pause(loop, 0.3)
    script.trace.with_name("trace.fail").touch()
    tracker.hasten()
    turn(loop, lambda: len(script.lines()) == 2)
    assert tracker.status, "fall counts"
    turn(loop, lambda: changes[1:])
    tracker.stop()
    first, second, third = map(float, script.lines())
    assert second - first < 0.6
    assert third - second > 0.55, "an interval later, not on the beat before"


def test_a_run_that_has_begun_is_followed_by_another(loop: Loop, script: ScriptMaker) -> None:
    tracker, changes = make(loop, script("check", "echo run >>TRACE; sleep 0.2; test ! -e TRACE.fail"), interval=60)
    tracker.start()
    turn(loop, script.lines)
    for _ in range(3):
        tracker.hasten()
    turn(loop, lambda: tracker.status)
    script.trace.with_name("trace.fail").touch()
    turn(loop, lambda: changes[1:])
    pause(loop, 0.3)
    assert len(script.lines()) == 2
    tracker.hasten()
    tracker.stop()
    tracker.hasten()
    pause(loop, 0.3)
    assert tracker.runs == 3, "stopped is stopped"
