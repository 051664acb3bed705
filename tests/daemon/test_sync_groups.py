"""Sync groups on real networks, among themselves and next to the real keepalived."""

import subprocess
import sys
from pathlib import Path

import pytest

from netns.host import Host
from netns.lab import Lab
from netns.process import Process
from tests.daemon.keepalived import AVAILABLE
from tests.daemon.nodes import REPOSITORY, VIP, Node, eventually, instance_text
from vrrpd.control.client import ControlClient
from vrrpd.control.status import GroupStatus, read_status

pytestmark = pytest.mark.netns
needs_keepalived = pytest.mark.skipif(not AVAILABLE, reason="keepalived is not installed")

VIP_2 = "192.168.1.101"

KEEPALIVED = """
global_defs {{
    vrrp_version 3
    script_user root
}}
vrrp_script chk {{
    script "/usr/bin/test -e {healthy}"
    interval 1
}}
vrrp_sync_group VG {{
    group {{
        VI_1
        VI_2
    }}
}}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int 0.1
    virtual_ipaddress {{
        192.168.1.100
    }}
    track_script {{
        chk
    }}
}}
vrrp_instance VI_2 {{
    state BACKUP
    interface eth0
    virtual_router_id 52
    priority {priority}
    advert_int 0.1
    virtual_ipaddress {{
        192.168.1.101
    }}
}}
"""


def config(host: Host, priority: int, group: str = "") -> str:
    """Two instances in a group; a script of the first fails while the file ``healthy`` is not there."""
    script = f'[vrrp_script.chk]\nscript = "/usr/bin/test -e {healthy(host)}"\ninterval = 1\nuser = "root"\n'
    members = '[vrrp_sync_group.VG]\ngroup = ["VI_1", "VI_2"]\n' + group
    first = instance_text(priority=priority, extra='track_script = ["chk"]')
    return script + members + first + instance_text("VI_2", vrid=52, priority=priority, virtual_ipaddress=[VIP_2])


def healthy(host: Host) -> Path:
    return host.directory / "healthy"


def start(host: Host, priority: int, group: str = "") -> Node:
    healthy(host).touch()
    return Node(host, config(host, priority, group)).start()


def start_keepalived(host: Host, priority: int) -> Process:
    healthy(host).touch()
    path = host.directory / "keepalived.conf"
    path.write_text(KEEPALIVED.format(healthy=healthy(host), priority=priority))
    files = [f"--{kind}={host.directory}/{kind}" for kind in ("pid", "vrrp_pid")]
    return host.spawn(["keepalived", "-n", "-l", "-D", "-G", "-P", f"-f{path}", *files], log="keepalived.log")


def all_become(node: Node, state: str) -> None:
    node.becomes(state, "VI_1")
    node.becomes(state, "VI_2")


def hold(*hosts: Host) -> bool:
    return all(host.holds(VIP) and host.holds(VIP_2) for host in hosts)


def holds_nothing(host: Host) -> bool:
    return not host.holds(VIP) and not host.holds(VIP_2)


def group_of(node: Node) -> GroupStatus:
    (group,) = read_status(ControlClient(node.run_dir / "control.sock").call("status"))["groups"]
    return group


def test_what_fails_one_member_moves_both(lab: Lab) -> None:
    first, second = start(lab["r1"], 150), start(lab["r2"], 100)
    all_become(first, "MASTER")
    all_become(second, "BACKUP")
    healthy(lab["r1"]).unlink()
    all_become(first, "FAULT")
    all_become(second, "MASTER")
    eventually(lambda: hold(lab["r2"]) and holds_nothing(lab["r1"]))
    eventually(lambda: second.lines("VI_2 BACKUP -> MASTER: with VI_1|VI_1 BACKUP -> MASTER: with VI_2"), "logged")
    eventually(lambda: first.lines(r"VI_2 MASTER -> FAULT: sync_group: VI_1 \(track_failed: chk\)"), "logged")
    group = group_of(first)
    assert (group["name"], group["state"], group["members"]) == ("VG", "FAULT", ["VI_1", "VI_2"])
    assert group["blocked_by"] == ["VI_1 (track_failed: chk)"]
    healthy(lab["r1"]).touch()
    all_become(first, "MASTER")
    all_become(second, "BACKUP")
    eventually(lambda: hold(lab["r1"]) and holds_nothing(lab["r2"]))


def test_status_shows_the_group_and_what_blocks_it(lab: Lab) -> None:
    node = start(lab["r1"], 150)
    all_become(node, "MASTER")
    healthy(lab["r1"]).unlink()
    all_become(node, "FAULT")
    done = subprocess.run(
        [sys.executable, "-m", "vrrpd", "status", "--run-dir", str(node.run_dir)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "group VG (VI_1, VI_2): FAULT since" in done.stdout
    assert "blocked by VI_1 (track_failed: chk)" in done.stdout
    assert "fault: sync group: VI_1 (track_failed: chk)" in done.stdout


def test_the_group_is_notified_after_its_members(lab: Lab) -> None:
    trace = lab["r1"].directory / "trace"
    script = lab["r1"].directory / "tell"
    script.write_text(f'#!/bin/sh\necho "$@" >> {trace}\n')
    script.chmod(0o755)
    node = start(lab["r1"], 150, f'notify = "{script}"\n')
    all_become(node, "MASTER")
    healthy(lab["r1"]).unlink()
    all_become(node, "FAULT")
    assert node.stop() == 0
    lines = trace.read_text().splitlines()
    assert lines == [f"GROUP VG {state} 0" for state in ("BACKUP", "MASTER", "FAULT", "STOP")]


@needs_keepalived
def test_keepalived_hands_both_to_vrrpd_and_takes_both_back(lab: Lab) -> None:
    start_keepalived(lab["r1"], 150)
    eventually(lambda: hold(lab["r1"]))
    second = start(lab["r2"], 100)
    all_become(second, "BACKUP")
    eventually(lambda: second.status("VI_1")["master"] and second.status("VI_2")["master"])
    healthy(lab["r1"]).unlink()
    all_become(second, "MASTER")
    eventually(lambda: hold(lab["r2"]) and holds_nothing(lab["r1"]))
    healthy(lab["r1"]).touch()
    all_become(second, "BACKUP")
    eventually(lambda: hold(lab["r1"]) and holds_nothing(lab["r2"]))


@needs_keepalived
def test_vrrpd_hands_both_to_keepalived_and_takes_both_back(lab: Lab) -> None:
    first = start(lab["r1"], 150)
    all_become(first, "MASTER")
    keepalived = start_keepalived(lab["r2"], 100)
    eventually(lambda: "Entering BACKUP STATE" in keepalived.log())
    healthy(lab["r1"]).unlink()
    all_become(first, "FAULT")
    eventually(lambda: hold(lab["r2"]) and holds_nothing(lab["r1"]))
    healthy(lab["r1"]).touch()
    all_become(first, "MASTER")
    eventually(lambda: hold(lab["r1"]) and holds_nothing(lab["r2"]))
    assert first.status("VI_1")["faults"] == []
