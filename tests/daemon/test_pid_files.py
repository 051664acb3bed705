"""Pid files: locked while the process lives, taken over when it is dead, never through a link."""

import errno
import fcntl
import os
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vrrpd.daemon.pid_files import AlreadyRunningError, claim
from vrrpd.errors import LinuxError, VrrpdError

HOLDER = """
import sys, time
from pathlib import Path
from vrrpd.daemon.pid_files import claim
files = claim([Path(path) for path in sys.argv[1:]])
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def another(*paths: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds ``paths``."""
    argv = [sys.executable, "-c", HOLDER, *map(str, paths)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_content_and_mode_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "a.pid"
    before = os.umask(0o177)
    try:
        files = claim([path])
    finally:
        os.umask(before)
    assert path.read_text() == f"{os.getpid()}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    files.release()
    assert not path.exists()


def test_the_lock_is_an_open_file_description_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.pid"
    files = claim([path])
    with path.open("rb+") as other, pytest.raises(BlockingIOError):
        fcntl.fcntl(other, fcntl.F_OFD_SETLK, struct.pack("hhqqi0q", fcntl.F_WRLCK, 0, 0, 0, 0))
    assert os.get_inheritable(next(iter(files._held.values()))) is False
    files.release()


def test_two_of_them_hold_the_same_number(tmp_path: Path) -> None:
    paths = [tmp_path / "keepalived.pid", tmp_path / "vrrp.pid", tmp_path / "vrrp.pid"]
    files = claim(paths)
    assert files.paths == tuple(paths[:2])
    assert {path.read_text() for path in paths} == {f"{os.getpid()}\n"}
    files.release()
    assert list(tmp_path.iterdir()) == []


def test_a_living_daemon_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.pid"
    with another(path) as process, pytest.raises(AlreadyRunningError) as caught:
        claim([path])
    assert str(caught.value) == f"daemon is already running: {path} belongs to pid {process.pid}"


def test_all_or_none(tmp_path: Path) -> None:
    mine, taken = tmp_path / "mine", tmp_path / "taken"
    with another(taken):
        with pytest.raises(AlreadyRunningError):
            claim([mine, taken])
        assert not mine.exists()


def test_what_a_killed_daemon_left_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "a.pid"
    with another(path) as process:
        process.kill()
        process.wait()
        assert path.read_text() == f"{process.pid}\n"
        files = claim([path])
    assert path.read_text() == f"{os.getpid()}\n"
    files.release()


@pytest.mark.parametrize("content", ["", "1\n", "rubbish\n", "-5\n", "99999999999\n", "123456789" * 10])
def test_a_stale_file_is_recognised_whatever_is_in_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.pid"
    path.write_text(content)
    files = claim([path])
    assert path.read_text() == f"{os.getpid()}\n"
    files.release()


def test_an_unlocked_file_of_a_living_keepalived_is_not_stale(tmp_path: Path) -> None:
    program = tmp_path / "keepalived"
    program.symlink_to("/bin/sleep")
    path = tmp_path / "a.pid"
    with subprocess.Popen([program, "60"]) as process:
        try:
            while Path(f"/proc/{process.pid}/comm").read_text() != "keepalived\n":
                time.sleep(0.001)  # it gets its name a moment after it was started
            path.write_text(f"{process.pid}\n")
            with pytest.raises(AlreadyRunningError, match=f"belongs to pid {process.pid}"):
                claim([path])
            assert path.read_text() == f"{process.pid}\n"
        finally:
            process.kill()


def test_never_through_a_link(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("data")
    path = tmp_path / "a.pid"
    path.symlink_to(target)
    with pytest.raises(LinuxError) as caught:
        claim([path])
    assert caught.value.errno == errno.ELOOP
    assert target.read_text() == "data"


def test_never_into_something_else(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(VrrpdError, match="is not a regular file"):
        claim([pipe])
    with pytest.raises(LinuxError) as caught:
        claim([tmp_path / "missing" / "a.pid"])
    assert caught.value.errno == errno.ENOENT


def test_somebody_elses_file_in_its_place_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.pid"
    files = claim([path])
    path.unlink()
    path.write_text("1\n")
    files.release()
    assert path.read_text() == "1\n"
