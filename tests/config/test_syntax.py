"""Texts that are not TOML."""

import pytest

from tests.config.findings import ERROR, found, instance, one
from vrrpd.config.load import read_config_bytes

CASES = [
    ("state = §MASTER", 'write: state = "MASTER"'),
    ("interface = §eth0 # comment", 'write: interface = "eth0"'),
    ("script = §killall -0 haproxy", 'write: script = "killall -0 haproxy"'),
    ("mcast_src_ip = §10.0.0.1", 'write: mcast_src_ip = "10.0.0.1"'),
    ("virtual_ipaddress = [\n  §192.168.1.100,\n]", 'write: "192.168.1.100"'),
    ("virtual_ipaddress = ['10.0.0.1', §fe80::1]", 'write: "fe80::1"'),
    ("authentication = { auth_type = §PASS }", 'write: "PASS"'),
    ("priority = 5 §6", "something stands behind the value"),
    ("priority §5", "no = behind the keyword"),
    ("priority§", "no = behind the keyword"),
    ("priority = §", "no value"),
    ("priority = §,", "no value"),
    ("§= 5", "neither a [table] nor"),
    ("[vrrp_instance.A§", "not closed"),
    ("a = [1, 2§", "list is not closed"),
    ("a = [1 §2]", "list is not closed, or a comma is missing"),
    ("a = { b = 1§", "table } is not closed"),
    ('a = "x§\n', "not closed on its line"),
    ('a = "x§', "last quotation mark is missing"),
    ('a = """x\n§', "last quotation mark is missing"),
    ('a = "C:\\d§"', "backslash"),
    ('a = "\\u§12x4"', "digits"),
    ("a = §2024-02-30", "no such date"),
    ('a = "§\x01"', "control character"),
    ("[t]\n§[t]", "t stands here a second time; the first is in line 1"),
    ("a = 1\nb = 2\n§a = 3", "first is in line 1"),
    ("a = { b = 1, §b = 2 }", "a.b stands here a second time"),
    ("a. = 1".replace(" ", " §"), "a keyword is missing"),
    ("a = 1\n[a.b§]", "value already"),
    ("a.b = 1\n[a§]", "twice"),
    ("vrrp_instance VI_1 §{\n}", "keepalived's own language"),
    ("! comment\nglobal_defs §{\n}", "keepalived's own language"),
]


@pytest.mark.parametrize(("text", "part"), CASES)
def test_one_error_at_its_place(text: str, part: str) -> None:
    diagnostic, place = one(text)
    assert diagnostic.severity is ERROR
    assert part in str(diagnostic)
    assert (diagnostic.location.line, diagnostic.location.column) == place


def test_everything_written_twice_is_said_at_once() -> None:
    text = "[t]\na = 1\na = 2\n[t]\nb = 1\n[u]\n[u]\n"
    assert [item.location.line for item in found(text)] == [3, 4, 7]


def test_repeats_and_another_error_are_both_said() -> None:
    assert [item.code for item in found("b = MASTER\na = 1\na = 2")] == ["syntax", "repeated"]


def test_too_deep() -> None:
    for text in ("a = " + "[" * 100_000, "a = " + "[" * 100_000 + "]" * 100_000):
        (diagnostic,) = found(text)
        assert (diagnostic.code, diagnostic.location.line) == ("syntax", 1)


def test_a_password_is_not_shown() -> None:
    for text in (
        "auth_pass = Geheim",
        "x = { auth_pass = Geheim }",
        "auth_pass = Geheim Geheim",
        'authentication = 0 { auth_type = "PASS", auth_pass = "Geheim" }',
        'auth_hmac = 0 { key = ["1", "Geheim"] }',
    ):
        assert all("Geheim" not in str(item) for item in found(text))


def test_bytes() -> None:
    text = instance()
    assert read_config_bytes(text.encode(), "f") == read_config_bytes(b"\xef\xbb\xbf" + text.encode(), "f")
    config, diagnostics = read_config_bytes("# ä\n# é".encode() + b" \xe9\n", "f")
    assert config is None
    assert [(str(item.location), item.code) for item in diagnostics] == [("f:2:5", "not-utf-8")]
