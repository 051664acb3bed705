"""What the configuration says of the kernel and of the process: real daemons, and keepalived beside them."""

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from netns.capture import Capture
from netns.host import Host
from netns.lab import Lab
from netns.process import Process
from tests.daemon.keepalived import AVAILABLE
from tests.daemon.nodes import REPOSITORY, VIP, Node, eventually, instance_text
from tests.daemon.standing_in import StandIn
from tests.daemon.test_notify_as_keepalived import start_keepalived, start_vrrpd

pytestmark = [pytest.mark.netns, pytest.mark.skipif(not AVAILABLE, reason="no keepalived")]

CONFIG = """
global_defs {{
    {wide}
}}
vrrp_instance VI_1 {{
    interface eth0
    virtual_router_id 51
    priority 100
    version 3
    advert_int 0.1
    {own}
    virtual_ipaddress {{
        192.168.1.100
    }}
}}
"""
STARTS = pytest.mark.parametrize("start", [start_keepalived, start_vrrpd])
PROMOTE = "net/ipv4/conf/eth0/promote_secondaries"
REPORTS = "net/ipv4/igmp_link_local_mcast_reports"


def sysctl(host: Host, name: str) -> str:
    return host.run(["cat", f"/proc/sys/{name}"]).strip()


def running(host: Host, start: Callable[[Host], Process], wide: str = "", own: str = "") -> Process:
    (host.directory / "keepalived.conf").write_text(CONFIG.format(wide=wide, own=own))
    process = start(host)
    eventually(lambda: host.holds(VIP), "master")
    return process


@STARTS
@pytest.mark.parametrize(
    ("wide", "own", "name", "before", "meanwhile"),
    [("", "promote_secondaries", PROMOTE, "0", "1"), ("disable_local_igmp", "", REPORTS, "1", "0")],
)
def test_settings_of_the_kernel(
    start: Callable[[Host], Process], wide: str, own: str, name: str, before: str, meanwhile: str, lab: Lab
) -> None:
    host = lab["r1"]
    host.run(["sh", "-c", f"echo {before} >/proc/sys/{name}"])
    process = running(host, start, wide, own)
    assert sysctl(host, name) == meanwhile
    assert process.stop() == 0
    assert sysctl(host, name) == before


def test_an_interface_that_comes_anew_has_them_again_and_a_reload_ends_them(lab: Lab) -> None:
    host = lab["r1"]
    host.run(["sh", "-c", f"echo 0 >/proc/sys/{PROMOTE}"])
    node = Node(host, instance_text(promote_secondaries=True)).start()
    assert sysctl(host, PROMOTE) == "1"
    host.remove_interface()
    host.create_interface()
    eventually(lambda: sysctl(host, PROMOTE) == "1")
    node.reload(instance_text())
    assert sysctl(host, PROMOTE) == "0"
    assert node.stop() == 0


def test_igmp_cannot_change_at_a_reload(lab: Lab) -> None:
    node = Node(lab["r1"], instance_text()).start()
    node.config.write_text(f"global_defs.disable_local_igmp = true\n{instance_text()}")
    node.process.send(signal.SIGHUP)
    eventually(lambda: node.lines("not reloaded"))
    assert node.lines("disable_local_igmp .* needs a restart")
    assert sysctl(lab["r1"], REPORTS) == "1"
    assert node.stop() == 0


def test_netlink_buffers_are_as_large_as_asked(lab: Lab) -> None:
    host = lab["r1"]
    wide = "[global_defs]\nvrrp_netlink_monitor_rcv_bufs = {}\nvrrp_netlink_cmd_rcv_bufs = 10000000\n"
    node = Node(host, wide.format(9_000_000) + instance_text()).start()
    assert {9_000_000, 10_000_000} <= _netlink_buffers(host)
    node.reload(wide.format(8_000_000) + instance_text())
    assert {8_000_000, 10_000_000} <= _netlink_buffers(host)
    assert node.stop() == 0


def _netlink_buffers(host: Host) -> set[int]:
    return {int(size) for size in re.findall(r"skmem:\(r\d+,rb(\d+)", host.run(["ss", "-amn", "--family=netlink"]))}


@STARTS
def test_whoever_is_woken_late_runs_in_real_time(start: Callable[[Host], Process], lab: Lab) -> None:
    host = lab["r1"]
    process = running(host, start, "max_auto_priority 2\n    min_auto_priority_delay 300000")
    for _ in range(4):
        process.signal_tree(signal.SIGSTOP)
        time.sleep(0.6)
        process.signal_tree(signal.SIGCONT)
        time.sleep(0.2)
    assert max(_real_time(host)) == 2
    assert process.stop() == 0


def _real_time(host: Host) -> list[int]:
    """The priorities of its processes; 0: not in real time."""
    found = []
    for pid in host.pids():
        with suppress(ProcessLookupError):
            found.append(os.sched_getparam(pid).sched_priority)
    return found


def test_silent_until_so_long_after_boot(lab: Lab) -> None:
    """On a machine that seems to have booted a hundred seconds ago."""
    host = lab["r1"]
    capture = Capture(lab)
    up = int(float(Path("/proc/uptime").read_text().split()[0]))
    text = CONFIG.format(wide="vrrp_delay_after_boot 104\n    vrrp_startup_delay 1", own="").replace(
        "100\n", "255\n", 1
    )
    (host.directory / "keepalived.conf").write_text(text)
    argv = [sys.executable, "-m", "vrrpd", "--config", f"{host.directory}/keepalived.conf", "--log-to", "console"]
    argv = ["unshare", "--time", "--boottime", str(100 - up), "--fork", "--kill-child", *argv]
    begin = time.time_ns()
    process = host.spawn(
        [*argv, "--run-dir", f"{host.directory}/run"], log="vrrpd.log", env={"PYTHONPATH": str(REPOSITORY)}
    )
    first = capture.wait_for_advert(20, host="r1", vrid=51)
    assert first is not None
    assert 2.5 < (first.time_ns - begin) / 1e9 < 6.0
    assert re.search(r"silent for \d\.\d\d s \(vrrp_delay_after_boot, 10\d s after boot\)", process.log())
    process.kill()


def test_stop_scripts_are_waited_for_no_longer_than_asked(lab: Lab, tmp_path: Path) -> None:
    script = tmp_path / "slow"
    script.write_text("#!/bin/sh\nsleep 60\n")
    script.chmod(0o755)
    text = f"child_wait_time 0\n{CONFIG.format(wide='script_user root', own=f'notify_stop {script}')}"
    stand_in = StandIn(lab["r1"], text)
    process = stand_in.start()
    eventually(lambda: lab["r1"].holds(VIP))
    assert process.stop() == 0
    assert "scripts have not ended for 0 s (child_wait_time)" in stand_in.log()
    assert not lab["r1"].holds(VIP)


def test_the_shutdown_script_has_its_own_time(lab: Lab, tmp_path: Path) -> None:
    script = tmp_path / "last"
    script.write_text(f"#!/bin/sh\nsleep 1.5\necho done >{tmp_path}/trace\n")
    script.chmod(0o755)
    wide = f"script_user root\n    shutdown_script {script}"
    text = f"child_wait_time 1\n{CONFIG.format(wide=wide, own='')}"
    stand_in = StandIn(lab["r1"], text)
    process = stand_in.start()
    assert process.stop() == 0
    assert (tmp_path / "trace").read_text() == "done\n"
    assert "have not ended" not in stand_in.log()
