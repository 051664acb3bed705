"""The files that a reload leaves: written without waiting, and never where a link leads."""

import logging
import os
from pathlib import Path

import pytest

from vrrpd.daemon.reload_files import remove, touch, write_verdict


def test_they_are_emptied_first_and_not_for_everybody(tmp_path: Path) -> None:
    path = tmp_path / "verdict"
    path.write_text("old and long\n" * 10)
    write_verdict(str(path), ["one", "two"])
    assert path.read_text() == "one\ntwo\n"
    (tmp_path / "new").unlink(missing_ok=True)
    touch(str(tmp_path / "new"))
    assert (tmp_path / "new").stat().st_mode & 0o007 == 0
    remove(str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()
    remove(None)


def test_a_link_and_a_pipe_without_reader_are_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """To open such a pipe for writing would hold up the daemon until somebody reads it."""
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / "link").symlink_to(target)
    os.mkfifo(tmp_path / "pipe")
    with caplog.at_level(logging.WARNING):
        write_verdict(str(tmp_path / "link"), ["x"])
        write_verdict(str(tmp_path / "pipe"), ["x"])
    assert target.read_text() == "precious"
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
