import time

import pytest

from tests.daemon.conftest import ScriptMaker
from tests.daemon.loops import turn
from vrrpd.config.model import Command
from vrrpd.daemon import job as job_module
from vrrpd.daemon.hooks import run_and_wait
from vrrpd.daemon.launcher import Launcher
from vrrpd.loop import Loop
from vrrpd.units import Seconds


def run(loop: Loop, path: str, limit: float = 20.0) -> None:
    run_and_wait(loop, Launcher(None, None), Command((path, "one")), "startup_script", Seconds(limit))


def test_it_is_waited_for(loop: Loop, script: ScriptMaker) -> None:
    run(loop, script("up", "sleep 0.2; echo up $1 >>TRACE"))
    assert script.lines() == ["up one"]


def test_without_one_there_is_nothing_to_wait_for(loop: Loop) -> None:
    run_and_wait(loop, Launcher(None, None), None, "startup_script", Seconds(20.0))


@pytest.mark.parametrize(("body", "text"), [("exit 3", "exit 3"), ("kill -KILL $$", "killed by SIGKILL")])
def test_its_failure_is_logged_and_no_more(
    loop: Loop, script: ScriptMaker, caplog: pytest.LogCaptureFixture, body: str, text: str
) -> None:
    run(loop, script("up", body))
    assert f"startup_script: {text}" in caplog.text


def test_it_cannot_be_started(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    run(loop, "/no/such/program")
    assert "startup_script cannot be started: run /no/such/program: ENOENT" in caplog.text


def test_past_its_time_it_is_ended(loop: Loop, script: ScriptMaker, caplog: pytest.LogCaptureFixture) -> None:
    run(loop, script("up", "sleep 60"), limit=0.2)
    assert "startup_script: took longer than 0.2 s, killed by SIGTERM" in caplog.text


def test_even_if_it_does_not_want_to(
    loop: Loop,
    script: ScriptMaker,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_module, "KILL_GRACE", Seconds(0.2))
    run(loop, script("up", "trap '' TERM; while :; do sleep 1; done"), limit=0.2)
    assert "startup_script: took longer than 0.2 s, killed by SIGKILL" in caplog.text


def test_who_stops_the_loop_ends_it(loop: Loop, script: ScriptMaker, caplog: pytest.LogCaptureFixture) -> None:
    loop.call_later(0.2, loop.stop)
    run(loop, script("up", "echo up >>TRACE; sleep 1; echo still here >>TRACE"))
    assert "startup_script was ended before its time" in caplog.text
    began = time.monotonic()
    turn(loop, lambda: time.monotonic() - began > 1.2)
    assert script.lines() == ["up"]
