"""VRRPv2's plain-text password (RFC 2338 section 5.3.6.2). It keeps strangers apart; it does not keep attackers out."""

from typing import Final

AUTH_DATA_LENGTH: Final = 8
NO_AUTH_DATA: Final = bytes(AUTH_DATA_LENGTH)


def pass_key(text: str) -> bytes:
    """The eight bytes sent for ``auth_pass``: its UTF-8 form, cut to 8 bytes as keepalived does, padded with zeros."""
    return text.encode()[:AUTH_DATA_LENGTH].ljust(AUTH_DATA_LENGTH, b"\0")


def same_key(received: bytes, expected: bytes) -> bool:
    """Compare in a time that does not depend on where the two differ: both are one number of eight bytes."""
    return int.from_bytes(received) ^ int.from_bytes(expected) == 0
