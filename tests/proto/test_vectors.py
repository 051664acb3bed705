"""Every recorded advertisement of keepalived and FRR is understood, and ours have the same bytes."""

from ipaddress import ip_address

import pytest

from tests.vectors import Vector, adverts, datagram_of
from vrrpd.proto.advertisement import (
    Advertisement,
    ChecksumForm,
    Datagram,
    Dropped,
    DropReason,
    ReceiveRules,
    decode,
    encode,
    peek_vrid,
)
from vrrpd.proto.auth import pass_key
from vrrpd.units import Address, Family, Priority, Seconds, Vrid

# keepalived marks these PASS but has no room for the password; a keepalived that receives one crashes.
UNUSABLE = "v2_ipv6_pass"
PASSWORDS = {"v2_pass": "SecretPassword", "v2_pass_short": "abc"}
INTERVALS = {"v3_fast": Seconds(0.01), "v3_slow": Seconds(2.57)}
ADDRESSES = {
    "v2_pass_short": ("192.168.1.100", "192.168.1.101", "10.0.0.1"),
    "v3_fast": ("192.168.1.100", "192.168.1.101"),
}
USABLE = [vector for vector in adverts() if vector.case != UNUSABLE]


def addresses_of(vector: Vector) -> tuple[Address, ...]:
    if "ipv6" in vector.case:
        texts: tuple[str, ...] = ("fe80::100",) if vector.sender == "frr" else ("fe80::100", "fd00:1::100")
    else:
        texts = ADDRESSES.get(vector.case, ("192.168.1.100",))
    return tuple(ip_address(text) for text in texts)


def rules_for(vector: Vector) -> ReceiveRules:
    family = Family.IPV6 if "ipv6" in vector.case else Family.IPV4
    password = PASSWORDS.get(vector.case)
    version = 3 if vector.case.startswith("v3") else 2
    return ReceiveRules(family, version, Vrid(51), Seconds(1.0), pass_key(password) if password else None)


def expected_of(vector: Vector) -> Advertisement:
    priority = Priority(0) if vector.kind == "farewell" else Priority(101)
    interval = INTERVALS.get(vector.case, Seconds(1.0))
    return Advertisement(rules_for(vector).version, Vrid(51), priority, interval, addresses_of(vector))


@pytest.mark.parametrize("vector", USABLE, ids=str)
def test_decoded(vector: Vector) -> None:
    datagram = datagram_of(vector.frame)
    assert datagram.hop_limit == 255
    assert peek_vrid(datagram.payload) == 51
    assert decode(datagram, rules_for(vector)) == expected_of(vector)


@pytest.mark.parametrize("vector", USABLE, ids=str)
def test_encoded(vector: Vector) -> None:
    datagram = datagram_of(vector.frame)
    rules = rules_for(vector)
    ours = encode(expected_of(vector), datagram.source, datagram.destination, rules.password)
    assert ours == datagram.payload


def test_both_daemons_were_recorded_in_all_forms() -> None:
    cases = {(vector.sender, rules_for(vector).version, rules_for(vector).family) for vector in USABLE}
    assert cases == {
        ("keepalived", 2, Family.IPV4),
        ("keepalived", 2, Family.IPV6),
        ("keepalived", 3, Family.IPV4),
        ("keepalived", 3, Family.IPV6),
        ("frr", 2, Family.IPV4),
        ("frr", 3, Family.IPV4),
        ("frr", 3, Family.IPV6),
    }


@pytest.mark.parametrize("vector", [each for each in adverts() if each.case == UNUSABLE], ids=str)
def test_password_claimed_over_ipv6_is_refused(vector: Vector) -> None:
    result = decode(datagram_of(vector.frame), rules_for(vector))
    assert isinstance(result, Dropped)
    assert result.reason is DropReason.AUTH_TYPE_MISMATCH


def test_checksum_without_pseudo_header() -> None:
    """From keepalived's own test of its HMAC extension (test/auth_hmac_test.c), which leaves the pseudo-header out."""
    payload = bytes.fromhex("3133c80100644402c0000264")
    source, destination = ip_address("198.51.100.10"), ip_address("224.0.0.18")
    expected = Advertisement(3, Vrid(51), Priority(200), Seconds(1.0), (ip_address("192.0.2.100"),), ChecksumForm.PLAIN)
    rules = ReceiveRules(Family.IPV4, 3, Vrid(51), Seconds(1.0))
    assert decode(Datagram(Family.IPV4, source, destination, 255, payload), rules) == expected
    assert encode(expected, source, destination) == payload
