"""Frames that real daemons sent, as ``record.py`` wrote them down."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv6Address
from pathlib import Path

from vrrpd.linux.ipv4_packet import parse_ipv4
from vrrpd.proto.advertisement import Datagram
from vrrpd.units import Family

_ETHERNET_HEADER = 14
_IPV6_HEADER = 40


@dataclass(frozen=True, slots=True)
class Vector:
    """One Ethernet frame; ``kind`` is advertisement, farewell, gratuitous_arp or neighbour_advertisement."""

    sender: str
    case: str
    kind: str
    frame: bytes

    def __str__(self) -> str:
        return f"{self.sender}-{self.case}-{self.kind}"

    @property
    def mac(self) -> bytes:
        return self.frame[6:12]


def datagram_of(frame: bytes) -> Datagram:
    """What the kernel would have delivered of an advertisement's frame."""
    packet = frame[_ETHERNET_HEADER:]
    if packet[0] >> 4 == 4:
        datagram = parse_ipv4(packet)
        assert isinstance(datagram, Datagram)
        return datagram
    source, destination = IPv6Address(packet[8:24]), IPv6Address(packet[24:40])
    return Datagram(Family.IPV6, source, destination, packet[7], packet[_IPV6_HEADER:])


def _read(sender: str) -> Iterator[Vector]:
    document = json.loads(Path(__file__).with_name(f"{sender}.json").read_text())
    for case in document["cases"]:
        for kind, frames in case["frames"].items():
            for frame in frames:
                yield Vector(sender, case["name"], kind, bytes.fromhex(frame))


@cache
def load() -> tuple[Vector, ...]:
    return (*_read("keepalived"), *_read("frr"))


def adverts() -> tuple[Vector, ...]:
    return tuple(vector for vector in load() if vector.kind in {"advertisement", "farewell"})
