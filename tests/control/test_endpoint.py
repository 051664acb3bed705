"""The socket in the file system: made safely, taken away again."""

import os
import socket
import stat
from pathlib import Path

import pytest

from vrrpd.control.endpoint import Endpoint, socket_address
from vrrpd.errors import ControlError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tmp_path.chmod(0o750)
    return tmp_path / "control.sock"


def leave_stale_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))


@pytest.mark.parametrize("umask", [0, 0o022, 0o077, 0o777])
def test_the_mode_is_0660_whatever_the_umask(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        endpoint = Endpoint(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.lstat().st_mode) == 0o660
    assert endpoint.group == path.lstat().st_gid
    endpoint.close()
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file to another group")
def test_the_group_is_given(path: Path) -> None:
    endpoint = Endpoint(path, group=12345)
    assert path.lstat().st_gid == endpoint.group == 12345
    endpoint.close()


def test_a_stale_socket_is_replaced(path: Path) -> None:
    leave_stale_socket(path)
    endpoint = Endpoint(path)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    endpoint.close()


@pytest.mark.parametrize("backlog", ["room", "full"])
def test_a_living_socket_is_not_replaced(path: Path, backlog: str) -> None:
    with socket.socket(socket.AF_UNIX) as other, socket.socket(socket.AF_UNIX) as waiting:
        other.bind(str(path))
        other.listen(0)
        if backlog == "full":
            waiting.connect(str(path))
        with pytest.raises(ControlError, match="another process answers"):
            Endpoint(path)
        assert path.is_socket()


def test_a_file_is_not_replaced(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(ControlError, match="is not a socket"):
        Endpoint(path)
    assert path.read_text() == "precious"


def test_a_directory_is_not_replaced(path: Path) -> None:
    path.mkdir()
    with pytest.raises(ControlError, match="is not a socket"):
        Endpoint(path)


@pytest.mark.parametrize("target", ["file", "socket", "nothing"])
def test_a_symlink_is_neither_followed_nor_replaced(path: Path, target: str) -> None:
    goal = path.with_name("goal")
    if target == "file":
        goal.write_text("precious")
    elif target == "socket":
        leave_stale_socket(goal)
    path.symlink_to(goal)
    with pytest.raises(ControlError, match="is not a socket"):
        Endpoint(path)
    assert path.is_symlink()
    assert goal.exists() == (target != "nothing")


def test_a_run_dir_that_is_a_symlink_is_refused(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path.parent)
    with pytest.raises(ControlError, match=r"ENOTDIR|ELOOP"):
        Endpoint(link / "control.sock")


def test_a_run_dir_that_everybody_can_write_to_is_refused(path: Path) -> None:
    path.parent.chmod(0o1777)
    with pytest.raises(ControlError, match="everybody can write"):
        Endpoint(path)
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a directory away")
def test_somebody_elses_run_dir_is_refused(path: Path) -> None:
    os.chown(path.parent, 12345, 12345)
    with pytest.raises(ControlError, match="belongs to uid 12345"):
        Endpoint(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a socket away")
def test_somebody_elses_stale_socket_is_refused(path: Path) -> None:
    leave_stale_socket(path)
    os.chown(path, 12345, 12345)
    with pytest.raises(ControlError, match="belongs to uid 12345"):
        Endpoint(path)


def test_a_missing_run_dir_is_named(path: Path) -> None:
    with pytest.raises(ControlError, match="nowhere: ENOENT"):
        Endpoint(path.parent / "nowhere" / "control.sock")


def test_what_took_its_place_is_not_removed(path: Path) -> None:
    endpoint = Endpoint(path)
    path.unlink()
    leave_stale_socket(path)
    endpoint.close()
    assert path.is_socket()


def test_a_removed_socket_does_not_disturb_the_end(path: Path) -> None:
    endpoint = Endpoint(path)
    path.unlink()
    endpoint.close()


def test_a_path_too_long_for_an_address_works(path: Path) -> None:
    deep = path.parent / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    deep.chmod(0o750)
    long = deep / "control.sock"
    endpoint = Endpoint(long)
    with socket.socket(socket.AF_UNIX) as client, socket_address(long) as address:
        assert len(address) <= 107
        client.connect(address)
    endpoint.close()
    assert not long.exists()


def test_no_descriptor_stays_open(path: Path) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    Endpoint(path).close()
    path.write_text("in the way")
    with pytest.raises(ControlError):
        Endpoint(path)
    assert count() == before
