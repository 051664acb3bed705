"""What the options of virtual addresses mean while the daemon runs."""

import pytest

from netns.capture import Capture
from netns.host import Host
from netns.lab import Lab
from tests.daemon.nodes import VIP, Node, eventually, instance_text

pytestmark = pytest.mark.netns

VIP6 = "fd00:1::100"


def with_detection(host: Host) -> Host:
    host.run(["sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/eth0/accept_dad"])
    return host


def make_eth1(host: Host) -> None:
    host.ip("link add eth1 type veth peer name other", "link set other up", "link set eth1 up")


def test_announced_once_it_passed_duplicate_address_detection(lab: Lab) -> None:
    host = with_detection(lab["r1"])
    with Capture(lab) as capture:
        node = Node(host, instance_text(virtual_ipaddress=[VIP], virtual_ipaddress_excluded=[f"{VIP6}/64 -nodad"]))
        node.start()
        node.becomes("MASTER")
        assert [item["present"] for item in node.status()["addresses"]] == [True, False]
        eventually(lambda: all(item["present"] for item in node.status()["addresses"]))
        eventually(lambda: len(capture.garps("r1", VIP6)) >= 5)
        first = min(garp.time_ns for garp in capture.garps("r1", VIP6))
        ipv4 = min(garp.time_ns for garp in capture.garps("r1", VIP))
    assert first - ipv4 > 500_000_000, "the kernel waits a second for objections"
    assert node.stop() == 0
    assert not host.holds(VIP6)


def test_a_duplicate_is_reported_and_not_announced(lab: Lab) -> None:
    host = with_detection(lab["r1"])
    lab["r2"].ip(f"addr add {VIP6}/64 dev eth0 nodad")
    with Capture(lab) as capture:
        node = Node(host, instance_text(virtual_ipaddress_excluded=[f"{VIP6}/64 -nodad"])).start()
        node.becomes("MASTER")
        eventually(lambda: node.lines(f"ERROR VI_1 another host has {VIP6}: the kernel does not use it here"))
        assert node.status()["addresses"][1] == {
            "address": f"{VIP6}/64", "device": "eth0", "present": False, "duplicate": True,
        }  # fmt: skip
        assert capture.garps("r1", VIP6) == []
    assert node.stop() == 0
    assert not host.holds(VIP6)


def test_removed_while_it_is_examined(lab: Lab) -> None:
    host = with_detection(lab["r1"])
    node = Node(host, instance_text(virtual_ipaddress_excluded=[f"{VIP6}/64 -nodad"])).start()
    node.becomes("MASTER")
    eventually(lambda: "tentative" in host.run(["ip", "addr", "show", "dev", "eth0"]))
    host.ip(f"addr del {VIP6}/64 dev eth0")
    eventually(lambda: node.lines(f"address_restored: {VIP6} was removed"))
    eventually(lambda: all(item["present"] for item in node.status()["addresses"]))


def test_a_static_duplicate_is_reported(lab: Lab) -> None:
    host = with_detection(lab["r1"])
    lab["r2"].ip(f"addr add {VIP6}/64 dev eth0 nodad")
    tied = '\n[track_group.uplink]\ngroup = ["VI_1"]\n'
    static = f'static_ipaddress = ["{VIP6}/64 -nodad track_group uplink", "fd00:1::101/64 -nodad"]\n'
    node = Node(host, static + instance_text() + tied).start()
    eventually(lambda: node.lines(f"ERROR static address {VIP6}/64: another host has it"))
    eventually(lambda: "tentative" not in host.run(["ip", "addr", "show", "to", "fd00:1::101"]))
    assert node.state() == "FAULT"


def test_no_track_means_that_its_loss_does_not_matter(lab: Lab) -> None:
    host = lab["r1"]
    make_eth1(host)
    vips = [VIP, "192.168.1.101 no_track", "10.5.0.1 dev eth1 no_track"]
    node = Node(host, instance_text(virtual_ipaddress=vips)).start()
    node.becomes("MASTER")
    eventually(lambda: host.holds("192.168.1.101") and host.holds("10.5.0.1"))
    host.ip("addr del 192.168.1.101/32 dev eth0", f"addr del {VIP}/32 dev eth0")
    eventually(lambda: node.lines(f"address_restored: {VIP} was removed"))
    assert not node.lines("192.168.1.101 was removed")
    assert not host.holds("192.168.1.101")
    host.ip("link del eth1")
    host.ip(f"addr del {VIP}/32 dev eth0")
    eventually(lambda: len(node.lines("address_restored")) == 2)
    assert node.state() == "MASTER"
    assert node.stop() == 0


def test_no_track_needs_no_interface_to_lead(lab: Lab) -> None:
    node = Node(lab["r1"], instance_text(virtual_ipaddress=[VIP, "10.5.0.1 dev eth1 no_track"])).start()
    node.becomes("MASTER")
    assert node.lines(r"WARNING VI_1 goes on without 10\.5\.0\.1 \(no_track\): .*interface eth1 does not exist")
    assert node.lines("MASTER: .*1 of 2 VIPs on eth0")
    assert node.holds()


def test_without_it_the_interface_is_needed(lab: Lab) -> None:
    node = Node(lab["r1"], instance_text(virtual_ipaddress=[VIP, "10.5.0.1 dev eth1"])).start()
    node.becomes("FAULT")


def test_options_that_change_take_effect_at_a_reload(lab: Lab) -> None:
    host = lab["r1"]
    node = Node(host, instance_text(virtual_ipaddress=[VIP, "10.5.0.1"])).start()
    node.becomes("MASTER")
    node.reload(instance_text(virtual_ipaddress=[VIP, "10.5.0.1 peer 10.5.0.9/32"]))
    eventually(lambda: "10.5.0.1 peer 10.5.0.9/32" in host.run(["ip", "addr", "show", "dev", "eth0"]))
    assert "10.5.0.1/32" not in host.run(["ip", "addr", "show", "dev", "eth0"])
    assert node.state() == "MASTER"
    assert node.stop() == 0
    assert not host.holds("10.5.0.1")


def test_left_over_with_a_peer(lab: Lab) -> None:
    host = lab["r1"]
    config = instance_text(virtual_ipaddress=["10.5.0.1 peer 10.5.0.9", "10.5.0.2 noprefixroute"])
    node = Node(host, config).start()
    node.becomes("MASTER")
    node.kill()
    assert host.holds("10.5.0.1")
    node.start()
    assert node.lines(r"VI_1 removed 10\.5\.0\.1/32, left over on eth0")
