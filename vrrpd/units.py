"""Units and small values that every layer shares, and the only conversions between them."""

import enum
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NewType, TypeAlias

Instant = NewType("Instant", float)
"""A moment on the monotonic clock, in seconds."""

Seconds = NewType("Seconds", float)
"""A length of time."""

Centiseconds = NewType("Centiseconds", int)
"""A length of time as VRRPv3 carries it: 0..4095 hundredths of a second."""

Vrid = NewType("Vrid", int)
"""A virtual router's number on its network: 1..255."""

Priority = NewType("Priority", int)
"""0 (the sender resigns), 1..254, 255 (the owner of the addresses)."""

Address: TypeAlias = IPv4Address | IPv6Address

RESIGN: Final = Priority(0)
OWNER: Final = Priority(255)


class Family(enum.Enum):
    """Address family of a virtual router; the value is the IP version."""

    IPV4 = 4
    IPV6 = 6


def family_of(address: Address) -> Family:
    return Family.IPV4 if address.version == 4 else Family.IPV6


def after(start: Instant, delay: float) -> Instant:
    """The moment ``delay`` seconds after ``start``."""
    return Instant(start + delay)


def between(start: Instant, end: Instant) -> Seconds:
    """Seconds from ``start`` to ``end``; negative when ``end`` is earlier."""
    return Seconds(end - start)


def to_centiseconds(length: Seconds) -> Centiseconds:
    """To the nearest hundredth, as VRRPv3 carries an interval (RFC 9568 section 5.2.7)."""
    return Centiseconds(round(length * 100))


def from_centiseconds(length: Centiseconds) -> Seconds:
    return Seconds(length / 100)
