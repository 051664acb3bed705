"""Daemons that are stopped or frozen while the network goes on, and what they do when they wake."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from netns.capture import Capture
from netns.freezer import Freezer, Throttle
from netns.host import Host
from netns.kernel import LabError
from netns.lab import Lab
from netns.process import Process, descendants
from netns.soak.faults import workers
from tests.daemon.nodes import eventually
from tests.netns.fast import ALWAYS, log_of, masters
from tests.netns.fast import start as start_daemon
from vrrpd.control.client import ControlClient

pytestmark = [pytest.mark.netns, pytest.mark.compared]

VRID = 51
VIP = "192.168.1.100"
INTERVAL = 0.2
LONG = 2.0
"""Seconds: longer than Master_Down_Interval of any priority, 0.8 s."""
SHORT = 0.45
"""Shorter than that of any, longer than an interval."""
SETTLED = 1.0


def instance(priority: int, words: str = "") -> str:
    return (
        f"vrrp_instance VI_1 {{\n interface eth0\n state BACKUP\n virtual_router_id {VRID}\n priority {priority}\n"
        f" version 3\n advert_int {INTERVAL}\n {words}\n virtual_ipaddress {{\n  {VIP}\n }}\n}}\n"
    )


class Scene:
    """r1 is MASTER, then r2 joins; both run what the test wants."""

    def __init__(self, lab: Lab) -> None:
        self.first, self.second = lab.routers[:2]
        self.capture = Capture(lab)
        self.processes: dict[str, Process] = {}

    def start(self, host: Host, program: str, priority: int, words: str = "", head: str = "") -> None:
        self.processes[host.name] = start_daemon(host, program, instance(priority, words), head=head)
        if host is self.first:
            masters(self.capture, host, VRID)
        else:
            time.sleep(SETTLED)
            assert not self.capture.adverts(host.name, VRID), log_of(host)

    def stall(self, host: Host, seconds: float) -> int:
        """Returns when it woke (ns)."""
        process = self.processes[host.name]
        process.signal_tree(signal.SIGSTOP)
        time.sleep(seconds)
        return process.signal_tree(signal.SIGCONT)

    def takes_over(self, host: Host, since: int) -> None:
        assert self.capture.wait_for_advert(20, host=host.name, vrid=VRID, since=since) is not None, log_of(host)

    def spoke(self, host: Host, since: int) -> tuple[int, int]:
        """Adverts and announcements of the host since then."""
        adverts = self.capture.adverts(host.name, VRID, since=since)
        return len(adverts), len(self.capture.garps(host.name, VIP, since=since))

    def changes(self, host: Host) -> int:
        return log_of(host).count(" -> MASTER") + log_of(host).count("MASTER -> ")

    def is_held_by(self, holder: Host) -> bool:
        return [host for host in (self.first, self.second) if host.holds(VIP)] == [holder]


def worker_of(process: Process) -> int:
    """Which of its processes does the work."""
    return next(iter(workers(process.pid)), process.pid)


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Lab(routers=2, clients=0) as lab:
        yield Scene(lab)


def test_a_master_whose_better_took_over_is_silent_and_lets_go(scene: Scene) -> None:
    """keepalived has the higher priority, but did not preempt; now it has taken over and is heard first."""
    scene.start(scene.first, "vrrpd", 100)
    scene.start(scene.second, "keepalived", 150, "nopreempt")
    woke = scene.stall(scene.first, LONG)
    eventually(lambda: scene.is_held_by(scene.second))
    time.sleep(SETTLED)
    assert scene.spoke(scene.first, woke) == (0, 0), log_of(scene.first)
    assert scene.is_held_by(scene.second)


def test_a_better_master_takes_back_at_once(scene: Scene) -> None:
    scene.start(scene.first, "vrrpd", 150)
    scene.start(scene.second, "keepalived", 100)
    woke = scene.stall(scene.first, LONG)
    eventually(lambda: scene.is_held_by(scene.first))
    adverts, announcements = scene.spoke(scene.first, woke)
    assert adverts >= 1
    assert announcements >= 5
    log = log_of(scene.first)
    assert "WARNING stalled: did not run for 1." in log or "WARNING stalled: did not run for 2." in log, log
    assert ": it was stopped or frozen, or its virtual machine was" in log


def test_a_nopreempt_master_leaves_whoever_took_over_alone(scene: Scene) -> None:
    scene.start(scene.first, "vrrpd", 150, "nopreempt")
    scene.start(scene.second, "keepalived", 100)
    woke = scene.stall(scene.first, LONG)
    eventually(lambda: scene.is_held_by(scene.second))
    time.sleep(SETTLED)
    assert scene.spoke(scene.first, woke) == (0, 0), log_of(scene.first)
    assert scene.is_held_by(scene.second)


def test_a_nopreempt_master_that_heard_nothing_listens_first(scene: Scene) -> None:
    """As after the sleep of a whole machine: what the others sent did not wait for us."""
    scene.start(scene.first, "vrrpd", 150, "nopreempt")
    scene.start(scene.second, "keepalived", 100)
    process = scene.processes["r1"]
    process.signal_tree(signal.SIGSTOP)
    scene.first.isolate(sending=False, hearing=True)
    time.sleep(LONG)
    scene.first.join()
    woke = process.signal_tree(signal.SIGCONT)
    eventually(lambda: scene.is_held_by(scene.second))
    assert scene.spoke(scene.first, woke) == (0, 0), log_of(scene.first)


def test_a_short_stall_of_the_master_changes_nothing(scene: Scene) -> None:
    scene.start(scene.first, "vrrpd", 150)
    scene.start(scene.second, "keepalived", 100)
    woke = scene.stall(scene.first, SHORT)
    time.sleep(SETTLED)
    assert not scene.capture.adverts("r2", VRID), log_of(scene.second)
    assert scene.changes(scene.first) == 1
    assert scene.spoke(scene.first, woke)[1] == 5, "announced once more, for whom it may concern"


@pytest.mark.parametrize("words", ["", ALWAYS])
def test_a_backup_that_stalled_takes_nothing_over(scene: Scene, words: str) -> None:
    scene.start(scene.first, "keepalived", 150)
    scene.start(scene.second, "vrrpd", 100, words)
    for seconds in (SHORT, LONG):
        scene.stall(scene.second, seconds)
        time.sleep(SETTLED)
    assert not scene.capture.adverts("r2", VRID), log_of(scene.second)
    assert log_of(scene.second).count("WARNING stalled: ") >= 1


def test_a_backup_with_fast_failover_does_not_take_a_stopped_process_for_a_dead_host(scene: Scene) -> None:
    """The host answers; so the protocol's own timer decides, as it would without."""
    scene.start(scene.first, "vrrpd", 150)
    scene.start(scene.second, "vrrpd", 100, ALWAYS)
    before = time.time_ns()
    last = scene.capture.wait_for_advert(20, host="r1", vrid=VRID, since=before)
    assert last is not None
    scene.stall(scene.first, LONG)
    took = next(iter(scene.capture.adverts("r2", VRID, since=before))).time_ns - last.time_ns
    assert took / 1e9 > 3 * INTERVAL
    eventually(lambda: scene.is_held_by(scene.first))
    assert "wrong_takeover" not in log_of(scene.second)


def test_a_freezer_stops_daemon_and_check_together(scene: Scene) -> None:
    """The check has no time while it is frozen; that it is late is not its fault."""
    head = "global_defs {\n script_user root\n}\n"
    head += 'vrrp_script slow {\n script "/bin/sleep 0.6"\n interval 1\n timeout 1\n}\n'
    scene.start(scene.first, "vrrpd", 150, "track_script {\n  slow\n }", head=head)
    scene.start(scene.second, "keepalived", 100)
    main = scene.processes["r1"].pid
    own = {main, *workers(main)}
    with ExitStack() as stack:
        try:
            freezer = stack.enter_context(Freezer(own))
        except LabError as error:
            pytest.skip(str(error))
        frozen, child = 0, set[int]()
        while not child:  # until it meets the check at work
            if frozen:
                freezer.thaw()
                time.sleep(0.1)
            frozen = freezer.freeze()
            child = set(descendants(main)) - own
        time.sleep(LONG)
        assert child <= set(descendants(main)), "it is frozen as well"
        scene.takes_over(scene.second, frozen)
        freezer.thaw()
        eventually(lambda: scene.is_held_by(scene.first))
        time.sleep(SETTLED)
    assert "FAULT" not in log_of(scene.first)
    assert scene.is_held_by(scene.first)


def test_who_gets_no_cpu_says_so_and_asks_for_real_time(scene: Scene) -> None:
    """The group grants none here, as in many containers: that is said once, and the daemon goes on."""
    scene.start(scene.first, "vrrpd", 150)
    with ExitStack() as stack:
        try:
            stack.enter_context(Throttle(worker_of(scene.processes["r1"])))
        except LabError as error:
            pytest.skip(str(error))
        eventually(lambda: log_of(scene.first).count("WARNING stalled: ") > 1)
    log = log_of(scene.first)
    assert " s for a CPU" in log, log
    refused = log.count("INFO real-time priority would help, but is not granted")
    granted = log.count("WARNING real-time priority 1 from now on")
    assert refused + granted == 1, log


@pytest.mark.parametrize("after", [0.05, 0.35, 0.7])
def test_a_stall_while_it_starts(scene: Scene, after: float) -> None:
    """Wherever it stood still, it finds the master that there is."""
    scene.start(scene.first, "keepalived", 150)
    scene.processes["r2"] = start_daemon(scene.second, "vrrpd", instance(100))
    time.sleep(after)
    scene.stall(scene.second, 1.5)
    run = scene.second.directory / "run" / "control.sock"
    eventually(run.exists)
    eventually(lambda: "BACKUP" in str(ControlClient(run).call("status")))
    time.sleep(SETTLED)
    assert not scene.capture.adverts("r2", VRID), log_of(scene.second)


def test_many_instances_find_their_holders_again(scene: Scene) -> None:
    """Both nodes are master of half of 200; one is stopped for so long that the other takes all."""
    addresses = {vrid: f"10.20.0.{vrid}" for vrid in range(1, 201)}
    for number, host in enumerate((scene.first, scene.second)):
        text = "".join(
            f"vrrp_instance VI_{vrid} {{\n interface eth0\n virtual_router_id {vrid}\n"
            f" priority {150 if vrid % 2 == number else 100}\n version 3\n advert_int {INTERVAL}\n"
            f" virtual_ipaddress {{\n  {address}\n }}\n}}\n"
            for vrid, address in addresses.items()
        )
        scene.processes[host.name] = start_daemon(host, "vrrpd", text)

    def held(host: Host) -> set[str]:
        shown = host.run(["ip", "-o", "-4", "addr", "show", "dev", "eth0"])
        return {line.split()[3].partition("/")[0] for line in shown.splitlines()} & set(addresses.values())

    homes = [{address for vrid, address in addresses.items() if vrid % 2 == number} for number in (0, 1)]
    eventually(lambda: [held(scene.first), held(scene.second)] == homes)
    process = scene.processes["r1"]
    process.signal_tree(signal.SIGSTOP)
    eventually(lambda: len(held(scene.second)) == len(addresses))
    time.sleep(LONG)
    woke = process.signal_tree(signal.SIGCONT)
    eventually(lambda: [held(scene.first), held(scene.second)] == homes)
    spoke = {advert.vrid for advert in scene.capture.adverts("r1", since=woke)}
    assert spoke == {vrid for vrid in addresses if vrid % 2 == 0}, "nothing of what the other one has by right"
