import logging
import os
import shutil
from collections.abc import Iterable

import pytest

from tests.daemon.builders import config_of
from tests.daemon.conftest import ScriptMaker
from tests.daemon.loops import pause, turn
from tests.daemon.nodes import instance_text
from tests.daemon.programs import Programs
from vrrpd.core.effects import Reason
from vrrpd.core.events import Event, Fault, FaultsChanged, PriorityChanged
from vrrpd.daemon.launcher import Launcher
from vrrpd.daemon.trackers import Trackers
from vrrpd.loop import Loop
from vrrpd.units import Priority


class Bench:
    """Trackers of a configuration, what they deliver, and interfaces that a test switches."""

    def __init__(self, loop: Loop, text: str, down: Iterable[str] = ()) -> None:
        self.config = config_of(text)
        self.down = set(down)
        self.delivered: list[tuple[str, Event]] = []
        self.trackers = Trackers(
            self.config, Launcher(None, None), lambda name: name not in self.down, loop, self.delivered.extend
        )


def script_text(name: str, path: str, **values: object) -> str:
    lines = [f"[vrrp_script.{name}]", f'script = "{path}"', "interval = 0.05", "timeout = 5"]
    return "\n".join([*lines, *(f"{key} = {value}" for key, value in values.items())]) + "\n"


def messages(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in caplog.records]


def test_one_run_feeds_every_instance(loop: Loop, script: ScriptMaker, caplog: pytest.LogCaptureFixture) -> None:
    text = script_text("chk", script("ok", "echo run >>TRACE"), weight=2)
    text += instance_text("A", priority=100, track_script=["chk"])
    text += instance_text("B", vrid=52, priority=50, track_script=["chk"], virtual_ipaddress=["192.168.1.101"])
    bench = Bench(loop, text)
    assert bench.trackers.scene("A") == (PriorityChanged(Priority(100)), FaultsChanged(frozenset(), frozenset()))
    with caplog.at_level(logging.INFO):
        bench.trackers.start()
        turn(loop, lambda: len(script.lines()) >= 3)
    bench.trackers.stop()
    assert bench.delivered == [("A", PriorityChanged(Priority(102))), ("B", PriorityChanged(Priority(52)))]
    assert messages(caplog) == [("INFO", "script chk succeeded: A priority 100 -> 102, B priority 50 -> 52")]


def test_a_failure_is_told_with_its_reason(loop: Loop, script: ScriptMaker, caplog: pytest.LogCaptureFixture) -> None:
    text = script_text("chk", script("check", "exit 3"), weight=-20) + instance_text("A", track_script=["chk"])
    bench = Bench(loop, text)
    bench.trackers.start()
    turn(loop, lambda: bench.delivered)
    bench.trackers.stop()
    assert bench.delivered == [("A", PriorityChanged(Priority(80)))]
    assert messages(caplog) == [("WARNING", "script chk failed (exit 3): A priority 100 -> 80")]
    report = bench.trackers.reports(bench.config.vrrp_instances[0])[0]
    assert (report.kind, report.status, report.detail, report.weight) == ("script", False, "exit 3", -20)


def test_weight_0_is_waited_for_and_then_a_fault(
    loop: Loop, script: ScriptMaker, caplog: pytest.LogCaptureFixture
) -> None:
    path = script("check", "test ! -e TRACE.fail")
    text = script_text("chk", path) + instance_text("A", track_script=["chk"])
    bench = Bench(loop, text)
    assert bench.trackers.scene("A")[1] == FaultsChanged(frozenset(), frozenset({"chk"}))
    with caplog.at_level(logging.INFO):
        bench.trackers.start()
        turn(loop, lambda: len(bench.delivered) == 1)
        script.trace.with_name("trace.fail").touch()
        turn(loop, lambda: len(bench.delivered) == 2)
        script.trace.with_name("trace.fail").unlink()
        turn(loop, lambda: len(bench.delivered) == 3)
    bench.trackers.stop()
    fault = frozenset({Fault(Reason.TRACK_FAILED, "chk")})
    assert bench.delivered == [
        ("A", FaultsChanged(frozenset())),
        ("A", FaultsChanged(fault)),
        ("A", FaultsChanged(frozenset())),
    ]
    assert messages(caplog) == [
        ("INFO", "script chk succeeded"),
        ("WARNING", "script chk failed (exit 1): A may not take part"),
        ("INFO", "script chk succeeded: A may take part again"),
    ]


def test_a_tracked_interface(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    text = instance_text("A", track_interface=["eth1", "eth2"])
    bench = Bench(loop, text, down=["eth2"])
    scene = bench.trackers.scene("A")
    assert scene[1] == FaultsChanged(frozenset({Fault(Reason.TRACK_FAILED, "eth2")}))
    bench.trackers.links_changed({"eth0", "eth1", "eth2"})
    assert bench.delivered == [], "nothing changed"
    bench.down = {"eth1"}
    with caplog.at_level(logging.INFO):
        bench.trackers.links_changed({"eth1", "eth2"})
    both = frozenset(Fault(Reason.TRACK_FAILED, name) for name in ("eth1", "eth2"))
    only = frozenset({Fault(Reason.TRACK_FAILED, "eth1")})
    assert bench.delivered == [("A", FaultsChanged(both)), ("A", FaultsChanged(only))]
    assert messages(caplog)[0] == ("WARNING", "interface eth1 is down")


def test_events_reach_the_election_before_the_log(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    text = instance_text("A", track_interface=[{"name": "eth1", "weight": -5}]).replace("'", '"')
    config = config_of(text.replace('{"name": "eth1", "weight": -5}', '{ name = "eth1", weight = -5 }'))
    seen: list[int] = []
    up = [True]
    trackers = Trackers(config, Launcher(None, None), lambda _: up[0], loop, lambda _: seen.append(len(caplog.records)))
    up[0] = False
    trackers.links_changed({"eth1"})
    assert seen == [0]
    assert messages(caplog) == [("WARNING", "interface eth1 is down: A priority 100 -> 95")]


def test_unused_scripts_do_not_run(loop: Loop, script: ScriptMaker) -> None:
    text = script_text("idle", script("idle", "echo run >>TRACE")) + instance_text("A")
    bench = Bench(loop, text)
    bench.trackers.start()
    pause(loop, 0.3)
    bench.trackers.stop()
    assert script.lines() == []


KILLALL = pytest.mark.skipif(shutil.which("killall") is None, reason="no killall")
FAST = "fast_failover = true\n"
NAME = f"seen{os.getpid()}"
"""Of no other test's programs: their zombies, which ``killall -0`` sees, may outlive them."""


def watching(fast: str, *, command: str = f"killall -0 {NAME}", script: str = "interval = 3600\nweight = 2\n") -> str:
    return (
        f'[vrrp_script.chk]\nscript = "{command}"\n{script}'
        + instance_text("A", track_script=["chk"])
        + fast
        + instance_text("B", vrid=52, track_script=["chk"], virtual_ipaddress=["192.168.1.101"])
    )


def detail_of(bench: Bench) -> str:
    return bench.trackers.reports(bench.config.vrrp_instances[0])[0].detail


@pytest.mark.parametrize("command", ["killall -0", "/usr/bin/killall -q -s 0", "pidof -s", "pgrep -x", "pkill -0"])
def test_the_end_of_a_process_is_known_long_before_the_script_s_next_beat(
    loop: Loop, programs: Programs, caplog: pytest.LogCaptureFixture, command: str
) -> None:
    if shutil.which(command.split(maxsplit=1)[0]) is None:
        pytest.skip("no such program")
    process = programs.start(NAME)
    bench = Bench(loop, watching(FAST, command=f"{command} {NAME}"))
    bench.trackers.start()
    turn(loop, lambda: bench.delivered)
    turn(loop, lambda: detail_of(bench) == f"exit 0; the end of {NAME} (1 process) is seen at once")
    bench.delivered.clear()
    with caplog.at_level(logging.INFO):
        process.kill()
        turn(loop, lambda: process.poll() is not None and len(messages(caplog)) == 2)
    assert detail_of(bench) == f"exit 1; no process {NAME} is seen"
    bench.trackers.stop()
    assert bench.delivered == [("A", PriorityChanged(Priority(100))), ("B", PriorityChanged(Priority(100)))]
    assert messages(caplog) == [
        ("WARNING", "script chk failed (exit 1): A priority 102 -> 100, B priority 102 -> 100"),
        ("INFO", f"script chk: the last process {NAME} (pid {process.pid}) has ended"),
    ]


@KILLALL
@pytest.mark.parametrize(
    ("text", "why"),
    [
        (watching(""), "no instance has fast_failover"),
        (watching(FAST, command=f"killall -0 -u {os.getuid()} {NAME}"), "not plain"),
    ],
)
def test_a_script_runs_on_its_beat_alone(loop: Loop, programs: Programs, text: str, why: str) -> None:
    process = programs.start(NAME)
    bench = Bench(loop, text)
    bench.trackers.start()
    (script,) = bench.trackers.scripts
    turn(loop, lambda: script.detail != "no result yet")
    assert ";" not in detail_of(bench), why
    process.kill()
    process.wait()
    pause(loop, 0.3)
    assert script.runs == 1
    bench.trackers.stop()


@KILLALL
def test_a_reload_begins_and_ends_it(loop: Loop, programs: Programs) -> None:
    process = programs.start(NAME)
    bench = Bench(loop, watching(""))
    bench.trackers.start()
    (script,) = bench.trackers.scripts
    turn(loop, lambda: script.status)
    names = {"A": "A", "B": "B"}
    for fast in (FAST, "", FAST):
        bench.trackers.replace(config_of(watching(fast)), Launcher(None, None), names, same_account=True)
        assert bool(script.watched) is bool(fast)
    assert tuple(bench.trackers.scripts) == (script,)
    turn(loop, lambda: "seen at once" in detail_of(bench))
    process.kill()
    turn(loop, lambda: process.poll() is not None and script.status is False)
    bench.trackers.stop()
