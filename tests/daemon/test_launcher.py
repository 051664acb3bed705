import os
import select
from pathlib import Path

import pytest

from vrrpd.config.model import Command, GlobalDefs
from vrrpd.daemon.launcher import Launcher
from vrrpd.errors import VrrpdError
from vrrpd.linux import process
from vrrpd.linux.process import Child, Identity, resolve_identity

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
NOBODY = resolve_identity("nobody", None)
LIST = Command(("/usr/bin/id",))


def code_of(child: Child) -> int | None:
    select.select([child], [], [])
    status = child.poll()
    child.close()
    return None if status is None else status.code


def test_who_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "DEFAULT_SCRIPT_USER", "vrrpd-no-such-user")
    own = resolve_identity(None, None)
    assert Launcher(None, None).resolve(LIST) == own
    assert Launcher("nobody", None).resolve(LIST) == NOBODY
    assert Launcher("daemon", None).resolve(Command(("x",), "nobody")) == NOBODY
    group = resolve_identity("nobody", "daemon")
    assert Launcher("nobody", "daemon").resolve(LIST) == group
    assert Launcher("daemon", None).resolve(Command(("x",), "nobody", "daemon")) == group
    monkeypatch.setattr(process, "DEFAULT_SCRIPT_USER", "nobody")
    assert Launcher(None, None).resolve(LIST) == NOBODY


def test_accounts_are_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    launcher = Launcher("nobody", None)
    before = launcher.resolve(LIST)
    monkeypatch.setattr("pwd.getpwnam", lambda _: pytest.fail("asked again"))
    assert launcher.resolve(LIST) is before


def test_nobody_of_that_name() -> None:
    launcher = Launcher("vrrpd-no-such-user", None)
    with pytest.raises(VrrpdError, match="'vrrpd-no-such-user' does not exist"):
        launcher.start(LIST)


@pytest.mark.parametrize("wanted", [False, True])
def test_groups_of_the_user_only_if_wanted(monkeypatch: pytest.MonkeyPatch, wanted: bool) -> None:
    monkeypatch.setattr(os, "getgrouplist", lambda name, gid: [gid, 4711, 4712] if name == "nobody" else [gid])
    launcher = Launcher.of(GlobalDefs(script_user="nobody", set_supplementary_groups=wanted))
    identity = launcher.resolve(LIST)
    assert isinstance(identity, Identity)
    assert identity.groups == ((4711, 4712) if wanted else ())


@as_root
@pytest.mark.parametrize("wanted", [False, True])
def test_the_program_has_them(monkeypatch: pytest.MonkeyPatch, wanted: bool) -> None:
    monkeypatch.setattr(os, "getgrouplist", lambda _, gid: [gid, 4711, 4712])
    launcher = Launcher("nobody", None, supplementary=wanted)
    groups = f"{NOBODY.gid} 4711 4712" if wanted else f"{NOBODY.gid}"
    assert code_of(launcher.start(Command(("/bin/sh", "-c", f'test "$(id -G)" = "{groups}"')))) == 0


class TestAFileInsteadOfAProgram:
    """keepalived gives ``</path`` to a shell, to see whether the file may be opened."""

    @pytest.mark.parametrize("words", [("<{}",), ("<", "{}"), ("< {}",)])
    def test_readable_or_not(self, tmp_path: Path, words: tuple[str, ...]) -> None:
        file = tmp_path / "file"
        command = Command(tuple(word.format(file) for word in words))
        assert code_of(Launcher(None, None).start(command)) != 0
        file.touch()
        assert code_of(Launcher(None, None).start(command)) == 0

    @as_root
    def test_by_its_user(self, tmp_path: Path) -> None:
        for parent in tmp_path.parents:
            if parent.stat().st_mode & 0o077 == 0:  # pytest keeps them to itself
                parent.chmod(0o755)
        tmp_path.chmod(0o755)
        file = tmp_path / "file"
        file.touch(mode=0o644)
        launcher = Launcher("nobody", None)
        assert code_of(launcher.start(Command((f"<{file}",)))) == 0
        assert code_of(launcher.start(Command((f">{file}",)))) != 0
        file.chmod(0o600)
        assert code_of(launcher.start(Command((f"<{file}",)))) != 0
