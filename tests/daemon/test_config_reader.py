"""The configuration as a copy of the daemon reads it."""

import asyncio
import pickle
from dataclasses import replace
from pathlib import Path

from tests.daemon.builders import config_of
from tests.daemon.loops import turn
from tests.daemon.nodes import instance_text
from vrrpd.config.diagnostics import Location
from vrrpd.daemon.config_reader import Reader
from vrrpd.daemon.options import DaemonOptions
from vrrpd.daemon.reading import Reading, digest, unpacked


def read(path: Path, loop: asyncio.AbstractEventLoop) -> Reading:
    received: list[tuple[bytes, str]] = []
    reader = Reader(DaemonOptions(path), loop)
    reader.read(lambda content, ended: received.append((content, ended)))
    turn(loop, lambda: received)
    reader.close()
    ((content, ended),) = received
    assert ended == "exit 0"
    reading = pickle.loads(content)  # noqa: S301  # from ourselves
    assert isinstance(reading, Reading)
    return reading


def test_the_instances_come_one_by_one(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> None:
    path = tmp_path / "vrrpd.toml"
    text = instance_text(interface="lo") + instance_text(
        "VI_2", vrid=52, interface="lo", virtual_ipaddress=["10.9.9.9"]
    )
    path.write_text(text)
    reading = read(path, loop)
    assert reading.config is not None
    assert reading.config.vrrp_instances == ()
    assert tuple(unpacked(reading, {}).values()) == config_of(text).vrrp_instances


def test_those_that_are_known_are_the_same_objects(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> None:
    path = tmp_path / "vrrpd.toml"
    path.write_text(instance_text(interface="lo"))
    (known,) = config_of(path.read_text()).vrrp_instances
    path.write_text("# a line more\n" + path.read_text())
    (found,) = unpacked(read(path, loop), {digest(known): known}).values()
    assert found is known


def test_what_is_wrong_comes_back_too(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> None:
    path = tmp_path / "vrrpd.toml"
    path.write_text("[vrrp_instance.VI_1]\n")
    reading = read(path, loop)
    assert reading.config is None
    assert any(item.is_error for item in reading.diagnostics)
    path.unlink()
    assert read(path, loop).error == f"cannot read {path}: No such file or directory"


def test_the_digest_tells_passwords_apart_but_not_places() -> None:
    password = 'version = 2\nadvert_int = 1\nauthentication = {{ auth_type = "PASS", auth_pass = "{}" }}'
    lines = [line for line in instance_text().splitlines() if not line.startswith(("version", "advert_int"))]
    text = "\n".join(lines) + "\n"
    (first,) = config_of(text + password.format("one")).vrrp_instances
    (second,) = config_of(text + password.format("two")).vrrp_instances
    assert digest(first) != digest(second)
    assert digest(replace(first, origins={"": Location("elsewhere", 7)})) == digest(first)
