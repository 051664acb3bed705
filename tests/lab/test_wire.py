"""The lab's own account of frames, against recorded ones and against scapy's."""

import pytest
from scapy.layers.inet import IP
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.layers.vrrp import VRRP, VRRPv3

from netns.wire import Advert, Announcement, parse

MAC = "02:00:00:00:00:01"
VIP = "192.168.1.100"


def read(frame: object) -> object:
    return parse(7, "r1", bytes(frame))  # type: ignore[call-overload] # scapy's packets know how to be bytes


def test_an_advertisement_of_version_2() -> None:
    frame = Ether(src=MAC) / IP(src="192.168.1.1", dst="224.0.0.18", ttl=255, proto=112)
    frame /= VRRP(vrid=51, priority=101, adv=2, authtype=1, addrlist=[VIP])
    record = read(frame)
    assert isinstance(record, Advert)
    assert (record.time_ns, record.host, record.source, record.ttl) == (7, "r1", "192.168.1.1", 255)
    assert (record.version, record.vrid, record.priority, record.addresses) == (2, 51, 101, (VIP,))
    assert (record.interval, record.auth_type) == (2.0, 1)


def test_an_advertisement_of_version_3_counts_hundredths() -> None:
    frame = Ether(src=MAC) / IP(src="192.168.1.1", dst="224.0.0.18", ttl=255, proto=112)
    record = read(frame / VRRPv3(vrid=7, priority=0, adv=10, addrlist=[VIP]))
    assert isinstance(record, Advert)
    assert (record.version, record.vrid, record.priority, record.interval) == (3, 7, 0, 0.1)


def test_an_advertisement_over_ipv6() -> None:
    frame = Ether(src=MAC) / IPv6(src="fe80::1", dst="ff02::12", hlim=255, nh=112)
    record = read(frame / VRRPv3(vrid=7, priority=9, adv=100, addrlist=["fd00:1::100"]))
    assert isinstance(record, Advert)
    assert (record.source, record.ttl, record.addresses) == ("fe80::1", 255, ("fd00:1::100",))


@pytest.mark.parametrize(("operation", "reply"), [(1, False), (2, True)])
def test_gratuitous_arp(operation: int, reply: bool) -> None:
    frame = Ether(src=MAC, dst="ff:ff:ff:ff:ff:ff") / ARP(op=operation, hwsrc=MAC, psrc=VIP, pdst=VIP)
    assert read(frame) == Announcement(7, "r1", VIP, MAC, reply)


def test_an_unsolicited_neighbour_advertisement() -> None:
    frame = Ether(src=MAC) / IPv6(src="fe80::1", dst="ff02::1", hlim=255) / ICMPv6ND_NA(tgt="fd00:1::100", S=0, O=1)
    assert read(frame / ICMPv6NDOptDstLLAddr(lladdr=MAC)) == Announcement(7, "r1", "fd00:1::100", MAC, True)


@pytest.mark.parametrize(
    "frame",
    [
        Ether(src=MAC) / ARP(op=1, psrc="192.168.1.1", pdst=VIP),
        Ether(src=MAC) / IP(proto=17),
        Ether(src=MAC) / IPv6(dst="fe80::2") / ICMPv6ND_NA(tgt="fd00:1::100"),
        b"",
        b"\0" * 14,
        bytes(Ether(src=MAC) / IP(proto=112))[:36],
    ],
)
def test_anything_else_is_no_record(frame: object) -> None:
    assert read(frame) is None
