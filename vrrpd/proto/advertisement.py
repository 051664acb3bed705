"""VRRP advertisements: values, and the reasons to drop what is none (RFC 3768 section 5, RFC 9568 section 5)."""

import enum
from dataclasses import dataclass, field

from vrrpd.units import Address, Family, Priority, Seconds, Vrid


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


class ChecksumForm(enum.Enum):
    """Which bytes a VRRPv3 checksum over IPv4 covers.

    keepalived and RFC 5798 include the pseudo-header; RFC 9568 section 5.2.8 leaves it out for IPv4.
    """

    PSEUDO_HEADER = "pseudo_header"
    PLAIN = "plain"


class AuthType(enum.IntEnum):
    """VRRPv2 authentication types (RFC 2338 section 5.3.6)."""

    NONE = 0
    PASS = 1
    AH = 2


@dataclass(frozen=True, slots=True)
class Advertisement:
    """One advertisement, as sent or as accepted.

    ``interval`` is in seconds: whole seconds in VRRPv2 (0..255), hundredths in VRRPv3 (0..40.95).
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
    ``interval`` is compared in VRRPv2 only: VRRPv3 learns it.
    """

    family: Family
    version: int
    vrid: Vrid
    interval: Seconds
    password: bytes | None = field(default=None, repr=False)
    multicast: bool = True
