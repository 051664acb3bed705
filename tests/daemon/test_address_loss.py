"""Somebody else takes away or brings along what is ours."""

import pytest

from netns.capture import Capture
from netns.lab import Lab
from netns.monitor import Monitor
from tests.daemon.nodes import VIP, Node, eventually, instance_text

pytestmark = pytest.mark.netns


@pytest.fixture
def master(lab: Lab) -> Node:
    node = Node(lab["r1"], instance_text(advert_int=1)).start()
    node.becomes("MASTER")
    eventually(node.holds)
    return node


def test_it_is_put_back_announced_and_named(lab: Lab, master: Node) -> None:
    with Capture(lab) as capture:
        began = master.host.ip("route")  # a moment before
        # It lives on for a while, so that its name can still be found.
        line = f"(echo addr del {VIP}/32 dev eth0; sleep 3) | ip -batch -"
        master.host.spawn(["sh", "-c", line])
        eventually(lambda: master.lines("address_restored"))
        assert master.lines(rf"WARNING VI_1 address_restored: {VIP} was removed by ip \(pid \d+\), put back")
        eventually(lambda: len(capture.garps(since=began)) >= 5)
    assert master.holds()
    assert master.state() == "MASTER"
    assert master.status()["statistics"]["addresses_restored"] == 1


def test_put_back_within_20_ms(lab: Lab, master: Node) -> None:
    monitor = Monitor(lab)
    try:
        for _ in range(4):
            before = len(monitor.addresses("r1", VIP))
            master.host.ip(f"addr del {VIP}/32 dev eth0")
            eventually(lambda: len(monitor.addresses("r1", VIP)) >= before + 2)  # noqa: B023 - used at once
        changes = monitor.addresses("r1", VIP)
    finally:
        monitor.close()
    gone = [change.time_ns for change in changes if not change.present]
    back = [change.time_ns for change in changes if change.present]
    assert len(gone) == len(back) == 4
    assert sorted(after - before for before, after in zip(gone, back, strict=True))[1] < 20_000_000


def test_fail_over_as_keepalived_does_on_request(lab: Lab) -> None:
    node = Node(lab["r1"], instance_text(address_loss="fail_over")).start()
    node.becomes("MASTER")
    node.host.ip(f"addr del {VIP}/32 dev eth0")
    eventually(lambda: node.lines(f"MASTER -> BACKUP: {VIP} was removed by"))
    node.becomes("MASTER")


def test_too_often_hands_over(lab: Lab, master: Node) -> None:
    other = Node(lab["r2"], instance_text(priority=50, advert_int=1)).start()
    other.becomes("BACKUP")
    for number in range(5):
        eventually(master.holds)
        master.host.ip(f"addr del {VIP}/32 dev eth0")
        eventually(lambda: len(master.lines("was removed by")) > number)  # noqa: B023 - used at once
    other.becomes("MASTER")
    master.becomes("BACKUP")
    assert master.lines("MASTER -> BACKUP: .* 5 removals in 10 s: handing over")
    unable = master.status()["unable"]
    assert unable is not None
    assert (unable["handed_over"], unable["stays"]) == (1, 0.0)
    assert 30 < unable["holds_back"] <= 60
    assert other.status()["unable"] is None


def test_an_ipv6_address_comes_back_too(lab: Lab) -> None:
    vip = "fd00:1::100"
    node = Node(lab["r1"], instance_text(virtual_ipaddress=[vip])).start()
    node.becomes("MASTER")
    node.host.ip(f"addr del {vip}/128 dev eth0")
    eventually(lambda: node.lines("address_restored"))
    eventually(lambda: node.holds(vip))


def test_our_own_removals_are_no_loss(lab: Lab, master: Node) -> None:
    assert master.stop() == 0
    assert master.lines("was removed by") == []


def test_an_address_of_another_prefix_is_not_ours(lab: Lab, master: Node) -> None:
    master.host.ip(f"addr add {VIP}/24 dev eth0", f"addr del {VIP}/24 dev eth0", "addr add 192.168.1.9/24 dev eth0")
    eventually(lambda: master.status()["addresses"][0]["present"])
    assert master.lines("was removed by") == []


def test_stopping_leaves_the_address_of_another_prefix(lab: Lab) -> None:
    """An owner's virtual address is its real one; only what we added goes."""
    lab["r1"].ip(f"addr add {VIP}/24 dev eth0")
    node = Node(lab["r1"], instance_text(priority=255, state="MASTER")).start()
    node.becomes("MASTER")
    assert node.stop() == 0
    shown = lab["r1"].run(["ip", "-o", "-4", "addr", "show", "dev", "eth0"])
    assert f"{VIP}/24" in shown
    assert f"{VIP}/32" not in shown


def test_a_new_mac_address_is_announced(lab: Lab, master: Node) -> None:
    with Capture(lab) as capture:
        began = master.host.ip("link set eth0 address 02:00:00:00:00:77")
        eventually(lambda: [garp for garp in capture.garps(since=began) if garp.mac == "02:00:00:00:00:77"])
    assert master.state() == "MASTER"


def test_left_over_elsewhere_it_is_named_and_left(lab: Lab) -> None:
    """A server behind a load balancer has the address on lo for a reason."""
    lab["r1"].ip(f"addr add {VIP}/32 dev lo")
    node = Node(lab["r1"], instance_text()).start()
    node.becomes("MASTER")
    assert node.lines(f"WARNING VI_1 found {VIP}/32 on lo and left it there")
    assert node.stop() == 0
    assert VIP in lab["r1"].run(["ip", "addr", "show", "dev", "lo"])
