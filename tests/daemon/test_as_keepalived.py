"""vrrpd under the name keepalived: real processes, each option and what comes of it."""

import os
import re
import stat
from pathlib import Path

import pytest

from netns.lab import Lab
from tests.daemon.nodes import REPOSITORY, VIP, Node, eventually, instance_text
from tests.daemon.standing_in import StandIn, service_manager, told
from vrrpd.daemon.signals import REQUESTS

pytestmark = pytest.mark.netns


def test_into_the_background_and_back(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], instance_text())
    assert stand_in.run(*stand_in.own_files) == 0
    assert stand_in.output.read_text() == ""
    assert stand_in.pid == stand_in.vrrp_pid_file.read_text().strip()
    for path in (stand_in.pid_file, stand_in.vrrp_pid_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert stand_in.run_dir.joinpath("control.sock").is_socket(), "the caller gets its prompt back when it is ready"
    assert stand_in.proc("comm") == "keepalived\n"
    assert stand_in.status()["PPid"] == "1"
    eventually(lambda: lab["r1"].holds(VIP))
    stand_in.stop()
    assert not lab["r1"].holds(VIP)
    assert not stand_in.vrrp_pid_file.exists()
    assert not stand_in.run_dir.exists()


def test_keepaliveds_own_pid_files(lab: Lab, tmp_path: Path) -> None:
    host = lab["r1"]
    host.run(["sh", "-c", f"mount -t tmpfs tmpfs /run && mkdir -p {host.directory}"])
    stand_in = StandIn(host, instance_text(), directory=tmp_path)
    options = ("-f", str(stand_in.config), "-G", f"-g{stand_in.log_file}")
    assert stand_in.run(*options) == 0
    pid = host.run(["cat", "/run/keepalived.pid"])
    assert re.fullmatch(r"\d+\n", pid)
    assert host.run(["cat", "/run/vrrp.pid"]) == pid
    assert "control.sock" in host.run(["ls", "/run/vrrpd"])
    assert stand_in.run(*options) == 0, "already running"
    assert f"daemon is already running: /run/keepalived.pid belongs to pid {pid.strip()}" in stand_in.output.read_text()
    second = ("-p", "/run/second.pid", "-r", "/run/second_vrrp.pid")
    assert stand_in.run(*options, *second) == 0
    other = host.run(["cat", "/run/second.pid"])
    assert other != pid
    assert sorted(host.run(["ls", "/run"]).split()) == [
        *("keepalived.pid", "second.pid", "second_vrrp.pid", "vrrp.pid"),
        *("vrrpd", f"vrrpd-{other.strip()}", "vrrpd-lab"),
    ], "with pid files of its own it is another daemon"
    assert f"vrrpd status --run-dir /run/vrrpd-{other.strip()} asks this daemon" in stand_in.log()


BROKEN = "vrrp_instance VI_1 {\n    virtual_router_id\n}\n"


def test_it_cannot_start(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], BROKEN)
    missing = str(stand_in.config.with_name("none.conf"))
    for mode in ((), ("-n",)):
        assert stand_in.run(*mode, *stand_in.own_files) == 2
        assert f"{stand_in.config}:2:" in stand_in.output.read_text()
        assert stand_in.run(*mode, *stand_in.own_files, "-f", missing) == 6
        assert f"cannot read {missing}" in stand_in.output.read_text()
        assert stand_in.run(*mode, *stand_in.own_files, "-p", "/nonexistent/k.pid", "-f", "/dev/null") != 0
    assert not stand_in.pid_file.exists()


def test_without_privileges(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], instance_text())
    argv = ["setpriv", "--bounding-set", "-net_admin,-net_raw", "--inh-caps", "-net_admin,-net_raw"]
    process = lab["r1"].spawn(
        [*argv, str(stand_in.program), *stand_in.own_files], log="output", env={"PYTHONPATH": str(REPOSITORY)}
    )
    assert process.wait(20)
    assert process.returncode == 4
    assert "needs CAP_NET_ADMIN and CAP_NET_RAW" in stand_in.output.read_text()


def test_addresses_are_left_and_nobody_is_told(lab: Lab) -> None:
    other = Node(lab["r2"], instance_text(priority=50)).start()
    stand_in = StandIn(lab["r1"], instance_text(priority=200))
    process = stand_in.start("-V")
    eventually(lambda: lab["r1"].holds(VIP))
    other.becomes("BACKUP")
    assert process.stop() == 0
    assert lab["r1"].holds(VIP)
    other.becomes("MASTER")
    assert other.lines("resigned") == []
    assert other.lines("no advert heard")
    assert stand_in.start().stop() == 0
    assert not lab["r1"].holds(VIP), "the next one removes it"


def test_address_monitoring(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], instance_text())
    process = stand_in.start("-a")
    eventually(lambda: re.search(rf"{VIP}/32 set on eth0 by vrrpd\n", stand_in.log()))
    lab["r1"].ip("addr add 192.168.1.77/24 dev eth0")
    eventually(lambda: re.search(r"INFO 192\.168\.1\.77/24 set on eth0 by (ip|pid)", stand_in.log()))
    lab["r1"].ip("addr del 192.168.1.77/24 dev eth0")
    eventually(lambda: re.search(r"INFO 192\.168\.1\.77/24 removed from eth0 by (ip|pid)", stand_in.log()))
    assert process.stop() == 0


def test_the_log_goes_where_the_options_say(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], instance_text())
    process = stand_in.start("-l", "-I", "-x")
    assert process.stop() == 0
    for text in (stand_in.log(), stand_in.output.read_text()):
        assert text.count("WARNING option --dont-release-ipvs is not handled by vrrpd") == 1
        assert "option --snmp is not handled" in text
        assert "INFO SIGTERM: stopping" in text


def test_umask_core_limit_and_name(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], instance_text())
    process = stand_in.start()
    assert stand_in.status()["Umask"] == "0177"
    assert process.stop() == 0
    process = stand_in.start("-m", "-u", "027")
    assert stand_in.status()["Umask"] == "0027"
    limits = re.search(r"Max core file size +(\S+) +(\S+)", stand_in.proc("limits"))
    assert limits is not None
    assert limits.group(1) == limits.group(2)
    assert process.stop() == 0


def test_checkers_only_is_nothing(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], instance_text())
    process = stand_in.start("-C")
    assert "WARNING option --check asks for health checkers only" in stand_in.log()
    assert "is ready: no instances" in stand_in.log()
    assert process.stop() == 0


def test_in_another_network_namespace(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], instance_text())
    process = stand_in.start("-s", lab["r2"].namespace)
    eventually(lambda: lab["r2"].holds(VIP))
    assert not lab["r1"].holds(VIP)
    assert process.stop() == 0
    assert not lab["r2"].holds(VIP)


@pytest.mark.parametrize(("name", "code"), [("keepalived", 0), ("vrrpd", 1)])
def test_a_namespace_that_does_not_exist(lab: Lab, name: str, code: int) -> None:
    """keepalived ends with 0, and its units rely on its exit codes."""
    stand_in = StandIn(lab["r1"], instance_text(), name)
    assert stand_in.run(*stand_in.own_files, "-s", "vrrpd-none") == code
    assert "enter network namespace vrrpd-none: ENOENT" in stand_in.output.read_text()


def test_the_service_manager_is_told(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], instance_text())
    with service_manager(lab["r1"].directory) as receiver:
        environment = {"NOTIFY_SOCKET": receiver.getsockname(), "WATCHDOG_USEC": "500000"}
        process = stand_in.start(env=environment)
        ready = told(receiver)
        assert (ready["READY"], ready["MAINPID"]) == ("1", stand_in.pid)
        assert ready["STATUS"] == "VI_1 on eth0"
        for _ in range(3):
            assert told(receiver) == {"WATCHDOG": "1"}
        assert process.stop() == 0
        messages = [told(receiver)]
        while "STOPPING" not in messages[-1]:
            assert messages[-1] == {"WATCHDOG": "1"}
            messages.append(told(receiver))


def test_the_service_manager_is_told_why_not(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], BROKEN)
    with service_manager(lab["r1"].directory) as receiver:
        process = stand_in.spawn("-n", *stand_in.own_files, env={"NOTIFY_SOCKET": receiver.getsockname()})
        assert process.wait(20)
        assert str(stand_in.config) in told(receiver)["STATUS"]


def test_under_vrrpds_name_it_stays_in_the_foreground(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], instance_text(), "vrrpd")
    process = stand_in.spawn(*stand_in.own_files)
    eventually(lambda: "is ready" in stand_in.log())
    assert process.running
    assert stand_in.pid_file.exists()
    assert stand_in.run(*stand_in.own_files) == 3
    assert process.stop() == 0
    assert not stand_in.pid_file.exists()


CONF = """
instance blue
global_defs {
    umask IRUSR | IWGRP
    vrrp_rt_priority 3
    vrrp_rlimit_rttime 500000
    vrrp_no_swap
    vrrp_cpu_affinity %d
    vrrp_process_name blue
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.168.1.100
    }
}
"""


def test_what_the_file_says_of_the_process(lab: Lab) -> None:
    host = lab["r1"]
    cpu = min(os.sched_getaffinity(0))
    stand_in = StandIn(host, CONF % cpu)
    process = stand_in.start()
    assert stand_in.status()["Name"] == "keepalived"
    worker = stand_in.worker
    status = stand_in.status(worker)
    assert status["Umask"] == "0420"
    assert status["Name"] == "blue"
    assert status["Cpus_allowed_list"] == str(cpu)
    assert int(status["VmLck"].split()[0]) > 0
    assert "SCHED_RR" in host.run(["chrt", "-p", worker])
    assert re.search(r"Max realtime timeout +500000 ", stand_in.proc("limits", worker))
    assert process.stop() == 0
    process = stand_in.start("-u", "022")
    assert stand_in.status()["Umask"] == "0022", "the option goes before the keyword"
    assert process.stop() == 0


def test_it_outlives_its_limit_of_real_time(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], (CONF % 0).replace("500000", "2"))
    process = stand_in.start()
    eventually(lambda: "WARNING ran longer than vrrp_rlimit_rttime allows" in stand_in.log())
    eventually(lambda: lab["r1"].holds(VIP))
    assert process.stop() == 0


def test_the_namespace_that_the_file_names(lab: Lab) -> None:
    other = lab["r2"]
    config = f"net_namespace {other.namespace}\n" + CONF % min(os.sched_getaffinity(0))
    stand_in = StandIn(lab["r1"], config)
    process = stand_in.spawn("-n", "-f", str(stand_in.config), "-G", f"-g{stand_in.log_file}")
    eventually(lambda: "is ready" in stand_in.log() or not process.running)
    assert process.running, stand_in.output.read_text()
    suffix = f"{other.namespace}_blue"
    directory = Path("/run/keepalived")
    for name in ("keepalived", "vrrp"):
        assert (directory / f"{name}_{suffix}.pid").exists()
    assert Path(f"/run/vrrpd-{suffix}/control.sock").is_socket()
    eventually(lambda: other.holds(VIP))
    assert process.stop() == 0
    assert not (directory / f"keepalived_{suffix}.pid").exists()


@pytest.mark.parametrize("number", sorted(REQUESTS))
def test_no_request_kills_it_however_early(lab: Lab, number: int) -> None:
    stand_in = StandIn(lab["r1"], instance_text())
    process = stand_in.spawn("-n", *stand_in.own_files, env={"TMPDIR": str(lab["r1"].directory)})
    eventually(lambda: stand_in.pid_file.exists() and stand_in.pid_file.read_text())
    for _ in range(20):
        stand_in.kill(str(number))
    eventually(lambda: "is ready" in stand_in.log() or not process.running)
    assert process.running
    assert process.stop() == 0


def test_the_configuration_in_the_log(lab: Lab) -> None:
    secret = "authentication {\n        auth_type PASS\n        auth_pass Hush\n    }\n    virtual_router_id"
    stand_in = StandIn(lab["r1"], (CONF % 0).replace("virtual_router_id", secret))
    process = stand_in.start("-d")
    assert process.stop() == 0
    lines = [line.split(" INFO ", 1)[-1] for line in stand_in.log().splitlines()]
    begin = lines.index("the configuration:")
    assert lines[begin + 1] == "  instance blue"
    assert "auth_pass ********" in [line.strip() for line in lines]
    assert "Hush" not in stand_in.log()
    assert process.returncode == 0


def test_a_pattern_for_several_files(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], CONF % 0)
    directory = lab["r1"].directory
    for number in (1, 2):
        text = (CONF % 0).replace("VI_1", f"VI_{number}").replace("id 51", f"id 5{number}")
        directory.joinpath(f"part{number}.conf").write_text(text.replace("instance blue\n", ""))
    process = stand_in.start("-f", str(directory / "part*.conf"))
    assert "is ready: VI_1 on eth0, VI_2 on eth0" in stand_in.log()
    assert process.stop() == 0


def test_a_reload_is_told_to_the_service_manager(lab: Lab) -> None:
    stand_in = StandIn(lab["r1"], instance_text())
    with service_manager(lab["r1"].directory) as receiver:
        process = stand_in.start(env={"NOTIFY_SOCKET": receiver.getsockname()})
        assert told(receiver)["READY"] == "1"
        stand_in.config.write_text(instance_text("VI_2", vrid=52))
        stand_in.kill("HUP")
        reloading = told(receiver)
        assert reloading["RELOADING"] == "1"
        assert int(reloading["MONOTONIC_USEC"]) > 0
        assert told(receiver)["STATUS"] == "VI_2 on eth0"
        assert process.stop() == 0
