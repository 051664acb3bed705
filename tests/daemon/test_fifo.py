import os
import select
import signal
import stat
from collections.abc import Iterator
from errno import EPERM
from pathlib import Path

import pytest

from tests.daemon.conftest import ScriptMaker
from tests.daemon.loops import turn
from vrrpd.config.model import Command, Fifo
from vrrpd.daemon.fifo import NotifyFifo
from vrrpd.daemon.launcher import Launcher
from vrrpd.linux.process import resolve_identity
from vrrpd.loop import Loop

LINE = 'INSTANCE "VI_1" MASTER 100\n'
NOBODY = resolve_identity("nobody", None)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fifo"


@pytest.fixture
def fifo(loop: Loop, path: Path) -> Iterator[NotifyFifo]:
    made = made_of(loop, path)
    made.open()
    yield made
    made.close()


def made_of(
    loop: Loop,
    path: Path,
    script: Command | None = None,
    user: str | None = None,
    group: str | None = None,
) -> NotifyFifo:
    return NotifyFifo(Fifo(str(path), user, group), script, Launcher(None, None), loop)


def read_all(descriptor: int) -> str:
    data = b""
    while select.select([descriptor], [], [], 0)[0]:
        chunk = os.read(descriptor, 1 << 20)
        if not chunk:
            break
        data += chunk
    return data.decode()


def test_lines_wait_for_a_reader(fifo: NotifyFifo, path: Path) -> None:
    fifo.write(LINE)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    fifo.write(LINE)
    assert read_all(reader) == LINE * 2
    os.close(reader)


def test_a_reader_that_goes_takes_nothing_along(fifo: NotifyFifo, path: Path) -> None:
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    fifo.write(LINE)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    assert read_all(reader) == LINE
    os.close(reader)


def test_a_full_pipe_loses_whole_lines_and_says_so_once(
    fifo: NotifyFifo, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sent = 70_000 // len(LINE)
    for _ in range(sent):
        fifo.write(LINE)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    kept = read_all(reader)
    assert set(kept.splitlines(keepends=True)) == {LINE}
    fifo.write(LINE)
    assert read_all(reader) == LINE
    lost = sent - kept.count("\n")
    assert [record.getMessage() for record in caplog.records] == [
        f"notify FIFO {path} is full, nobody reads it: lines are lost",
        f"notify FIFO {path} is read again; {lost} lines were lost",
    ]
    os.close(reader)


def test_a_line_too_long_to_be_written_whole_is_not_written(fifo: NotifyFifo, path: Path) -> None:
    fifo.write("x" * select.PIPE_BUF + "\n")
    fifo.write(LINE)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    assert read_all(reader) == LINE
    os.close(reader)


def test_its_mode_follows_the_umask(loop: Loop, path: Path) -> None:
    before = os.umask(0o177)
    try:
        fifo = made_of(loop, path)
        fifo.open()
    finally:
        os.umask(before)
    assert stat.filemode(path.stat().st_mode) == "prw-------"
    fifo.close()
    assert not path.exists()


@as_root
def test_its_owner(loop: Loop, path: Path) -> None:
    fifo = made_of(loop, path, user="nobody", group="daemon")
    fifo.open()
    found = path.stat()
    assert (found.st_uid, found.st_gid) == (NOBODY.uid, resolve_identity("daemon", "daemon").gid)
    fifo.close()


@as_root
def test_one_that_cannot_be_given_away_is_not_left(
    loop: Loop, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(descriptor: int, uid: int, gid: int) -> None:
        raise PermissionError(EPERM, "no")

    monkeypatch.setattr(os, "fchown", refuse)
    fifo = made_of(loop, path, user="nobody")
    fifo.open()
    fifo.write(LINE)
    fifo.close()
    assert not path.exists()
    assert f"give to nobody (this takes CAP_CHOWN) {path}: EPERM" in caplog.text


class TestOneThatIsThere:
    def test_is_used_and_left(self, loop: Loop, path: Path) -> None:
        os.mkfifo(path, 0o600)
        fifo = made_of(loop, path)
        fifo.open()
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        fifo.write(LINE)
        assert read_all(reader) == LINE
        fifo.close()
        assert path.exists()
        os.close(reader)

    @as_root
    @pytest.mark.parametrize(("user", "used"), [(None, False), ("nobody", True)])
    def test_belongs_to_somebody(
        self,
        loop: Loop,
        path: Path,
        user: str | None,
        used: bool,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        os.mkfifo(path)
        os.chown(path, NOBODY.uid, NOBODY.gid)
        fifo = made_of(loop, path, user=user)
        fifo.open()
        assert (f"belongs to uid {NOBODY.uid}" in caplog.text) is not used
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        fifo.write(LINE)
        assert read_all(reader) == (LINE if used else "")
        fifo.close()
        os.close(reader)

    def test_is_a_file(self, loop: Loop, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        path.write_text("kept")
        fifo = made_of(loop, path)
        fifo.open()
        fifo.write(LINE)
        fifo.close()
        assert path.read_text() == "kept"
        assert f"notify FIFO {path} cannot be used: it exists and is no named pipe" in caplog.text

    def test_is_a_link(self, loop: Loop, path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        os.mkfifo(tmp_path / "target")
        path.symlink_to("target")
        fifo = made_of(loop, path)
        fifo.open()
        fifo.close()
        assert path.is_symlink()
        assert "cannot be used" in caplog.text

    def test_was_put_in_our_place(self, fifo: NotifyFifo, path: Path) -> None:
        path.unlink()
        os.mkfifo(path)
        fifo.close()
        assert path.exists()


def test_a_directory_that_is_not_there(loop: Loop, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fifo = made_of(loop, tmp_path / "none" / "fifo")
    fifo.open()
    fifo.write(LINE)
    fifo.close()
    assert "ENOENT" in caplog.text


def test_its_script_gets_the_path_behind_its_arguments_and_is_told_to_end(
    loop: Loop, path: Path, script: ScriptMaker
) -> None:
    body = 'echo "$@" >>TRACE; trap "echo ended >>TRACE; exit 0" TERM; while :; do sleep 0.05; done'
    fifo = made_of(loop, path, Command((script("reader", body), "one", "two words")))
    fifo.open()
    turn(loop, script.lines)
    fifo.close()
    turn(loop, lambda: not fifo.script_runs)
    assert script.lines() == [f"one two words {path}", "ended"]


def test_its_script_s_end_is_logged_and_that_is_all(
    loop: Loop, path: Path, script: ScriptMaker, caplog: pytest.LogCaptureFixture
) -> None:
    fifo = made_of(loop, path, Command((script("reader", "echo ran >>TRACE; kill -KILL $$"),)))
    fifo.open()
    turn(loop, lambda: not fifo.script_runs)
    assert f"script of notify FIFO {path} has ended: killed by {signal.SIGKILL.name}" in caplog.text
    fifo.write(LINE)
    fifo.close()
    assert script.lines() == ["ran"]


def test_a_script_that_cannot_be_started_leaves_the_pipe(
    loop: Loop, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fifo = made_of(loop, path, Command(("/no/such/program",)))
    fifo.open()
    assert path.is_fifo()
    fifo.close()
    assert "cannot be started" in caplog.text
