"""Advertisements with faults, put together field by field and without the code under test."""

import struct
from dataclasses import dataclass, replace
from ipaddress import ip_address

from tests.proto.test_checksum import word_by_word
from vrrpd.proto.advertisement import Datagram, ReceiveRules
from vrrpd.units import Address, Family, Seconds, Vrid

PASSWORD = b"SecretPa"
GROUPS: dict[Family, Address] = {Family.IPV4: ip_address("224.0.0.18"), Family.IPV6: ip_address("ff02::12")}
SOURCES: dict[Family, Address] = {Family.IPV4: ip_address("192.168.1.1"), Family.IPV6: ip_address("fe80::1")}
VIPS: dict[Family, Address] = {Family.IPV4: ip_address("192.168.1.100"), Family.IPV6: ip_address("fe80::100")}


@dataclass(frozen=True, slots=True)
class Packet:
    """A valid VRRPv2 PASS advertisement over IPv4 unless told otherwise; ``interval`` is the raw 16 bits of VRRPv3."""

    family: Family = Family.IPV4
    version: int = 2
    kind: int = 1
    vrid: int = 51
    priority: int = 101
    count: int = 1
    auth_type: int = 1
    seconds: int = 1
    interval: int = 100
    password: bytes = PASSWORD
    checksum_error: int = 0
    pseudo_header: bool = True
    surplus: bytes = b""
    hop_limit: int = 255
    destination: Address | None = None

    def datagram(self) -> Datagram:
        destination = self.destination or GROUPS[self.family]
        return Datagram(self.family, SOURCES[self.family], destination, self.hop_limit, self.payload(destination))

    def payload(self, destination: Address) -> bytes:
        timing = bytes([self.auth_type, self.seconds]) if self.version == 2 else struct.pack("!H", self.interval)
        start = bytes([self.version << 4 | self.kind, self.vrid, self.priority, self.count]) + timing
        body = VIPS[self.family].packed * self.count
        plain = self.version == 2 and self.family is Family.IPV4
        if plain:
            body += self.password
        body += self.surplus
        covered = start + body
        if not plain and self.pseudo_header:
            covered += SOURCES[self.family].packed + destination.packed
            covered += struct.pack("!II", len(start + body) + 2, 112)
        checksum = word_by_word(covered) ^ self.checksum_error
        return start + struct.pack("!H", checksum) + body

    def rules(self) -> ReceiveRules:
        """What accepts this packet when it has no fault."""
        password = PASSWORD if self.version == 2 and self.family is Family.IPV4 else None
        return ReceiveRules(self.family, self.version, Vrid(51), Seconds(1.0), password)


V2 = Packet()
V2_IPV6 = replace(V2, family=Family.IPV6, auth_type=0)
V3 = replace(V2, version=3)
V3_IPV6 = replace(V3, family=Family.IPV6)
