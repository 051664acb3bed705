"""The Internet checksum against RFC 1071's example, a plain implementation, and scapy's pseudo-headers."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, in4_pseudoheader
from scapy.layers.inet6 import PseudoIPv6

from vrrpd.proto.checksum import internet_checksum, pseudo_header
from vrrpd.units import Address


def word_by_word(data: bytes) -> int:
    """RFC 1071 section 4.1, as written there."""
    total = 0
    for start in range(0, len(data), 2):
        total += int.from_bytes(data[start : start + 2].ljust(2, b"\0"), "big")
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def test_example_of_rfc_1071() -> None:
    assert internet_checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF ^ 0xDDF2


@given(st.binary(max_size=64))
def test_same_as_word_by_word(data: bytes) -> None:
    assert internet_checksum(data) == word_by_word(data)


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\xff\xff", b"\xff", b"\xff\xfe\x00\x01", b"\x00\x01\xff\xff"])
def test_the_two_zeros_of_one_s_complement(data: bytes) -> None:
    assert internet_checksum(data) == word_by_word(data)


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        (IPv4Address("192.168.1.1"), IPv4Address("224.0.0.18")),
        (IPv6Address("fe80::1"), IPv6Address("ff02::12")),
    ],
)
@pytest.mark.parametrize(("length", "protocol"), [(12, 112), (4000, 58)])
def test_pseudo_headers_are_scapy_s(source: Address, destination: Address, length: int, protocol: int) -> None:
    if source.version == 4:
        # scapy takes the payload's length from the IP header.
        ip = IP(src=str(source), dst=str(destination), len=20 + length, ihl=5)
        expected = in4_pseudoheader(protocol, ip, length)
    else:
        expected = bytes(PseudoIPv6(src=str(source), dst=str(destination), uplen=length, nh=protocol))
    assert pseudo_header(source, destination, length, protocol) == expected
