"""decode, encode and peek_vrid: each check, the order of the checks, the limits of each field."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address
from typing import Final

import pytest

from tests.proto.packets import GROUPS, PASSWORD, SOURCES, V2, V2_IPV6, V3, V3_IPV6, VIPS, Packet
from vrrpd.proto.advertisement import (
    Advertisement,
    AuthType,
    ChecksumForm,
    Dropped,
    DropReason,
    ReceiveRules,
    decode,
    encode,
    peek_vrid,
)
from vrrpd.proto.auth import pass_key
from vrrpd.units import Address, Family, Priority, Seconds, Vrid

PLAIN_PACKETS: Final = {"v2": V2, "v2_ipv6": V2_IPV6, "v3": V3, "v3_ipv6": V3_IPV6}
Change = Mapping[str, object]

# In the order in which keepalived checks; what is changed, and what the drop is then called.
V2_FAULTS: Final[list[tuple[Change, DropReason]]] = [
    ({"vrid": 52}, DropReason.UNKNOWN_VRID),
    ({"surplus": bytes(4)}, DropReason.BAD_LENGTH),
    ({"hop_limit": 254}, DropReason.BAD_TTL),
    ({"auth_type": 3}, DropReason.INVALID_AUTH_TYPE),
    ({"auth_type": 0}, DropReason.AUTH_TYPE_MISMATCH),
    ({"password": b"secretPa"}, DropReason.AUTH_FAILURE),
    ({"seconds": 2}, DropReason.INTERVAL_MISMATCH),
    ({"kind": 2}, DropReason.BAD_TYPE),
    ({"checksum_error": 1}, DropReason.BAD_CHECKSUM),
    ({"destination": ip_address("192.168.1.2")}, DropReason.WRONG_DESTINATION),
]
V3_FAULTS: Final[list[tuple[Change, DropReason]]] = [
    ({"vrid": 0}, DropReason.BAD_VRID),
    ({"surplus": bytes(1)}, DropReason.BAD_LENGTH),
    ({"hop_limit": 1}, DropReason.BAD_TTL),
    ({"version": 4}, DropReason.BAD_VERSION),
    ({"kind": 0}, DropReason.BAD_TYPE),
    ({"checksum_error": 0x8000}, DropReason.BAD_CHECKSUM),
    ({"destination": ip_address("192.168.1.2")}, DropReason.WRONG_DESTINATION),
]


def changed(packet: Packet, *changes: Change) -> Packet:
    """``packet`` with the changes; of two changes to one field the first stays."""
    merged: dict[str, object] = {}
    for change in reversed(changes):
        merged |= change
    return replace(packet, **merged)  # type: ignore[arg-type]  # the tables above hold right types


def reason_of(packet: Packet, rules: ReceiveRules) -> DropReason | None:
    result = decode(packet.datagram(), rules)
    return result.reason if isinstance(result, Dropped) else None


@pytest.mark.parametrize("packet", PLAIN_PACKETS.values(), ids=PLAIN_PACKETS.keys())
def test_without_fault(packet: Packet) -> None:
    expected = Advertisement(packet.version, Vrid(51), Priority(101), Seconds(1.0), (VIPS[packet.family],))
    assert decode(packet.datagram(), packet.rules()) == expected


@pytest.mark.parametrize(
    ("packet", "change", "reason"),
    [(V2, *fault) for fault in V2_FAULTS] + [(V3, *fault) for fault in V3_FAULTS],
    ids=lambda value: value.value if isinstance(value, DropReason) else "",
)
def test_each_fault_has_its_reason(packet: Packet, change: Change, reason: DropReason) -> None:
    result = decode(changed(packet, change).datagram(), packet.rules())
    assert isinstance(result, Dropped)
    assert result.reason is reason
    assert 0 < len(result.detail) < 80


@pytest.mark.parametrize(("packet", "faults"), [(V2, V2_FAULTS), (V3, V3_FAULTS)], ids=["v2", "v3"])
def test_the_earlier_check_names_the_drop(packet: Packet, faults: list[tuple[Change, DropReason]]) -> None:
    for (first, reason), (second, _) in itertools.combinations(faults, 2):
        assert reason_of(changed(packet, first, second), packet.rules()) is reason, (first, second)


@pytest.mark.parametrize(
    ("base", "change", "words"),
    [
        (V2, {"vrid": 52}, "VRID 52, 51 expected"),
        (V2, {"surplus": bytes(4)}, "24 bytes, 20 expected (addresses: 1)"),
        (V2, {"hop_limit": 254}, "TTL 254, 255 expected"),
        (V2, {"auth_type": 3}, "authentication type 3"),
        (V2, {"auth_type": 0}, "authentication type NONE, PASS expected"),
        (V2, {"password": bytes(8)}, "another password"),
        (V2, {"seconds": 2}, "advert_int 2 s, 1 s expected"),
        (V2, {"kind": 2}, "VRRP type 2"),
        (V2, {"destination": ip_address("192.168.1.2")}, "sent to 192.168.1.2, multicast expected"),
        (V3, {"version": 4}, "VRRP version 4, 3 expected"),
        (V3, {"checksum_error": 0x8000}, "checksum 0x8522"),
        (V3, {"vrid": 0}, "VRID 0"),
        (V3, {"family": Family.IPV6}, "IPv6 packet for an IPv4 router"),
    ],
    ids=str,
)
def test_the_words_for_people(base: Packet, change: Change, words: str) -> None:
    result = decode(changed(base, change).datagram(), base.rules())
    assert isinstance(result, Dropped)
    assert result.detail == words


@pytest.mark.parametrize("size", range(8))
def test_shorter_than_a_header(size: int) -> None:
    datagram = V2.datagram()
    result = decode(replace(datagram, payload=datagram.payload[:size]), V2.rules())
    assert isinstance(result, Dropped)
    assert result.reason is DropReason.TRUNCATED


@pytest.mark.parametrize("packet", PLAIN_PACKETS.values(), ids=PLAIN_PACKETS.keys())
def test_any_other_length(packet: Packet) -> None:
    datagram = packet.datagram()
    for size in range(8, len(datagram.payload)):
        result = decode(replace(datagram, payload=datagram.payload[:size]), packet.rules())
        assert isinstance(result, Dropped)
        assert result.reason is DropReason.BAD_LENGTH
    for surplus in range(1, 30):
        assert reason_of(replace(packet, surplus=bytes(surplus)), packet.rules()) is DropReason.BAD_LENGTH


def test_length_goes_by_the_packet_s_own_version() -> None:
    """A VRRPv3 packet on a VRRPv2 router is of the wrong version, not of the wrong length, and the reverse."""
    assert reason_of(V3, V2.rules()) is DropReason.BAD_VERSION
    assert reason_of(V2, V3.rules()) is DropReason.BAD_VERSION


def test_the_other_family() -> None:
    assert reason_of(V3_IPV6, V3.rules()) is DropReason.NOT_VRRP
    assert reason_of(V3, V3_IPV6.rules()) is DropReason.NOT_VRRP


@pytest.mark.parametrize("form", [True, False])
def test_checksum_form_is_remembered(form: bool) -> None:
    result = decode(replace(V3, pseudo_header=form).datagram(), V3.rules())
    assert isinstance(result, Advertisement)
    assert result.checksum_form is (ChecksumForm.PSEUDO_HEADER if form else ChecksumForm.PLAIN)


def test_a_wrong_checksum_may_not_matter() -> None:
    """keepalived's v3_checksum_as_v2: the result of the check is ignored."""
    wrong = replace(V3, checksum_error=0x8000).datagram()
    result = decode(wrong, replace(V3.rules(), any_checksum=True))
    assert isinstance(result, Advertisement)
    assert result.checksum_form is ChecksumForm.UNCHECKED
    lax = replace(V2.rules(), any_checksum=True)
    assert reason_of(replace(V2, checksum_error=1), lax) is DropReason.BAD_CHECKSUM
    lax = replace(V3_IPV6.rules(), any_checksum=True)
    assert reason_of(replace(V3_IPV6, checksum_error=1), lax) is DropReason.BAD_CHECKSUM


def test_the_group_in_the_pseudo_header_of_a_unicast_peer() -> None:
    group, peer = GROUPS[Family.IPV4], ip_address("192.168.1.2")
    payload = V3.payload(group)
    datagram = replace(V3.datagram(), destination=peer, payload=payload)
    rules = replace(V3.rules(), multicast=False)
    dropped = decode(datagram, rules)
    assert isinstance(dropped, Dropped)
    assert dropped.reason is DropReason.BAD_CHECKSUM
    result = decode(datagram, replace(rules, old_group=group))
    assert isinstance(result, Advertisement)
    assert result.checksum_form is ChecksumForm.OLD_UNICAST
    modern = decode(replace(datagram, payload=V3.payload(peer)), replace(rules, old_group=group))
    assert isinstance(modern, Advertisement)
    assert modern.checksum_form is ChecksumForm.PSEUDO_HEADER
    assert encode(result, datagram.source, group) == payload


def test_ipv6_needs_the_pseudo_header() -> None:
    assert reason_of(replace(V3_IPV6, pseudo_header=False), V3_IPV6.rules()) is DropReason.BAD_CHECKSUM
    assert reason_of(replace(V2_IPV6, pseudo_header=False), V2_IPV6.rules()) is DropReason.BAD_CHECKSUM


@pytest.mark.parametrize("packet", PLAIN_PACKETS.values(), ids=PLAIN_PACKETS.keys())
def test_unicast(packet: Packet) -> None:
    """keepalived asks for no TTL of 255 between unicast peers, and takes multicast for a stranger's."""
    rules = replace(packet.rules(), multicast=False)
    peer = ip_address("192.168.1.2") if packet.family is Family.IPV4 else ip_address("fe80::2")
    assert reason_of(replace(packet, destination=peer, hop_limit=64), rules) is None
    assert reason_of(packet, rules) is DropReason.WRONG_DESTINATION
    assert reason_of(replace(packet, destination=peer), packet.rules()) is DropReason.WRONG_DESTINATION


def test_authentication_types() -> None:
    without = replace(V2.rules(), password=None)
    assert reason_of(replace(V2, auth_type=0, password=bytes(8)), without) is None
    assert reason_of(replace(V2, auth_type=0, password=b"anything"), without) is None
    assert reason_of(V2, without) is DropReason.AUTH_TYPE_MISMATCH
    assert reason_of(replace(V2, auth_type=AuthType.AH), V2.rules()) is DropReason.AUTH_TYPE_MISMATCH
    assert reason_of(replace(V2, auth_type=255), without) is DropReason.INVALID_AUTH_TYPE


def test_no_password_over_ipv6() -> None:
    rules = replace(V2_IPV6.rules(), password=PASSWORD)
    assert reason_of(V2_IPV6, rules) is None
    assert reason_of(replace(V2_IPV6, auth_type=1), rules) is DropReason.AUTH_TYPE_MISMATCH


def test_passwords_stay_out_of_sight() -> None:
    rules = replace(V2.rules(), password=pass_key("hunter22"))
    result = decode(V2.datagram(), rules)
    for text in (repr(result), repr(rules), str(rules)):
        assert "hunter22" not in text
        assert "SecretPa" not in text


def test_version_3_learns_the_interval_and_ignores_reserved_bits() -> None:
    for raw, seconds in ((0xF064, 1.0), (0x0FFF, 40.95), (1, 0.01), (0, 0.0)):
        result = decode(replace(V3, interval=raw).datagram(), V3.rules())
        assert isinstance(result, Advertisement)
        assert result.interval == seconds


@pytest.mark.parametrize("count", [0, 1, 32, 33, 255])
@pytest.mark.parametrize("packet", PLAIN_PACKETS.values(), ids=PLAIN_PACKETS.keys())
def test_any_number_of_addresses(packet: Packet, count: int) -> None:
    result = decode(replace(packet, count=count).datagram(), packet.rules())
    assert isinstance(result, Advertisement)
    assert result.addresses == (VIPS[packet.family],) * count


@pytest.mark.parametrize(("count", "kept"), [(32, True), (33, False)])
def test_only_short_lists_are_kept_for_the_next_packet(count: int, kept: bool) -> None:
    first, again = (decode(replace(V3, count=count).datagram(), V3.rules()) for _ in range(2))
    assert isinstance(first, Advertisement)
    assert isinstance(again, Advertisement)
    assert (first.addresses is again.addresses) == kept


@pytest.mark.parametrize("priority", [0, 1, 254, 255])
def test_every_priority(priority: int) -> None:
    result = decode(replace(V3, priority=priority).datagram(), V3.rules())
    assert isinstance(result, Advertisement)
    assert result.priority == priority


def test_peek_vrid() -> None:
    payload = V2.datagram().payload
    assert peek_vrid(payload) == 51
    assert peek_vrid(payload[:8]) == 51
    assert peek_vrid(payload[:7]) is None
    assert peek_vrid(b"") is None
    assert peek_vrid(bytes(20)) is None


SAMPLE: Final = Advertisement(2, Vrid(51), Priority(101), Seconds(1.0), (ip_address("192.168.1.100"),))
SAMPLE_V3: Final = replace(SAMPLE, version=3)


def encoded(advertisement: Advertisement, password: bytes | None = None, destination: Address | None = None) -> bytes:
    group = GROUPS[Family.IPV4] if destination is None else destination
    return encode(advertisement, SOURCES[Family.IPV4], group, password)


def test_encode_makes_the_packet_put_together_by_hand() -> None:
    for packet in PLAIN_PACKETS.values():
        ours = Advertisement(packet.version, Vrid(51), Priority(101), Seconds(1.0), (VIPS[packet.family],))
        source, group = SOURCES[packet.family], GROUPS[packet.family]
        assert encode(ours, source, group, packet.rules().password) == packet.payload(group)


def test_encode_leaves_the_password_out_where_it_has_no_place() -> None:
    assert encoded(SAMPLE_V3, PASSWORD) == encoded(SAMPLE_V3)
    over_ipv6 = replace(SAMPLE, addresses=(VIPS[Family.IPV6],))
    ends = SOURCES[Family.IPV6], GROUPS[Family.IPV6]
    assert encode(over_ipv6, *ends, PASSWORD) == encode(over_ipv6, *ends)


@pytest.mark.parametrize(
    ("version", "interval", "field"),
    [(2, 0.0, b"\0\0"), (2, 255.0, b"\0\xff"), (3, 0.0, b"\0\0"), (3, 2.56, b"\x01\0"), (3, 40.95, b"\x0f\xff")],
)
def test_encode_takes_every_interval_that_fits(version: int, interval: float, field: bytes) -> None:
    assert encoded(replace(SAMPLE, version=version, interval=Seconds(interval)))[4:6] == field


def test_encode_rounds_version_3_to_hundredths() -> None:
    assert encoded(replace(SAMPLE_V3, interval=Seconds(0.1 + 0.2)))[4:6] == b"\x00\x1e"


@pytest.mark.parametrize(
    ("version", "interval"),
    [
        (2, 0.4),
        (2, 256.0),
        (2, -1.0),
        (2, float("nan")),
        (2, float("inf")),
        (3, 40.96),
        (3, -0.01),
        (3, float("nan")),
        (3, float("inf")),
        (1, 1.0),
        (4, 1.0),
    ],
)
def test_encode_refuses_an_interval_that_the_version_cannot_carry(version: int, interval: float) -> None:
    with pytest.raises(ValueError, match=f"version {version} cannot carry an interval of"):
        encoded(replace(SAMPLE, version=version, interval=Seconds(interval)))


@pytest.mark.parametrize(
    "change",
    [
        {"vrid": 256},
        {"priority": -1},
        {"priority": 256},
        {"addresses": (ip_address("10.0.0.1"),) * 256},
    ],
    ids=["vrid", "negative priority", "priority", "addresses"],
)
def test_encode_refuses_what_does_not_fit(change: Change) -> None:
    bad: Advertisement = replace(SAMPLE, **change)  # type: ignore[arg-type]  # the table holds fields of it
    with pytest.raises(ValueError, match="does not fit"):
        encoded(bad)


def test_encode_refuses_mixed_families_and_odd_keys() -> None:
    with pytest.raises(ValueError, match="families"):
        encoded(SAMPLE, destination=GROUPS[Family.IPV6])
    with pytest.raises(ValueError, match="families"):
        encoded(replace(SAMPLE, addresses=(VIPS[Family.IPV4], VIPS[Family.IPV6])))
    for key in (b"", b"1234567", b"123456789"):
        with pytest.raises(ValueError, match="8 bytes"):
            encoded(SAMPLE, key)
