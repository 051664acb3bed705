"""What a raw IPv4 socket delivers."""

import struct
from dataclasses import replace

import pytest
from scapy.layers.inet import IP

from tests.proto.packets import V2, V3, Packet
from vrrpd.linux.ipv4_packet import parse_ipv4
from vrrpd.proto.advertisement import Datagram, Dropped, DropReason


def ip_packet(packet: Packet = V2, flags: str = "", fragment: int = 0, options: bytes = b"") -> bytes:
    header = IP(src="192.168.1.1", dst="224.0.0.18", proto=112, ttl=255, flags=flags, frag=fragment, options=options)
    return bytes(header / packet.datagram().payload)


def reason_of(packet: bytes) -> DropReason | None:
    result = parse_ipv4(packet)
    return result.reason if isinstance(result, Dropped) else None


def test_plain() -> None:
    assert parse_ipv4(ip_packet()) == V2.datagram()
    assert parse_ipv4(ip_packet(V3)) == V3.datagram()


def test_dont_fragment_is_no_fragment() -> None:
    assert parse_ipv4(ip_packet(flags="DF")) == V2.datagram()


def test_options_are_skipped() -> None:
    assert parse_ipv4(ip_packet(options=b"\x94\x04\0\0" * 10)) == V2.datagram()


def test_hop_limit_is_handed_on() -> None:
    packet = bytearray(ip_packet())
    packet[8] = 1
    assert parse_ipv4(bytes(packet)) == replace(V2.datagram(), hop_limit=1)


def test_padding_to_the_ethernet_minimum() -> None:
    packet = ip_packet()
    assert len(packet) == 40
    for padding in range(1, 7):
        assert parse_ipv4(packet + bytes(padding)) == V2.datagram()
    for surplus in range(7, 20):
        assert reason_of(packet + bytes(surplus)) is DropReason.BAD_LENGTH


def test_no_padding_behind_a_full_frame() -> None:
    packet = ip_packet(replace(V2, count=3))
    assert len(packet) == 48
    assert isinstance(parse_ipv4(packet), Datagram)
    assert reason_of(packet + b"\0") is DropReason.BAD_LENGTH


def test_truncated() -> None:
    packet = ip_packet()
    for size in range(len(packet)):
        assert reason_of(packet[:size]) is DropReason.TRUNCATED


@pytest.mark.parametrize(("flags", "fragment"), [("MF", 0), ("MF", 1), ("", 1), ("", 8191)])
def test_fragments(flags: str, fragment: int) -> None:
    assert reason_of(ip_packet(flags=flags, fragment=fragment)) is DropReason.FRAGMENT


@pytest.mark.parametrize(("offset", "value"), [(0, 0x65), (0, 0x05), (9, 51), (9, 0)])
def test_something_else(offset: int, value: int) -> None:
    packet = bytearray(ip_packet())
    packet[offset] = value
    assert reason_of(bytes(packet)) is DropReason.NOT_VRRP


@pytest.mark.parametrize(("first", "total"), [(0x44, 40), (0x40, 40), (0x45, 19), (0x45, 0), (0x4B, 43)])
def test_header_lengths_that_cannot_be(first: int, total: int) -> None:
    packet = bytearray(ip_packet() + bytes(6))
    packet[0] = first
    packet[2:4] = struct.pack("!H", total)
    assert reason_of(bytes(packet)) is DropReason.BAD_LENGTH


def test_header_only() -> None:
    packet = bytearray(ip_packet()[:20])
    packet[2:4] = struct.pack("!H", 20)
    result = parse_ipv4(bytes(packet))
    assert isinstance(result, Datagram)
    assert result.payload == b""


def test_the_words_for_people() -> None:
    packet = ip_packet()
    other_protocol = packet[:9] + b"\x33" + packet[10:]
    for data, words in (
        (b"123", "3 bytes, an IPv4 header has 20"),
        (packet[:-1], "39 of 40 bytes"),
        (packet + bytes(9), "49 bytes, the IPv4 header says 40"),
        (b"\x44" + packet[1:], "IPv4 header of 16 bytes in a packet of 40"),
        (other_protocol, "IP version 4, protocol 51"),
        (ip_packet(flags="MF"), "a fragment of an IPv4 packet"),
    ):
        result = parse_ipv4(data)
        assert isinstance(result, Dropped)
        assert result.detail == words
