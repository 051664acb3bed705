import os
import shutil
import stat
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from vrrpd.linux.process import Identity, resolve_identity
from vrrpd.linux.script_security import Flaw, Program, examine

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")

ROOT = Identity(0, 0, "root", "/root")
NOBODY = resolve_identity("nobody", None)
DAEMON = resolve_identity("daemon", None)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory of root's that everybody may enter."""
    for directory in (tmp_path, *tmp_path.parents):
        if directory.stat().st_mode & 0o077 == 0:  # pytest keeps them to itself
            directory.chmod(0o755)
    made = tmp_path / "keepalived"
    made.mkdir(mode=0o755)
    return made


@pytest.fixture
def script(place: Path) -> Path:
    return write(place / "check.sh")


def write(path: Path, mode: int = 0o755) -> Path:
    path.write_text("#!/bin/sh\nexit 0\n")
    path.chmod(mode)
    return path


def flaws(program: Program) -> list[Flaw]:
    return [problem.flaw for problem in program.problems]


def test_root_s_own_file_is_safe(script: Path) -> None:
    assert examine(str(script), ROOT) == Program(str(script), (), root=True)


def test_what_debian_installs_is_safe() -> None:
    program = examine("killall", ROOT)
    assert not program.problems
    assert program.path == str(Path(shutil.which("killall") or "").resolve())


CHANGES: list[tuple[str, Callable[[Path], None], str, str]] = [
    ("owner", lambda path: os.chown(path, NOBODY.uid, 0), "belongs to nobody, not to root", "chown root {}"),
    ("everybody", lambda path: path.chmod(0o757), "everybody may write to", "chmod o-w {}"),
    ("group", lambda path: _give(path, DAEMON.gid, 0o775), "group daemon may write to", "chmod g-w {}"),
]


def _give(path: Path, gid: int, mode: int) -> None:
    os.chown(path, 0, gid)
    path.chmod(mode)


@pytest.mark.parametrize(("change", "text", "remedy"), [case[1:] for case in CHANGES], ids=[c[0] for c in CHANGES])
@pytest.mark.parametrize("above", [False, True])
def test_who_else_could_change_it(
    script: Path, change: Callable[[Path], None], text: str, remedy: str, above: bool
) -> None:
    part = script.parent if above else script
    change(part)
    program = examine(str(script), ROOT)
    assert program.insecure
    assert program.runnable
    [problem] = program.problems
    assert text in problem.text
    assert str(part) in problem.text
    assert f"mode {stat.S_IMODE(part.stat().st_mode):04o}" in problem.text
    assert problem.remedy == remedy.format(part)


@pytest.mark.parametrize("change", [case[1] for case in CHANGES], ids=[c[0] for c in CHANGES])
def test_the_remedy_ends_it(script: Path, change: Callable[[Path], None]) -> None:
    change(script)
    for problem in examine(str(script), ROOT).problems:
        subprocess.run(problem.remedy.split(), check=True)
    assert examine(str(script), ROOT).problems == ()


def test_every_fault_is_named_at_once(script: Path) -> None:
    script.chmod(0o757)
    os.chown(script.parent, NOBODY.uid, DAEMON.gid)
    script.parent.chmod(0o777)
    assert len(examine(str(script), ROOT).problems) == 4


def test_a_sticky_directory_may_be_written_to_by_everybody(script: Path) -> None:
    script.parent.chmod(0o1777)
    assert not examine(str(script), ROOT).problems


def test_root_s_group_may_write(script: Path) -> None:
    _give(script, 0, 0o775)
    assert not examine(str(script), ROOT).problems


def test_another_user_s_program_may_belong_to_anybody(script: Path) -> None:
    os.chown(script, NOBODY.uid, NOBODY.gid)
    script.chmod(0o777)
    assert examine(str(script), NOBODY) == Program(str(script), ())


def test_unless_it_becomes_root(script: Path) -> None:
    script.chmod(0o4757)
    program = examine(str(script), NOBODY)
    assert program.root
    assert flaws(program) == [Flaw.INSECURE]
    script.chmod(0o2757)
    assert flaws(examine(str(script), NOBODY)) == [Flaw.INSECURE]


def test_root_s_group_is_enough_to_count(script: Path) -> None:
    script.chmod(0o757)
    assert flaws(examine(str(script), Identity(NOBODY.uid, 0, "nobody", "/"))) == [Flaw.INSECURE]


def _acl(*entries: tuple[int, int, int]) -> bytes:
    """An access control list as the kernel keeps it: tag, permissions, id (acl(5), posix_acl_xattr.h)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


ANYBODY = 0xFFFFFFFF
NOBODY_MAY_WRITE = _acl((1, 7, ANYBODY), (2, 7, NOBODY.uid), (4, 5, ANYBODY), (0x10, 7, ANYBODY), (0x20, 5, ANYBODY))


def test_an_access_control_list_may_let_others_write(script: Path) -> None:
    os.setxattr(script, "system.posix_acl_access", NOBODY_MAY_WRITE)
    [problem] = examine(str(script), ROOT).problems
    assert "the access control list of" in problem.text
    os.removexattr(script, "system.posix_acl_access")
    script.chmod(0o755)
    assert not examine(str(script), ROOT).problems


class TestLinks:
    def test_they_are_resolved_but_the_name_is_kept(self, place: Path, script: Path) -> None:
        (place / "again").symlink_to("check.sh")
        (place.parent / "elsewhere").symlink_to("keepalived")
        program = examine(str(place.parent / "elsewhere" / "again"), ROOT)
        assert program == Program(str(place / "again"), (), root=True)

    def test_the_name_goes_where_it_leads_nowhere(self, place: Path, script: Path) -> None:
        link = place.parent / "other-name"
        link.symlink_to(script)
        assert examine(str(link), ROOT).path == str(script)
        assert examine(str(link), ROOT, keep_links=True).path == str(link)

    def test_what_they_lead_to_counts(self, place: Path, script: Path) -> None:
        (place / "again").symlink_to(script)
        script.chmod(0o777)
        [problem] = examine(str(place / "again"), ROOT).problems
        assert str(script) in problem.text

    def test_kept_links_count_with_their_directories(self, place: Path, script: Path) -> None:
        open_to_all = place.parent / "open"
        open_to_all.mkdir()
        open_to_all.chmod(0o777)
        (open_to_all / "check.sh").symlink_to(script)
        assert not examine(str(open_to_all / "check.sh"), ROOT).problems
        program = examine(str(open_to_all / "check.sh"), ROOT, keep_links=True)
        assert [problem.remedy for problem in program.problems] == [f"chmod o-w {open_to_all}"]

    def test_a_link_of_another_s_in_a_sticky_directory(self, place: Path, script: Path) -> None:
        (place / "link").symlink_to(script)
        os.chown(place / "link", NOBODY.uid, 0, follow_symlinks=False)
        place.chmod(0o1777)
        [problem] = examine(str(place / "link"), ROOT, keep_links=True).problems
        assert problem.remedy == f"chown -h root {place / 'link'}"

    def test_up_and_round(self, place: Path, script: Path) -> None:
        (place / "sub").mkdir()
        (place / "sub" / "up").symlink_to("../check.sh")
        assert not examine(str(place / "sub" / ".." / "sub" / "up"), ROOT, keep_links=True).problems
        (place / "circle").symlink_to("circle")
        for keep in (False, True):
            program = examine(str(place / "circle"), ROOT, keep_links=keep)
            assert flaws(program) == [Flaw.MISSING]
            assert "ELOOP" in program.problems[0].text


class TestUnusable:
    def test_absent(self, place: Path) -> None:
        program = examine(str(place / "none"), ROOT)
        assert flaws(program) == [Flaw.MISSING]
        assert not program.runnable
        assert f"{place / 'none'}: ENOENT" in str(program.problems[0])

    def test_behind_a_file(self, script: Path) -> None:
        assert "ENOTDIR" in str(examine(f"{script}/x", ROOT).problems[0])

    def test_nowhere_in_path(self, monkeypatch: pytest.MonkeyPatch, script: Path) -> None:
        monkeypatch.setenv("PATH", str(script.parent))
        assert "is nowhere in PATH" in str(examine("vrrpd-no-such-program", ROOT).problems[0])
        assert examine("check.sh", ROOT).path == str(script)

    def test_a_directory_a_pipe(self, place: Path) -> None:
        assert "is a directory, not a program" in str(examine(str(place), ROOT).problems[0])
        os.mkfifo(place / "pipe")
        assert flaws(examine(str(place / "pipe"), ROOT)) == [Flaw.NOT_A_FILE]

    @pytest.mark.parametrize(
        ("mode", "owner", "works"),
        [
            (0o744, 0, False),
            (0o711, 0, True),
            (0o700, NOBODY.uid, True),
            (0o611, NOBODY.uid, False),
            (0o644, 0, False),
        ],
    )
    def test_not_executable_for_its_user(self, script: Path, mode: int, owner: int, works: bool) -> None:
        script.chmod(mode)
        os.chown(script, owner, 0)
        program = examine(str(script), NOBODY)
        assert program.runnable is works
        if not works:
            assert f"mode {mode:04o}) is not executable for user nobody" in program.problems[0].text

    def test_by_its_groups(self, script: Path) -> None:
        script.chmod(0o750)
        os.chown(script, 0, DAEMON.gid)
        assert not examine(str(script), NOBODY).runnable
        member = Identity(NOBODY.uid, NOBODY.gid, "nobody", "/", (DAEMON.gid,))
        assert examine(str(script), member).runnable

    def test_not_even_for_root_without_any_execute_bit(self, script: Path) -> None:
        script.chmod(0o644)
        assert flaws(examine(str(script), ROOT)) == [Flaw.NOT_EXECUTABLE]

    def test_a_directory_that_its_user_may_not_enter(self, script: Path) -> None:
        script.parent.chmod(0o700)
        [problem] = examine(str(script), NOBODY).problems
        assert problem.text.startswith(f"user nobody may not enter {script.parent}")
        assert examine(str(script), ROOT).runnable
