import asyncio
import logging
from collections.abc import Iterable

import pytest

from tests.daemon.builders import config_of
from tests.daemon.conftest import ScriptMaker
from tests.daemon.loops import pause, turn
from tests.daemon.nodes import instance_text
from vrrpd.core.effects import Reason
from vrrpd.core.events import Event, Fault, FaultsChanged, PriorityChanged
from vrrpd.daemon.launcher import Launcher
from vrrpd.daemon.trackers import Trackers
from vrrpd.units import Priority


class Bench:
    """Trackers of a configuration, what they deliver, and interfaces that a test switches."""

    def __init__(self, loop: asyncio.AbstractEventLoop, text: str, down: Iterable[str] = ()) -> None:
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


def test_one_run_feeds_every_instance(
    loop: asyncio.AbstractEventLoop, script: ScriptMaker, caplog: pytest.LogCaptureFixture
) -> None:
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


def test_a_failure_is_told_with_its_reason(
    loop: asyncio.AbstractEventLoop, script: ScriptMaker, caplog: pytest.LogCaptureFixture
) -> None:
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
    loop: asyncio.AbstractEventLoop, script: ScriptMaker, caplog: pytest.LogCaptureFixture
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


def test_a_tracked_interface(loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture) -> None:
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


def test_events_reach_the_election_before_the_log(
    loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture
) -> None:
    text = instance_text("A", track_interface=[{"name": "eth1", "weight": -5}]).replace("'", '"')
    config = config_of(text.replace('{"name": "eth1", "weight": -5}', '{ name = "eth1", weight = -5 }'))
    seen: list[int] = []
    up = [True]
    trackers = Trackers(config, Launcher(None, None), lambda _: up[0], loop, lambda _: seen.append(len(caplog.records)))
    up[0] = False
    trackers.links_changed({"eth1"})
    assert seen == [0]
    assert messages(caplog) == [("WARNING", "interface eth1 is down: A priority 100 -> 95")]


def test_unused_scripts_do_not_run(loop: asyncio.AbstractEventLoop, script: ScriptMaker) -> None:
    text = script_text("idle", script("idle", "echo run >>TRACE")) + instance_text("A")
    bench = Bench(loop, text)
    bench.trackers.start()
    pause(loop, 0.3)
    bench.trackers.stop()
    assert script.lines() == []
