import os
from pathlib import Path

import pytest

from vrrpd.errors import LinuxError
from vrrpd.linux.inotify import DirectoryWatch


@pytest.fixture
def watch(tmp_path: Path) -> DirectoryWatch:
    made = DirectoryWatch()
    made.add(str(tmp_path))
    return made


def test_nothing_has_happened(watch: DirectoryWatch) -> None:
    assert watch.read() == ()
    watch.close()


def test_writing_renaming_and_deleting_are_told_by_name(watch: DirectoryWatch, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    (tmp_path / "a").rename(tmp_path / "b")
    (tmp_path / "b").unlink()
    assert [name for _, name in watch.read()] == ["a", "a", "b", "b"]
    watch.close()


def test_writing_without_closing_goes_unnoticed(watch: DirectoryWatch, tmp_path: Path) -> None:
    with (tmp_path / "a").open("w") as file:
        file.write("1")
        file.flush()
        assert watch.read() == ()
    assert watch.read() == ((str(tmp_path), "a"),)
    watch.close()


def test_a_directory_that_goes_is_told_once(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    watch = DirectoryWatch()
    watch.add(str(inner))
    inner.rmdir()
    assert watch.read() == ((str(inner), ""),)
    watch.close()


def test_what_cannot_be_watched_is_named(watch: DirectoryWatch, tmp_path: Path) -> None:
    with pytest.raises(LinuxError, match="ENOENT"):
        watch.add(str(tmp_path / "none"))
    (tmp_path / "file").touch()
    with pytest.raises(LinuxError, match="ENOTDIR"):
        watch.add(str(tmp_path / "file"))
    watch.close()


def test_closing_gives_the_descriptor_back(watch: DirectoryWatch) -> None:
    descriptor = watch.fileno()
    watch.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
