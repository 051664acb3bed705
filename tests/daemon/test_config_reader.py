"""The configuration as a thread, or a copy of the daemon, reads it."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.daemon.builders import config_of
from tests.daemon.loops import turn
from tests.daemon.nodes import instance_text
from vrrpd.config.diagnostics import Location
from vrrpd.config.model import VrrpInstance
from vrrpd.daemon import config_reader
from vrrpd.daemon.config_reader import SMALL, Reader
from vrrpd.daemon.options import DaemonOptions
from vrrpd.daemon.reading import Reading, pack, read, unpack
from vrrpd.linux.process import work_apart
from vrrpd.loop import Loop

TWO = instance_text(interface="lo") + instance_text("VI_2", vrid=52, interface="lo", virtual_ipaddress=["10.9.9.9"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vrrpd.toml"


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The niceness of each copy of this process that reads a file."""
    found: list[int] = []

    def fork(work: Callable[[], bytes], niceness: int) -> object:
        found.append(niceness)
        return work_apart(work, niceness)

    monkeypatch.setattr(config_reader, "work_apart", fork)
    return found


@pytest.fixture
def stuck(path: Path) -> Iterator[Path]:
    """A pipe that nobody writes to, instead of the file: whoever opens it waits until the test is over."""
    os.mkfifo(path)
    yield path
    for pipe in path.parent.iterdir():
        if pipe.is_fifo():
            release(pipe)


def release(pipe: Path) -> None:
    """Until no thread waits for it any more."""
    for thread in threading.enumerate():
        while thread.name == "reader" and thread.is_alive():
            os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))
            thread.join(0.01)


def outcome(reader: Reader, loop: Loop, known: Sequence[VrrpInstance] = ()) -> tuple[Reading | None, str]:
    received: list[tuple[Reading | None, str]] = []
    reader.read(known, lambda reading, ended: received.append((reading, ended)))
    turn(loop, lambda: received)
    reader.close()
    (found,) = received
    return found


def reading_of(path: Path, loop: Loop, known: Sequence[VrrpInstance] = ()) -> Reading:
    reading, _ = outcome(Reader(DaemonOptions(path), loop), loop, known)
    assert reading is not None
    return reading


def long(text: str) -> str:
    return text + "#" * SMALL + "\n"


@pytest.mark.parametrize("text", [TWO, long(TWO)], ids=["small", "long"])
def test_either_way_it_is_the_same(text: str, path: Path, loop: Loop, forks: list[int]) -> None:
    path.write_text(text)
    reading = reading_of(path, loop)
    assert reading.config is not None
    assert reading.config.vrrp_instances == config_of(text).vrrp_instances
    assert len(forks) == (text != TWO)


@pytest.mark.parametrize("text", [TWO, long(TWO)], ids=["small", "long"])
def test_those_that_are_known_are_the_same_objects(text: str, path: Path, loop: Loop) -> None:
    known = config_of(text).vrrp_instances
    path.write_text("# a line more\n" + text.replace("10.9.9.9", "10.9.9.8"))
    config = reading_of(path, loop, known).config
    assert config is not None
    first, second = config.vrrp_instances
    assert first is known[0]
    assert second != known[1]


@pytest.mark.parametrize("end", ["", "#" * SMALL], ids=["small", "long"])
def test_what_is_wrong_comes_back_too(end: str, path: Path, loop: Loop) -> None:
    path.write_text(f"[vrrp_instance.VI_1]\n{end}")
    reading = reading_of(path, loop)
    assert reading.config is None
    assert any(item.is_error for item in reading.diagnostics)
    path.unlink()
    assert reading_of(path, loop).error == f"cannot read {path}: No such file or directory"


@pytest.mark.parametrize("sign", ["include other.conf", "~SEQ(x, 1, 2) $x", "$A=1"])
def test_what_may_become_long_is_read_by_a_copy(sign: str, tmp_path: Path, loop: Loop, forks: list[int]) -> None:
    path = tmp_path / "keepalived.conf"
    path.write_text(f"{sign}\n")
    reading_of(path, loop)
    assert forks == [0]


def test_a_very_long_one_by_a_nice_copy(path: Path, loop: Loop, forks: list[int]) -> None:
    path.write_text(TWO + "#" * config_reader.LONG)
    reading_of(path, loop)
    assert forks == [config_reader.NICENESS]


def test_a_rehearsal_makes_no_copies(path: Path, loop: Loop, forks: list[int]) -> None:
    path.write_text(long(TWO))
    received: list[Reading | None] = []
    reader = Reader(DaemonOptions(path), loop)
    reader.read((), lambda reading, _: received.append(reading), at_any_price=False)
    turn(loop, lambda: received)
    reader.close()
    assert received == [None]
    assert forks == []


def test_a_defect_of_the_reader_is_told_by_the_copy_that_dies_of_it(
    path: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch, forks: list[int]
) -> None:
    def fail(*_: object) -> Reading:
        raise ZeroDivisionError

    path.write_text(TWO)
    monkeypatch.setattr(config_reader, "read", fail)
    assert outcome(Reader(DaemonOptions(path), loop), loop) == (None, "exit 1")
    assert forks == [0]


def test_a_file_that_cannot_be_read_yet_holds_up_nothing_and_not_for_ever(
    stuck: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch, forks: list[int]
) -> None:
    monkeypatch.setattr(config_reader, "TIME_LIMIT", 0.05)
    reader = Reader(DaemonOptions(stuck), loop)
    assert outcome(reader, loop) == (None, "took longer than 0.05 s")
    assert forks == []
    stuck.rename(stuck.with_name("pipe"))
    stuck.write_text(TWO)
    monkeypatch.setattr(config_reader, "TIME_LIMIT", 60.0)
    reading, _ = outcome(reader, loop)  # the thread is still there
    assert reading is not None
    assert reading.config is not None
    assert forks == [config_reader.NICENESS]


def test_after_the_end_nobody_is_told(stuck: Path, loop: Loop) -> None:
    reader = Reader(DaemonOptions(stuck), loop)
    told: list[str] = []
    reader.read((), lambda _, ended: told.append(ended))
    reader.close()
    release(stuck)
    turn(loop, lambda: True)
    assert told == []


def test_packed_and_unpacked_it_is_the_same(path: Path) -> None:
    path.write_text(TWO)
    known = config_of(TWO).vrrp_instances[:1]
    reading = read(DaemonOptions(path), known)
    content = pack(reading, known)
    assert b"VI_1" in content
    again = unpack(content, known)
    assert again == reading
    assert again.config is not None
    assert again.config.vrrp_instances[0] is known[0]


def test_places_make_no_difference_but_passwords_do(path: Path) -> None:
    password = 'version = 2\nadvert_int = 1\nauthentication = {{ auth_type = "PASS", auth_pass = "{}" }}'
    lines = [line for line in instance_text(interface="lo").splitlines() if not line.startswith(("version", "advert"))]
    text = "\n".join(lines) + "\n"
    (first,) = config_of(text + password.format("one")).vrrp_instances
    path.write_text(text + password.format("two"))
    changed = read(DaemonOptions(path), (first,)).config
    path.write_text(text + password.format("one"))
    moved = replace(first, origins={"": Location("elsewhere", 7)})
    same = read(DaemonOptions(path), (moved,)).config
    assert changed is not None
    assert same is not None
    assert changed.vrrp_instances[0] is not first
    assert same.vrrp_instances[0] is moved
