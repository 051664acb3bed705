"""A file is read in the language it is written in."""

import pytest

from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.language import is_keepalived, read_any

TOML = b'[vrrp_instance.A]\ninterface = "eth0"\nvirtual_router_id = 5\nvirtual_ipaddress = ["10.0.0.1"]\n'
KEEPALIVED = b"vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n"


@pytest.mark.parametrize(
    ("content", "file", "keepalived"),
    [
        (TOML, "x.toml", False),
        (KEEPALIVED, "x.conf", True),
        (KEEPALIVED, "x", True),
        (TOML, "x", False),
        (TOML, "x.conf", False),
        (b"# comment\n\n" + TOML, "x", False),
        (b"\xef\xbb\xbf" + TOML, "x", False),
        (b"! comment\n" + KEEPALIVED, "x", True),
        (b"$IF=eth0\n" + KEEPALIVED, "x", True),
        (b"@lb1 $IF=eth0\n", "x", True),
        (b'router_id = "x"\n', "x", False),
        (b"global_defs{\n}\n", "x", True),
        (b"global_defs\n{\n}\n", "x", True),
        (b"[global_defs] # all\n", "x", False),
        (b"[[x]]\n", "x", False),
        (b"", "x.conf", True),
        (b"", "x.toml", False),
        (KEEPALIVED, "x.TOML", False),
    ],
)
def test_signs(content: bytes, file: str, keepalived: bool) -> None:
    assert is_keepalived(content, file) is keepalived


def test_both_say_the_same() -> None:
    ours, _, none = read_any(TOML, "x", ReadContext())
    theirs, _, verdict = read_any(KEEPALIVED, "x", ReadContext())
    assert ours is not None
    assert ours == theirs
    assert none is None
    assert verdict is not None
    assert verdict.exit_code == 0


def test_bytes_that_are_no_utf_8() -> None:
    config, _, verdict = read_any(KEEPALIVED + b"# caf\xe9\n", "x", ReadContext())
    assert config is not None
    assert verdict is not None
    assert verdict.exit_code == 0
