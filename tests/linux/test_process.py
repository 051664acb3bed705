import gc
import grp
import os
import pwd
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from errno import EACCES, EINVAL, ENOENT, ENOEXEC, EPERM
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.linux.namespaces import Opened, eventually, open_descriptors
from vrrpd.errors import LinuxError, VrrpdError
from vrrpd.linux import process
from vrrpd.linux.process import Child, ExitStatus, Identity, resolve_identity, spawn

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
NOBODY = resolve_identity("nobody", None)


def finish(child: Child) -> ExitStatus:
    poll = select.poll()
    poll.register(child.fileno(), select.POLLIN)
    assert poll.poll(10_000), "it goes on running"
    status = child.poll()
    assert status is not None
    return status


def shell(opened: Opened, script: str, identity: Identity | None = None, **environment: str) -> Child:
    return opened(spawn(["/bin/sh", "-c", script], identity, environment.items()))


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except FileNotFoundError:
        return False


@pytest.fixture
def report() -> Iterator[Path]:
    """A place that any user may write to: a program's own streams lead to /dev/null."""
    with tempfile.TemporaryDirectory(prefix="vrrpd-") as directory:
        Path(directory).chmod(0o777)
        yield Path(directory, "report")


@pytest.mark.parametrize(
    ("script", "status", "text"),
    [
        ("exit 0", ExitStatus(0, None), "exit 0"),
        ("exit 3", ExitStatus(3, None), "exit 3"),
        ("kill -TERM $$", ExitStatus(None, signal.SIGTERM), "killed by SIGTERM"),
        ("kill -KILL $$", ExitStatus(None, signal.SIGKILL), "killed by SIGKILL"),
    ],
)
def test_how_it_ended(opened: Opened, script: str, status: ExitStatus, text: str) -> None:
    child = shell(opened, script)
    assert finish(child) == status
    assert child.poll() == status
    assert status.describe() == text
    assert status.succeeded is (status.code == 0)


def test_unusual_ends_have_words_too() -> None:
    assert ExitStatus(None, 250).describe() == "killed by signal 250"
    assert ExitStatus(None, None).describe() == "exit unknown"


def test_running_then_reaped_without_a_zombie(opened: Opened) -> None:
    child = shell(opened, "exec sleep 60")
    assert child.poll() is None
    assert child.signal_group(signal.SIGTERM)
    assert finish(child) == ExitStatus(None, signal.SIGTERM)
    assert not Path(f"/proc/{child.pid}").exists()
    assert not child.signal_group(signal.SIGTERM)


def test_the_whole_group_is_killed(opened: Opened, report: Path) -> None:
    child = shell(opened, 'sleep 60 & (sleep 60 & echo $! >>"$R"; wait) & echo $! >>"$R"; wait', R=str(report))
    assert eventually(lambda: report.exists() and len(report.read_text().split()) == 2)
    grandchildren = [int(pid) for pid in report.read_text().split()]
    assert all(alive(pid) for pid in grandchildren)
    child.signal_group(signal.SIGKILL)
    assert finish(child).signal == signal.SIGKILL
    assert eventually(lambda: not any(alive(pid) for pid in grandchildren))


def test_grandchildren_are_reached_after_their_parent_has_ended(opened: Opened, report: Path) -> None:
    child = shell(opened, 'sleep 60 & echo $! >"$R"', R=str(report))
    assert finish(child).code == 0
    assert child.signal_group(signal.SIGKILL)
    assert eventually(lambda: not alive(int(report.read_text())))


def test_a_group_of_its_own(opened: Opened) -> None:
    child = shell(opened, "sleep 60")
    assert os.getpgid(child.pid) == child.pid != os.getpgrp()
    child.signal_group(signal.SIGKILL)
    finish(child)


def test_streams_environment_and_descriptors(opened: Opened, report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IFS", "LD_PRELOAD", "LD_LIBRARY_PATH"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("KEPT", "yes")
    readable, writable = os.pipe()
    pipe = f"pipe:[{os.fstat(readable).st_ino}]"
    probe = 'ls -l /proc/self/fd >"$R.fd"; env >"$R.env"; cat; mv "$R.env" "$R"'
    assert finish(shell(opened, probe, R=str(report), EXTRA="a b")).code == 0
    for descriptor in (readable, writable):
        os.close(descriptor)
    variables = dict(line.split("=", 1) for line in report.read_text().splitlines() if "=" in line)
    assert (variables["KEPT"], variables["EXTRA"]) == ("yes", "a b")
    assert not {"IFS", "LD_PRELOAD", "LD_LIBRARY_PATH"} & variables.keys()
    targets = [line.split(" -> ") for line in report.with_suffix(".fd").read_text().splitlines() if " -> " in line]
    numbers = {int(left.split()[-1]): right for left, right in targets}
    assert (numbers[0], numbers[2]) == ("/dev/null", "/dev/null")
    assert pipe not in numbers.values()


INHERITED = """
import os, sys
from vrrpd.linux.process import prepare_to_spawn, spawn
import select, signal
os.set_inheritable({descriptor}, True)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
prepare_to_spawn()
child = spawn(["/bin/sh", "-c", "test ! -e /proc/self/fd/{descriptor}"], None)
select.select([child], [], [])
sys.exit(child.poll().code)
"""


def test_nothing_inherited_is_handed_on(tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as secret:
        program = INHERITED.format(descriptor=secret.fileno())
        subprocess.run([sys.executable, "-c", program], check=True, pass_fds=[secret.fileno()])


GLIBC_S_OWN = 1 << 31 | 1 << 32
"""Signals 32 and 33 belong to the C library's threads; no program can set them."""


def test_signals_are_as_new(opened: Opened) -> None:
    """Blocked and ignored signals are inherited through exec; a script must not notice them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR1})
    previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        child = shell(opened, "exec sleep 60")
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGUSR1})
        signal.signal(signal.SIGHUP, previous)
    status = Path(f"/proc/{child.pid}/status").read_text(encoding="ascii")
    masks = dict(line.split(":\t", 1) for line in status.splitlines() if line.startswith("Sig"))
    assert int(masks["SigBlk"], 16) == 0
    assert int(masks["SigIgn"], 16) & ~GLIBC_S_OWN == 0
    child.signal_group(signal.SIGTERM)
    assert finish(child) == ExitStatus(None, signal.SIGTERM)


IDENTITY = (
    'id -u >"$R"; id -g >>"$R"; id -G >>"$R"; echo $HOME $USER $LOGNAME >>"$R"; grep ^CapEff /proc/self/status >>"$R"'
)


@as_root
def test_another_user(opened: Opened, report: Path) -> None:
    assert finish(shell(opened, IDENTITY, NOBODY, R=str(report))).code == 0
    account = pwd.getpwnam("nobody")
    uid, gid, groups, names, capabilities = report.read_text().splitlines()
    assert (int(uid), int(gid)) == (account.pw_uid, account.pw_gid)
    assert set(groups.split()) == {str(group) for group in os.getgrouplist("nobody", account.pw_gid)}
    assert names == f"{account.pw_dir} nobody nobody"
    assert int(capabilities.split()[1], 16) == 0


@as_root
def test_another_group_of_a_number_without_account(opened: Opened, report: Path) -> None:
    identity = resolve_identity("54321", "daemon")
    assert identity == Identity(54321, grp.getgrnam("daemon").gr_gid, "", "/")
    assert finish(shell(opened, IDENTITY, identity, R=str(report))).code == 0
    assert report.read_text().splitlines()[:3] == ["54321", str(identity.gid), str(identity.gid)]


@as_root
def test_another_user_s_group_is_killed_with_its_end_reported(opened: Opened) -> None:
    child = opened(spawn(["sleep", "60"], NOBODY))
    assert eventually(lambda: Path(f"/proc/{child.pid}/comm").read_text() == "sleep\n")
    assert Path(f"/proc/{child.pid}").stat().st_uid == NOBODY.uid
    child.signal_group(signal.SIGTERM)
    assert finish(child) == ExitStatus(None, signal.SIGTERM)


@as_root
def test_another_user_may_not_read_everything(opened: Opened, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("#!/bin/sh\n")
    secret.chmod(0o700)
    assert finish(opened(spawn([str(secret)], NOBODY))).code not in {0, None}


PARENT = """
import os, time
from vrrpd.linux.process import resolve_identity, spawn
child = spawn(["sleep", "60"], resolve_identity("nobody", None))
while open(f"/proc/{child.pid}/comm").read() != "sleep\\n":
    time.sleep(0.01)
print(child.pid, flush=True)
os.kill(os.getpid(), 9)
"""


@as_root
def test_it_dies_with_its_parent() -> None:
    result = subprocess.run([sys.executable, "-c", PARENT], capture_output=True, text=True, check=False)
    assert result.returncode == -signal.SIGKILL
    assert eventually(lambda: not alive(int(result.stdout)))


def test_no_shell_in_between(opened: Opened, report: Path) -> None:
    script = report.with_suffix(".sh")
    script.write_text('#!/bin/sh\nprintf "%s|" "$@" >"$R"\n')
    script.chmod(0o755)
    argv = [str(script), "a b", "$HOME", "; exit 9", "*", ""]
    assert finish(opened(spawn(argv, None, [("R", str(report))]))).code == 0
    assert report.read_text() == "|".join(argv[1:]) + "|"


def test_a_bare_name_is_searched_in_path(opened: Opened, report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = report.parent / "vrrpd-test-program"
    program.write_text("#!/bin/sh\nexit 7\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{report.parent}:{os.environ['PATH']}")
    assert finish(opened(spawn([program.name], None))).code == 7


def test_what_cannot_be_run(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("exit 0\n")
    plain.chmod(0o644)
    before = open_descriptors()
    for name, number in (
        ("vrrpd-no-such-program", ENOENT),
        ("/no/such/program", ENOENT),
        (str(plain), EACCES),
        (str(tmp_path), EACCES),
    ):
        with pytest.raises(LinuxError) as failure:
            spawn([name], None)
        assert (failure.value.errno, failure.value.target) == (number, name)
    plain.chmod(0o755)
    with pytest.raises(LinuxError) as failure:
        spawn([str(plain)], None)
    assert failure.value.errno == ENOEXEC
    assert open_descriptors() == before


@pytest.mark.parametrize("argv", [[], ["true", "a\0b"]])
def test_an_impossible_command_line(argv: list[str]) -> None:
    with pytest.raises(LinuxError) as failure:
        spawn(argv, None)
    assert failure.value.errno == EINVAL


def test_becoming_somebody_else_takes_privilege(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(LinuxError, match=r"as user nobody run .*: EPERM") as failure:
        spawn(["true"], NOBODY)
    assert failure.value.errno == EPERM


def test_a_child_whose_end_cannot_be_watched_is_not_left_running(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []

    def no_descriptor(pid: int) -> int:
        started.append(pid)
        raise OSError(24, "EMFILE")

    monkeypatch.setattr(os, "pidfd_open", no_descriptor)
    with pytest.raises(LinuxError, match="EMFILE"):
        spawn(["sleep", "60"], None)
    assert not Path(f"/proc/{started[0]}").exists()


def test_reaped_by_somebody_else(opened: Opened) -> None:
    child = shell(opened, "exit 5")
    os.waitpid(child.pid, 0)
    assert child.poll() == ExitStatus(None, None)


def test_a_hundred_programs_leave_nothing_behind(opened: Opened) -> None:
    gc.collect()
    before = open_descriptors()
    for _ in range(100):
        child = spawn(["true"], None)
        assert finish(child) == ExitStatus(0, None)
        child.close()
        child.close()
    assert open_descriptors() == before


def test_starting_does_not_wait_for_the_program(opened: Opened) -> None:
    started = time.monotonic()
    child = shell(opened, "sleep 60")
    assert time.monotonic() - started < 30
    child.signal_group(signal.SIGKILL)
    finish(child)


class TestIdentities:
    def test_own(self) -> None:
        own = resolve_identity(None, None)
        assert (own.uid, own.gid) == (os.geteuid(), os.getegid())

    def test_by_name_and_by_number(self) -> None:
        assert resolve_identity(str(NOBODY.uid), None) == NOBODY
        group = grp.getgrgid(0)
        assert resolve_identity("nobody", group.gr_name).gid == 0
        assert resolve_identity("nobody", "4711").gid == 4711

    @given(st.text("xyz²٣-", min_size=1, max_size=8))
    def test_unknown_ones_are_named(self, name: str) -> None:
        with pytest.raises(VrrpdError) as failure:
            resolve_identity(f"vrrpd-{name}", None)
        assert str(failure.value) == f"user {'vrrpd-' + name!r} does not exist"
        with pytest.raises(VrrpdError, match=r"group .* does not exist"):
            resolve_identity("nobody", f"vrrpd-{name}")

    def test_scripts_have_an_account_if_the_machine_has_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(process, "DEFAULT_SCRIPT_USER", "nobody")
        assert process.default_script_identity() == NOBODY
        monkeypatch.setattr(process, "DEFAULT_SCRIPT_USER", "vrrpd-no-such-user")
        assert process.default_script_identity() == resolve_identity(None, None)
