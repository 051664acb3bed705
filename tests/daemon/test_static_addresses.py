"""Static addresses of a real daemon: there, put back, left over, tied to instances, changed by a reload."""

from collections.abc import Sequence

import pytest

from netns.host import Host
from netns.lab import Lab
from netns.monitor import Monitor
from tests.daemon.nodes import VIP, Node, eventually, instance_text
from vrrpd.control.client import ControlClient
from vrrpd.control.status import read_status

pytestmark = pytest.mark.netns

TIED = '\n[track_group.uplink]\ngroup = ["VI_1"]\n'


def text(*static: str, extra: str = "", interface: str = "eth0", vips: Sequence[str] = (VIP,)) -> str:
    listed = ", ".join(f'"{line}"' for line in static)
    instance = instance_text(interface=interface, virtual_ipaddress=list(vips))
    return f"static_ipaddress = [{listed}]\n{instance}{extra}"


def make_eth1(host: Host) -> None:
    host.ip("link add eth1 type veth peer name other", "link set other up", "link set eth1 up")


def has(host: Host, address: str, device: str = "eth0") -> bool:
    return f" {address} " in host.run(["ip", "-o", "addr", "show", "dev", device])


def test_there_while_it_runs(lab: Lab) -> None:
    host = lab["r1"]
    node = Node(host, text("10.5.0.1/24", "fd05::1/64 dev eth0")).start()
    assert node.lines(r"static addresses there: 10\.5\.0\.1/24 on eth0, fd05::1/64 on eth0")
    assert has(host, "10.5.0.1/24")
    assert has(host, "fd05::1/64")
    node.becomes("MASTER")
    assert node.stop() == 0
    assert not has(host, "10.5.0.1/24")
    assert not has(host, "fd05::1/64")
    log = node.log()
    assert log.index("MASTER -> INIT") < log.index("static addresses removed: 10.5.0.1/24 on eth0, fd05::1/64 on eth0")


def test_put_back_with_the_name_of_who_took_it(lab: Lab) -> None:
    host = lab["r1"]
    node = Node(host, text("10.5.0.1/24", "fd05::1/64", "10.5.1.1/24 no_track")).start()
    node.becomes("MASTER")
    for line in ("10.5.0.1/24", "fd05::1/64", "10.5.1.1/24"):
        host.spawn(["sh", "-c", f"(echo addr del {line} dev eth0; sleep 3) | ip -batch -"])
    eventually(lambda: node.lines(r"WARNING static address 10\.5\.0\.1/24 was removed from eth0 by ip \(pid \d+\)"))
    eventually(lambda: node.lines(r"WARNING static address fd05::1/64 was removed from eth0 by the kernel, put back"))
    eventually(lambda: has(host, "10.5.0.1/24") and has(host, "fd05::1/64"))
    eventually(lambda: not has(host, "10.5.1.1/24"), "no_track")
    assert not node.lines("10.5.1.1/24 was removed")
    assert node.state() == "MASTER"


def test_fought_over_it_is_put_back_more_slowly(lab: Lab) -> None:
    host = lab["r1"]
    node = Node(host, text("10.5.0.1/24")).start()
    for number in range(5):
        eventually(lambda: has(host, "10.5.0.1/24"))
        host.ip("addr del 10.5.0.1/24 dev eth0")
        eventually(lambda: len(node.lines("was removed (from|5 times)")) > number)  # noqa: B023 - used at once
    assert node.lines(r"ERROR static address 10\.5\.0\.1/24 was removed 5 times, last by .*: slower now")
    eventually(lambda: node.lines(r"static address 10\.5\.0\.1/24 is on eth0 again"))
    assert has(host, "10.5.0.1/24")


def test_left_over_it_is_taken_over_without_an_outage(lab: Lab) -> None:
    host = lab["r1"]
    node = Node(host, text("10.5.0.1/24", "fd05::1/64")).start()
    node.kill()
    assert has(host, "10.5.0.1/24")
    monitor = Monitor(lab)
    try:
        node.start()
        node.becomes("MASTER")
        assert not [change for change in monitor.addresses("r1", "10.5.0.1") if not change.present]
        assert not [change for change in monitor.addresses("r1", "fd05::1") if not change.present]
    finally:
        monitor.close()
    assert node.lines(r"static address 10\.5\.0\.1/24 on eth0 was left over there")
    assert node.stop() == 0
    assert not has(host, "10.5.0.1/24")
    assert not has(host, "fd05::1/64")


def test_what_was_there_before_stays(lab: Lab) -> None:
    host = lab["r1"]
    host.ip("addr add 10.5.0.1/24 dev eth0")
    node = Node(host, text("10.5.0.1/24")).start()
    assert node.lines(r"static address 10\.5\.0\.1/24 on eth0 was there before and will stay")
    assert node.stop() == 0
    assert has(host, "10.5.0.1/24")


def test_an_interface_that_comes_later_and_the_instances_of_the_track_group(lab: Lab) -> None:
    host = lab["r1"]
    line = "10.5.0.1/24 dev eth1 track_group uplink"
    node = Node(host, text(line, "10.5.1.1/24 dev eth1 no_track track_group uplink", extra=TIED)).start()
    assert node.state() == "FAULT"
    assert [(item["reason"], item["name"]) for item in node.status()["faults"]] == [("track_failed", "10.5.0.1/24")]
    assert node.lines("WARNING static address 10.5.0.1/24 waits: there is no interface eth1")
    (tracker,) = node.status()["trackers"]
    assert (tracker["kind"], tracker["status"], tracker["detail"]) == ("static", "down", "it is not on eth1")
    make_eth1(host)
    node.becomes("MASTER")
    assert has(host, "10.5.0.1/24", "eth1")
    assert has(host, "10.5.1.1/24", "eth1")
    host.ip("link set eth1 down")
    node.becomes("FAULT")
    host.ip("link set eth1 up")
    node.becomes("MASTER")
    host.ip("link del eth1")
    node.becomes("FAULT")
    make_eth1(host)
    node.becomes("MASTER")
    assert node.lines(r"static address 10\.5\.0\.1/24 is on eth1 again: the interface came back")
    assert not has(host, "10.5.1.1/24", "eth1"), "no_track"
    assert not node.holds("10.5.1.1")


def test_ipv6_goes_and_comes_with_its_interface(lab: Lab) -> None:
    host = lab["r1"]
    make_eth1(host)
    node = Node(host, text("fd05::1/64 dev eth1 track_group uplink", extra=TIED)).start()
    node.becomes("MASTER")
    host.ip("link set eth1 down")
    node.becomes("FAULT")
    host.ip("link set eth1 up")
    node.becomes("MASTER")
    assert has(host, "fd05::1/64", "eth1")
    assert not node.lines("was removed from eth1")


def test_its_loss_for_a_moment_is_no_fault(lab: Lab) -> None:
    host = lab["r1"]
    node = Node(host, text("10.5.0.1/24 track_group uplink", extra=TIED)).start()
    node.becomes("MASTER")
    host.ip("addr del 10.5.0.1/24 dev eth0")
    eventually(lambda: node.lines("put back"))
    eventually(lambda: has(host, "10.5.0.1/24"))
    assert node.state() == "MASTER"
    assert not node.lines("-> FAULT")


def test_what_the_kernel_refuses_is_a_fault_until_it_does_not(lab: Lab) -> None:
    host = lab["r1"]
    host.ip("addr add 10.5.0.9/24 dev eth0")
    line = "10.5.0.1/24 scope link track_group uplink"
    node = Node(host, text(line, extra=TIED)).start()
    assert node.lines(r"ERROR static address on eth0: 10\.5\.0\.1/24: EINVAL \(.*\); trying again")
    assert node.state() == "FAULT"
    host.ip("addr del 10.5.0.9/24 dev eth0")
    node.becomes("MASTER")
    assert node.lines("static address 10.5.0.1/24 is on eth0 now")
    assert len(node.lines("trying again")) == 1, "said once"


def test_an_instance_may_send_from_it(lab: Lab) -> None:
    host = lab["r1"]
    make_eth1(host)
    node = Node(host, text("10.5.0.1/24 dev eth1", interface="eth1", vips=["10.5.0.100"])).start()
    node.becomes("MASTER")
    assert node.status()["source"] == "10.5.0.1"
    host.ip("link del eth1")
    node.becomes("FAULT")
    make_eth1(host)
    node.becomes("MASTER")
    assert node.status()["source"] == "10.5.0.1"


def test_reload(lab: Lab) -> None:
    host = lab["r1"]
    node = Node(host, text("10.5.0.1/24", "10.5.1.1/24", "10.5.2.1/24")).start()
    node.becomes("MASTER")
    monitor = Monitor(lab)
    try:
        changes = node.reload(text("10.5.0.1/24", "10.5.1.1/24 label eth0:x", "10.5.3.1/24"))
        assert has(host, "10.5.0.1/24")
        assert not has(host, "10.5.2.1/24")
        assert has(host, "10.5.3.1/24")
        assert "eth0:x" in host.run(["ip", "-o", "addr", "show", "label", "eth0:x"])
        assert monitor.addresses("r1", "10.5.0.1") == []
        assert [change for change in monitor.addresses("r1", VIP) if not change.present] == []
    finally:
        monitor.close()
    (line,) = changes
    assert line == ("static_ipaddress -10.5.1.1/24, -10.5.2.1/24, +10.5.1.1/24 label eth0:x, +10.5.3.1/24")
    assert node.reload(text("10.5.0.1/24 track_group uplink", extra=TIED))
    assert node.state() == "MASTER"
    node.reload(text("10.5.0.1/24 dev eth1 track_group uplink", extra=TIED))
    node.becomes("FAULT")
    assert not has(host, "10.5.0.1/24")
    node.reload('[global_defs]\ndefault_interface = "lo"\n' + instance_text())
    node.becomes("MASTER")


def test_between_static_and_virtual_in_one_reload(lab: Lab) -> None:
    host = lab["r1"]
    node = Node(host, text("10.5.0.1/32", vips=[VIP, "10.5.1.1/32"])).start()
    node.becomes("MASTER")
    eventually(lambda: has(host, "10.5.1.1/32"))
    node.reload(text("10.5.1.1/32", vips=[VIP, "10.5.0.1/32"]))
    eventually(lambda: has(host, "10.5.0.1/32") and has(host, "10.5.1.1/32"))
    assert node.state() == "MASTER"
    assert node.stop() == 0
    assert not has(host, "10.5.0.1/32")
    assert not has(host, "10.5.1.1/32")


def test_status_names_what_is_missing(lab: Lab) -> None:
    node = Node(lab["r1"], text("10.5.0.1/24", "10.5.1.1/24 dev eth1")).start()
    found = read_status(ControlClient(node.run_dir / "control.sock").call("status"))["static_addresses"]
    assert [(item["address"], item["device"], item["present"]) for item in found] == [
        ("10.5.0.1/24", "eth0", True),
        ("10.5.1.1/24", "eth1", False),
    ]


def test_the_secondary_addresses_that_go_with_a_primary_one_come_back(lab: Lab) -> None:
    host = lab["r1"]
    host.run(["sh", "-c", "echo 0 >/proc/sys/net/ipv4/conf/eth0/promote_secondaries"])
    vips = ["10.5.0.100/24", "10.5.0.101/24"]
    node = Node(host, text("10.5.0.1/24", "10.5.0.2/24", vips=vips)).start()
    node.becomes("MASTER")
    host.ip("addr del 10.5.0.1/24 dev eth0")
    eventually(lambda: len(node.lines("put back")) == 4)
    assert all(has(host, f"10.5.0.{number}/24") for number in (1, 2, 100, 101))
    node.reload(text(vips=vips))
    eventually(lambda: has(host, vips[0]) and has(host, vips[1]) and not has(host, "10.5.0.2/24"))
    assert not has(host, "10.5.0.1/24")
    assert node.state() == "MASTER"
