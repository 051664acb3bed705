import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.daemon.builders import config_of as read_config_of
from tests.daemon.conftest import ScriptMaker
from tests.daemon.loops import pause, turn
from vrrpd.config.model import Command, Config, Fifo, GlobalDefs, NotifyScripts, SyncGroup, VrrpInstance
from vrrpd.core.effects import NotifyEvent
from vrrpd.daemon.launcher import Launcher
from vrrpd.daemon.notify import Notifier, audiences_of
from vrrpd.loop import Loop
from vrrpd.units import Priority, Vrid

P = Priority(100)
NO_DEFS = GlobalDefs()
LAUNCHER = Launcher(None, None)


def command(path: str, *arguments: str) -> Command:
    return Command((path, *arguments))


def config_of(
    scripts: Mapping[str, NotifyScripts], defs: GlobalDefs = NO_DEFS, *groups: SyncGroup, priorities: bool = False
) -> Config:
    instances = tuple(
        VrrpInstance(name, "eth0", Vrid(number), notify=own, notify_priority_changes=priorities)
        for number, (name, own) in enumerate(scripts.items(), 1)
    )
    return Config(defs, vrrp_instances=instances, sync_groups=groups)


def notifier_of(loop: Loop, **scripts: NotifyScripts) -> Notifier:
    return Notifier(config_of(scripts), LAUNCHER, loop)


class Reader:
    """Somebody who reads a notify FIFO."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._text = b""

    def lines(self) -> list[str]:
        try:
            while data := os.read(self._descriptor, 65536):
                self._text += data
        except BlockingIOError:
            pass
        return self._text.decode().splitlines()

    def close(self) -> None:
        os.close(self._descriptor)


@pytest.fixture
def pipes(tmp_path: Path) -> GlobalDefs:
    return GlobalDefs(notify_fifo=Fifo(str(tmp_path / "all")), vrrp_notify_fifo=Fifo(str(tmp_path / "vrrp")))


@pytest.fixture
def opened(loop: Loop) -> Iterator[list[Notifier]]:
    found: list[Notifier] = []
    yield found
    for notifier in found:
        notifier.abandon()


def test_stopping_skips_what_waits_and_runs_the_stop_scripts(
    loop: Loop, script: ScriptMaker, caplog: pytest.LogCaptureFixture
) -> None:
    scripts = NotifyScripts(
        master=command(script("master", "echo master >>TRACE; sleep 60")),
        backup=command(script("backup", "echo backup >>TRACE")),
        stop=command(script("stop", "echo stop >>TRACE")),
    )
    notifier = notifier_of(loop, VI_1=scripts)
    notifier.put("VI_1", NotifyEvent.MASTER, P)
    notifier.put("VI_1", NotifyEvent.BACKUP, P)
    turn(loop, script.lines)
    idle: list[float] = []
    began = time.monotonic()
    notifier.begin_stop()
    notifier.put("VI_1", NotifyEvent.STOP, P)
    notifier.when_idle(lambda: idle.append(time.monotonic() - began))
    turn(loop, lambda: idle)
    assert script.lines() == ["master", "stop"]
    assert "not run for BACKUP: vrrpd stops" in caplog.text
    assert "took longer than 1 s" in caplog.text
    assert len(idle) == 1


def test_idle_is_told_at_once_when_nothing_runs(loop: Loop) -> None:
    notifier = notifier_of(loop, A=NotifyScripts(), B=NotifyScripts())
    idle: list[bool] = []
    notifier.when_idle(lambda: idle.append(True))
    assert idle == [True]


def test_idle_waits_for_the_last_instance(loop: Loop, script: ScriptMaker) -> None:
    stop = command(script("stop", 'sleep $1; echo "$1" >>TRACE'), "0.3")
    soon = command(script("soon", 'sleep $1; echo "$1" >>TRACE'), "0.1")
    notifier = notifier_of(loop, A=NotifyScripts(stop=soon), B=NotifyScripts(stop=stop))
    for name in ("A", "B"):
        notifier.put(name, NotifyEvent.STOP, P)
    idle: list[list[str]] = []
    notifier.when_idle(lambda: idle.append(script.lines()))
    turn(loop, lambda: idle)
    assert idle == [["0.1", "0.3"]]


def test_abandoned_nothing_runs_on(loop: Loop, script: ScriptMaker) -> None:
    notifier = notifier_of(
        loop, VI_1=NotifyScripts(master=command(script("master", "echo $$ >>TRACE; sleep 0.3; echo end >>TRACE")))
    )
    for _ in range(3):
        notifier.put("VI_1", NotifyEvent.MASTER, P)
    turn(loop, script.lines)
    notifier.abandon()
    pause(loop, 0.5)
    assert len(script.lines()) == 1


def test_instances_and_groups_are_told_apart(loop: Loop, script: ScriptMaker) -> None:
    generic = NotifyScripts(generic=command(script("generic", 'echo "$@" >>TRACE')))
    group = SyncGroup("A", ("A",), notify=generic)
    notifier = Notifier(config_of({"A": generic}, GlobalDefs(), group), LAUNCHER, loop)
    notifier.put("A", NotifyEvent.MASTER, P)
    turn(loop, script.lines)
    notifier.put_group("A", NotifyEvent.MASTER)
    turn(loop, lambda: len(script.lines()) == 2)
    assert script.lines() == ["INSTANCE A MASTER 100", "GROUP A MASTER 0"]
    turn(loop, lambda: not notifier.busy)


def test_every_pipe_gets_every_line(loop: Loop, pipes: GlobalDefs, tmp_path: Path, opened: list[Notifier]) -> None:
    notifier = Notifier(config_of({"A": NotifyScripts()}, pipes, SyncGroup("G", ("A",))), LAUNCHER, loop)
    opened.append(notifier)
    notifier.open()
    readers = [Reader(tmp_path / "all"), Reader(tmp_path / "vrrp")]
    notifier.put("A", NotifyEvent.MASTER, P)
    notifier.put_group("G", NotifyEvent.MASTER)
    notifier.put("A", NotifyEvent.MASTER_RX_LOWER_PRI, P)
    notifier.put("A", NotifyEvent.MASTER_PRIORITY, Priority(90))
    notifier.put("A", NotifyEvent.STOP, P)
    expected = [
        'INSTANCE "A" MASTER 100',
        'GROUP "G" MASTER 0',
        'INSTANCE "A" MASTER_RX_LOWER_PRI 100',
        'INSTANCE "A" STOP 100',
    ]
    for reader in readers:
        assert reader.lines() == expected
        reader.close()


def test_one_path_for_both_is_one_pipe(
    loop: Loop, tmp_path: Path, opened: list[Notifier], caplog: pytest.LogCaptureFixture
) -> None:
    fifo = Fifo(str(tmp_path / "same"))
    defs = GlobalDefs(notify_fifo=fifo, vrrp_notify_fifo=fifo)
    notifier = Notifier(config_of({"A": NotifyScripts()}, defs), LAUNCHER, loop)
    opened.append(notifier)
    notifier.open()
    reader = Reader(tmp_path / "same")
    notifier.put("A", NotifyEvent.BACKUP, P)
    assert reader.lines() == ['INSTANCE "A" BACKUP 100']
    reader.close()
    assert "it gets every line once" in caplog.text


@pytest.mark.parametrize("wanted", [False, True])
def test_priorities_only_for_who_wants_them(
    loop: Loop, pipes: GlobalDefs, tmp_path: Path, opened: list[Notifier], wanted: bool
) -> None:
    notifier = Notifier(config_of({"A": NotifyScripts()}, pipes, priorities=wanted), LAUNCHER, loop)
    opened.append(notifier)
    notifier.open()
    reader = Reader(tmp_path / "all")
    notifier.put("A", NotifyEvent.MASTER_PRIORITY, Priority(90))
    notifier.put("A", NotifyEvent.BACKUP_PRIORITY, Priority(80))
    lines = ['INSTANCE "A" MASTER_PRIORITY 90', 'INSTANCE "A" BACKUP_PRIORITY 80']
    assert reader.lines() == (lines if wanted else [])
    reader.close()


def test_a_group_s_wish_to_hear_of_priorities_is_its_members(
    loop: Loop, pipes: GlobalDefs, tmp_path: Path, opened: list[Notifier]
) -> None:
    group = SyncGroup("G", ("A",), notify_priority_changes=True)
    notifier = Notifier(config_of({"A": NotifyScripts(), "B": NotifyScripts()}, pipes, group), LAUNCHER, loop)
    opened.append(notifier)
    notifier.open()
    reader = Reader(tmp_path / "all")
    for name in ("A", "B"):
        notifier.put(name, NotifyEvent.BACKUP_PRIORITY, P)
    assert reader.lines() == ['INSTANCE "A" BACKUP_PRIORITY 100']
    reader.close()


def test_unless_they_say_otherwise() -> None:
    text = """
[vrrp_instance.A]
interface = "eth0"
virtual_router_id = 1
[vrrp_instance.B]
interface = "eth0"
virtual_router_id = 2
notify_priority_changes = false
smtp_alert = false
[vrrp_sync_group.G]
group = ["A", "B"]
notify_priority_changes = true
[global_defs]
smtp_alert = true
"""
    audiences = audiences_of(read_config_of(text))
    told = {name: (audience.mail, audience.priorities) for (_, name), audience in audiences.items()}
    assert told == {"A": (True, True), "B": (False, False), "G": (True, False)}


class TestDeleted:
    """What is said of an instance that is no longer configured."""

    @pytest.mark.parametrize(
        ("asked", "before", "told"),
        [
            (True, NotifyEvent.BACKUP, ["DELETED"]),
            (True, NotifyEvent.FAULT, ["DELETED"]),
            (False, NotifyEvent.BACKUP, ["FAULT"]),
            (False, NotifyEvent.FAULT, []),
        ],
    )
    def test_as_it_asked(
        self,
        loop: Loop,
        script: ScriptMaker,
        asked: bool,
        before: NotifyEvent,
        told: list[str],
    ) -> None:
        generic = command(script("generic", 'echo "$3" >>TRACE'))
        scripts = NotifyScripts(generic=generic, announce_deleted=asked)
        notifier = notifier_of(loop, A=scripts)
        notifier.put("A", before, P)
        notifier.put("A", NotifyEvent.DELETED, P)
        turn(loop, lambda: not notifier.busy)
        assert script.lines() == [before.value, *told]

    def test_its_own_script_runs_after_the_reload_too(self, loop: Loop, script: ScriptMaker) -> None:
        deleted = command(script("deleted", 'echo "deleted $#" >>TRACE'))
        notifier = notifier_of(loop, A=NotifyScripts(deleted=deleted, announce_deleted=True), B=NotifyScripts())
        notifier.reconfigure(config_of({"B": NotifyScripts()}), LAUNCHER)
        notifier.put("A", NotifyEvent.DELETED, P)
        turn(loop, lambda: not notifier.busy)
        assert script.lines() == ["deleted 0"]
        notifier.reconfigure(config_of({"B": NotifyScripts()}), LAUNCHER)
        with pytest.raises(KeyError):
            notifier.put("A", NotifyEvent.DELETED, P)


class TestReload:
    def test_pipes_that_stay_are_left_alone(
        self, loop: Loop, pipes: GlobalDefs, tmp_path: Path, opened: list[Notifier]
    ) -> None:
        notifier = Notifier(config_of({"A": NotifyScripts()}, pipes), LAUNCHER, loop)
        opened.append(notifier)
        notifier.open()
        reader = Reader(tmp_path / "all")
        notifier.put("A", NotifyEvent.BACKUP, P)
        notifier.reconfigure(config_of({"A": NotifyScripts(), "B": NotifyScripts()}, pipes), LAUNCHER)
        notifier.put("B", NotifyEvent.BACKUP, P)
        assert reader.lines() == ['INSTANCE "A" BACKUP 100', 'INSTANCE "B" BACKUP 100']
        reader.close()

    def test_pipes_that_are_gone_are_removed_and_others_made(
        self, loop: Loop, pipes: GlobalDefs, tmp_path: Path, opened: list[Notifier]
    ) -> None:
        notifier = Notifier(config_of({"A": NotifyScripts()}, pipes), LAUNCHER, loop)
        opened.append(notifier)
        notifier.open()
        others = GlobalDefs(notify_fifo=Fifo(str(tmp_path / "new")))
        notifier.reconfigure(config_of({"A": NotifyScripts()}, others), LAUNCHER)
        assert [path.name for path in tmp_path.iterdir() if path.is_fifo()] == ["new"]

    @pytest.mark.parametrize("wanted", [False, True])
    def test_states_that_stayed_are_told_to_pipes_if_wanted(
        self, loop: Loop, tmp_path: Path, opened: list[Notifier], script: ScriptMaker, wanted: bool
    ) -> None:
        defs = GlobalDefs(notify_fifo=Fifo(str(tmp_path / "all")), fifo_write_vrrp_states_on_reload=wanted)
        scripts = NotifyScripts(generic=command(script("generic", "echo ran >>TRACE")))
        notifier = Notifier(config_of({"A": scripts}, defs, SyncGroup("G", ("A",))), LAUNCHER, loop)
        opened.append(notifier)
        notifier.open()
        reader = Reader(tmp_path / "all")
        notifier.states_kept([("A", NotifyEvent.MASTER, P)])
        notifier.groups_kept([("G", NotifyEvent.MASTER)])
        assert reader.lines() == (['INSTANCE "A" MASTER 100', 'GROUP "G" MASTER 0'] if wanted else [])
        assert not notifier.busy
        reader.close()


def test_what_reads_a_pipe_is_given_time_to_come_to_the_end(
    loop: Loop, script: ScriptMaker, tmp_path: Path, opened: list[Notifier]
) -> None:
    reader = command(script("reader", 'while read -r line; do sleep 0.05; echo "$line" >>TRACE; done <"$1"'))
    defs = GlobalDefs(notify_fifo=Fifo(str(tmp_path / "all")), notify_fifo_script=reader)
    notifier = Notifier(config_of({"A": NotifyScripts()}, defs), LAUNCHER, loop)
    opened.append(notifier)
    notifier.open()
    for event in (NotifyEvent.BACKUP, NotifyEvent.MASTER, NotifyEvent.STOP):
        notifier.put("A", event, P)
    pause(loop, 0.2)
    idle: list[list[str]] = []
    notifier.begin_stop()
    notifier.when_idle(lambda: idle.append(script.lines()))
    turn(loop, lambda: idle)
    assert idle[0] == [f'INSTANCE "A" {state} 100' for state in ("BACKUP", "MASTER", "STOP")]
    assert not (tmp_path / "all").exists()
