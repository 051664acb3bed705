"""ARP (RFC 826): who has an address; and gratuitously (RFC 5227 section 3) "this address is at this MAC now"."""

import struct
from ipaddress import IPv4Address
from typing import Final

MAC_LENGTH: Final = 6
BROADCAST_MAC: Final = b"\xff" * MAC_LENGTH

_ETHERTYPE_ARP: Final = b"\x08\x06"
_FIXED: Final = struct.Struct("!HHBBH")
_ETHERNET: Final = 1
_ETHERTYPE_IPV4: Final = 0x0800
_REQUEST: Final = 1
_REPLY: Final = 2


def checked_mac(mac: bytes) -> bytes:
    """``mac`` itself; ValueError unless it has the six bytes of an Ethernet address."""
    if len(mac) != MAC_LENGTH:
        raise ValueError(f"an Ethernet address has {MAC_LENGTH} bytes, not {len(mac)}")
    return mac


def arp_request(mac: bytes, source: IPv4Address, target: IPv4Address) -> bytes:
    """Who has ``target``? A whole Ethernet frame. ValueError when ``mac`` is not 6 bytes."""
    sender = checked_mac(mac)
    fixed = _FIXED.pack(_ETHERNET, _ETHERTYPE_IPV4, MAC_LENGTH, 4, _REQUEST)
    body = fixed + sender + source.packed + bytes(MAC_LENGTH) + target.packed
    return BROADCAST_MAC + sender + _ETHERTYPE_ARP + body


def gratuitous_arp(mac: bytes, address: IPv4Address, *, reply: bool = False) -> bytes:
    """A whole Ethernet frame, 42 bytes without padding.

    The request form is keepalived's, with all ones as target hardware address. ``reply`` gives the other form in use
    (RFC 5944 section 4.6), whose target hardware address is the sender's. ValueError when ``mac`` is not 6 bytes.
    """
    sender = checked_mac(mac)
    target = sender if reply else BROADCAST_MAC
    fixed = _FIXED.pack(_ETHERNET, _ETHERTYPE_IPV4, MAC_LENGTH, 4, _REPLY if reply else _REQUEST)
    body = fixed + sender + address.packed + target + address.packed
    return BROADCAST_MAC + sender + _ETHERTYPE_ARP + body
