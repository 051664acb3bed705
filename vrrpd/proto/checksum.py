"""The Internet checksum (RFC 1071), and the pseudo-headers it covers (RFC 9568 section 5.2.8, RFC 8200 section 8.1)."""

import struct
from typing import Final

from vrrpd.units import Address

VRRP_PROTOCOL: Final = 112

_ALL_ONES: Final = 0xFFFF
_IPV4_TAIL: Final = struct.Struct("!BBH")
_IPV6_TAIL: Final = struct.Struct("!I3xB")


def internet_checksum(data: bytes) -> int:
    """The value for the checksum field of ``data`` whose field is zero; 0 when ``data`` carries the right one.

    An odd last byte counts as the upper half of a word (RFC 1071 section 4.1).
    """
    number = int.from_bytes(data, "big")
    if len(data) & 1:
        number <<= 8
    if not number:
        return _ALL_ONES
    # 2**16 is 1 modulo 0xFFFF, so the number's remainder is the one's complement sum of its words. That sum is never
    # zero when a word is not: a remainder of 0 stands for 0xFFFF.
    return (_ALL_ONES - number % _ALL_ONES) % _ALL_ONES


def pseudo_header(source: Address, destination: Address, length: int, protocol: int = VRRP_PROTOCOL) -> bytes:
    """What a checksum covers of the IP header in front of ``length`` bytes: 12 bytes for IPv4, 40 for IPv6."""
    addresses = source.packed + destination.packed
    if source.version == 4:
        return addresses + _IPV4_TAIL.pack(0, protocol, length)
    return addresses + _IPV6_TAIL.pack(length, protocol)
