"""Gratuitous ARP: keepalived's and FRR's bytes, and scapy's reading of both forms."""

from ipaddress import IPv4Address

import pytest
from scapy.layers.l2 import ARP, Ether

from tests.vectors import Vector, load
from vrrpd.linux.arp import arp_request, gratuitous_arp

MAC = bytes.fromhex("020000000001")
VIP = IPv4Address("192.168.1.100")


@pytest.mark.parametrize("vector", [each for each in load() if each.kind == "gratuitous_arp"], ids=str)
def test_same_bytes_as_other_daemons(vector: Vector) -> None:
    address = IPv4Address(vector.frame[28:32])
    assert gratuitous_arp(vector.mac, address) == vector.frame


def test_request_form_as_scapy_reads_it() -> None:
    frame = Ether(gratuitous_arp(MAC, VIP))
    arp = frame[ARP]
    assert (frame.dst, frame.src, frame.type) == ("ff:ff:ff:ff:ff:ff", "02:00:00:00:00:01", 0x806)
    assert (arp.op, arp.hwsrc, arp.psrc) == (1, "02:00:00:00:00:01", "192.168.1.100")
    assert (arp.hwdst, arp.pdst) == ("ff:ff:ff:ff:ff:ff", "192.168.1.100")


def test_reply_form_is_scapy_s() -> None:
    mac = "02:00:00:00:00:01"
    expected = Ether(dst="ff:ff:ff:ff:ff:ff", src=mac) / ARP(op=2, hwsrc=mac, psrc=str(VIP), hwdst=mac, pdst=str(VIP))
    assert gratuitous_arp(MAC, VIP, reply=True) == bytes(expected)


@pytest.mark.parametrize("mac", [b"", b"12345", b"1234567"])
def test_a_mac_has_six_bytes(mac: bytes) -> None:
    with pytest.raises(ValueError, match="6 bytes"):
        gratuitous_arp(mac, VIP)


def test_a_request_as_scapy_reads_it() -> None:
    frame = Ether(arp_request(MAC, IPv4Address("192.168.1.1"), VIP))
    arp = frame[ARP]
    assert (frame.dst, frame.src, frame.type) == ("ff:ff:ff:ff:ff:ff", "02:00:00:00:00:01", 0x806)
    assert (arp.op, arp.hwsrc, arp.psrc) == (1, "02:00:00:00:00:01", "192.168.1.1")
    assert (arp.hwdst, arp.pdst) == ("00:00:00:00:00:00", "192.168.1.100")
    with pytest.raises(ValueError, match="6 bytes"):
        arp_request(b"", VIP, VIP)
