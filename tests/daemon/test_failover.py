"""Two nodes, one address: who has it after what, in namespaces with real sockets."""

import json
import shutil
from dataclasses import dataclass

import pytest

from netns.capture import Capture
from netns.lab import Lab
from tests.daemon.keepalived import AVAILABLE, Keepalived
from tests.daemon.nodes import VIP, Node, eventually, instance_text

pytestmark = [pytest.mark.netns, pytest.mark.skipif(shutil.which("ip") is None, reason="needs iproute2")]
needs_keepalived = pytest.mark.skipif(not AVAILABLE, reason="keepalived is not installed")


@dataclass(frozen=True)
class Variant:
    version: int
    advert_int: float
    password: str | None = None


VARIANTS = {
    "v2": Variant(2, 1),
    "v2-pass": Variant(2, 1, "SecretPassword"),
    "v3": Variant(3, 0.1),
}


def pair(lab: Lab, *, advert_int: float = 0.1, vip: str = VIP) -> tuple[Node, Node]:
    """The first is MASTER, the second BACKUP."""
    first, second = (
        Node(host, instance_text(priority=priority, advert_int=advert_int, virtual_ipaddress=[vip])).start()
        for host, priority in zip(lab.routers, (101, 100), strict=True)
    )
    first.becomes("MASTER")
    second.becomes("BACKUP")
    eventually(lambda: first.holds(vip))
    eventually(lambda: second.status()["master"], "hears the master")
    return first, second


def test_a_crash_moves_the_address_and_the_return_moves_it_back(lab: Lab) -> None:
    first, second = pair(lab)
    assert not second.holds()
    lab["r1"].crash()
    second.becomes("MASTER")
    eventually(second.holds)
    assert second.lines(r"INFO VI_1 BACKUP -> MASTER: no advert from 192.168.1.1 for 0\.3\d s; 1 VIP on eth0 in .* ms$")
    lab["r1"].restore()
    first.start().becomes("MASTER")
    second.becomes("BACKUP")
    eventually(lambda: first.holds() and not second.holds())
    assert second.lines(r"MASTER -> BACKUP: 192.168.1.1 has priority 101, ours is 100; 1 VIP removed from eth0")


def test_a_graceful_stop_hands_over_and_leaves_nothing(lab: Lab) -> None:
    first, second = pair(lab, advert_int=1)
    assert first.stop() == 0
    assert not first.holds()
    assert not first.run_dir.exists()
    second.becomes("MASTER")
    # Skew_Time alone: a resignation was heard. A crash would have taken more than 3 s.
    assert second.lines(r"BACKUP -> MASTER: 192.168.1.1 resigned 0\.\d+ s ago")
    assert first.lines("MASTER -> INIT: asked to stop")
    assert first.lines("handover: let go of the addresses after .*: announced by 02:00:00:00:00:02")


def test_killed_and_started_again_it_removes_what_it_left(lab: Lab) -> None:
    first, second = pair(lab)
    first.kill()
    second.becomes("MASTER")
    assert first.holds(), "nobody was there to remove it"
    Node(lab["r1"], instance_text(priority=50)).start().becomes("BACKUP")
    assert not first.holds()
    assert first.lines(r"WARNING VI_1 removed 192.168.1.100/32, left over on eth0")
    assert second.holds()


def test_ipv6(lab: Lab) -> None:
    vip = "fd00:1::100"
    first, second = pair(lab, vip=vip)
    assert first.status()["family"] == 6
    eventually(lambda: first.holds(vip))
    lab["r1"].crash()
    second.becomes("MASTER")
    eventually(lambda: second.holds(vip))


def test_several_instances_share_a_socket_and_go_their_own_ways(lab: Lab) -> None:
    def text(first: int, second: int) -> str:
        other = instance_text("VI_2", vrid=52, priority=second, virtual_ipaddress=["192.168.1.101", "192.168.1.102"])
        return instance_text(priority=first) + other

    left = Node(lab["r1"], text(101, 100)).start()
    right = Node(lab["r2"], text(100, 101)).start()
    left.becomes("MASTER", "VI_1")
    right.becomes("MASTER", "VI_2")
    left.becomes("BACKUP", "VI_2")
    eventually(lambda: right.holds("192.168.1.101") and right.holds("192.168.1.102") and left.holds(VIP))
    assert right.stop() == 0
    left.becomes("MASTER", "VI_2")
    assert left.lines(r"VI_2 BACKUP -> MASTER: .*; 2 VIPs on eth0 in")


def test_an_address_on_another_interface(lab: Lab) -> None:
    for host in lab.routers:
        host.ip("link add eth1 type veth peer name peer1", "link set eth1 up", "link set peer1 up")
    vips = '[{ address = "10.9.0.1/24", dev = "eth1" }, "192.168.1.100"]'
    text = instance_text(priority=101).replace('["192.168.1.100"]', vips)
    node = Node(lab["r1"], text).start()
    node.becomes("MASTER")
    shown = lab["r1"].run(["ip", "-o", "-4", "addr", "show", "dev", "eth1"])
    assert "10.9.0.1/24" in shown
    assert [item["device"] for item in node.status()["addresses"]] == ["eth1", "eth0"]
    assert all(item["present"] for item in node.status()["addresses"])
    lab["r1"].ip("link set eth1 down")
    node.becomes("FAULT")
    assert node.status()["faults"] == [{"reason": "link_down", "name": "interface eth1 is switched off"}]
    assert not node.holds()
    lab["r1"].ip("link set eth1 up")
    node.becomes("MASTER")


@needs_keepalived
@pytest.mark.parametrize("variant", VARIANTS)
def test_keepalived_takes_over_and_hands_back(lab: Lab, variant: str) -> None:
    ours, theirs = _with_keepalived(lab, variant, our_priority=101, their_priority=100)
    ours.becomes("MASTER")
    lab["r1"].crash()
    eventually(lambda: lab["r2"].holds(VIP))
    lab["r1"].restore()
    ours.start().becomes("MASTER")
    eventually(lambda: ours.holds() and not lab["r2"].holds(VIP))
    eventually(lambda: "Entering BACKUP STATE" in theirs.log().rpartition("Entering MASTER STATE")[2])
    _assert_no_complaints(theirs, ours)
    assert ours.stop() == 0
    eventually(lambda: lab["r2"].holds(VIP))


@needs_keepalived
@pytest.mark.parametrize("variant", VARIANTS)
def test_taking_over_from_keepalived_and_handing_back(lab: Lab, variant: str) -> None:
    ours, theirs = _with_keepalived(lab, variant, our_priority=100, their_priority=101)
    eventually(lambda: lab["r2"].holds(VIP))
    ours.becomes("BACKUP")
    eventually(lambda: '"192.168.1.2"' in json.dumps(ours.status()["master"]))
    lab["r2"].crash()
    ours.becomes("MASTER")
    eventually(ours.holds)
    lab["r2"].restore()
    theirs.start()
    ours.becomes("BACKUP")
    eventually(lambda: lab["r2"].holds(VIP) and not ours.holds())
    assert theirs.process is not None
    theirs.process.stop()  # gracefully: a resignation
    ours.becomes("MASTER")
    assert ours.lines("BACKUP -> MASTER: 192.168.1.2 resigned")
    _assert_no_complaints(theirs, ours)


def _with_keepalived(lab: Lab, variant: str, *, our_priority: int, their_priority: int) -> tuple[Node, Keepalived]:
    chosen = VARIANTS[variant]
    extra = f'authentication = {{ auth_type = "PASS", auth_pass = "{chosen.password}" }}' if chosen.password else ""
    text = instance_text(priority=our_priority, version=chosen.version, advert_int=chosen.advert_int, extra=extra)
    theirs = Keepalived(
        lab["r2"],
        priority=their_priority,
        version=chosen.version,
        advert_int=chosen.advert_int,
        password=chosen.password,
    )
    return Node(lab["r1"], text).start(), theirs.start()


def _assert_no_complaints(theirs: Keepalived, ours: Node) -> None:
    words = ("invalid", "mismatch", "incorrect", "drop", "ignor", "error", "expected", "wrong")
    complaints = [line for line in theirs.log().splitlines() if any(word in line.lower() for word in words)]
    assert [line for line in complaints if "auth_pass" not in line and "Truncating" not in line] == []
    assert ours.lines("ignored a packet|ERROR") == []
    assert ours.status()["statistics"]["dropped"] in ({}, {"not_ready": 1})


def test_the_startup_delay_is_silence(lab: Lab) -> None:
    node = Node(lab["r1"], "[global_defs]\nvrrp_startup_delay = 1.5\n" + instance_text()).start()
    assert node.state() == "BACKUP"
    assert "startup_delay" in node.status()["timers"]
    node.becomes("MASTER")
    assert node.lines(r"startup_delay: silent for 1.50 s")
    # Master_Down_Interval is counted from the end of the silence.
    assert node.lines(r"BACKUP -> MASTER: no advert heard for 1\.8\d s")


def test_excluded_addresses_may_be_of_the_other_family(lab: Lab) -> None:
    text = instance_text(virtual_ipaddress_excluded=["fd00:1::100", "192.168.1.101"])
    node = Node(lab["r1"], text).start()
    with Capture(lab) as capture:
        node.becomes("MASTER")
        for address in (VIP, "fd00:1::100", "192.168.1.101"):
            eventually(lambda: node.holds(address) and len(capture.garps("r1", address)) >= 5)  # noqa: B023 - used at once
        advert = capture.wait_for_advert(5.0, host="r1")
    assert advert is not None
    assert advert.addresses == (VIP,)
    assert node.stop() == 0
    assert not any(node.holds(address) for address in (VIP, "fd00:1::100", "192.168.1.101"))


def test_one_address_that_cannot_be_had_does_not_take_the_other_along_again_and_again(lab: Lab) -> None:
    text = instance_text(extra='virtual_ipaddress_excluded = ["fd00:1::100"]\n')
    lab["r1"].run(["sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6"])
    node = Node(lab["r1"], text).start()
    eventually(lambda: node.lines("handing over did not help"), "back from the hand-over that nobody took")
    assert node.holds()
    unable = node.status()["unable"]
    assert unable is not None
    assert unable["handed_over"] == 1
    assert 30 < unable["stays"] <= 60
    removed = len(node.lines("resigned|-> BACKUP"))
    eventually(lambda: len(node.lines("handing over did not help")) >= 3)
    assert node.holds()
    assert len(node.lines("resigned|-> BACKUP")) == removed
    assert node.stop() == 0
