"""Unsolicited Neighbour Advertisements: keepalived's and FRR's bytes, and scapy's."""

from ipaddress import IPv6Address

import pytest
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6
from scapy.layers.l2 import Ether

from tests.vectors import Vector, load
from vrrpd.linux.ndisc import unsolicited_advertisement

MAC = bytes.fromhex("020000000001")
ROUTER_FLAG = 0x80


@pytest.mark.parametrize("vector", [each for each in load() if each.kind == "neighbour_advertisement"], ids=str)
def test_same_bytes_as_other_daemons(vector: Vector) -> None:
    address = IPv6Address(vector.frame[62:78])
    router = bool(vector.frame[58] & ROUTER_FLAG)
    assert unsolicited_advertisement(vector.mac, address, router=router) == vector.frame


def test_hosts_and_routers_were_recorded() -> None:
    flags = {each.frame[58] for each in load() if each.kind == "neighbour_advertisement"}
    assert flags == {0x20, 0xA0}


@pytest.mark.parametrize("router", [False, True])
@pytest.mark.parametrize("address", ["fe80::100", "fd00:1::100", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"])
def test_same_bytes_as_scapy(address: str, router: bool) -> None:
    mac = "02:00:00:00:00:01"
    expected = (
        Ether(dst="33:33:00:00:00:01", src=mac)
        / IPv6(src=address, dst="ff02::1", hlim=255)
        / ICMPv6ND_NA(tgt=address, R=int(router), S=0, O=1)
        / ICMPv6NDOptDstLLAddr(lladdr=mac)
    )
    assert unsolicited_advertisement(MAC, IPv6Address(address), router=router) == bytes(expected)


@pytest.mark.parametrize("mac", [b"", b"12345", b"1234567"])
def test_a_mac_has_six_bytes(mac: bytes) -> None:
    with pytest.raises(ValueError, match="6 bytes"):
        unsolicited_advertisement(mac, IPv6Address("fe80::100"), router=False)
