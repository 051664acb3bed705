"""The real HAProxy, checked by a script whose beat is so slow that only its processes can tell what happens."""

import shutil
import signal
from pathlib import Path

import pytest

from netns.host import Host
from netns.lab import Lab
from netns.process import Process
from tests.daemon.nodes import HAPROXY, Node, eventually, instance_text
from vrrpd.linux.processes import name_of

pytestmark = [
    pytest.mark.netns,
    pytest.mark.skipif(shutil.which("haproxy") is None or shutil.which("killall") is None, reason="no haproxy"),
]

CHECK = """
[global_defs]
script_user = "root"
[vrrp_script.chk]
script = "killall -0 haproxy"
interval = 3600
"""


def haproxy(host: Host, *options: str) -> Process:
    path = host.directory / "haproxy.cfg"
    path.write_text(HAPROXY)
    return host.spawn(["haproxy", *options, "-f", str(path)], log="haproxy.log")


def workers(host: Host) -> set[int]:
    return {pid for pid in host.pids() if name_of(pid) == b"haproxy"}


def number_there(pid: int) -> str:
    """Its number in the host's PID namespace."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line for line in lines if line.startswith("NSpid:")).split()[-1]


def detail(node: Node) -> str:
    (tracker,) = node.status()["trackers"]
    return tracker["detail"]


def checked(host: Host) -> Node:
    text = instance_text(priority=150, track_script=["chk"], fast_failover=True)
    node = Node(host, CHECK + text).start()
    node.becomes("MASTER")
    return node


def test_its_death_is_a_fault_at_once_and_its_return_none(lab: Lab) -> None:
    host = lab["r1"]
    process = haproxy(host, "-db")
    node = checked(host)
    eventually(lambda: detail(node) == "exit 0; the end of haproxy (1 process) is seen at once")
    process.kill()
    node.becomes("FAULT")
    eventually(lambda: detail(node) == "exit 1; no process haproxy is seen")
    assert node.lines(r"INFO script chk: the last process haproxy \(pid \d+\) has ended")
    haproxy(host, "-db")
    node.becomes("MASTER")


def test_a_reload_of_haproxy_is_none_and_the_new_one_is_watched(lab: Lab) -> None:
    host = lab["r1"]
    master = haproxy(host, "-W", "-db")
    eventually(lambda: len(workers(host)) == 2, "master and worker")
    node = checked(host)
    eventually(lambda: "(2 processes)" in detail(node))
    old = workers(host)
    master.send(signal.SIGUSR2)
    eventually(lambda: len(workers(host)) == 2 and workers(host) != old, "another worker")
    # The old way: a new process that tells the old ones to end.
    replacement = haproxy(host, "-db", "-st", *map(number_there, workers(host)))
    eventually(lambda: not master.running)
    eventually(lambda: "(1 process)" in detail(node))
    assert node.state() == "MASTER"
    assert not node.lines("failed|has ended|FAULT")
    replacement.kill()
    node.becomes("FAULT")


def test_without_fast_failover_nothing_is_watched(lab: Lab) -> None:
    host = lab["r1"]
    process = haproxy(host, "-db")
    node = Node(host, CHECK + instance_text(priority=150, track_script=["chk"])).start()
    node.becomes("MASTER")
    assert detail(node) == "exit 0"
    descriptors = Path(f"/proc/{node.process.pid}/fd")
    assert not any("pidfd" in str(entry.readlink()) for entry in descriptors.iterdir())
    process.kill()
    assert node.state() == "MASTER", "until its next beat"
