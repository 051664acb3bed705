"""Whatever is in a file, the answer is a configuration or errors, each at a place that exists."""

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.config.documents import documents
from vrrpd.config.diagnostics import has_errors
from vrrpd.config.load import read_config, read_config_bytes
from vrrpd.config.parameters import parameters_of
from vrrpd.config.redact import redacted

EXAMPLES = [path.read_text() for path in sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*.toml"))]
EVERYTHING = """
[global_defs]
router_id = "x"
script_user = "a b"
[vrrp_script.s]
script = ["a"]
weight = "5 reverse"
[vrrp_instance.i]
interface = "eth0"
virtual_router_id = 1
authentication = { auth_type = "PASS", auth_pass = "Hush-Hush-Hush" }
virtual_ipaddress = [{ address = "10.0.0.1/24", dev = "eth1", label = "eth1:1", scope = 5, brd = "+" }]
track_script = [{ name = "s", weight = 5, reverse = true }, "s weight 5"]
track_interface = ["eth1", { name = "eth2" }]
notify = { command = "a 'b'", user = "c" }
mcast_src_ip = "10.0.0.9"
"""
VALUES = """
0
-1
256
1.5
nan
inf
-inf
0xffffffffffffffffffffff
true
false
""
"x"
'''a\nb'''
[]
{}
[[]]
[{}]
[""]
{ address = 1 }
[{ address = "10.0.0.1" }]
["10.0.0.1", "::1"]
["fe80::1"]
1979-05-27
07:32:00
"10.0.0.1"
"eth0"
"a 'b"
"5 reverse"
"MASTER"
3
2
255
"\\u0000"
"\\U0001f600"
["s weight 1"]
{ command = [] }
"""


def check_answer(text: str) -> None:
    config, diagnostics = read_config(text, "file")
    assert (config is None) == has_errors(diagnostics)
    assert list(diagnostics) == sorted(diagnostics, key=lambda item: item.location)
    lines = text.replace("\r\n", "\n").split("\n")
    for item in diagnostics:
        assert item.location.file == "file"
        assert 1 <= item.location.line <= len(lines), item
        assert 1 <= item.location.column <= len(lines[item.location.line - 1]) + 1, item
        assert item.message
        assert str(item).isprintable(), item
        assert "Hush" not in str(item)
    for router in config.vrrp_instances if config else ():
        parameters_of(router)


@given(st.text())
@settings(max_examples=500)
def test_any_text(text: str) -> None:
    check_answer(text)


@given(st.binary())
def test_any_bytes(content: bytes) -> None:
    read_config_bytes(content, "file")


@given(documents())
@settings(max_examples=100, deadline=None)
def test_any_toml(text: str) -> None:
    check_answer(text)


@given(st.data())
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_configurations(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([*EXAMPLES, EVERYTHING]))
    for _ in range(data.draw(st.integers(1, 4))):
        text = mutated(text, data)
    check_answer(text)


def mutated(text: str, data: st.DataObject) -> str:
    lines = text.split("\n")
    number = data.draw(st.integers(0, len(lines) - 1))
    match data.draw(st.sampled_from(["value", "delete", "repeat", "move", "characters", "key"])):
        case "value":
            lines[number] = re.sub(
                r"=.*", lambda _: f"= {data.draw(st.sampled_from(VALUES.splitlines()))}", lines[number]
            )
        case "key":
            lines[number] = lines[number].replace("_", "", 1)
        case "delete":
            del lines[number]
        case "repeat":
            lines.insert(number, lines[number])
        case "move":
            line = lines.pop(number)
            lines.insert(data.draw(st.integers(0, len(lines))), line)
        case _:
            line = lines[number]
            start = data.draw(st.integers(0, len(line)))
            end = data.draw(st.integers(start, min(len(line), start + 4)))
            lines[number] = line[:start] + data.draw(st.text(max_size=3)) + line[end:]
    return "\n".join(lines)


@given(st.sampled_from(EXAMPLES), st.data())
@settings(max_examples=200)
def test_a_password_is_shown_nowhere(text: str, data: st.DataObject) -> None:
    secret = "Hush-Hush"
    text = re.sub(r'auth_pass = "\w+"', f'auth_pass = "{secret}"', text)
    lines = text.split("\n")
    lines.insert(data.draw(st.integers(0, len(lines))), data.draw(st.sampled_from(["[", "x = ", "{", "'", "a b"])))
    text = "\n".join(lines)
    assert secret not in redacted(text)
    assert all(secret not in str(item) for item in read_config(text, "file")[1])
