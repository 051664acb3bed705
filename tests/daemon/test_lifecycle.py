"""Start and stop of the daemon: exit codes, what it refuses, what it leaves behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netns.lab import Lab
from tests.daemon.nodes import REPOSITORY, VIP, Node, eventually, instance_text
from vrrpd.daemon.exit_codes import ExitCode
from vrrpd.daemon.main import DaemonOptions, run


def test_a_configuration_with_errors_is_refused_with_all_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(instance_text(vrid=0).replace("priority", "prioritty"))
    assert run(DaemonOptions(path, tmp_path / "run")) == ExitCode.CONFIG_UNUSABLE
    told = capsys.readouterr().err
    assert f"{path}:3:" in told
    assert f"{path}:4:" in told
    assert "prioritty" in told
    assert not (tmp_path / "run").exists()


def test_a_missing_configuration_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none.toml"
    assert run(DaemonOptions(path, tmp_path / "run")) == ExitCode.CONFIG_UNUSABLE
    assert capsys.readouterr().err == f"cannot read {path}: No such file or directory\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop capabilities")
def test_missing_privileges_are_named(tmp_path: Path) -> None:
    path = tmp_path / "good.toml"
    path.write_text(instance_text())
    argv = ["setpriv", "--bounding-set", "-net_admin,-net_raw", "--inh-caps", "-net_admin,-net_raw"]
    argv += [sys.executable, "-m", "vrrpd", "--config", str(path), "--run-dir", str(tmp_path / "run")]
    done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.PRIVILEGE_MISSING
    assert done.stderr == "vrrpd needs CAP_NET_ADMIN and CAP_NET_RAW: run it as root, or give it these capabilities\n"


@pytest.mark.netns
def test_a_second_daemon_in_the_same_run_dir_is_refused(lab: Lab) -> None:
    first = Node(lab["r1"], instance_text()).start()
    second = Node(lab["r1"], instance_text()).start(ready=False)
    assert second.process.wait(20)
    assert second.process.returncode == ExitCode.RUN_DIR_IN_USE
    assert "is in use by another vrrpd (pid" in second.log()
    assert first.stop() == 0


@pytest.mark.netns
def test_a_second_daemon_with_a_run_dir_of_its_own_works(lab: Lab) -> None:
    first = Node(lab["r1"], instance_text()).start()
    second = Node(lab["r1"], instance_text("VI_2", vrid=52, virtual_ipaddress=["192.168.1.101"]))
    second.run_dir = second.run_dir.with_name("run2")
    second.start()
    first.becomes("MASTER")
    second.becomes("MASTER", "VI_2")
    assert second.stop() == 0
    assert first.holds()


@pytest.mark.netns
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_leaves_nothing(lab: Lab, number: signal.Signals) -> None:
    node = Node(lab["r1"], instance_text()).start()
    node.becomes("MASTER")
    assert node.stop(number) == ExitCode.STOPPED
    assert not node.holds()
    assert not node.run_dir.exists()
    assert [pid for pid in lab["r1"].pids() if _is_ours(pid)] == []


@pytest.mark.netns
def test_stopped_before_anything_was_decided(lab: Lab) -> None:
    node = Node(lab["r1"], instance_text(advert_int=10)).start()
    assert node.stop() == 0


@pytest.mark.netns
def test_the_stop_script_runs_and_a_second_signal_hurries(lab: Lab) -> None:
    trace = lab["r1"].directory / "trace"
    trace.touch()
    script = lab["r1"].directory / "stop"
    script.write_text(f"#!/bin/sh\necho stop >>{trace}\ntrap '' TERM\nsleep 5\n")
    script.chmod(0o755)
    node = Node(lab["r1"], instance_text(notify_stop=str(script))).start()
    node.becomes("MASTER")
    node.process.send(signal.SIGTERM)
    eventually(lambda: trace.read_text() == "stop\n")
    assert not node.holds(), "the script runs when the address is gone"
    began = time.monotonic()
    assert node.stop() == 0
    hurried = time.monotonic() - began
    node.start().becomes("MASTER")
    began = time.monotonic()
    assert node.stop() == 0
    assert time.monotonic() - began > 2 * hurried, "1 s, and 2 s from SIGTERM to SIGKILL"
    assert node.lines("INFO SIGTERM again: stopping at once")


@pytest.mark.netns
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_no_signal_kills_it_while_it_ends(lab: Lab, number: signal.Signals) -> None:
    node = Node(lab["r1"], instance_text()).start()
    node.becomes("MASTER")
    node.process.send(signal.SIGTERM)
    while node.process.running:
        node.process.send(number)
    assert node.process.returncode == 0
    assert not node.holds()


def test_sighup_is_answered_in_the_log(lab: Lab) -> None:
    node = Node(lab["r1"], instance_text()).start()
    node.becomes("MASTER")
    node.process.send(signal.SIGHUP)
    eventually(lambda: node.lines("INFO reloaded in .* ms: nothing changed"))
    assert node.state() == "MASTER"


@pytest.mark.netns
def test_a_defect_ends_it_without_the_address(lab: Lab) -> None:
    """Better no daemon than one that only seems to run: the other node hears a resignation."""
    other = Node(lab["r2"], instance_text(advert_int=1, priority=50)).start()
    node = Node(lab["r1"], instance_text(advert_int=1))
    broken = lab["r1"].directory / "sitecustomize.py"
    broken.write_text(
        "import pathlib\n"
        "from vrrpd.daemon import engine\n"
        "real = engine.Engine._hear\n"
        "def hear(self, listener):\n"
        f"    if pathlib.Path({str(lab['r1'].directory / 'break')!r}).exists():\n"
        "        raise RuntimeError('made to fail')\n"
        "    return real(self, listener)\n"
        "engine.Engine._hear = hear\n"
    )
    node.start(path=lab["r1"].directory)
    node.becomes("MASTER")
    eventually(node.holds)
    (lab["r1"].directory / "break").touch()
    assert node.process.wait(20)
    assert node.process.returncode == ExitCode.FAILED
    assert not node.holds()
    assert not node.run_dir.exists()
    assert node.lines("CRITICAL defect in vrrpd")
    assert "made to fail" in node.log()
    other.becomes("MASTER")
    eventually(lambda: other.lines("192.168.1.1 resigned"))


@pytest.mark.netns
def test_it_listens_before_it_acts_after_a_stop(lab: Lab) -> None:
    """A BACKUP that was stopped for longer than its deadline hears the adverts that waited, and stays BACKUP."""
    master = Node(lab["r1"], instance_text(priority=200)).start()
    backup = Node(lab["r2"], instance_text(priority=100)).start()
    master.becomes("MASTER")
    backup.becomes("BACKUP")
    for _ in range(3):
        backup.process.signal_tree(signal.SIGSTOP)
        time.sleep(1.0)
        backup.process.signal_tree(signal.SIGCONT)
        eventually(lambda: backup.status()["statistics"]["stalls"])
    assert backup.lines("-> MASTER") == []
    assert backup.lines(r"WARNING stalled: did not run for \d\.\d\d s")


@pytest.mark.netns
def test_a_master_that_was_stopped_announces_itself_again(lab: Lab) -> None:
    master = Node(lab["r1"], instance_text(priority=200)).start()
    backup = Node(lab["r2"], instance_text(priority=100)).start()
    master.becomes("MASTER")
    master.process.signal_tree(signal.SIGSTOP)
    backup.becomes("MASTER")
    master.process.signal_tree(signal.SIGCONT)
    backup.becomes("BACKUP")
    eventually(lambda: master.lines("stalled: did not run for"))
    assert master.state() == "MASTER"
    assert master.holds()
    eventually(lambda: not backup.holds())
    assert VIP in master.host.run(["ip", "addr"])


def _is_ours(pid: int) -> bool:
    return b"vrrpd" in Path(f"/proc/{pid}/cmdline").read_bytes()
