import asyncio
import logging
import os
import time

import pytest

from tests.daemon.conftest import ScriptMaker
from tests.daemon.loops import pause, turn
from vrrpd.config.model import Command, NotifyScripts
from vrrpd.core.effects import NotifyEvent
from vrrpd.daemon import notify as notify_module
from vrrpd.daemon.launcher import Launcher
from vrrpd.daemon.notify import QUEUE_LIMIT, Notifier, NotifyQueue
from vrrpd.units import Priority, Seconds

P = Priority(100)


def command(path: str, *arguments: str) -> Command:
    return Command((path, *arguments))


def queue_of(loop: asyncio.AbstractEventLoop, scripts: NotifyScripts) -> NotifyQueue:
    return NotifyQueue("VI_1", scripts, Launcher(None, None), loop)


def test_the_own_script_then_the_generic_one_and_events_in_their_order(
    loop: asyncio.AbstractEventLoop, script: ScriptMaker
) -> None:
    slow = script("master", "sleep 0.2; echo master >>TRACE")
    quick = script("backup", 'echo backup "$@" >>TRACE')
    generic = script("generic", 'sleep 0.05; echo generic "$@" >>TRACE')
    scripts = NotifyScripts(master=command(slow), backup=command(quick, "own argument"), generic=command(generic, "x"))
    queue = queue_of(loop, scripts)
    queue.put(NotifyEvent.MASTER, P)
    queue.put(NotifyEvent.BACKUP, Priority(99))
    queue.put(NotifyEvent.FAULT, Priority(98))
    turn(loop, lambda: not queue.busy)
    assert script.lines() == [
        "master",
        "generic x INSTANCE VI_1 MASTER 100",
        "backup own argument",
        "generic x INSTANCE VI_1 BACKUP 99",
        "generic x INSTANCE VI_1 FAULT 98",
    ]


def test_a_lower_priority_heard_is_no_state(loop: asyncio.AbstractEventLoop, script: ScriptMaker) -> None:
    queue = queue_of(loop, NotifyScripts(generic=command(script("generic", "echo ran >>TRACE"))))
    queue.put(NotifyEvent.MASTER_RX_LOWER_PRI, P)
    assert not queue.busy


def test_without_scripts_nothing_happens(loop: asyncio.AbstractEventLoop) -> None:
    queue = queue_of(loop, NotifyScripts())
    queue.put(NotifyEvent.MASTER, P)
    assert not queue.busy


def test_a_script_that_hangs_is_stopped_and_the_next_runs(
    loop: asyncio.AbstractEventLoop,
    script: ScriptMaker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(notify_module, "TIME_LIMIT", Seconds(0.2))
    hangs = script("hangs", "sleep 60")
    scripts = NotifyScripts(master=command(hangs), backup=command(script("backup", "echo backup >>TRACE")))
    queue = queue_of(loop, scripts)
    queue.put(NotifyEvent.MASTER, P)
    queue.put(NotifyEvent.BACKUP, P)
    turn(loop, lambda: not queue.busy)
    assert script.lines() == ["backup"]
    assert [record.getMessage() for record in caplog.records] == [
        f"VI_1 notify script {hangs} for MASTER: took longer than 0.2 s, killed by SIGTERM"
    ]


def test_a_script_that_cannot_be_started_does_not_hold_up_others(
    loop: asyncio.AbstractEventLoop, script: ScriptMaker, caplog: pytest.LogCaptureFixture
) -> None:
    generic = script("generic", "echo $3 >>TRACE")
    queue = queue_of(loop, NotifyScripts(master=command("/no/such/program"), generic=command(generic)))
    queue.put(NotifyEvent.MASTER, P)
    turn(loop, lambda: not queue.busy)
    assert script.lines() == ["MASTER"]
    assert "VI_1 notify script for MASTER cannot be started: run /no/such/program: ENOENT" in caplog.text


def test_too_long_a_queue_keeps_the_newest_and_says_what_it_skipped(
    loop: asyncio.AbstractEventLoop, script: ScriptMaker, caplog: pytest.LogCaptureFixture
) -> None:
    generic = script("generic", 'echo "$3 $4" >>TRACE; test -e TRACE.go || { sleep 0.2; touch TRACE.go; }')
    queue = queue_of(loop, NotifyScripts(generic=command(generic)))
    queue.put(NotifyEvent.MASTER, P)
    for number in range(QUEUE_LIMIT + 1):
        queue.put(NotifyEvent.BACKUP if number % 2 else NotifyEvent.FAULT, Priority(number + 1))
    queue.put(NotifyEvent.MASTER, Priority(254))
    turn(loop, lambda: not queue.busy)
    assert script.lines() == ["MASTER 100", f"FAULT {QUEUE_LIMIT + 1}", "MASTER 254"]
    skipped = [record.getMessage() for record in caplog.records if "not run for" in record.getMessage()]
    assert len(skipped) == 1
    assert skipped[0].startswith("VI_1 notify scripts not run for FAULT, BACKUP, FAULT,")
    assert skipped[0].count("FAULT") + skipped[0].count("BACKUP") == QUEUE_LIMIT


def test_stopping_skips_what_waits_and_runs_the_stop_scripts(
    loop: asyncio.AbstractEventLoop, script: ScriptMaker, caplog: pytest.LogCaptureFixture
) -> None:
    scripts = NotifyScripts(
        master=command(script("master", "echo master >>TRACE; sleep 60")),
        backup=command(script("backup", "echo backup >>TRACE")),
        stop=command(script("stop", "echo stop >>TRACE")),
    )
    notifier = Notifier({"VI_1": scripts}, Launcher(None, None), loop)
    notifier.put("VI_1", NotifyEvent.MASTER, P)
    notifier.put("VI_1", NotifyEvent.BACKUP, P)
    turn(loop, script.lines)
    idle: list[float] = []
    began = time.monotonic()
    with caplog.at_level(logging.WARNING):
        notifier.begin_stop()
        notifier.put("VI_1", NotifyEvent.STOP, P)
        notifier.when_idle(lambda: idle.append(time.monotonic() - began))
        turn(loop, lambda: idle)
    assert script.lines() == ["master", "stop"]
    assert "not run for BACKUP: vrrpd stops" in caplog.text
    assert "took longer than 1 s" in caplog.text
    assert len(idle) == 1


def test_idle_is_told_at_once_when_nothing_runs(loop: asyncio.AbstractEventLoop) -> None:
    notifier = Notifier({"A": NotifyScripts(), "B": NotifyScripts()}, Launcher(None, None), loop)
    idle: list[bool] = []
    notifier.when_idle(lambda: idle.append(True))
    assert idle == [True]


def test_idle_waits_for_the_last_instance(loop: asyncio.AbstractEventLoop, script: ScriptMaker) -> None:
    stop = command(script("stop", 'sleep $1; echo "$1" >>TRACE'), "0.3")
    soon = command(script("soon", 'sleep $1; echo "$1" >>TRACE'), "0.1")
    notifier = Notifier({"A": NotifyScripts(stop=soon), "B": NotifyScripts(stop=stop)}, Launcher(None, None), loop)
    for name in ("A", "B"):
        notifier.put(name, NotifyEvent.STOP, P)
    idle: list[list[str]] = []
    notifier.when_idle(lambda: idle.append(script.lines()))
    turn(loop, lambda: idle)
    assert idle == [["0.1", "0.3"]]


def test_abandoned_nothing_runs_on(loop: asyncio.AbstractEventLoop, script: ScriptMaker) -> None:
    scripts = NotifyScripts(master=command(script("master", "echo $$ >>TRACE; sleep 0.3; echo end >>TRACE")))
    notifier = Notifier({"VI_1": scripts}, Launcher(None, None), loop)
    for _ in range(3):
        notifier.put("VI_1", NotifyEvent.MASTER, P)
    turn(loop, script.lines)
    notifier.abandon()
    pause(loop, 0.5)
    assert len(script.lines()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_the_script_runs_as_its_user(loop: asyncio.AbstractEventLoop, script: ScriptMaker) -> None:
    script.trace.chmod(0o666)
    for parent in script.trace.parents:
        if parent.stat().st_mode & 0o077 == 0:  # pytest keeps them to itself
            parent.chmod(0o755)
    path = script("who", "id -un >>TRACE")
    queue = NotifyQueue("VI_1", NotifyScripts(master=Command((path,), "nobody")), Launcher("daemon", None), loop)
    queue.put(NotifyEvent.MASTER, P)
    turn(loop, lambda: not queue.busy)
    default = NotifyQueue("VI_1", NotifyScripts(master=Command((path,))), Launcher("daemon", None), loop)
    default.put(NotifyEvent.MASTER, P)
    turn(loop, lambda: not default.busy)
    assert script.lines() == ["nobody", "daemon"]
