"""Frames of the lab's bridge as records: an account of VRRP, ARP and NDP that owes nothing to vrrpd's own codec."""

import socket
import struct
from dataclasses import dataclass, field
from typing import Final, TypeAlias

ETHERTYPE_IPV4: Final = 0x0800
ETHERTYPE_ARP: Final = 0x0806
ETHERTYPE_IPV6: Final = 0x86DD
VRRP: Final = 112
ICMPV6: Final = 58
NEIGHBOUR_ADVERTISEMENT: Final = 136
_ETHERNET: Final = 14


@dataclass(frozen=True, slots=True)
class Advert:
    """One VRRP advertisement; ``host`` sent it, ``time_ns`` is the kernel's, ``interval`` is in seconds."""

    time_ns: int
    host: str
    source: str
    destination: str
    ttl: int
    version: int
    vrid: int
    priority: int
    addresses: tuple[str, ...]
    interval: float
    auth_type: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A gratuitous ARP (request or ``reply`` form) or an unsolicited Neighbour Advertisement for ``address``."""

    time_ns: int
    host: str
    address: str
    mac: str
    reply: bool


Record: TypeAlias = Advert | Announcement


def parse(time_ns: int, host: str, frame: bytes) -> Record | None:
    """The record of a frame; None for anything else, such as an ordinary ARP request."""
    if len(frame) < _ETHERNET:
        return None
    (ethertype,) = struct.unpack_from("!H", frame, 12)
    packet = frame[_ETHERNET:]
    try:
        if ethertype == ETHERTYPE_ARP:
            return _arp(time_ns, host, packet)
        if ethertype == ETHERTYPE_IPV4:
            return _ipv4(time_ns, host, packet)
        if ethertype == ETHERTYPE_IPV6:
            return _ipv6(time_ns, host, packet)
    except (struct.error, IndexError, ValueError):
        return None
    return None


def _arp(time_ns: int, host: str, packet: bytes) -> Announcement | None:
    operation, mac, sender, target = struct.unpack_from("!6xH6s4s6x4s", packet)
    if sender != target:
        return None
    return Announcement(time_ns, host, socket.inet_ntoa(sender), _mac(mac), operation == 2)


def _ipv4(time_ns: int, host: str, packet: bytes) -> Advert | None:
    if packet[9] != VRRP:
        return None
    (total,) = struct.unpack_from("!H", packet, 2)
    payload = packet[(packet[0] & 15) * 4 : total]
    source, destination = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
    return _advert(time_ns, host, source, destination, packet[8], payload, size=4)


def _ipv6(time_ns: int, host: str, packet: bytes) -> Record | None:
    (length,) = struct.unpack_from("!H", packet, 4)
    payload = packet[40 : 40 + length]
    source, destination = (socket.inet_ntop(socket.AF_INET6, packet[at : at + 16]) for at in (8, 24))
    if packet[6] == VRRP:
        return _advert(time_ns, host, source, destination, packet[7], payload, size=16)
    if packet[6] == ICMPV6 and payload[0] == NEIGHBOUR_ADVERTISEMENT and destination == "ff02::1":
        return Announcement(
            time_ns, host, socket.inet_ntop(socket.AF_INET6, payload[8:24]), _mac(target_mac(payload)), True
        )
    return None


def target_mac(advertisement: bytes) -> bytes:
    """The target link-layer address option of a Neighbour Advertisement (RFC 4861 section 4.6.1); zeros without it."""
    return advertisement[26:32] if advertisement[24:26] == b"\x02\x01" else bytes(6)


def _advert(time_ns: int, host: str, source: str, destination: str, ttl: int, payload: bytes, *, size: int) -> Advert:
    first, vrid, priority, count, auth_type, seconds = struct.unpack_from("!6B", payload)
    version = first >> 4
    interval = float(seconds) if version == 2 else ((auth_type << 8 | seconds) & 0xFFF) / 100
    family = socket.AF_INET if size == 4 else socket.AF_INET6
    addresses = tuple(
        socket.inet_ntop(family, payload[8 + size * index : 8 + size * (index + 1)]) for index in range(count)
    )
    return Advert(
        time_ns=time_ns,
        host=host,
        source=source,
        destination=destination,
        ttl=ttl,
        version=version,
        vrid=vrid,
        priority=priority,
        addresses=addresses,
        interval=interval,
        auth_type=auth_type if version == 2 else 0,
        payload=payload,
    )


def _mac(raw: bytes) -> str:
    return raw.hex(":")
