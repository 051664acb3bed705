"""VRRP advertisements: values, and the reasons to drop what is none (RFC 3768 section 5, RFC 9568 section 5)."""

import enum
import struct
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from vrrpd.proto.auth import AUTH_DATA_LENGTH, NO_AUTH_DATA, same_key
from vrrpd.proto.checksum import internet_checksum, pseudo_header
from vrrpd.records import dataclass
from vrrpd.units import (
    Address,
    Centiseconds,
    Family,
    Priority,
    Seconds,
    Vrid,
    family_of,
    from_centiseconds,
    to_centiseconds,
)


class DropReason(enum.Enum):
    """Why a received packet was ignored. The value is the name of its counter, metric label and log word."""

    TRUNCATED = "truncated"
    BAD_LENGTH = "bad_length"
    BAD_TTL = "bad_ttl"
    BAD_VERSION = "bad_version"
    BAD_TYPE = "bad_type"
    BAD_VRID = "bad_vrid"
    BAD_CHECKSUM = "bad_checksum"
    UNKNOWN_VRID = "unknown_vrid"
    NOT_VRRP = "not_vrrp"
    FRAGMENT = "fragment"
    INVALID_AUTH_TYPE = "invalid_auth_type"
    AUTH_TYPE_MISMATCH = "auth_type_mismatch"
    AUTH_FAILURE = "auth_failure"
    INTERVAL_MISMATCH = "interval_mismatch"
    ADDRESS_LIST_MISMATCH = "address_list_mismatch"
    WRONG_DESTINATION = "wrong_destination"
    OWN_PACKET = "own_packet"
    OWNER_IGNORES = "owner_ignores"
    NOT_READY = "not_ready"
    UNKNOWN_PEER = "unknown_peer"


class ChecksumForm(enum.Enum):
    """Which bytes a VRRPv3 checksum over IPv4 covers.

    keepalived and RFC 5798 include the pseudo-header; RFC 9568 section 5.2.8 leaves it out for IPv4. keepalived up to
    1.3.6 sent to unicast peers with the multicast group in the pseudo-header.
    """

    PSEUDO_HEADER = "pseudo_header"
    PLAIN = "plain"
    OLD_UNICAST = "old_unicast"
    UNCHECKED = "unchecked"
    """Wrong in every form, and accepted nevertheless (``v3_checksum_as_v2``)."""


class AuthType(enum.IntEnum):
    """VRRPv2 authentication types (RFC 2338 section 5.3.6)."""

    NONE = 0
    PASS = 1
    AH = 2


@dataclass(frozen=True, slots=True)
class Advertisement:
    """One advertisement, as sent or as accepted.

    ``interval`` is in seconds: whole seconds in VRRPv2 (0..255), hundredths in VRRPv3 (0..40.95). ``checksum_form``
    means something in VRRPv3 over IPv4 only; elsewhere it is PSEUDO_HEADER and not looked at. What is sent is never
    UNCHECKED.
    """

    version: int
    vrid: Vrid
    priority: Priority
    interval: Seconds
    addresses: tuple[Address, ...]
    checksum_form: ChecksumForm = ChecksumForm.PSEUDO_HEADER


@dataclass(frozen=True, slots=True)
class Dropped:
    """A packet that is not to be acted upon, and why; ``detail`` is for people."""

    reason: DropReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Datagram:
    """What the kernel delivered: the bytes behind the IP header, and what was in it."""

    family: Family
    source: Address
    destination: Address
    hop_limit: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class ReceiveRules:
    """What a virtual router accepts (keepalived's order of checks; see docs/compatibility.md).

    ``password`` is the eight zero-padded bytes of a VRRPv2 PASS key, or None.
    ``interval`` is compared in VRRPv2 only: VRRPv3 learns it. ``peers`` holds the senders that are accepted, each with
    the least and the greatest hop limit (0..255); None: anybody. ``any_checksum``: a wrong one of VRRPv3 over IPv4
    is no reason to drop. ``old_group``: the group that unicast peers may have in their pseudo-headers; None: none.
    """

    family: Family
    version: int
    vrid: Vrid
    interval: Seconds
    password: bytes | None = field(default=None, repr=False)
    multicast: bool = True
    peers: Mapping[Address, tuple[int, int]] | None = None
    any_checksum: bool = False
    old_group: Address | None = None


MULTICAST_HOP_LIMIT: Final = 255
"""Anything less was forwarded by somebody (RFC 9568 section 5.1.1.3)."""

_HEADER: Final = struct.Struct("!BBBBBBH")
_ADVERTISEMENT_TYPE: Final = 1
_MAX_V2_INTERVAL: Final = 255
_MAX_V3_INTERVAL: Final = 40.95

# Looking up an enum's member costs 0.15 us before Python 3.12, and a decoded packet needs ten of them.
_IPV4: Final = Family.IPV4
_WITH_PSEUDO_HEADER: Final = ChecksumForm.PSEUDO_HEADER
_NO_AUTH: Final = int(AuthType.NONE)
_PASS: Final = int(AuthType.PASS)
_LAST_AUTH_TYPE: Final = int(AuthType.AH)

_CACHED_LISTS: Final = 512
_LONGEST_CACHED_LIST: Final = 32


def peek_vrid(payload: bytes) -> Vrid | None:
    """Which virtual router a packet is for; None when it has no whole VRRP header or names VRID 0."""
    if len(payload) < _HEADER.size or payload[1] == 0:
        return None
    return Vrid(payload[1])


def decode(datagram: Datagram, rules: ReceiveRules) -> Advertisement | Dropped:
    """Check a received packet in keepalived's order and take it apart; never raises.

    Not checked, as in keepalived: VRRPv3's reserved bits, the order of the addresses, authentication data under
    authentication type 0. Whether the addresses are ours is the election's business.
    """
    payload = datagram.payload
    if len(payload) < _HEADER.size:
        return Dropped(DropReason.TRUNCATED, f"{len(payload)} bytes, a VRRP header has {_HEADER.size}")
    first, vrid, priority, count, upper, lower, _ = _HEADER.unpack_from(payload)
    version = first >> 4
    dropped = (
        _check_addressee(datagram, vrid, rules)
        or _check_length(payload, version, count, rules.family)
        or _check_network(datagram.hop_limit, version, rules)
        or (_check_version_2(payload, upper, lower, rules) if version == 2 else None)
        or _check_type(first & 0xF)
    )
    if dropped:
        return dropped
    form = _checksum_form(datagram, version, rules)
    if form is None:
        return Dropped(DropReason.BAD_CHECKSUM, f"checksum 0x{payload[6]:02x}{payload[7]:02x}")
    if _is_multicast(datagram.destination) != rules.multicast:
        expected = "multicast" if rules.multicast else "unicast"
        return Dropped(DropReason.WRONG_DESTINATION, f"sent to {datagram.destination}, {expected} expected")
    dropped = _check_peer(datagram, rules)
    if dropped:
        return dropped
    interval = Seconds(float(lower)) if version == 2 else from_centiseconds(Centiseconds((upper & 0xF) << 8 | lower))
    addresses = _unpack_addresses(payload, count, rules.family)
    return Advertisement(version, Vrid(vrid), Priority(priority), interval, addresses, form)


def _check_addressee(datagram: Datagram, vrid: int, rules: ReceiveRules) -> Dropped | None:
    if datagram.family is not rules.family:
        return Dropped(DropReason.NOT_VRRP, f"IPv{datagram.family.value} packet for an IPv{rules.family.value} router")
    if vrid == rules.vrid:
        return None
    if vrid == 0:
        return Dropped(DropReason.BAD_VRID, "VRID 0")
    return Dropped(DropReason.UNKNOWN_VRID, f"VRID {vrid}, {rules.vrid} expected")


def _check_length(payload: bytes, version: int, count: int, family: Family) -> Dropped | None:
    expected = _HEADER.size + count * 4 if family is _IPV4 else _HEADER.size + count * 16
    # Only VRRPv2 over IPv4 has authentication data, and it always has: the packet's own version decides.
    if version == 2 and family is _IPV4:
        expected += AUTH_DATA_LENGTH
    if len(payload) == expected:
        return None
    return Dropped(DropReason.BAD_LENGTH, f"{len(payload)} bytes, {expected} expected (addresses: {count})")


def _check_network(hop_limit: int, version: int, rules: ReceiveRules) -> Dropped | None:
    if rules.multicast and hop_limit != MULTICAST_HOP_LIMIT:
        return Dropped(DropReason.BAD_TTL, f"TTL {hop_limit}, {MULTICAST_HOP_LIMIT} expected")
    if version != rules.version:
        return Dropped(DropReason.BAD_VERSION, f"VRRP version {version}, {rules.version} expected")
    return None


def _check_version_2(payload: bytes, auth_type: int, interval: int, rules: ReceiveRules) -> Dropped | None:
    if auth_type > _LAST_AUTH_TYPE:
        return Dropped(DropReason.INVALID_AUTH_TYPE, f"authentication type {auth_type}")
    # IPv6 has no room for authentication data.
    password = rules.password if rules.family is _IPV4 else None
    expected = _NO_AUTH if password is None else _PASS
    if auth_type != expected:
        detail = f"authentication type {AuthType(auth_type).name}, {AuthType(expected).name} expected"
        return Dropped(DropReason.AUTH_TYPE_MISMATCH, detail)
    if password is not None and not same_key(payload[-AUTH_DATA_LENGTH:], password):
        return Dropped(DropReason.AUTH_FAILURE, "another password")
    if float(interval) != rules.interval:
        return Dropped(DropReason.INTERVAL_MISMATCH, f"advert_int {interval} s, {rules.interval:g} s expected")
    return None


def _check_type(kind: int) -> Dropped | None:
    if kind == _ADVERTISEMENT_TYPE:
        return None
    return Dropped(DropReason.BAD_TYPE, f"VRRP type {kind}")


def _checksum_form(datagram: Datagram, version: int, rules: ReceiveRules) -> ChecksumForm | None:
    """The form in which the checksum is right; None when it is wrong and that matters."""
    payload = datagram.payload
    ipv4 = datagram.family is _IPV4
    if version == 2 and ipv4:
        return None if internet_checksum(payload) else _WITH_PSEUDO_HEADER
    covered = pseudo_header(datagram.source, datagram.destination, len(payload))
    if internet_checksum(covered + payload) == 0:
        return _WITH_PSEUDO_HEADER
    if not ipv4:
        return None
    if internet_checksum(payload) == 0:
        return ChecksumForm.PLAIN
    if rules.old_group is not None:
        covered = pseudo_header(datagram.source, rules.old_group, len(payload))
        if internet_checksum(covered + payload) == 0:
            return ChecksumForm.OLD_UNICAST
    return ChecksumForm.UNCHECKED if rules.any_checksum else None


def _check_peer(datagram: Datagram, rules: ReceiveRules) -> Dropped | None:
    if rules.peers is None:
        return None
    limits = rules.peers.get(datagram.source)
    if limits is None:
        return Dropped(DropReason.UNKNOWN_PEER, f"{datagram.source} is none of the unicast peers")
    low, high = limits
    if low <= datagram.hop_limit <= high:
        return None
    return Dropped(DropReason.BAD_TTL, f"TTL {datagram.hop_limit}, {low} to {high} expected")


def _is_multicast(address: Address) -> bool:
    if address.version == 4:
        return int(address) >> 28 == 0xE
    return int(address) >> 120 == 0xFF


def _unpack_addresses(payload: bytes, count: int, family: Family) -> tuple[Address, ...]:
    width = 4 if family is _IPV4 else 16
    packed = payload[_HEADER.size : _HEADER.size + count * width]
    # A master repeats one list for ever. Long lists stay out, or a stranger's packets could make the cache large.
    return _address_list(packed, width) if count <= _LONGEST_CACHED_LIST else _build_list(packed, width)


def _build_list(packed: bytes, width: int) -> tuple[Address, ...]:
    kind = IPv4Address if width == 4 else IPv6Address
    return tuple(kind(packed[start : start + width]) for start in range(0, len(packed), width))


_address_list = lru_cache(maxsize=_CACHED_LISTS)(_build_list)


def encode(advertisement: Advertisement, source: Address, destination: Address, password: bytes | None = None) -> bytes:
    """The bytes behind the IP header. ``password`` is ``pass_key()``'s result and goes into VRRPv2 over IPv4 only.

    ``destination`` is what the pseudo-header says: for the checksum form OLD_UNICAST that is the group.

    VRRPv2 over IPv4 always carries eight bytes of authentication data, zeros without a password (RFC 3768 section 5.2).
    ValueError when a value does not fit its field (VRRPv3 intervals are rounded to hundredths) or the families differ.
    """
    family = family_of(source)
    if any(family_of(address) is not family for address in (destination, *advertisement.addresses)):
        raise ValueError("both address families in one advertisement")
    has_auth_data = advertisement.version == 2 and family is Family.IPV4
    auth_type, auth_data = _authentication(password) if has_auth_data else (AuthType.NONE, b"")
    packed = b"".join(address.packed for address in advertisement.addresses)
    message = _pack_header(advertisement, auth_type) + packed + auth_data
    covered = message
    if not has_auth_data and not (family is Family.IPV4 and advertisement.checksum_form is ChecksumForm.PLAIN):
        covered = pseudo_header(source, destination, len(message)) + message
    return message[:6] + internet_checksum(covered).to_bytes(2, "big") + message[8:]


def _authentication(password: bytes | None) -> tuple[AuthType, bytes]:
    if password is None:
        return AuthType.NONE, NO_AUTH_DATA
    if len(password) != AUTH_DATA_LENGTH:
        raise ValueError(f"a VRRPv2 key has {AUTH_DATA_LENGTH} bytes")
    return AuthType.PASS, password


def _pack_header(advertisement: Advertisement, auth_type: AuthType) -> bytes:
    upper, lower = _interval_field(advertisement, auth_type)
    first = advertisement.version << 4 | _ADVERTISEMENT_TYPE
    count = len(advertisement.addresses)
    try:
        return _HEADER.pack(first, advertisement.vrid, advertisement.priority, count, upper, lower, 0)
    except struct.error as error:
        raise ValueError(f"does not fit: {advertisement}") from error


def _interval_field(advertisement: Advertisement, auth_type: AuthType) -> tuple[int, int]:
    version, interval = advertisement.version, advertisement.interval
    if version == 2 and 0 <= interval <= _MAX_V2_INTERVAL and interval % 1 == 0:
        return auth_type, int(interval)
    if version == 3 and 0 <= interval <= _MAX_V3_INTERVAL:
        return divmod(to_centiseconds(interval), 256)
    raise ValueError(f"VRRP version {version} cannot carry an interval of {interval:g} s")
