"""Real workers killed under load: peers and clients see nothing of it."""

import itertools
import os
import random
import signal
import socket
import time
from contextlib import closing, suppress
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from netns.capture import Capture
from netns.lab import Lab
from netns.monitor import Monitor
from netns.peers import daemon_named
from netns.peers.spec import InstanceSpec, NodeSpec
from netns.probe import PingProbe
from tests.daemon.nodes import VIP, Node, eventually, instance_text
from vrrpd.control.client import ControlClient
from vrrpd.control.status import DaemonStatus, read_status
from vrrpd.linux.arp import gratuitous_arp

pytestmark = pytest.mark.netns

KEEPALIVED = daemon_named("keepalived")


def daemon(node: Node) -> DaemonStatus:
    return read_status(ControlClient(node.run_dir / "control.sock").call("status"))["daemon"]


def states(node: Node) -> set[str]:
    result = ControlClient(node.run_dir / "control.sock").call("status")
    return {instance["state"] for instance in read_status(result)["instances"]}


def test_a_killed_worker_is_not_noticed() -> None:
    with Lab() as lab, Capture(lab) as capture, closing(Monitor(lab)) as monitor:
        killed_and_not_noticed(lab, capture, monitor)


def killed_and_not_noticed(lab: Lab, capture: Capture, monitor: Monitor) -> None:
    first = Node(lab["r1"], instance_text(priority=150, advert_int=1)).start()
    second = Node(lab["r2"], instance_text(priority=100, advert_int=1)).start()
    probe = PingProbe(lab, [VIP])
    first.becomes("MASTER")
    probe.wait_for_reply(10)
    since = time.time_ns()
    for _ in range(2):
        first.kill_worker()
        second.kill_worker()
        time.sleep(3.2)
    adverts = capture.adverts("r1", 51, since=since)
    gaps = [(b.time_ns - a.time_ns) / 1e9 for a, b in itertools.pairwise(adverts)]
    assert capture.adverts("r2", 51, since=since) == []
    assert len(monitor.addresses(None, VIP)) == 1, "added once, it never went"
    assert probe.lost_ms(since) < 500, "a takeover takes more than 3 s; this much the machine may be busy"
    assert max(gaps) < 2.0, "not one was left out"
    assert all(advert.priority == 150 for advert in adverts)
    assert first.state() == "MASTER"
    assert second.state() == "BACKUP"
    assert first.stop() == 0
    assert second.stop() == 0


@pytest.mark.skipif(KEEPALIVED.missing() is not None, reason="no keepalived")
@pytest.mark.parametrize("priority", [150, 50], ids=["MASTER", "BACKUP"])
def test_keepalived_sees_nothing_of_it(priority: int) -> None:
    """Beside it the worker dies twice, as MASTER or as BACKUP: no change of state, no complaint."""
    with Lab() as lab, Capture(lab) as capture:
        spec = NodeSpec((InstanceSpec(51, 100, (VIP,), version=3, advert_int=0.5),))
        other = KEEPALIVED.start(lab["r2"], spec)
        other.wait_ready()
        node = Node(lab["r1"], instance_text(priority=priority, advert_int=0.5, virtual_ipaddress=[VIP])).start()
        node.becomes("MASTER" if priority > 100 else "BACKUP")
        eventually(lambda: lab["r1"].holds(VIP) != lab["r2"].holds(VIP), "one of both")
        time.sleep(0.5)
        said, since = other.log().count("Entering"), time.time_ns()
        for _ in range(2):
            node.kill_worker()
            time.sleep(3.2)
        assert other.log().count("Entering") == said, other.log()
        assert other.complaints() == []
        assert {advert.host for advert in capture.adverts(None, 51, since=since)} == {"r1" if priority > 100 else "r2"}
        assert {advert.priority for advert in capture.adverts(None, 51, since=since)} == {max(priority, 100)}
        assert node.stop() == 0


def test_the_socket_for_announcements_is_not_closed_with_the_worker(lab: Lab) -> None:
    """The kernel takes 10 ms for that, in which nobody is told that the worker has ended."""
    node = Node(lab["r1"], instance_text(priority=150)).start()
    node.becomes("MASTER")
    kept = announcers_of(node.process.pid)
    assert len(kept) == 1
    node.kill_worker()
    assert announcers_of(node.worker) == announcers_of(node.process.pid) == kept
    lab["r1"].remove_interface()
    lab["r1"].create_interface()
    eventually(lambda: len(announcers_of(node.process.pid) - kept) == 1, "that of the new interface")
    eventually(lambda: announcers_of(node.process.pid).isdisjoint(kept), "and no other one")


def announcers_of(pid: int) -> set[str]:
    """The packet sockets of a process."""
    table = Path(f"/proc/{pid}/net/packet").read_text().splitlines()[1:]
    opened: set[str] = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it is closed meanwhile
            opened.add(str(entry.readlink()))
    return opened & {f"socket:[{line.split()[8]}]" for line in table}


def test_a_worker_that_dies_again_at_once_hands_over(lab: Lab) -> None:
    first = Node(lab["r1"], instance_text(priority=150, advert_int=0.2)).start()
    second = Node(lab["r2"], instance_text(priority=100, advert_int=0.2)).start()
    first.becomes("MASTER")
    second.becomes("BACKUP")
    eventually(lambda: second.status()["master"], "hears the master")
    with Capture(lab) as capture:
        since = time.time_ns()
        first.kill_worker()
        os.kill(first.worker, signal.SIGKILL)
        assert first.process.wait(20), first.log()
        assert first.process.returncode == 1
        second.becomes("MASTER")
        last = capture.wait_for_advert(10, host="r1", vrid=51, priority=0, since=since)
    assert last, "it resigns, whether or not a busy machine has let the other one's timer run out before"
    assert not first.holds()
    assert not first.run_dir.exists()
    assert first.lines("CRITICAL there is no other worker: handing over, and ending")
    first.start().becomes("MASTER")


def test_a_worker_that_dies_while_it_hands_over_is_not_replaced(lab: Lab) -> None:
    """It was told to stop: what it had begun is brought to an end."""
    slow = 'notify_stop = "/bin/sleep 30"\n'
    first = Node(lab["r1"], instance_text(priority=150, advert_int=1, extra=slow)).start()
    second = Node(lab["r2"], instance_text(priority=100, advert_int=1)).start()
    first.becomes("MASTER")
    eventually(lambda: second.status()["master"], "hears the master")
    worker = first.worker
    first.process.send(signal.SIGTERM)
    eventually(lambda: first.lines("SIGTERM: stopping"))
    os.kill(worker, signal.SIGKILL)
    assert first.process.wait(20), first.log()
    assert first.process.returncode == 1
    assert not first.holds()
    assert not first.run_dir.exists()
    second.becomes("MASTER")
    assert second.lines("192.168.1.1 resigned")


def test_who_waits_for_a_successor_goes_on_listening_for_it(lab: Lab) -> None:
    node = Node(lab["r1"], instance_text(priority=255, advert_int=10)).start()
    node.becomes("MASTER")
    ControlClient(node.run_dir / "control.sock").call("maintenance", on=True, instance="VI_1")
    eventually(lambda: node.status()["lingering"] == [VIP])
    time.sleep(0.5)  # it is written down
    node.kill_worker()
    assert node.status()["lingering"] == [VIP]
    assert node.holds(VIP)
    lab["r2"].enter(announce, VIP)
    eventually(lambda: not node.holds(VIP), "let go of the address")
    eventually(lambda: node.lines("VI_1 handover: let go of the addresses after .* s: announced by 02:00:00:00:00:02"))


def test_who_dies_right_after_it_has_resigned_keeps_its_addresses_for_the_successor(lab: Lab) -> None:
    with closing(Monitor(lab)) as monitor:
        first = Node(lab["r1"], instance_text(priority=150, advert_int=1)).start()
        second = Node(lab["r2"], instance_text(priority=100, advert_int=1)).start()
        first.becomes("MASTER")
        eventually(lambda: second.status()["master"], "hears the master")
        client, worker = ControlClient(first.run_dir / "control.sock"), first.worker
        time.sleep(0.5)  # that it is a master is written down
        client.call("maintenance", on=True, instance="VI_1")
        os.kill(worker, signal.SIGKILL)  # before it is written down, unless the machine is busy
        eventually(lambda: not first.holds())
        eventually(lambda: [item for item in monitor.addresses("r1", VIP) if not item.present], "seen")
    gone = next(item for item in monitor.addresses("r1", VIP) if not item.present)
    assert any(item.present and item.time_ns < gone.time_ns for item in monitor.addresses("r2", VIP))


def announce(address: str) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as endpoint:
        endpoint.bind(("eth0", 0))
        endpoint.send(gratuitous_arp(endpoint.getsockname()[4], IPv4Address(address)))


def test_without_anybody_left_the_next_start_tidies_up(lab: Lab) -> None:
    node = Node(lab["r1"], instance_text(priority=150)).start()
    node.becomes("MASTER")
    eventually(node.holds)
    node.process.kill()
    assert node.holds()
    node.start(ready=False)
    eventually(lambda: node.lines("removed 192.168.1.100/32, left over on eth0"), node.log())
    node.becomes("MASTER")


def test_without_its_supervisor_the_worker_goes_on(lab: Lab) -> None:
    first = Node(lab["r1"], instance_text(priority=150)).start()
    first.becomes("MASTER")
    worker = first.worker_inside
    os.kill(first.process.pid, signal.SIGKILL)
    eventually(lambda: first.lines(f"the supervisor is gone: this worker, pid {worker}, goes on without"))
    assert first.state() == "MASTER"
    assert (first.run_dir / "vrrpd.pid").read_text() == f"{worker}\n"
    assert daemon(first)["pid"] == worker
    another = Node(lab["r1"], first.config.read_text()).start(ready=False)
    assert another.process.wait(20)
    assert another.process.returncode == 3, "the run dir is still taken"
    os.kill(first.outside(worker), signal.SIGHUP)
    eventually(lambda: first.lines("reloaded in"))
    os.kill(first.outside(worker), signal.SIGTERM)
    eventually(lambda: not first.holds() and not first.run_dir.exists(), "a clean end")


def test_results_of_scripts_and_counters_go_on(lab: Lab, tmp_path: Path) -> None:
    runs, told = tmp_path / "runs", tmp_path / "told"
    check = f"[vrrp_script.slow]\nscript = \"/bin/sh -c 'echo >> {runs}'\"\ninterval = 100\nweight = 20\n"
    extra = f'track_script = ["slow"]\nnotify = "/bin/sh -c \'echo $3 >> {told}\' x"\n'
    node = Node(lab["r1"], check + instance_text(priority=150, extra=extra)).start()
    node.becomes("MASTER")
    eventually(lambda: node.status()["effective_priority"] == 170, node.log())
    eventually(lambda: told.exists() and "MASTER" in told.read_text(), node.log())
    before = node.status()
    time.sleep(0.1)
    node.kill_worker()
    after = node.status()
    assert after["effective_priority"] == 170
    assert abs(after["since"] - before["since"]) < 0.1
    sent, was = after["statistics"]["adverts_sent"], before["statistics"]["adverts_sent"]
    assert isinstance(sent, int)
    assert isinstance(was, int)
    assert sent > was
    assert [tracker["status"] for tracker in after["trackers"]] == ["up"]
    time.sleep(0.3)
    assert runs.read_text() == "\n"
    assert told.read_text().split() == ["BACKUP", "MASTER"]


def test_a_worker_may_die_in_a_reload(lab: Lab) -> None:
    """Whenever that is, the next one runs what was written there before or what is there now, and all of it."""
    node = Node(lab["r1"], instance_text(priority=150)).start()
    node.becomes("MASTER")
    for number, wait in enumerate((0.0, 0.12)):
        more = f"192.168.1.{101 + number}"
        node.config.write_text(instance_text(priority=151 + number, virtual_ipaddress=[VIP, more]))
        node.process.send(signal.SIGHUP)
        time.sleep(wait)
        node.kill_worker()
        assert node.holds()
        assert (node.status()["base_priority"] == 151 + number) == node.holds(more), node.log()
        node.reload()
        assert node.status()["base_priority"] == 151 + number
        assert node.holds(more)
        assert node.state() == "MASTER"
        time.sleep(3.2)


def test_after_a_reload_the_new_configuration_goes_on(lab: Lab) -> None:
    node = Node(lab["r1"], instance_text(priority=150)).start()
    node.becomes("MASTER")
    node.reload(instance_text(priority=120, virtual_ipaddress=[VIP, "192.168.1.101"]))
    node.kill_worker()
    assert node.status()["base_priority"] == 120
    assert node.state() == "MASTER", node.log()
    assert node.holds("192.168.1.101")
    assert node.reload() == ()


@pytest.mark.slow
def test_many_instances_and_random_moments() -> None:
    """What the other node sees of 255 instances whose worker is killed again and again, while they take over too."""
    text = "\n".join(
        instance_text(f"VI_{n}", vrid=n, priority=100, advert_int=0.5, virtual_ipaddress=[f"10.9.{n}.1/32"])
        for n in range(1, 256)
    )
    with Lab() as lab, Capture(lab) as capture:
        first = Node(lab["r1"], text.replace("priority = 100", "priority = 200")).start()
        second = Node(lab["r2"], text).start()
        eventually(lambda: states(first) == {"MASTER"})
        eventually(lambda: states(second) == {"BACKUP"})
        since = time.time_ns()
        for _ in range(2):
            time.sleep(3.0 + random.random())
            first.kill_worker()
            second.kill_worker()
        time.sleep(2)
        assert {advert.host for advert in capture.adverts(None, None, since=since)} == {"r1"}
        assert states(first) == {"MASTER"}
        first.process.kill()
        time.sleep(1.6 + random.random() / 4)
        second.kill_worker()
        eventually(lambda: states(second) == {"MASTER"}, second.log()[-2000:])
        assert all(second.holds(f"10.9.{n}.1") for n in range(1, 256))
        assert second.stop() == 0
        assert not any(second.holds(f"10.9.{n}.1") for n in range(1, 256))
