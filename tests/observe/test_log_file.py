"""A log file: appended to, followed when it is rotated, never through a link."""

import errno
import stat
import time
from pathlib import Path

import pytest

from tests.observe.logging_to import LOG
from tests.observe.test_targets import targets_to
from vrrpd.errors import LinuxError
from vrrpd.observe.logs import Targets


def eventually(path: Path, text: str) -> str:
    give_up = time.monotonic() + 20
    while not path.exists() or text not in path.read_text():
        assert time.monotonic() < give_up, f"{text!r} never came"
        time.sleep(0.01)
    return path.read_text()


def test_lines_are_appended_and_seen_at_once(tmp_path: Path) -> None:
    path = tmp_path / "vrrpd.log"
    path.write_text("before\n")
    with targets_to(Targets(syslog=False, file=path)):
        LOG.info("one")
        assert eventually(path, "INFO one\n").startswith("before\n")
    assert len(path.read_text().splitlines()) == 2


def test_a_rotated_file_is_left_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "vrrpd.log"
    with targets_to(Targets(syslog=False, file=path)):
        LOG.info("one")
        eventually(path, "one")
        old = path.rename(tmp_path / "vrrpd.log.1")
        LOG.info("two")
        assert "one" not in eventually(path, "two")
        path.unlink()
        LOG.info("three")
        eventually(path, "three")
    assert "two" not in old.read_text()


def test_what_a_file_may_be(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LinuxError) as caught, targets_to(Targets(syslog=False, file=link)):
        pass
    assert caught.value.errno == errno.ELOOP
    path = tmp_path / "vrrpd.log"
    with targets_to(Targets(syslog=False, file=path)):
        LOG.info("one")
    assert stat.S_IMODE(path.stat().st_mode) & 0o027 == 0


def test_a_file_that_cannot_be_made_anew_costs_lines_not_the_daemon(tmp_path: Path) -> None:
    directory = tmp_path / "logs"
    directory.mkdir()
    path = directory / "vrrpd.log"
    with targets_to(Targets(syslog=False, file=path)) as writer:
        LOG.info("one")
        eventually(path, "one")
        path.unlink()
        directory.rmdir()
        LOG.info("two")
        give_up = time.monotonic() + 20
        while not writer.dropped:
            assert time.monotonic() < give_up
            time.sleep(0.01)
        directory.mkdir()
        LOG.info("three")
        assert "1 log line dropped" in eventually(path, "three")


def test_json_lines_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "vrrpd.log"
    with targets_to(Targets(syslog=False, file=path), form="json"):
        LOG.info("one")
    assert '"message": "one"' in path.read_text()
