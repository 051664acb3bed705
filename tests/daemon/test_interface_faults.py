"""Everything that can happen to a network interface while it carries an instance."""

import signal

import pytest

from netns.capture import Capture
from netns.lab import Lab
from tests.daemon.nodes import VIP, Node, eventually, instance_text

pytestmark = pytest.mark.netns


@pytest.fixture
def master(lab: Lab) -> Node:
    node = Node(lab["r1"], instance_text()).start()
    node.becomes("MASTER")
    eventually(node.holds)
    return node


def fault_of(node: Node) -> list[tuple[str, str]]:
    return [(fault["reason"], fault["name"]) for fault in node.status()["faults"]]


def test_switched_off_and_on(master: Node) -> None:
    master.host.set_link(False)
    master.becomes("FAULT")
    assert fault_of(master) == [("link_down", "interface eth0 is switched off")]
    assert VIP not in master.host.run(["ip", "addr"])
    master.host.set_link(True)
    master.becomes("MASTER")
    eventually(master.holds)


def test_the_cable_is_pulled(master: Node) -> None:
    master.host.set_carrier(False)
    master.becomes("FAULT")
    assert fault_of(master) == [("link_down", "interface eth0 has no carrier")]
    assert master.lines("WARNING VI_1 MASTER -> FAULT: link_down: interface eth0 has no carrier; 1 VIP removed from")
    master.host.set_carrier(True)
    master.becomes("MASTER")


def test_deleted_and_made_again_under_the_same_name(lab: Lab, master: Node) -> None:
    master.host.remove_interface()
    master.becomes("FAULT")
    assert fault_of(master) == [("link_down", "interface eth0 does not exist")]
    master.host.create_interface()
    master.becomes("MASTER")
    eventually(master.holds)
    # It speaks and hears through the new interface.
    better = Node(lab["r2"], instance_text(priority=200)).start()
    master.becomes("BACKUP")
    assert not master.holds()
    better.stop()
    master.becomes("MASTER")


def test_renamed_away_and_back(master: Node) -> None:
    """The addresses must not stay behind on an interface that is called otherwise now."""
    master.host.rename_interface("eth0", "lan7")
    master.becomes("FAULT")
    eventually(lambda: fault_of(master) == [("link_down", "interface eth0 does not exist")])
    assert VIP not in master.host.run(["ip", "addr"])
    master.host.rename_interface("lan7", "eth0")
    master.becomes("MASTER")
    eventually(master.holds)


def test_another_interface_takes_the_name(master: Node) -> None:
    host = master.host
    host.rename_interface("eth0", "old0")
    master.becomes("FAULT")
    host.ip(
        "link add eth0 type veth peer name peer0",
        "link set peer0 up",
        "link set eth0 up",
        "addr add 192.168.1.77/24 dev eth0",
    )
    master.becomes("MASTER")
    assert master.status()["source"] == "192.168.1.77"
    shown = host.run(["ip", "-o", "-4", "addr"])
    assert [line.split()[1] for line in shown.splitlines() if VIP in line] == ["eth0"]


def test_fifty_flaps_end_in_the_right_state(lab: Lab, master: Node) -> None:
    for _ in range(50):
        master.host.set_link(False)
        master.host.set_link(True)
    master.becomes("MASTER")
    eventually(master.holds)
    for _ in range(49):
        master.host.set_link(True)
        master.host.set_link(False)
    master.becomes("FAULT")
    eventually(lambda: not master.holds())
    assert VIP not in master.host.run(["ip", "addr"])


def test_the_interface_may_come_later(lab: Lab) -> None:
    lab["r1"].remove_interface()
    node = Node(lab["r1"], instance_text()).start()
    node.becomes("FAULT")
    assert fault_of(node) == [("link_down", "interface eth0 does not exist")]
    lab["r1"].create_interface()
    node.becomes("MASTER")
    eventually(node.holds)


def test_without_its_address_it_cannot_speak(master: Node) -> None:
    master.host.ip("addr del 192.168.1.1/24 dev eth0")
    master.becomes("FAULT")
    assert [reason for reason, _ in fault_of(master)] == ["no_source_address"]
    assert master.status()["source"] is None
    master.host.ip("addr add 192.168.1.1/24 dev eth0")
    master.becomes("MASTER")


def test_another_address_takes_over_as_source(master: Node) -> None:
    assert master.status()["source"] == "192.168.1.1"
    master.host.ip("addr add 192.168.1.55/24 dev eth0")
    assert master.status()["source"] == "192.168.1.1"
    master.host.ip("link set eth0 promisc on")  # an event that says nothing about addresses
    assert master.status()["source"] == "192.168.1.1"
    master.host.ip("addr add 10.1.1.1/24 dev eth0", "addr del 192.168.1.1/24 dev eth0")
    eventually(lambda: master.status()["source"] in ("192.168.1.55", "10.1.1.1"))
    assert master.state() == "MASTER"


def test_a_virtual_address_is_never_the_source(lab: Lab) -> None:
    """Left over from a predecessor or put there by hand, it may be the first of its interface."""
    lab["r1"].ip("addr flush dev eth0", "addr add 192.168.1.100/24 dev eth0", "addr add 192.168.1.1/24 dev eth0")
    node = Node(lab["r1"], instance_text()).start()
    node.becomes("MASTER")
    assert node.status()["source"] == "192.168.1.1"


def test_a_tracked_source_that_is_missing_is_a_fault(lab: Lab) -> None:
    node = Node(lab["r1"], instance_text(mcast_src_ip="192.168.1.99", track_src_ip=True)).start()
    node.becomes("FAULT")
    assert [reason for reason, _ in fault_of(node)] == ["no_source_address"]
    lab["r1"].ip("addr add 192.168.1.99/24 dev eth0")
    node.becomes("MASTER")
    assert node.status()["source"] == "192.168.1.99"
    lab["r1"].ip("addr del 192.168.1.99/24 dev eth0")
    node.becomes("FAULT")


def test_a_configured_source_that_is_missing_is_sent_from_all_the_same(lab: Lab) -> None:
    capture = Capture(lab)
    node = Node(lab["r1"], instance_text(mcast_src_ip="192.168.1.99")).start()
    node.becomes("MASTER")
    advert = capture.wait_for_advert(20, host="r1", since=0)
    assert advert is not None
    assert str(advert.source) == "192.168.1.99"
    assert len(node.lines("WARNING .*192.168.1.99 is not on eth0")) == 1
    lab["r1"].ip("addr add 192.168.1.99/24 dev eth0")
    eventually(lambda: node.lines("INFO .*192.168.1.99 is on eth0 now"))
    lab["r1"].ip("addr del 192.168.1.99/24 dev eth0")
    eventually(lambda: len(node.lines("WARNING .*192.168.1.99 is not on eth0")) == 2)
    assert node.state() == "MASTER"


@pytest.mark.parametrize(
    ("extra", "vip", "own"),
    [
        pytest.param("", "192.168.1.100", "192.168.1.1/24", id="multicast"),
        pytest.param('unicast_peer = ["192.168.1.2"]', "192.168.1.100", "192.168.1.1/24", id="unicast"),
        pytest.param("", "fd00:1::100", "fe80::ff:fe00:1/64", id="ipv6"),
    ],
)
def test_a_farewell_though_its_own_address_is_gone(lab: Lab, extra: str, vip: str, own: str) -> None:
    """The others take over after Skew_Time, not after Master_Down_Interval."""
    capture = Capture(lab)
    node = Node(lab["r1"], instance_text(extra=extra, virtual_ipaddress=[vip])).start()
    node.becomes("MASTER")
    lab["r1"].ip(f"addr del {own} dev eth0")
    node.becomes("FAULT")
    assert capture.wait_for_advert(20, host="r1", since=0, priority=0), node.log()
    assert not node.lines("effect_failed")


def test_no_multicast_no_vrrp(lab: Lab) -> None:
    lab["r1"].ip("link set eth0 multicast off")
    node = Node(lab["r1"], instance_text()).start()
    node.becomes("FAULT")
    assert fault_of(node) == [("link_down", "interface eth0 cannot multicast")]


def test_dont_track_primary_serves_without_carrier(lab: Lab) -> None:
    lab["r1"].set_carrier(False)
    node = Node(lab["r1"], instance_text(dont_track_primary=True)).start()
    node.becomes("MASTER")
    assert VIP in lab["r1"].run(["ip", "addr"])


def test_a_tracked_interface_moves_the_priority(lab: Lab) -> None:
    lab["r1"].ip("link add eth1 type veth peer name peer1", "link set eth1 up", "link set peer1 up")
    text = instance_text().replace(
        "priority = 100", 'priority = 100\ntrack_interface = [{ name = "eth1", weight = -30 }]'
    )
    node = Node(lab["r1"], text).start()
    node.becomes("MASTER")
    lab["r1"].ip("link set peer1 down")
    eventually(lambda: node.status()["effective_priority"] == 70)
    eventually(lambda: node.lines("WARNING interface eth1 is down: VI_1 priority 100 -> 70"))
    lab["r1"].ip("link set peer1 up")
    eventually(lambda: node.status()["effective_priority"] == 100)


def test_ipv6_comes_back_with_its_addresses(lab: Lab) -> None:
    """The kernel drops IPv6 addresses with the link; nothing is left behind, and nobody is blamed for it."""
    vip = "fd00:1::100"
    node = Node(lab["r1"], instance_text(virtual_ipaddress=[vip])).start()
    node.becomes("MASTER")
    eventually(lambda: node.holds(vip))
    node.host.set_link(False)
    node.becomes("FAULT")
    node.host.set_link(True)
    node.becomes("MASTER")
    eventually(lambda: node.holds(vip))
    assert node.lines("was removed by") == []


def test_replaced_while_the_daemon_was_not_running(lab: Lab, master: Node) -> None:
    """Both events are read at once: the name is the same before and after, the interface is not."""
    master.process.signal_tree(signal.SIGSTOP)
    master.host.remove_interface()
    master.host.create_interface()
    master.process.signal_tree(signal.SIGCONT)
    eventually(lambda: master.lines("MASTER -> FAULT: link_down: interface eth0 was replaced"))
    master.becomes("MASTER")
    eventually(master.holds)
    better = Node(lab["r2"], instance_text(priority=200)).start()
    master.becomes("BACKUP")
    better.stop()
    master.becomes("MASTER")


def test_an_interface_without_ipv6_is_tried_again(lab: Lab) -> None:
    setting = "net.ipv6.conf.eth0.disable_ipv6"
    lab["r1"].run(["sysctl", "-w", f"{setting}=1"])
    node = Node(lab["r1"], instance_text(virtual_ipaddress=["fd00:1::100"])).start()
    node.becomes("FAULT")
    lab["r1"].run(["sysctl", "-w", f"{setting}=0"])
    node.becomes("MASTER")
    eventually(lambda: node.holds("fd00:1::100"))
    lab["r1"].run(["sysctl", "-w", f"{setting}=1"])
    node.becomes("FAULT")
    lab["r1"].run(["sysctl", "-w", f"{setting}=0"])
    node.becomes("MASTER")
    assert node.process.running


def test_ipv6_with_duplicate_address_detection(lab: Lab) -> None:
    """A tentative link-local address cannot be sent from; as soon as it may, the instance takes part."""
    lab["r1"].run(["sysctl", "-w", "net.ipv6.conf.eth0.accept_dad=1", "net.ipv6.conf.all.accept_dad=1"])
    lab["r1"].ip("link set eth0 down", "link set eth0 up")
    node = Node(lab["r1"], instance_text(virtual_ipaddress=["fd00:1::100"])).start()
    node.becomes("MASTER")
    source = node.status()["source"]
    assert source is not None
    assert source.startswith("fe80:")
