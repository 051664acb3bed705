import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from vrrpd.daemon.run_dir import RunDirInUseError, claim
from vrrpd.errors import LinuxError, VrrpdError

_HOLD = """
import sys
from pathlib import Path
from vrrpd.daemon.run_dir import claim
held = claim(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_the_directory_is_made_and_goes_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "vrrpd"
    run_dir = claim(path)
    assert path.stat().st_mode & 0o777 == 0o750
    assert run_dir.pid_file.read_text() == f"{os.getpid()}\n"
    assert run_dir.pid_file.stat().st_mode & 0o777 == 0o640
    assert run_dir.control_socket == path / "control.sock"
    run_dir.release()
    assert not path.exists()


def test_a_directory_that_was_there_stays(tmp_path: Path) -> None:
    claim(tmp_path).release()
    assert list(tmp_path.iterdir()) == []


def test_what_others_put_there_stays(tmp_path: Path) -> None:
    run_dir = claim(tmp_path / "run")
    (tmp_path / "run" / "note").touch()
    run_dir.release()
    assert [entry.name for entry in (tmp_path / "run").iterdir()] == ["note"]


def test_another_daemon_is_named(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunDirInUseError, match=rf"in use by another vrrpd \(pid {holder.pid}\)"):
            claim(tmp_path)
        holder.kill()
    claim(tmp_path).release()  # a pid file without a lock is only a leftover


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "vrrpd.pid").symlink_to(victim)
    with pytest.raises(LinuxError, match="ELOOP"):
        claim(tmp_path)
    assert victim.read_text() == "precious"


def test_a_link_instead_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "real")
    with pytest.raises(VrrpdError, match="not a directory"):
        claim(tmp_path / "run")


def test_a_directory_for_everybody_is_everybodys_no_longer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tmp_path.chmod(0o777)
    claim(tmp_path).release()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o775
    assert f"{tmp_path} could be written to by everybody" in caplog.text


def test_a_shared_directory_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(VrrpdError, match="is everybody's, like /tmp"):
        claim(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_strangers_directory_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    with pytest.raises(VrrpdError, match="belongs to uid 12345"):
        claim(tmp_path)


def test_a_file_that_went_while_we_waited_for_it_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    real, calls = fcntl.flock, []

    def flock(descriptor: int, operation: int) -> None:
        real(descriptor, operation)
        calls.append(descriptor)
        if len(calls) == 1:  # its last holder removes it just now
            (tmp_path / "vrrpd.pid").unlink()

    monkeypatch.setattr(fcntl, "flock", flock)
    run_dir = claim(tmp_path)
    assert len(calls) == 2
    assert run_dir.pid_file.read_text() == f"{os.getpid()}\n"
    run_dir.release()
