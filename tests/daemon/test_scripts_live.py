"""Check and notify scripts of a running daemon."""

from pathlib import Path

import pytest

from netns.lab import Lab
from tests.daemon.nodes import Node, eventually, instance_text

pytestmark = pytest.mark.netns


def _script(directory: Path, name: str, body: str) -> str:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def _check(directory: Path, weight: int) -> str:
    path = _script(directory, "check", f"test ! -e {directory}/fail")
    return f'[vrrp_script.chk]\nscript = "{path}"\ninterval = 0.1\ntimeout = 5\nweight = {weight}\n'


def test_a_failing_script_hands_over_by_its_weight(lab: Lab) -> None:
    nodes = [
        Node(host, _check(host.directory, 2) + instance_text(priority=priority, track_script=["chk"])).start()
        for host, priority in zip(lab.routers, (101, 100), strict=True)
    ]
    first, second = nodes
    first.becomes("MASTER")
    second.becomes("BACKUP")
    eventually(lambda: second.status()["effective_priority"] == 102)
    (lab["r1"].directory / "fail").touch()
    second.becomes("MASTER")
    first.becomes("BACKUP")
    assert first.lines(r"WARNING script chk failed \(exit 1\): VI_1 priority 103 -> 101")
    assert first.status()["trackers"][0]["status"] == "down"
    (lab["r1"].directory / "fail").unlink()
    first.becomes("MASTER")


def test_a_script_of_weight_0_is_a_fault_and_waits_at_the_start(lab: Lab) -> None:
    directory = lab["r1"].directory
    node = Node(lab["r1"], _check(directory, 0) + instance_text(track_script=["chk"])).start()
    node.becomes("MASTER")
    (directory / "fail").touch()
    node.becomes("FAULT")
    assert node.lines("MASTER -> FAULT: track_failed: chk; 1 VIP removed from eth0")
    assert not node.holds()
    (directory / "fail").unlink()
    node.becomes("MASTER")


def test_a_script_without_result_keeps_it_silent(lab: Lab) -> None:
    directory = lab["r1"].directory
    path = _script(directory, "slow", f"while ! test -e {directory}/go; do sleep 0.05; done")
    text = f'[vrrp_script.chk]\nscript = "{path}"\ninterval = 30\ntimeout = 30\n'
    node = Node(lab["r1"], text + instance_text(track_script=["chk"])).start()
    assert node.state() == "INIT"
    assert node.status()["waiting_for"] == ["chk"]
    (directory / "go").touch()
    node.becomes("MASTER")


def test_notify_scripts_tell_the_whole_story_in_order(lab: Lab) -> None:
    directory = lab["r1"].directory
    trace = directory / "trace"
    trace.touch()
    own = "\n".join(
        f'notify_{state} = "{_script(directory, state, f"sleep 0.1; echo {state} >>{trace}")}"'
        for state in ("master", "backup", "fault", "stop")
    )
    generic = _script(directory, "generic", f'echo "$@" >>{trace}')
    node = Node(lab["r1"], instance_text(notify=generic, extra=own)).start()
    node.becomes("MASTER")
    node.host.set_carrier(False)
    node.becomes("FAULT")
    node.host.set_carrier(True)
    node.becomes("MASTER")
    # Nothing may wait when it stops: what waits then is skipped.
    eventually(lambda: len(trace.read_text().splitlines()) == 10)
    assert node.stop() == 0
    states = ["backup", "master", "fault", "backup", "master", "stop"]
    expected = [line for state in states for line in (state, f"INSTANCE VI_1 {state.upper()} 100")]
    assert trace.read_text().splitlines() == expected


def test_scripts_do_not_outlive_the_daemon(lab: Lab) -> None:
    directory = lab["r1"].directory
    path = _script(directory, "hangs", "sleep 1000")
    text = f'[vrrp_script.chk]\nscript = "{path}"\ninterval = 300\ntimeout = 300\nweight = 5\n'
    node = Node(lab["r1"], text + instance_text(track_script=["chk"])).start()
    node.becomes("MASTER")
    eventually(lambda: "sleep" in _running(node))
    assert node.stop() == 0
    eventually(lambda: _running(node).isdisjoint({"sleep", "hangs"}))


def _running(node: Node) -> set[str]:
    lines = node.host.run(["ps", "-eo", "stat=,comm="]).splitlines()
    return {line.split()[1] for line in lines if not line.startswith("Z")}
