"""The player of scenarios: that it can fail, what it refuses, and its command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from netns.__main__ import COMMANDS
from netns.catalogue import CATALOGUE, daemons_of, item_named
from netns.kernel import LabError
from netns.peers import daemon_named
from netns.report import Check, Entry, Report
from netns.runner import Play, spec_of
from netns.stage import Stage
from vrrpd.sim.scenario import Action, Held, Node, Protocol, Scenario, Step
from vrrpd.units import Seconds

ROOT = Path(__file__).resolve().parents[2]
FAST = Protocol(version=3, advert_interval=Seconds(0.1))
PAIR = (Node("r1", 101), Node("r2", 100))


def held(node: str | None, start: float, end: float) -> Held:
    return Held(node, Seconds(start), Seconds(end))


def test_every_scenario_says_what_it_is_about() -> None:
    assert all(item.summary and item.name == name for name, item in CATALOGUE.items())


def test_names_that_do_not_exist_are_refused() -> None:
    with pytest.raises(LabError, match="--list"):
        item_named("no-such")
    with pytest.raises(LabError, match="no node r9"):
        daemons_of(item_named("cable"), {"r9": "vrrpd"})
    with pytest.raises(LabError, match="no daemon is called bird"):
        daemons_of(item_named("cable"), {"r1": "bird"})


def test_a_node_of_a_scenario_becomes_a_configuration() -> None:
    node = Node("r1", 101, preempt=False, script_weight=2)
    scenario = Scenario("one", "", Protocol(password="x"), (node,), (), ())
    spec = spec_of(scenario, node, "/run/ok")
    (instance,) = spec.instances
    assert (instance.priority, instance.nopreempt, instance.auth, instance.version) == (101, True, "x", 2)
    assert [(script.name, script.weight) for script in spec.scripts] == [(name, 2) for name in instance.track_script]


def test_a_report_with_one_failure_has_failed() -> None:
    checks = (Check("this", True), Check("that", False, "because"))
    report = Report(
        "try", {"r1": "vrrpd"}, checks, (Entry(1.5, "holds", "r1"),), {"outage, ms": 2.0}, {"r1": "log text"}
    )
    assert not report.passed
    assert report.failures() == ["that: because"]
    assert "FAIL that: because" in report.as_text()
    assert "log text" not in report.as_text()
    assert "log text" in report.as_text(with_logs=True)
    assert json.loads(json.dumps(report.as_json()))["passed"] is False


@pytest.mark.netns
def test_expectations_that_are_not_met_fail() -> None:
    steps = (Step(Seconds(3.5), Action.CRASH, "r1"),)
    expectations = (held("r1", 2.5, 3.0), held("r2", 2.6, 3.0), held("r1", 4.6, 4.8), held("r2", 4.6, 4.8))
    scenario = Scenario("wrong", "", FAST, PAIR, steps, expectations)
    with Stage("wrong", dict.fromkeys(("r1", "r2"), daemon_named("vrrpd"))) as stage:
        Play(stage, scenario, patience=3.0).run()
        report = stage.report()
    assert [check.ok for check in report.checks[:4]] == [True, False, False, True], report.as_text()
    assert any(name.endswith("later than Master_Down_Interval, ms") for name in report.figures)


@pytest.mark.netns
def test_complaints_of_a_daemon_fail() -> None:
    """Two nodes with different passwords: each drops what the other sends, and says so."""
    keepalived = daemon_named("keepalived")
    if keepalived.missing():
        pytest.skip(f"needs {keepalived.missing()}")
    with Stage("passwords", {"r1": keepalived, "r2": keepalived}) as stage:
        for name, password in (("r1", "one"), ("r2", "two")):
            node = Node(name, 100)
            scenario = Scenario("one", "", Protocol(password=password), (node,), (), ())
            stage.start(name, spec_of(scenario, node, "/run/ok"))
        stage.await_advert("r2", 20)
        for _ in range(3):
            stage.capture.wait_for_advert(5)
        stage.stop_all()
        stage.check_books(longest_overlap=0.1)
        report = stage.report()
    failed = " ".join(report.failures())
    assert "invalid passwd" in failed
    assert "two held only while they handed over" in failed


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "netns", *arguments]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)


@pytest.mark.netns
def test_the_command_plays_a_scenario_and_prints_json(tmp_path: Path) -> None:
    done = command("cable", "--json", "--pcap", str(tmp_path / "lab.pcap"))
    report = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert (report["passed"], report["daemons"]) == (True, {"r1": "vrrpd", "r2": "vrrpd"})
    assert (tmp_path / "lab.pcap").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("no-such",), 2, "--list"),
        (("cable", "--daemon", "r1=bird"), 2, "NODE=DAEMON"),
        (("cable", "--daemon", "r9=vrrpd"), 2, "no node r9"),
        ((), 2, "SCENARIO"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(arguments: tuple[str, ...], code: int, text: str) -> None:
    done = command(*arguments)
    assert done.returncode == code
    assert text in done.stderr


def test_the_command_lists_the_scenarios_and_the_other_commands() -> None:
    done = command("--list")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == [*CATALOGUE, *COMMANDS]
