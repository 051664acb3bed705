"""Unicast where only the source address tells the interface; keepalived 2.2.7 refuses that, later ones do not."""

from pathlib import Path
from typing import Final

import pytest

from netns.capture import Capture
from netns.host import Host
from netns.lab import Lab
from tests.daemon.nodes import VIP, Node, eventually, instance_text
from tests.netns.unicast import Start, configure, keepalived, log_of, next_advert, vrrpd

pytestmark = pytest.mark.netns

LOOPBACK: Final = {"r1": "10.9.0.1", "r2": "10.9.0.2"}


def _without_interface(host: Host) -> None:
    path: Path = host.directory / "pair.conf"
    path.write_text(path.read_text().replace("    interface eth0\n", ""))


@pytest.mark.parametrize(
    ("lower", "higher", "bare"),
    [
        pytest.param(keepalived, vrrpd, "r2", id="vrrpd-preempts-keepalived"),
        pytest.param(vrrpd, keepalived, "r1", id="keepalived-preempts-vrrpd"),
    ],
)
@pytest.mark.parametrize("family", [4, 6])
def test_with_keepalived(lower: Start, higher: Start, bare: str, family: int) -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        first, second = lab.routers
        configure(first, second, 100, family=family)
        configure(second, first, 101, family=family)
        _without_interface(lab[bare])
        lower(first)
        next_advert(capture, first, 100)
        preempting = higher(second)
        taken = next_advert(capture, second, 101)
        second.run(["sleep", "0.3"])
        farewell_from = len(capture.adverts("r1"))
        preempting.stop()
        assert next_advert(capture, first, 100, since=taken.time_ns + 3 * 10**8), log_of(first)
        assert farewell_from >= 1
        assert capture.garps(bare, VIP if family == 4 else "fd00:1::100"), "the VIP is on default_interface"


def _routed(lab: Lab) -> None:
    """Addresses on lo of each, which the other reaches through eth0."""
    for host, other in (("r1", "r2"), ("r2", "r1")):
        lab[host].ip(
            f"addr add {LOOPBACK[host]}/32 dev lo", f"route add {LOOPBACK[other]}/32 via {lab[other].address} dev eth0"
        )


def _text(name: str, other: str, priority: int) -> str:
    text = instance_text(
        priority=priority, unicast_src_ip=LOOPBACK[name], unicast_peer=[LOOPBACK[other]],
        virtual_ipaddress=[VIP, "192.168.1.101 dev eth0"],
    )  # fmt: skip
    return text.replace('interface = "eth0"\n', "")


def test_addresses_on_the_loopback() -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        _routed(lab)
        first = Node(lab["r1"], _text("r1", "r2", 200)).start()
        second = Node(lab["r2"], _text("r2", "r1", 100)).start()
        first.becomes("MASTER")
        eventually(lambda: second.status()["master"] is not None)
        assert second.state() == "BACKUP"
        assert first.status()["interface"] == "lo"
        assert [address["device"] for address in first.status()["addresses"]] == ["eth0", "eth0"]
        eventually(lambda: first.holds(VIP) and first.holds("192.168.1.101"))
        advert = next_advert(capture, lab["r1"])
        assert (advert.source, advert.destination) == (LOOPBACK["r1"], LOOPBACK["r2"])
        lab["r1"].ip(f"addr del {LOOPBACK['r1']}/32 dev lo")
        first.becomes("FAULT")
        assert [fault["reason"] for fault in first.status()["faults"]] == ["no_source_address"]
        second.becomes("MASTER")
        assert second.lines("10.9.0.1 resigned"), "the farewell left though its source was gone"
        lab["r1"].ip(f"addr add {LOOPBACK['r1']}/32 dev eth0")
        first.becomes("MASTER")
        assert first.status()["interface"] == "eth0"
        second.becomes("BACKUP")


def test_the_interface_of_the_address_goes_down() -> None:
    with Lab(routers=2, clients=0) as lab:
        text = instance_text(unicast_src_ip="192.168.1.1", unicast_peer=["192.168.1.2"])
        node = Node(lab["r1"], text.replace('interface = "eth0"\n', "")).start()
        node.becomes("MASTER")
        lab["r1"].set_carrier(False)
        node.becomes("FAULT")
        assert node.status()["faults"] == [{"reason": "link_down", "name": "interface eth0 has no carrier"}]
        lab["r1"].set_carrier(True)
        node.becomes("MASTER")
        assert node.stop() == 0


def test_a_reload_moves_the_addresses_without_a_device() -> None:
    with Lab(routers=2, clients=0) as lab:
        lab["r1"].ip("link add vip0 type veth peer name vip1", "link set vip0 up", "link set vip1 up")
        text = instance_text(unicast_src_ip="192.168.1.1", unicast_peer=["192.168.1.2"])
        text = text.replace('interface = "eth0"\n', "")
        node = Node(lab["r1"], text).start()
        node.becomes("MASTER")
        eventually(node.holds)
        node.reload('[global_defs]\ndefault_interface = "vip0"\n' + text)
        eventually(lambda: f"inet {VIP}/32" in lab["r1"].run(["ip", "addr", "show", "vip0"]))
        assert VIP not in lab["r1"].run(["ip", "addr", "show", "eth0"])
        assert node.state() == "MASTER"
