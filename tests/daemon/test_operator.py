"""vrrpd switchover and vrrpd maintenance, asked of real daemons; and what a stop waits for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from netns.lab import Lab
from tests.daemon.nodes import REPOSITORY, VIP, Node, eventually, instance_text

pytestmark = pytest.mark.netns


@pytest.fixture
def pair() -> Iterator[tuple[Node, Node]]:
    with Lab(routers=2, clients=0) as lab:
        first = Node(lab["r1"], instance_text(priority=150)).start()
        first.becomes("MASTER")
        second = Node(lab["r2"], instance_text(priority=100)).start()
        second.becomes("BACKUP")
        yield first, second


def ask(node: Node, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "vrrpd", *words, "--run-dir", str(node.run_dir)]
    return subprocess.run(argv, capture_output=True, text=True, cwd=REPOSITORY, check=False)


def test_switchover(pair: tuple[Node, Node]) -> None:
    first, second = pair
    done = ask(first, "switchover", "VI_1")
    assert (done.returncode, done.stdout) == (0, "VI_1 resigned; nobody who takes over is preempted for 60 s\n")
    second.becomes("MASTER")
    eventually(lambda: not first.holds())
    assert second.holds()
    assert first.state() == "BACKUP"
    assert first.lines("handover: let go of the addresses after .* s: announced by 02:00:00:00:00:02")
    again = ask(first, "switchover", "VI_1")
    assert again.returncode == 1
    assert "VI_1 is BACKUP here, not MASTER" in again.stderr
    assert ask(first, "switchover", "VI_9").returncode == 1


def test_maintenance(pair: tuple[Node, Node]) -> None:
    first, second = pair
    assert ask(first, "maintenance", "on").stdout == "VI_1: maintenance on, FAULT\n"
    second.becomes("MASTER")
    eventually(lambda: not first.holds())
    assert first.status()["faults"][0]["reason"] == "maintenance"
    assert ask(first, "maintenance", "off", "VI_1").stdout == "VI_1: maintenance off, BACKUP\n"
    first.becomes("MASTER")
    assert ask(first, "maintenance", "on", "VI_9").returncode == 1


def test_no_daemon() -> None:
    argv = [sys.executable, "-m", "vrrpd", "switchover", "VI_1", "--run-dir", "/nonexistent"]
    assert subprocess.run(argv, capture_output=True, cwd=REPOSITORY, check=False).returncode == 2


@contextmanager
def stopping(extra: str = "") -> Iterator[Node]:
    """Nobody is there to take over, and it takes a while to be sure of that."""
    with Lab(routers=1, clients=0) as lab:
        node = Node(lab["r1"], instance_text(advert_int=1, extra=extra)).start()
        node.becomes("MASTER")
        node.process.send(signal.SIGTERM)
        yield node


@pytest.mark.parametrize("second", [False, True])
def test_a_stop_without_a_successor_ends_and_leaves_nothing(second: bool) -> None:
    with stopping() as node:
        eventually(lambda: node.lines("until the successor is heard, for 2.10 s at most"))
        assert node.holds(VIP)
        assert node.status()["lingering"] == [VIP]
        assert node.state() == "INIT"
        if second:
            node.process.send(signal.SIGTERM)
        assert node.process.wait(20.0)
        assert node.process.returncode == 0
        assert not node.holds()
        assert node.lines("stopping at once" if second else "nobody was heard")


def test_a_stall_while_it_waits_delays_the_end_and_no_more() -> None:
    with stopping() as node:
        eventually(lambda: node.lines("until the successor is heard"))
        worker = node.worker
        os.kill(worker, signal.SIGSTOP)
        time.sleep(2.5)  # the wait is over, and nobody runs who could know
        assert node.holds()
        os.kill(worker, signal.SIGCONT)
        assert node.process.wait(20.0)
        assert node.process.returncode == 0
        assert not node.holds()
        assert node.lines("let go of the addresses after .*: nobody was heard")


@pytest.mark.parametrize("successor", [False, True])
def test_started_again_as_soon_as_it_has_ended(successor: bool) -> None:
    with Lab(routers=2, clients=0) as lab:
        first = Node(lab["r1"], instance_text(priority=150)).start()
        first.becomes("MASTER")
        if successor:
            Node(lab["r2"], instance_text(priority=100)).start().becomes("BACKUP")
        for _ in range(2):
            assert first.process.stop() == 0
            assert not first.holds()
            first.start().becomes("MASTER")
            eventually(lambda: first.holds() and not lab["r2"].holds(VIP), "one holder")
        assert not first.lines("ERROR|CRITICAL|Traceback|left over")


def test_in_the_old_order_nothing_is_waited_for() -> None:
    with stopping('handover = "break_first"') as node:
        began = time.monotonic()
        assert node.process.wait(20.0)
        assert not node.lines("handover: ")
        assert not node.holds()
        assert time.monotonic() - began < 20.0
