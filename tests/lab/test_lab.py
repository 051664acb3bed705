"""The lab: what is in it, what its faults do, and that nothing of it is left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from netns import registry
from netns.kernel import LabError
from netns.lab import Lab

pytestmark = pytest.mark.netns

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import time
from netns.lab import Lab
lab = Lab(routers=1, clients=0)
process = lab["r1"].spawn(["sleep", "1000"])
print(lab.name, process.pid, flush=True)
time.sleep(1000)
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(routers=2, clients=1, extra=1) as built:
        yield built


def namespaces(lab: str) -> list[str]:
    return [path.name for path in Path("/run/netns").iterdir() if path.name.startswith(f"{lab}-")]


def test_hosts_have_their_names_and_addresses(lab: Lab) -> None:
    assert [host.name for host in lab.hosts] == ["r1", "r2", "b1", "c1"]
    for host, address in zip(lab.hosts, ["1", "2", "11", "201"], strict=True):
        assert host.holds(f"192.168.1.{address}")
        assert host.holds(f"fd00:1::{address}")
        assert "eth0" in host.run(["ip", "-o", "link"])


def test_a_host_sees_its_own_processes_only(lab: Lab) -> None:
    process = lab["r1"].spawn(["sleep", "1000"])
    assert "sleep 1000" in lab["r1"].run(["ps", "-eo", "args"])
    assert "sleep 1000" not in lab["r2"].run(["ps", "-eo", "args"])
    assert process.pid in lab["r1"].pids()
    process.kill()
    assert process.returncode == -signal.SIGKILL
    assert "sleep" not in lab["r1"].run(["ps", "-eo", "args"])


def test_killall_finds_what_runs_in_its_host_only(lab: Lab) -> None:
    process = lab["r1"].spawn(["sleep", "1000"])
    lab["r1"].run(["killall", "-0", "sleep"])
    with pytest.raises(LabError, match="no process found"):
        lab["r2"].run(["killall", "-0", "sleep"])
    process.kill()
    with pytest.raises(LabError, match="no process found"):
        lab["r1"].run(["killall", "-0", "sleep"])


def test_a_crash_ends_every_process_and_cuts_the_port(lab: Lab) -> None:
    host = lab["r2"]
    process = host.spawn(["sh", "-c", "sleep 1000 & sleep 1000"])
    host.ip("addr add 192.168.1.100/32 dev eth0")
    host.crash()
    assert not process.running
    assert not host.running
    with pytest.raises(LabError, match="not running"):
        host.spawn(["true"])
    host.restore()
    assert host.holds(str(host.address))
    assert not host.holds("192.168.1.100")
    assert "fe80::" in host.run(["ip", "-o", "addr", "show", "dev", "eth0"])


def test_the_log_of_a_program_is_kept(lab: Lab) -> None:
    process = lab["r1"].spawn(["sh", "-c", "echo $WORD; exit 3"], log="said", env={"WORD": "hello"})
    assert process.wait(10)
    assert (process.log(), process.returncode) == ("hello\n", 3)


def test_stop_kills_what_ignores_sigterm_and_says_so(lab: Lab) -> None:
    process = lab["r1"].spawn(["sh", "-c", "trap '' TERM; echo set; sleep 1000"], log="stubborn")
    while "set" not in process.log():
        time.sleep(0.01)
    with pytest.raises(LabError, match="did not stop"):
        process.stop(timeout=0.2)
    assert not process.running


def test_a_failing_command_is_reported_with_its_words(lab: Lab) -> None:
    with pytest.raises(LabError, match="cannot access"):
        lab["r1"].run(["ls", "/no/such/file"])


def test_an_interface_can_go_and_come_back(lab: Lab) -> None:
    host = lab["b1"]
    before = host.run(["cat", "/sys/class/net/eth0/ifindex"])
    host.remove_interface()
    assert "eth0" not in host.run(["ip", "-o", "link"])
    host.create_interface()
    assert host.holds(str(host.address))
    assert host.run(["cat", "/sys/class/net/eth0/ifindex"]) != before
    host.rename_interface("eth0", "lan0")
    assert "lan0" in host.run(["ip", "-o", "link"])
    host.rename_interface("lan0", "eth0")
    assert host.holds(str(host.address6))


def test_nothing_is_left_of_a_lab() -> None:
    with Lab(routers=1, clients=0) as short:
        process = short["r1"].spawn(["sleep", "1000"])
        assert len(namespaces(short.name)) == 2
    assert not process.running
    assert not namespaces(short.name)
    assert not short.directory.exists()


def test_nothing_is_left_when_the_block_raises() -> None:
    with pytest.raises(ZeroDivisionError), Lab(routers=1, clients=0) as short:
        raise ZeroDivisionError
    assert not namespaces(short.name)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_after_a_signal(number: signal.Signals) -> None:
    maker, name, pid = make_elsewhere()
    maker.send_signal(number)
    assert maker.wait(20) != 0
    assert not namespaces(name)
    assert not Path("/proc", pid).exists()


def test_what_a_killed_maker_leaves_is_swept() -> None:
    maker, name, pid = make_elsewhere()
    maker.kill()
    maker.wait(20)
    end = time.monotonic() + 10
    while Path("/proc", pid).exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert not Path("/proc", pid).exists()
    registry.sweep()
    assert not namespaces(name)
    assert not (registry.ROOT / name).exists()


def test_a_living_lab_is_not_swept(lab: Lab) -> None:
    registry.sweep()
    assert len(namespaces(lab.name)) == 5


def make_elsewhere() -> tuple["subprocess.Popen[str]", str, str]:
    """A lab of another process: the process, the lab's name, and the pid of a program in it."""
    maker = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert maker.stdout is not None
    with maker.stdout as said:
        name, pid = said.readline().split()
    return maker, name, pid
