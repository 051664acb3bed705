"""The codec over all advertisements, and over everything else that can arrive."""

from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.vectors import Vector, adverts, datagram_of
from vrrpd.linux.ipv4_packet import parse_ipv4
from vrrpd.proto.advertisement import (
    Advertisement,
    ChecksumForm,
    Datagram,
    Dropped,
    ReceiveRules,
    decode,
    encode,
    peek_vrid,
)
from vrrpd.proto.auth import pass_key
from vrrpd.proto.checksum import internet_checksum, pseudo_header
from vrrpd.units import Address, Family, Priority, Seconds, Vrid

AUTH_DATA = 8


@dataclass(frozen=True, slots=True)
class Sent:
    """An advertisement on its way between two routers."""

    advertisement: Advertisement
    source: Address
    destination: Address
    password: bytes | None

    @property
    def datagram(self) -> Datagram:
        payload = encode(self.advertisement, self.source, self.destination, self.password)
        return Datagram(Family(self.source.version), self.source, self.destination, 255, payload)

    @property
    def rules(self) -> ReceiveRules:
        advertisement = self.advertisement
        return ReceiveRules(
            family=Family(self.source.version),
            version=advertisement.version,
            vrid=advertisement.vrid,
            interval=advertisement.interval,
            password=self.password,
            multicast=self.destination.is_multicast,
        )


def addresses(family: Family) -> st.SearchStrategy[Address]:
    if family is Family.IPV4:
        return st.integers(0, 2**32 - 1).map(IPv4Address)
    return st.integers(0, 2**128 - 1).map(IPv6Address)


def destinations(family: Family) -> st.SearchStrategy[Address]:
    group: Address = IPv4Address("224.0.0.18") if family is Family.IPV4 else IPv6Address("ff02::12")
    return st.one_of(st.just(group), addresses(family))


@st.composite
def sent(draw: st.DrawFn, most_addresses: int = 20) -> Sent:
    """Any valid advertisement of either version, over either family, with and without a password, in either form."""
    family, version = draw(st.sampled_from(Family)), draw(st.sampled_from([2, 3]))
    has_form = version == 3 and family is Family.IPV4
    hundredths = draw(st.integers(0, 4095)) if version == 3 else draw(st.integers(0, 255)) * 100
    advertisement = Advertisement(
        version=version,
        vrid=Vrid(draw(st.integers(1, 255))),
        priority=Priority(draw(st.integers(0, 255))),
        interval=Seconds(hundredths / 100),
        addresses=tuple(draw(st.lists(addresses(family), max_size=most_addresses))),
        checksum_form=draw(st.sampled_from((ChecksumForm.PSEUDO_HEADER, ChecksumForm.PLAIN)))
        if has_form
        else ChecksumForm.PSEUDO_HEADER,
    )
    has_password = version == 2 and family is Family.IPV4 and draw(st.booleans())
    password = pass_key(draw(st.text(max_size=10))) if has_password else None
    return Sent(advertisement, draw(addresses(family)), draw(destinations(family)), password)


def has_two_forms(packet: Sent) -> bool:
    """False where the pseudo-header adds nothing to the sum, so that nobody can tell the two forms apart."""
    length = len(packet.datagram.payload)
    return internet_checksum(pseudo_header(packet.source, packet.destination, length)) != 0


@given(sent(most_addresses=255))
def test_round_trip(packet: Sent) -> None:
    assume(has_two_forms(packet))
    assert decode(packet.datagram, packet.rules) == packet.advertisement
    assert peek_vrid(packet.datagram.payload) == packet.advertisement.vrid


@given(sent(most_addresses=4))
def test_no_changed_bit_goes_unnoticed(packet: Sent) -> None:
    """Every single bit of a packet is checked or covered by the checksum.

    Over IPv4 a VRRPv3 packet may be accepted in the other form, where the pseudo-header's sum is just one bit.
    """
    datagram = packet.datagram
    number = int.from_bytes(datagram.payload, "big")
    size = len(datagram.payload)
    for bit in range(size * 8):
        flipped = replace(datagram, payload=(number ^ 1 << bit).to_bytes(size, "big"))
        result = decode(flipped, packet.rules)
        if isinstance(result, Advertisement):
            assert result.version == 3
            assert flipped.family is Family.IPV4
            assert result.checksum_form is not packet.advertisement.checksum_form


def canonical(payload: bytes, rules: ReceiveRules) -> bytes:
    """Without what a receiver ignores: VRRPv3's reserved bits, the data behind authentication type 0, the checksum."""
    start, body = payload[:6], payload[8:]
    if rules.version == 3:
        start = start[:4] + bytes([start[4] & 0xF]) + start[5:]
    elif rules.family is Family.IPV4 and rules.password is None:
        body = body[:-AUTH_DATA] + bytes(AUTH_DATA)
    return start + body


def check_total(datagram: Datagram, rules: ReceiveRules) -> None:
    """Whatever was accepted says what its bytes say, and whatever was not has a reason."""
    vrid = peek_vrid(datagram.payload)
    assert vrid is None or 1 <= vrid <= 255
    result = decode(datagram, rules)
    if isinstance(result, Dropped):
        assert result.detail
        return
    assert result.vrid == vrid == rules.vrid
    again = encode(result, datagram.source, datagram.destination, rules.password)
    assert canonical(again, rules) == canonical(datagram.payload, rules)


def with_right_checksum(datagram: Datagram) -> Datagram:
    payload = datagram.payload
    zeroed = payload[:6] + b"\0\0" + payload[8:]
    plain = datagram.family is Family.IPV4 and payload[0] >> 4 == 2
    covered = b"" if plain else pseudo_header(datagram.source, datagram.destination, len(payload))
    checksum = internet_checksum(covered + zeroed).to_bytes(2, "big")
    return replace(datagram, payload=payload[:6] + checksum + payload[8:])


@given(sent(), st.binary(max_size=100), st.integers(0, 255))
def test_any_bytes(packet: Sent, payload: bytes, hop_limit: int) -> None:
    check_total(replace(packet.datagram, payload=payload, hop_limit=hop_limit), packet.rules)


@given(sent(most_addresses=3), st.data())
def test_changed_bytes_with_a_right_checksum(packet: Sent, data: st.DataObject) -> None:
    """Behind the checksum, where random changes hardly ever get."""
    payload = bytearray(packet.datagram.payload)
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    check_total(with_right_checksum(replace(packet.datagram, payload=bytes(payload))), packet.rules)


@given(sent(most_addresses=3), sent(most_addresses=3), st.data())
def test_spliced_and_cut(one: Sent, other: Sent, data: st.DataObject) -> None:
    head, tail = one.datagram.payload, other.datagram.payload
    cut, joint = data.draw(st.integers(0, len(head))), data.draw(st.integers(0, len(tail)))
    check_total(replace(one.datagram, payload=head[:cut] + tail[joint:]), one.rules)
    check_total(replace(one.datagram, payload=head[:cut]), one.rules)
    check_total(replace(one.datagram, payload=head + tail[:joint]), one.rules)


@given(st.binary(max_size=80))
def test_any_ipv4_packet(packet: bytes) -> None:
    result = parse_ipv4(packet)
    if isinstance(result, Datagram):
        assert result.payload in packet


@given(st.sampled_from([each for each in adverts() if "ipv6" not in each.case]), st.data())
def test_changed_ipv4_packets(vector: Vector, data: st.DataObject) -> None:
    packet = bytearray(vector.frame[14:])
    for _ in range(data.draw(st.integers(1, 3))):
        packet[data.draw(st.integers(0, 19))] = data.draw(st.integers(0, 255))
    received = bytes(packet) + data.draw(st.binary(max_size=10))
    result = parse_ipv4(received)
    if isinstance(result, Datagram):
        header, total = (received[0] & 0xF) * 4, int.from_bytes(received[2:4], "big")
        assert result.payload == received[header:total]
        assert total == header + len(result.payload)


def test_recorded_packets_pass_the_same_check() -> None:
    for vector in adverts():
        datagram = datagram_of(vector.frame)
        version = datagram.payload[0] >> 4
        check_total(datagram, ReceiveRules(datagram.family, version, Vrid(51), Seconds(1.0)))
