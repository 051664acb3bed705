"""Debian's unit of keepalived pointed at vrrpd, and vrrpd's own, under a real systemd as the first process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from netns.lab import Lab
from tests.daemon.nodes import REPOSITORY, VIP, eventually
from tests.packaging.systemd_host import UNITS, SystemdHost, missing, systemd_on

EXAMPLES = REPOSITORY / "docs" / "examples"
DEBIANS_UNIT = UNITS / "keepalived.service"
DROP_IN = "[Service]\nExecStart=\nExecStart=/usr/local/sbin/keepalived --dont-fork $DAEMON_ARGS\n"
PLACE = {
    "keepalived": "keepalived/keepalived.conf",
    "vrrpd": "vrrpd/vrrpd.toml",
}

pytestmark = [
    pytest.mark.netns,
    pytest.mark.skipif(missing() is not None, reason=missing() or ""),
]


def config(name: str, priority: int = 100, more: str = "") -> str:
    """In the language that the unit's file is in, with quick timers."""
    if name == "keepalived":
        return (
            "vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\nversion 3\nadvert_int 0.1\n"
            f"priority {priority}\nvirtual_ipaddress {{\n{VIP}\n{more}\n}}\n}}\n"
        )
    addresses = ", ".join(f'"{address}"' for address in (VIP, more) if address)
    return (
        '[vrrp_instance.VI_1]\ninterface = "eth0"\nvirtual_router_id = 51\nversion = 3\nadvert_int = 0.1\n'
        f"priority = {priority}\nvirtual_ipaddress = [{addresses}]\n"
    )


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(routers=1) as lab:
        yield lab


@pytest.fixture(params=["keepalived", "vrrpd"])
def unit(request: pytest.FixtureRequest) -> str:
    if request.param == "keepalived" and not DEBIANS_UNIT.exists():
        pytest.skip(f"{DEBIANS_UNIT} (Debian package keepalived) is not installed")
    return str(request.param)


@pytest.fixture
def system(lab: Lab, unit: str) -> Iterator[SystemdHost]:
    if unit == "keepalived":
        units = {
            "systemd/system/keepalived.service": DEBIANS_UNIT.read_text(),
            "systemd/system/keepalived.service.d/vrrpd.conf": DROP_IN,
            "default/keepalived": 'DAEMON_ARGS="-D"\n',
        }
    else:
        units = {
            "systemd/system/vrrpd.service": (EXAMPLES / "vrrpd.service").read_text(),
            "systemd/system/vrrpd.service.d/quick.conf": "[Service]\nWatchdogSec=2\n",
        }
    with systemd_on(lab["r1"], {**units, PLACE[unit]: config(unit)}) as system:
        yield system


def started(system: SystemdHost, unit: str) -> str:
    """Returns the process id that systemd knows, once the daemon holds the address."""
    system.systemctl("start", unit)
    assert system.state(unit) == "active"
    eventually(lambda: system.host.holds(VIP), "master")
    return system.main_pid(unit)


def test_the_start_waits_until_it_takes_part(system: SystemdHost, unit: str) -> None:
    system.systemctl("start", unit)
    status = system.call("vrrpd", "status")
    assert status.returncode == 0, status.stderr
    assert system.show(unit, "ActiveState", "StatusText") == {"ActiveState": "active", "StatusText": "VI_1 on eth0"}
    pid = system.main_pid(unit)
    words = system.call("cat", f"/proc/{pid}/cmdline").stdout.split("\0")
    if unit == "keepalived":
        assert words[1:4] == ["/usr/local/sbin/keepalived", "--dont-fork", "-D"]
        assert system.call("cat", "/run/keepalived.pid").stdout.strip() == pid
    else:
        assert words[1:3] == ["/usr/local/sbin/vrrpd", "--config"]
        assert system.call("cat", "/run/vrrpd/vrrpd.pid").stdout.strip() == pid


def test_a_reload_has_the_file_read_again_by_the_same_process(system: SystemdHost, unit: str) -> None:
    pid = started(system, unit)
    system.write(PLACE[unit], config(unit, more="192.168.1.101"))
    system.systemctl("reload", unit)
    eventually(lambda: system.host.holds("192.168.1.101"), "the new address")
    assert system.host.holds(VIP)
    assert system.main_pid(unit) == pid
    eventually(lambda: system.state(unit) == "active")


def test_a_reload_of_a_broken_file_leaves_it_as_it_is(system: SystemdHost, unit: str) -> None:
    pid = started(system, unit)
    system.write(PLACE[unit], config(unit).replace("eth0", ""))
    system.call("systemctl", "reload", unit)  # systemd is told of the mistake by vrrpd reload, not by kill -HUP
    eventually(lambda: "stays as it is" in system.journal() or "goes on" in system.journal(), "said so")
    assert (system.state(unit), system.main_pid(unit)) == ("active", pid)
    assert system.host.holds(VIP)


def test_a_stop_leaves_nothing_behind(system: SystemdHost, unit: str) -> None:
    started(system, unit)
    system.systemctl("stop", unit)
    assert system.show(unit, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    assert not system.host.holds(VIP)
    left = system.call("sh", "-c", "ls /run/*.pid /run/keepalived /run/vrrpd 2>/dev/null").stdout.split()
    assert [name for name in left if name.endswith((".pid", ".sock"))] == []


def test_it_takes_part_again_after_a_kill(system: SystemdHost, unit: str) -> None:
    """Debian's unit says nothing about it: an operator starts it again. vrrpd's own does it by itself."""
    pid = started(system, unit)
    assert system.call("kill", "-9", pid).returncode == 0
    if unit == "keepalived":
        eventually(lambda: system.state(unit) == "failed")
        system.systemctl("restart", unit)
    eventually(lambda: system.main_pid(unit) not in {"0", pid} and system.state(unit) == "active", "back")
    eventually(lambda: system.journal().count("is ready: VI_1 on eth0") == 2)
    eventually(lambda: system.journal().count("BACKUP -> MASTER") == 2)
    assert system.host.holds(VIP)


def test_a_killed_worker_is_no_matter_for_systemd(system: SystemdHost, unit: str) -> None:
    pid = started(system, unit)
    worker = system.call("pgrep", "-P", pid).stdout.split()[0]
    assert system.call("kill", "-9", worker).returncode == 0
    eventually(lambda: "goes on in its place" in system.journal(), "another one")
    assert system.call("pgrep", "-P", pid).stdout.split()[0] != worker
    assert system.show(unit, "ActiveState", "NRestarts") == {"ActiveState": "active", "NRestarts": "0"}
    assert system.main_pid(unit) == pid
    assert system.host.holds(VIP)


def test_a_file_that_cannot_be_used_fails_the_start(system: SystemdHost, unit: str) -> None:
    system.write(PLACE[unit], config(unit).replace("virtual_router_id", "virtual_router"))
    assert system.call("systemctl", "start", unit).returncode != 0
    assert system.show(unit, "ActiveState", "Result") == {"ActiveState": "failed", "Result": "exit-code"}
    assert f"{Path(PLACE[unit]).name}:" in system.journal()


def test_the_manual_tells_to_write_this_override() -> None:
    assert f"```\n{DROP_IN}```" in (REPOSITORY / "docs" / "operations" / "systemd.md").read_text()


@pytest.mark.parametrize("unit", ["vrrpd"], indirect=True)
def test_the_watchdog_starts_a_hung_one_again(system: SystemdHost, unit: str) -> None:
    pid = started(system, unit)
    assert system.call("kill", "-STOP", pid).returncode == 0
    eventually(lambda: system.main_pid(unit) not in {"0", pid}, "started again")
    assert "Watchdog timeout" in system.journal()
    eventually(lambda: system.journal().count("BACKUP -> MASTER") == 2)
