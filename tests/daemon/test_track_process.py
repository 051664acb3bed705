"""Tracked processes on real networks: HAProxy and others, in hosts with and without the kernel's process events."""

import json
import re
import shutil
import signal
import sys
from collections.abc import Sequence

import pytest

from netns.host import Host
from netns.lab import Lab
from netns.process import Process, spawn_outside
from tests.daemon.keepalived import AVAILABLE
from tests.daemon.nodes import HAPROXY, PATIENCE, REPOSITORY, Node, eventually, instance_text
from tests.daemon.standing_in import StandIn
from vrrpd.daemon.signals import DATA, JSON

pytestmark = pytest.mark.netns


def tracker(process: str, *lines: str, name: str = "web") -> str:
    return "\n".join([f"[vrrp_track_process.{name}]", f'process = "{process}"', *lines]) + "\n"


def start(host: Host, priority: int, definition: str) -> Node:
    return Node(host, definition + instance_text(priority=priority, track_process=["web"])).start()


def haproxy(host: Host) -> Process:
    path = host.directory / "haproxy.cfg"
    path.write_text(HAPROXY)
    return host.spawn(["haproxy", "-db", "-f", str(path)], log="haproxy.log")


def sleeper(host: Host, name: str) -> Process:
    """A program of that name."""
    program = host.directory / name
    if not program.exists():
        shutil.copy("/bin/sleep", program)
    return host.spawn([str(program), "600"])


def detail(node: Node) -> str:
    return next(item["detail"] for item in node.status()["trackers"] if item["kind"] == "process")


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="no haproxy")
def test_haproxy_dies_on_the_master_and_comes_back(lab: Lab) -> None:
    balancers = {name: haproxy(lab[name]) for name in ("r1", "r2")}
    first, second = (start(lab[name], priority, tracker("haproxy")) for name, priority in (("r1", 150), ("r2", 100)))
    first.becomes("MASTER")
    second.becomes("BACKUP")
    eventually(lambda: second.status()["master"])
    balancers["r1"].kill()
    first.becomes("FAULT")
    second.becomes("MASTER")
    eventually(lambda: second.holds() and not first.holds())
    assert first.lines(r"WARNING process web lost its quorum \(0 running, at least 1 wanted\): VI_1 may not take part")
    haproxy(lab["r1"])
    first.becomes("MASTER")
    second.becomes("BACKUP")
    assert first.lines(r"INFO process web has its quorum \(1 running, at least 1 wanted\): VI_1 may take part again")


def test_a_weight_hands_over_and_the_log_and_the_status_say_why_and_how(lab: Lab) -> None:
    program = sleeper(lab["r1"], "worker")
    first = start(lab["r1"], 110, tracker("worker", "weight = -20"))
    second = Node(lab["r2"], instance_text(priority=100)).start()
    first.becomes("MASTER")
    assert detail(first) == "1 running, at least 1 wanted; a look at every process each 1 s"
    assert first.lines(r"WARNING track_process: no process events here \(listen to process events: E\w+\): starts")
    program.kill()
    second.becomes("MASTER")
    first.becomes("BACKUP")
    assert first.lines("lost its quorum .*: VI_1 priority 110 -> 90")
    sleeper(lab["r1"], "worker")
    first.becomes("MASTER")


def test_too_many_are_a_failure_too(lab: Lab) -> None:
    programs = [sleeper(lab["r1"], "worker")]
    node = start(lab["r1"], 150, tracker("worker", "quorum_max = 1"))
    node.becomes("MASTER")
    programs.append(sleeper(lab["r1"], "worker"))
    node.becomes("FAULT")
    programs.pop().kill()
    node.becomes("MASTER")


def test_a_restart_within_the_delay_changes_nothing(lab: Lab) -> None:
    program = sleeper(lab["r1"], "worker")
    node = start(lab["r1"], 150, tracker("worker", "terminate_delay = 60"))
    node.becomes("MASTER")
    program.kill()
    eventually(lambda: detail(node).startswith("0 running"))
    assert node.status()["state"] == "MASTER"
    sleeper(lab["r1"], "worker")
    eventually(lambda: detail(node).startswith("1 running"))
    assert not node.lines("quorum|-> FAULT")


def test_a_reload_leaves_alone_what_it_does_not_change(lab: Lab) -> None:
    program = sleeper(lab["r1"], "worker")
    kept = tracker("worker", "terminate_delay = 60")
    node = start(lab["r1"], 150, kept)
    node.becomes("MASTER")
    program.kill()
    eventually(lambda: detail(node).startswith("0 running"))
    node.reload(
        kept + tracker("other", name="more") + instance_text(priority=150, track_process=["web", "more weight 5"])
    )
    assert node.status()["state"] == "MASTER", "the delay goes on"
    changes = node.reload(tracker("worker") + instance_text(priority=150, track_process=["web"]))
    assert any("terminate_delay" in line for line in changes)
    node.becomes("FAULT")
    node.reload(instance_text(priority=150))
    node.becomes("MASTER")


def test_a_group_s_process_counts_for_each_member(lab: Lab) -> None:
    program = sleeper(lab["r1"], "worker")
    group = '[vrrp_sync_group.G]\ngroup = ["VI_1", "VI_2"]\ntrack_process = ["web"]\n'
    members = instance_text(priority=150) + instance_text("VI_2", vrid=52, virtual_ipaddress=["192.168.1.101"])
    node = Node(lab["r1"], tracker("worker") + group + members).start()
    node.becomes("MASTER", "VI_2")
    program.kill()
    node.becomes("FAULT", "VI_1")
    node.becomes("FAULT", "VI_2")


KEEPALIVED = """
global_defs {
    json_version 2
}
vrrp_track_process web {
    process NAME
    quorum_max 2
    weight 10 reverse
    delay 0.5
}
vrrp_track_process line {
    process /bin/x 1 "a b"
    param_match initial
}
vrrp_track_process unused {
    process nothing
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    advert_int 1
    track_process {
        web
        line weight 3
    }
    virtual_ipaddress {
        192.168.1.100
    }
}
"""


def test_the_dumps_have_what_keepalived_s_have(lab: Lab) -> None:
    dumps = lab["r1"].directory / "tmp"
    dumps.mkdir()
    sleeper(lab["r1"], "worker")
    stand_in = StandIn(lab["r1"], KEEPALIVED.replace("NAME", "worker"))
    process = stand_in.start(env={"TMPDIR": str(dumps)})
    for number, name in ((JSON, "keepalived.json"), (DATA, "keepalived.data")):
        stand_in.kill(str(number))
        eventually((dumps / name).exists, name)
    found = json.loads((dumps / "keepalived.json").read_text())
    assert found["vrrp"][0]["data"]["track_process"] == ["web", "line"]
    first, second, third = found["track_process"]
    assert first == {
        "process": "web",
        "param_match": "none",
        "min_processes": 1,
        "max_processes": 2,
        "current_processes": 1,
        "have_quorum": True,
        "weight": -10,
        "terminate_delay": 0.5,
        "fork_delay": 0.5,
        "fork_delay_timer_running": False,
        "terminate_delay_timer_running": False,
        "full_command": False,
    }
    assert (second["parameters"], second["param_match"], second["full_command"]) == ("1 a b", "initial", True)
    assert third["process"] == "unused"
    data = (dumps / "keepalived.data").read_text()
    assert "   Tracked processes :\n     web, weight 10 reverse\n     line, weight 3\n" in data
    section = data.split("------< VRRP Track processes >------\n")[1].split("------<")[0]
    assert section.startswith(
        " VRRP Track process = web\n   Process = worker\n   Min processes = 1\n   Max processes = 2\n"
    )
    assert re.findall(" = (.*)\n   Current processes = ", section) == ["2", "1", "1"]
    assert process.stop() == 0


def data_of(host: Host, program: Sequence[str], ready: str) -> str:
    """``keepalived.data`` of a daemon that was started where the kernel tells of processes."""
    dumps = host.directory / "tmp"
    dumps.mkdir()
    config = host.directory / "keepalived.conf"
    config.write_text(KEEPALIVED.replace("    json_version 2\n", "").replace("NAME", host.namespace[:15]))
    files = ["-f", str(config), *(f"--{kind}={host.directory / kind}" for kind in ("pid", "vrrp_pid"))]
    argv = [*program, "-n", "-l", "-D", "-G", "-P", "-s", host.namespace, *files]
    environment = {"TMPDIR": str(dumps), "PYTHONPATH": str(REPOSITORY)}
    process = spawn_outside(argv, host.directory / "daemon.log", env=environment)
    try:
        eventually(lambda: ready in process.log() or not process.running, "ready")
        process.send(signal.Signals(DATA))
        path = dumps / "keepalived.data"
        eventually(lambda: path.exists() and "< Interfaces >" in path.read_text(), "keepalived.data")
        return path.read_text()
    finally:
        process.send(signal.SIGTERM)
        assert process.wait(PATIENCE), process.log()


@pytest.mark.skipif(not AVAILABLE, reason="no keepalived")
def test_processes_in_keepalived_data_as_keepalived(lab: Lab) -> None:
    def section(text: str) -> str:
        return text.split("------< VRRP Track processes >------\n")[1].split("------<", maxsplit=1)[0]

    names = {lab[name].namespace[:15]: sleeper(lab[name], lab[name].namespace[:15]) for name in ("r1", "r2")}
    theirs = section(data_of(lab["r1"], ["keepalived"], "Startup complete"))
    own = [sys.executable, "-m", "vrrpd", "--run-dir", str(lab["r2"].directory / "run")]
    ours = section(data_of(lab["r2"], own, "is ready"))
    first, second = names
    assert "Current processes = 1" in theirs
    assert ours.replace(second, first) == theirs


def test_the_kernel_s_events_are_heard_from_inside_a_network_namespace(lab: Lab) -> None:
    """The daemon enters it by itself (-s), after it has opened its socket."""
    host = lab["r1"]
    name = host.namespace[:15]
    config = host.directory / "vrrpd.toml"
    config.write_text(tracker(name) + instance_text(priority=150, track_process=["web"]))
    argv = [sys.executable, "-m", "vrrpd", "-n", "-l", "-G", "-s", host.namespace, "-f", str(config)]
    argv += [
        "--run-dir",
        str(host.directory / "run"),
        *(f"--{kind}={host.directory / kind}" for kind in ("pid", "vrrp_pid")),
    ]
    process = spawn_outside(argv, host.directory / "daemon.log", env={"PYTHONPATH": str(REPOSITORY)})
    try:
        eventually(lambda: "is ready" in process.log() or not process.running, "ready")
        if "no process events here" in process.log():
            pytest.skip("no process events here")
        assert "track_process: the kernel tells of processes (process events)" in process.log()
        program = sleeper(host, name)
        eventually(lambda: "web has its quorum" in process.log(), "found")
        eventually(lambda: host.holds("192.168.1.100"))
        program.kill()
        eventually(lambda: not host.holds("192.168.1.100"))
    finally:
        process.send(signal.SIGTERM)
        assert process.wait(PATIENCE), process.log()
