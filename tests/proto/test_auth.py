"""VRRPv2's password as keepalived puts it on the wire."""

import pytest

from vrrpd.proto.auth import pass_key, same_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("SecretPassword", b"SecretPa"),
        ("exactly8", b"exactly8"),
        ("abc", b"abc\0\0\0\0\0"),
        ("", bytes(8)),
        ("pässwört", "pässwö".encode()),
        ("1234567ä", b"1234567\xc3"),
    ],
)
def test_eight_bytes(text: str, key: bytes) -> None:
    assert pass_key(text) == key


def test_comparison() -> None:
    assert same_key(b"SecretPa", pass_key("SecretPassword"))
    assert not same_key(b"SecretPb", pass_key("SecretPassword"))
    assert not same_key(b"SecretP", b"SecretPa")
