"""What a raw IPv4 socket delivers: IP header, options, payload. Raw IPv6 sockets deliver the payload only."""

import struct
from functools import lru_cache
from ipaddress import IPv4Address
from typing import Final

from vrrpd.proto.advertisement import Datagram, Dropped, DropReason
from vrrpd.proto.checksum import VRRP_PROTOCOL
from vrrpd.units import Family

_IPV4_HEADER: Final = struct.Struct("!BBHHHBBH4s4s")
_FRAGMENT_BITS: Final = 0x3FFF
_ETHERNET_MINIMUM: Final = 46
_CACHED_ADDRESSES: Final = 512

_ipv4_address = lru_cache(maxsize=_CACHED_ADDRESSES)(IPv4Address)


def parse_ipv4(packet: bytes) -> Datagram | Dropped:
    """Take apart what a raw IPv4 socket delivers: the IP header, options, payload.

    Bytes behind the total length are Ethernet padding when they fill a frame up to its minimum, else a wrong length.
    """
    if len(packet) < _IPV4_HEADER.size:
        return Dropped(DropReason.TRUNCATED, f"{len(packet)} bytes, an IPv4 header has {_IPV4_HEADER.size}")
    first, _, total, _, fragment, ttl, protocol, _, source, destination = _IPV4_HEADER.unpack_from(packet)
    if first >> 4 != 4 or protocol != VRRP_PROTOCOL:
        return Dropped(DropReason.NOT_VRRP, f"IP version {first >> 4}, protocol {protocol}")
    if fragment & _FRAGMENT_BITS:
        return Dropped(DropReason.FRAGMENT, "a fragment of an IPv4 packet")
    header_length = (first & 0xF) * 4
    dropped = _check_ipv4_lengths(len(packet), header_length, total)
    if dropped:
        return dropped
    payload = packet[header_length:total]
    return Datagram(Family.IPV4, _ipv4_address(source), _ipv4_address(destination), ttl, payload)


def _check_ipv4_lengths(received: int, header: int, total: int) -> Dropped | None:
    if header < _IPV4_HEADER.size or total < header:
        return Dropped(DropReason.BAD_LENGTH, f"IPv4 header of {header} bytes in a packet of {total}")
    if received < total:
        return Dropped(DropReason.TRUNCATED, f"{received} of {total} bytes")
    if received > max(total, _ETHERNET_MINIMUM):
        return Dropped(DropReason.BAD_LENGTH, f"{received} bytes, the IPv4 header says {total}")
    return None
