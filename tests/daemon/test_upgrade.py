"""Another version goes on in the place of the running one: real daemons, under load, and what is in the way."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from netns.capture import Capture
from netns.lab import Lab
from netns.monitor import Monitor
from netns.peers import daemon_named
from netns.peers.spec import InstanceSpec, NodeSpec
from netns.probe import PingProbe
from tests.daemon.nodes import REPOSITORY, VIP, Node, eventually, instance_text
from vrrpd.control.client import ControlClient
from vrrpd.control.status import DaemonStatus, read_status
from vrrpd.errors import ControlError

pytestmark = pytest.mark.netns

NEXT = "9.8.7"
KEEPALIVED = daemon_named("keepalived")


class Package:
    """A copy of vrrpd that is replaced while it runs."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "site"
        shutil.copytree(REPOSITORY / "vrrpd", self.path / "vrrpd", ignore=shutil.ignore_patterns("__pycache__"))

    def install(self, version: str = NEXT, *, broken: str = "") -> None:
        text = f'"""Another one."""\n__version__ = "{version}"\n{broken}\n'
        (self.path / "vrrpd" / "__init__.py").write_text(text)


def daemon(node: Node) -> DaemonStatus:
    return read_status(ControlClient(node.run_dir / "control.sock").call("status"))["daemon"]


def version(node: Node) -> str:
    try:
        return daemon(node)["version"]
    except ControlError:
        return ""  # the worker that made room had the connection


def upgrade(node: Node) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "vrrpd", "upgrade", "--run-dir", str(node.run_dir)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=REPOSITORY)


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return Package(tmp_path)


@pytest.mark.skipif(KEEPALIVED.missing() is not None, reason="no keepalived")
def test_nobody_notices(package: Package) -> None:
    """No advert left out, none with priority 0, no address gone, no reply lost, no word from keepalived."""
    with Lab() as lab, Capture(lab) as capture, closing(Monitor(lab)) as monitor:
        other = KEEPALIVED.start(lab["r2"], NodeSpec((InstanceSpec(51, 100, (VIP,), version=3, advert_int=1),)))
        other.wait_ready()
        node = Node(lab["r1"], instance_text(priority=150, advert_int=1)).start(path=package.path)
        node.becomes("MASTER")
        probe = PingProbe(lab, [VIP])
        probe.wait_for_reply(10, host="r1")
        eventually(lambda: "Entering BACKUP" in other.log(), "the other one is a backup")
        before, said, since = daemon(node), other.log().count("Entering"), time.time_ns()
        package.install()
        found = upgrade(node)
        assert found.returncode == 0, found.stderr + node.log()
        assert NEXT in found.stdout
        time.sleep(2.5)
        after = daemon(node)
        adverts = capture.adverts("r1", 51, since=since)
        gaps = [(b.time_ns - a.time_ns) / 1e9 for a, b in itertools.pairwise(adverts)]
        assert (before["pid"], NEXT) == (after["pid"], after["version"])
        assert before["worker_pid"] != after["worker_pid"]
        assert node.process.pid in lab["r1"].pids(), "the same process"
        assert all(advert.priority == 150 for advert in adverts)
        assert max(gaps) < 1.2, gaps
        assert capture.adverts("r2", 51, since=since) == []
        assert len(monitor.addresses("r1", VIP)) == 1, "added once, it never went"
        assert probe.lost_ms(since) < 500, "a takeover takes more than 3 s; this much the machine may be busy"
        assert other.log().count("Entering") == said
        assert node.state() == "MASTER"
        assert after["worker_deaths"] == []
        assert node.stop() == 0
        assert not lab["r1"].holds(VIP)


def test_a_version_that_cannot_start_leaves_the_old_one_running(package: Package) -> None:
    with Lab() as lab:
        node = Node(lab["r1"], instance_text(priority=150)).start(path=package.path)
        node.becomes("MASTER")
        before = daemon(node)
        package.install(broken="raise RuntimeError('half installed')")
        found = upgrade(node)
        assert found.returncode == 1
        assert "half installed" in found.stderr
        assert "goes on" in found.stderr
        assert daemon(node)["worker_pid"] == before["worker_pid"]
        assert before["refused_upgrade"] is None
        refused = daemon(node)["refused_upgrade"]
        assert refused is not None
        assert refused["version"] == NEXT
        assert any("half installed" in line for line in refused["why"])
        node.kill_worker()
        assert daemon(node)["refused_upgrade"] == refused, "another worker remembers it"
        assert node.state() == "MASTER"
        package.install()
        assert upgrade(node).returncode == 0
        assert daemon(node)["refused_upgrade"] is None
        node.kill_worker()
        assert daemon(node)["version"] == NEXT, "the new version's supervisor replaces its worker"
        assert node.state() == "MASTER"
        assert node.stop() == 0


def test_a_configuration_with_a_mistake_is_in_the_way(package: Package) -> None:
    with Lab() as lab:
        node = Node(lab["r1"], instance_text()).start(path=package.path)
        node.config.write_text(instance_text(priority=999))
        package.install()
        found = upgrade(node)
        assert found.returncode == 1
        assert "priority" in found.stderr
        assert daemon(node)["version"] != NEXT
        assert node.stop() == 0


@pytest.mark.parametrize("wanted", [True, False], ids=["upgrade_on_reload", "off"])
def test_a_reload_upgrades_where_that_is_asked_for(package: Package, wanted: bool) -> None:
    text = instance_text() + f"[global_defs]\nupgrade_on_reload = {json.dumps(wanted)}\n"
    with Lab() as lab:
        node = Node(lab["r1"], text).start(path=package.path)
        node.becomes("MASTER")
        node.process.send(signal.SIGHUP)
        eventually(lambda: node.lines("reloaded in"), "a reload with the same version")
        worker = daemon(node)["worker_pid"]
        package.install()
        node.process.send(signal.SIGHUP)
        if wanted:
            eventually(lambda: version(node) == NEXT, "the other version")
            assert node.lines(f"vrrpd {NEXT} goes on where")
        else:
            eventually(lambda: len(node.lines("reloaded in")) == 2, "a reload")
            time.sleep(0.5)
            assert daemon(node)["worker_pid"] == worker
        assert node.state() == "MASTER"
        assert node.stop() == 0


def test_a_stop_while_the_other_version_is_tried_out_stops(package: Package) -> None:
    with Lab() as lab:
        node = Node(lab["r1"], instance_text()).start(path=package.path)
        node.becomes("MASTER")
        package.install(broken="import time\ntime.sleep(3)")
        processes = len(lab["r1"].pids())
        ControlClient(node.run_dir / "control.sock").call("upgrade")
        eventually(lambda: len(lab["r1"].pids()) > processes, "the trial")
        assert node.stop() == 0
        assert not lab["r1"].holds(VIP)
        assert not node.run_dir.exists() or not list(node.run_dir.iterdir())


def test_without_a_supervisor_it_says_so(package: Package) -> None:
    with Lab() as lab:
        node = Node(lab["r1"], instance_text()).start(path=package.path)
        os.kill(node.process.pid, signal.SIGKILL)
        eventually(lambda: node.lines("the supervisor is gone"), "alone")
        found = upgrade(node)
        assert found.returncode == 1
        assert "supervisor" in found.stderr
        os.kill(node.worker, signal.SIGTERM)
        eventually(lambda: not node.run_dir.joinpath("control.sock").exists(), "the end")
