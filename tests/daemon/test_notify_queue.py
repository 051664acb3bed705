import os

import pytest

from tests.daemon.conftest import ScriptMaker
from tests.daemon.loops import turn
from vrrpd.config.model import Command, NotifyScripts
from vrrpd.core.effects import NotifyEvent
from vrrpd.daemon import notify_queue as queue_module
from vrrpd.daemon.launcher import Launcher
from vrrpd.daemon.notify_queue import QUEUE_LIMIT, SIDE_BY_SIDE, NotifyQueue, Turns
from vrrpd.loop import EventLoop, Loop
from vrrpd.units import Priority, Seconds

P = Priority(100)


def command(path: str, *arguments: str) -> Command:
    return Command((path, *arguments))


def queue_of(loop: Loop, scripts: NotifyScripts) -> NotifyQueue:
    return NotifyQueue("VI_1", scripts, Launcher(None, None), loop, Turns(loop))


def test_the_own_script_then_the_generic_one_and_events_in_their_order(loop: Loop, script: ScriptMaker) -> None:
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


def test_a_lower_priority_heard_is_no_state(loop: Loop, script: ScriptMaker) -> None:
    queue = queue_of(loop, NotifyScripts(generic=command(script("generic", "echo ran >>TRACE"))))
    queue.put(NotifyEvent.MASTER_RX_LOWER_PRI, P)
    assert not queue.busy


def test_without_scripts_nothing_happens(loop: Loop) -> None:
    queue = queue_of(loop, NotifyScripts())
    queue.put(NotifyEvent.MASTER, P)
    assert not queue.busy


def test_a_script_that_takes_long_holds_up_the_next_for_a_while_only(
    loop: Loop,
    script: ScriptMaker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(queue_module, "PATIENCE", Seconds(0.2))
    slow = script("slow", "sleep 1; echo master >>TRACE")
    scripts = NotifyScripts(master=command(slow), backup=command(script("backup", "echo backup >>TRACE")))
    queue = queue_of(loop, scripts)
    queue.put(NotifyEvent.MASTER, P)
    queue.put(NotifyEvent.BACKUP, P)
    turn(loop, lambda: not queue.busy)
    assert script.lines() == ["backup", "master"]
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        f"VI_1 notify script {slow} for MASTER takes long: others run beside it"
    ]


def test_too_many_that_take_long_cost_the_oldest(
    loop: Loop,
    script: ScriptMaker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(queue_module, "PATIENCE", Seconds(0.1))
    hangs = script("hangs", "echo $4 >>TRACE; exec sleep 1000")
    queue = queue_of(loop, NotifyScripts(generic=command(hangs)))
    for number in range(SIDE_BY_SIDE + 1):
        queue.put(NotifyEvent.MASTER, Priority(number + 1))
    turn(loop, lambda: "told to end, killed by SIGTERM" in caplog.text)
    assert len(script.lines()) == SIDE_BY_SIDE + 1
    assert caplog.text.count("told to end") == 1
    queue.begin_stop()
    turn(loop, lambda: not queue.busy)
    assert caplog.text.count("took longer than 1 s, killed by SIGTERM") == SIDE_BY_SIDE


def test_a_script_that_cannot_be_started_does_not_hold_up_others(
    loop: Loop, script: ScriptMaker, caplog: pytest.LogCaptureFixture
) -> None:
    generic = script("generic", "echo $3 >>TRACE")
    queue = queue_of(loop, NotifyScripts(master=command("/no/such/program"), generic=command(generic)))
    queue.put(NotifyEvent.MASTER, P)
    turn(loop, lambda: not queue.busy)
    assert script.lines() == ["MASTER"]
    assert "VI_1 notify script for MASTER cannot be started: run /no/such/program: ENOENT" in caplog.text


def test_too_long_a_queue_keeps_the_newest_and_says_what_it_skipped(
    loop: Loop, script: ScriptMaker, caplog: pytest.LogCaptureFixture
) -> None:
    generic = script("generic", 'echo "$3 $4" >>TRACE; test -e TRACE.go || { sleep 0.2; touch TRACE.go; }')
    queue = queue_of(loop, NotifyScripts(generic=command(generic)))
    queue.put(NotifyEvent.MASTER, P)
    turn(loop, lambda: queue.started)
    for number in range(QUEUE_LIMIT + 1):
        queue.put(NotifyEvent.BACKUP if number % 2 else NotifyEvent.FAULT, Priority(number + 1))
    queue.put(NotifyEvent.MASTER, Priority(254))
    turn(loop, lambda: not queue.busy)
    assert script.lines() == ["MASTER 100", f"FAULT {QUEUE_LIMIT + 1}", "MASTER 254"]
    skipped = [record.getMessage() for record in caplog.records if "not run for" in record.getMessage()]
    assert len(skipped) == 1
    assert skipped[0].startswith("VI_1 notify scripts not run for FAULT, BACKUP, FAULT,")
    assert skipped[0].count("FAULT") + skipped[0].count("BACKUP") == QUEUE_LIMIT


def test_another_master_heard_over_and_over_is_told_once_while_it_waits(loop: Loop, script: ScriptMaker) -> None:
    lower = command(script("lower", 'echo "$# lower" >>TRACE; test -e TRACE.go || { sleep 0.2; touch TRACE.go; }'))
    queue = queue_of(loop, NotifyScripts(master_rx_lower_pri=lower, backup=command(script("b", "echo b >>TRACE"))))
    queue.put(NotifyEvent.MASTER_RX_LOWER_PRI, P)
    turn(loop, lambda: queue.started)
    for _ in range(QUEUE_LIMIT * 3):
        queue.put(NotifyEvent.MASTER_RX_LOWER_PRI, P)
    queue.put(NotifyEvent.BACKUP, P)
    turn(loop, lambda: not queue.busy)
    assert script.lines() == ["0 lower", "0 lower", "b"]


def test_a_sync_group_has_its_own_word(loop: Loop, script: ScriptMaker) -> None:
    scripts = NotifyScripts(generic=command(script("generic", 'echo "$@" >>TRACE')))
    queue = NotifyQueue("G", scripts, Launcher(None, None), loop, Turns(loop), "GROUP")
    queue.put(NotifyEvent.MASTER, Priority(0))
    turn(loop, lambda: not queue.busy)
    assert script.lines() == ["GROUP G MASTER 0"]


def test_other_scripts_from_now_on(loop: Loop, script: ScriptMaker) -> None:
    old = command(script("old", "sleep 0.2; echo old >>TRACE"))
    new = command(script("new", "echo new >>TRACE"))
    queue = queue_of(loop, NotifyScripts(master=old))
    queue.put(NotifyEvent.MASTER, P)
    queue.reconfigure(NotifyScripts(master=new), Launcher(None, None))
    queue.put(NotifyEvent.MASTER, P)
    turn(loop, lambda: not queue.busy)
    assert script.lines() == ["old", "new"]


def test_many_scripts_are_started_one_in_each_turn_of_the_loop(loop: Loop, script: ScriptMaker) -> None:
    turns = Turns(loop)
    generic = NotifyScripts(generic=command(script("generic", "true")))
    queues = [NotifyQueue(str(number), generic, Launcher(None, None), loop, turns) for number in range(10)]
    for queue in queues:
        queue.put(NotifyEvent.MASTER, P)
    started = []
    for _ in queues:
        loop.call_soon(loop.stop)
        loop.run_forever()
        started.append(sum(queue.started for queue in queues))
    assert started == list(range(1, 11))
    turn(loop, lambda: not any(queue.busy for queue in queues))


def test_a_step_that_fails_does_not_end_the_others_turns(loop: EventLoop) -> None:
    loop.set_exception_handler(lambda _, __: None)
    turns = Turns(loop)
    done: list[int] = []
    turns.add(lambda: done.append(1 // 0))
    turns.add(lambda: done.append(1))
    turn(loop, lambda: done)
    assert done == [1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_the_script_runs_as_its_user(loop: Loop, script: ScriptMaker) -> None:
    script.trace.chmod(0o666)
    for parent in script.trace.parents:
        if parent.stat().st_mode & 0o077 == 0:  # pytest keeps them to itself
            parent.chmod(0o755)
    path = script("who", "id -un >>TRACE")
    queue = NotifyQueue(
        "VI_1", NotifyScripts(master=Command((path,), "nobody")), Launcher("daemon", None), loop, Turns(loop)
    )
    queue.put(NotifyEvent.MASTER, P)
    turn(loop, lambda: not queue.busy)
    default = NotifyQueue("VI_1", NotifyScripts(master=Command((path,))), Launcher("daemon", None), loop, Turns(loop))
    default.put(NotifyEvent.MASTER, P)
    turn(loop, lambda: not default.busy)
    assert script.lines() == ["nobody", "daemon"]
