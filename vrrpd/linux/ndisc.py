"""Neighbour Discovery (RFC 4861): unsolicited advertisements, gratuitous ARP's counterpart, and solicitations."""

import struct
from ipaddress import IPv6Address
from typing import Final

from vrrpd.linux.arp import checked_mac
from vrrpd.proto.checksum import internet_checksum, pseudo_header

ALL_NODES: Final = IPv6Address("ff02::1")

_ALL_NODES_MAC: Final = bytes.fromhex("333300000001")
_ETHERTYPE_IPV6: Final = b"\x86\xdd"
_IPV6_HEADER: Final = struct.Struct("!IHBB")
_VERSION_6: Final = 6 << 28
_ICMPV6: Final = 58
_HOP_LIMIT: Final = 255

_ADVERTISEMENT: Final = struct.Struct("!BBHI")
_TYPE: Final = 136
_ROUTER: Final = 1 << 31
_OVERRIDE: Final = 1 << 29
_TARGET_LINK_LAYER_ADDRESS: Final = b"\x02\x01"
_SOLICITATION: Final = bytes((135, 0, 0, 0, 0, 0, 0, 0))
_SOURCE_LINK_LAYER_ADDRESS: Final = b"\x01\x01"


def unsolicited_advertisement(mac: bytes, address: IPv6Address, *, router: bool) -> bytes:
    """A whole Ethernet frame, 86 bytes: Override set, Solicited clear, sent from ``address`` to all nodes.

    ``router`` says whether this host forwards IPv6 on the interface: hosts drop a router that denies being one from
    their list of default routers (RFC 4861 section 7.2.5). ValueError when ``mac`` is not 6 bytes.
    """
    body = address.packed + _TARGET_LINK_LAYER_ADDRESS + checked_mac(mac)
    message = _message(body, _OVERRIDE | (_ROUTER if router else 0), address)
    header = _IPV6_HEADER.pack(_VERSION_6, len(message), _ICMPV6, _HOP_LIMIT) + address.packed + ALL_NODES.packed
    return _ALL_NODES_MAC + mac + _ETHERTYPE_IPV6 + header + message


def solicitation(mac: bytes, target: IPv6Address) -> bytes:
    """Who has ``target``? The ICMPv6 message, whose checksum is left to the kernel."""
    return _SOLICITATION + target.packed + _SOURCE_LINK_LAYER_ADDRESS + checked_mac(mac)


def _message(body: bytes, flags: int, source: IPv6Address) -> bytes:
    covered = pseudo_header(source, ALL_NODES, _ADVERTISEMENT.size + len(body), _ICMPV6)
    checksum = internet_checksum(covered + _ADVERTISEMENT.pack(_TYPE, 0, 0, flags) + body)
    return _ADVERTISEMENT.pack(_TYPE, 0, checksum, flags) + body
