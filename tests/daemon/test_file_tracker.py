import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.daemon.loops import pause
from vrrpd.config.model import TrackFile
from vrrpd.daemon import file_tracker
from vrrpd.daemon.file_tracker import FileTracker, FileTrackers, number_in
from vrrpd.errors import LinuxError
from vrrpd.loop import EventLoop, _Waiting


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (b"", 0),
        (b"12\n", 12),
        (b"  -7 and more", -7),
        (b"+3", 3),
        (b"0x1F", 31),
        (b"010", 8),
        (b"0", 0),
        (b"08", 0),
        (b"0x", 0),
        (b"down", 0),
        (b"-", 0),
        (b"9" * 30, int("9" * 30)),
    ],
)
def test_numbers_are_read_as_strtol_reads_them(text: bytes, number: int) -> None:
    assert number_in(text) == number


@given(st.integers(), st.sampled_from(["{}", " {}\n", "{:#x}", "{} x"]))
def test_every_number_is_found(number: int, form: str) -> None:
    assert number_in(form.format(number).encode()) == number


@given(st.binary(max_size=200))
def test_any_bytes_are_a_number(text: bytes) -> None:
    assert isinstance(number_in(text), int)


def test_a_number_beyond_32_bits_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "n"
    tracker = FileTracker(TrackFile("n", str(path)))
    path.write_text("5")
    assert tracker.look()
    path.write_text(str(2**31))
    assert not tracker.look()
    assert tracker.value == 5
    path.unlink()
    assert tracker.look()
    assert tracker.value == 0


def test_a_fifo_in_its_place_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "n")
    assert not FileTracker(TrackFile("n", str(tmp_path / "n"))).look()


@pytest.mark.parametrize(("overwrite", "number"), [(False, 1), (True, 9)])
def test_init_file_keeps_what_is_there_unless_told_otherwise(tmp_path: Path, overwrite: bool, number: int) -> None:
    path = tmp_path / "n"
    path.write_text("1")
    tracker = FileTracker(TrackFile("n", str(path), init_file=9, overwrite=overwrite))
    tracker.prepare()
    tracker.look()
    assert tracker.value == number


def test_init_file_makes_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "n"
    FileTracker(TrackFile("n", str(path), init_file=4)).prepare()
    assert (path.read_text(), path.stat().st_mode & 0o037) == ("4\n", 0)


def test_init_file_is_never_made_through_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "n").symlink_to(tmp_path / "elsewhere")
    FileTracker(TrackFile("n", str(tmp_path / "n"), init_file=4, overwrite=True)).prepare()
    assert not (tmp_path / "elsewhere").exists()


class Watched:
    """Trackers in a loop, and the changes that they told."""

    def __init__(self) -> None:
        self.loop = EventLoop()
        self.told: list[tuple[str, int, int]] = []
        self.trackers = FileTrackers(
            self.loop, lambda tracker, old: self.told.append((tracker.name, old, tracker.value))
        )

    def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(4000):
            pause(self.loop, 0.005)
            if condition():
                return
        raise AssertionError(self.told)


@pytest.fixture
def watched() -> Iterator[Watched]:
    made = Watched()
    yield made
    made.trackers.stop()
    made.loop.close()


def test_a_change_is_told_with_the_old_number(watched: Watched, tmp_path: Path) -> None:
    (tmp_path / "n").write_text("1")
    watched.trackers.adopt([TrackFile("n", str(tmp_path / "n"))])
    assert watched.trackers.trackers["n"].value == 1
    (tmp_path / "n").write_text("2")
    watched.until(lambda: bool(watched.told))
    (tmp_path / "n").unlink()
    watched.until(lambda: len(watched.told) == 2)
    assert watched.told == [("n", 1, 2), ("n", 2, 0)]


def test_a_directory_may_come_later_and_go_again(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_tracker, "RETRY_DELAY", 0.01)
    path = tmp_path / "later" / "n"
    watched.trackers.adopt([TrackFile("n", str(path))])
    path.parent.mkdir()
    path.write_text("3")
    watched.until(lambda: watched.told == [("n", 0, 3)])
    path.unlink()
    path.parent.rmdir()
    watched.until(lambda: len(watched.told) == 2)
    path.parent.mkdir()
    path.write_text("4")
    watched.until(lambda: watched.told[2:] == [("n", 0, 4)])


def test_without_a_watch_the_files_are_looked_at_now_and_then(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise LinuxError("watch", "files", 24)

    monkeypatch.setattr(file_tracker, "RETRY_DELAY", 0.01)
    monkeypatch.setattr(file_tracker, "DirectoryWatch", refuse)
    watched.trackers.adopt([TrackFile("n", str(tmp_path / "n"))])
    (tmp_path / "n").write_text("6")
    watched.until(lambda: watched.told == [("n", 0, 6)])


def test_a_file_that_stays_in_the_configuration_keeps_its_number(watched: Watched, tmp_path: Path) -> None:
    config = TrackFile("n", str(tmp_path / "n"), init_file=7, overwrite=True)
    watched.trackers.adopt([config])
    first = watched.trackers.trackers["n"]
    (tmp_path / "n").write_text("8")
    watched.until(lambda: bool(watched.told))
    watched.trackers.adopt([config])
    assert watched.trackers.trackers["n"] is first
    assert (tmp_path / "n").read_text() == "8", "not made anew"


class CountingLoop(EventLoop):
    """Knows which timers have neither come nor been cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.timers: list[_Waiting] = []

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> _Waiting:
        handle = super().call_later(delay, callback, *args)
        self.timers.append(handle)
        return handle

    @property
    def waiting(self) -> int:
        return sum(not handle.cancelled and handle.when() > self.time() for handle in self.timers)


def test_directories_that_come_and_go_beside_one_that_never_does_make_one_timer(tmp_path: Path) -> None:
    loop = CountingLoop()
    trackers = FileTrackers(loop, lambda *_: None)
    home = tmp_path / "home"
    home.mkdir()
    trackers.adopt([TrackFile("never", str(tmp_path / "none" / "n")), TrackFile("here", str(home / "n"))])
    for _ in range(5):
        home.rmdir()
        loop.call_soon(loop.stop)
        loop.run_forever()
        home.mkdir()
        trackers._try_again()  # what happens a second later
    assert loop.waiting == 1
    trackers.stop()
    assert loop.waiting == 0
    loop.close()


def test_a_file_that_cannot_be_made_is_only_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    FileTracker(TrackFile("p", str(pipe), init_file=1, overwrite=True)).prepare()
    FileTracker(TrackFile("f", "/dev/full", init_file=1, overwrite=True)).prepare()
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
