import os
from pathlib import Path

import pytest

from tests.daemon.conftest import ScriptMaker
from vrrpd.config.diagnostics import Location, Severity
from vrrpd.config.model import (
    Command,
    Config,
    GlobalDefs,
    NotifyScripts,
    SyncGroup,
    Track,
    VrrpInstance,
    VrrpScript,
)
from vrrpd.daemon.script_review import review_scripts
from vrrpd.linux import process
from vrrpd.units import Vrid

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root's scripts are in danger")

AT = Location("test.conf", 7, 3)
TRACKS = (Track("good"), Track("bad", 5))


@pytest.fixture
def good(tmp_path: Path, script: ScriptMaker) -> str:
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_mode & 0o077 == 0:  # pytest keeps them to itself
            parent.chmod(0o755)
    return script("good", "exit 0")


@pytest.fixture
def insecure(good: str, script: ScriptMaker) -> str:
    path = script("insecure", "exit 0")
    Path(path).chmod(0o777)
    return path


def config_of(good: str, bad: str, defs: GlobalDefs = GlobalDefs(script_user="root")) -> Config:  # noqa: B008  a value
    """Both scripts everywhere."""
    notify = NotifyScripts(
        master=Command((good, "argument")), backup=Command((bad,)), deleted=Command((bad,)), announce_deleted=True
    )
    return Config(
        global_defs=defs,
        vrrp_scripts=(
            VrrpScript("good", Command((good,))),
            VrrpScript("bad", Command((bad,)), origins={"script": AT}),
        ),
        vrrp_instances=(VrrpInstance("VI_1", "eth0", Vrid(1), track_script=TRACKS, notify=notify),),
        sync_groups=(SyncGroup("G", ("VI_1",), track_script=TRACKS, notify=notify),),
    )


def test_nothing_to_say_of_what_is_well(good: str) -> None:
    config = config_of(good, good)
    assert review_scripts(config) == (config, ())


def assert_without_bad(config: Config) -> None:
    assert [script.name for script in config.vrrp_scripts] == ["good"]
    blocks: tuple[VrrpInstance | SyncGroup, ...] = (*config.vrrp_instances, *config.sync_groups)
    for block in blocks:
        assert block.track_script == (Track("good"),)
        assert block.notify.master is not None
        assert (block.notify.backup, block.notify.deleted) == (None, None)
        assert block.notify.announce_deleted


def test_what_is_not_there_is_tracked_by_nobody_and_run_by_nobody(good: str) -> None:
    config, found = review_scripts(config_of(good, "/no/such/program"))
    assert_without_bad(config)
    assert {item.severity for item in found} == {Severity.WARNING}
    assert str(found[-1]) == (
        "test.conf:7:3: warning: script bad is disabled: /no/such/program cannot be reached: /no: ENOENT"
    )
    assert [item.message.split(" is disabled")[0] for item in found[:-1]] == [
        "VI_1 notify_backup",
        "VI_1 notify_deleted",
        "group G notify_backup",
        "group G notify_deleted",
    ]


def test_insecure_ones_are_run_with_one_warning(good: str, insecure: str) -> None:
    config = config_of(good, insecure)
    reviewed, [warning] = review_scripts(config)
    assert reviewed == config
    assert warning.severity is Severity.WARNING
    assert f"everybody may write to {insecure} (root:root, mode 0777); chmod o-w {insecure}" in warning.message


def test_or_not_with_enable_script_security(good: str, insecure: str) -> None:
    defs = GlobalDefs(script_user="root", enable_script_security=True)
    config, found = review_scripts(config_of(good, insecure, defs))
    assert_without_bad(config)
    assert f"script bad is disabled: everybody may write to {insecure}" in found[-1].message


def test_another_user_s_insecure_script_is_nobody_else_s_business(good: str, insecure: str) -> None:
    defs = GlobalDefs(script_user="nobody", enable_script_security=True)
    assert review_scripts(config_of(good, insecure, defs))[1] == ()


class TestWithoutAUser:
    """enable_script_security runs nothing as root only because nobody said who runs it."""

    def test_nothing_is_run(self, good: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(process, "DEFAULT_SCRIPT_USER", "vrrpd-no-such-user")
        config, found = review_scripts(config_of(good, good, GlobalDefs(enable_script_security=True)))
        assert config.vrrp_scripts == ()
        assert all("set script_user" in item.message for item in found)

    def test_but_for_those_that_name_one(self, good: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(process, "DEFAULT_SCRIPT_USER", "vrrpd-no-such-user")
        named = VrrpScript("chk", Command((good,), "nobody"))
        config = Config(GlobalDefs(enable_script_security=True), vrrp_scripts=(named,))
        assert review_scripts(config) == (config, ())

    def test_unless_the_account_for_it_exists(self, good: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(process, "DEFAULT_SCRIPT_USER", "nobody")
        assert review_scripts(config_of(good, good, GlobalDefs(enable_script_security=True)))[1] == ()


def test_an_unknown_user(good: str) -> None:
    config = Config(vrrp_scripts=(VrrpScript("chk", Command((good,), "vrrpd-no-such-user")),))
    reviewed, [warning] = review_scripts(config)
    assert reviewed.vrrp_scripts == ()
    assert "user 'vrrpd-no-such-user' does not exist" in warning.message


def test_links_are_resolved_unless_they_are_to_stay(good: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("good")
    (tmp_path / "other").symlink_to(tmp_path)
    path = str(tmp_path / "other" / "link")

    def run_by(defs: GlobalDefs) -> tuple[str, ...]:
        config = Config(defs, vrrp_scripts=(VrrpScript("chk", Command((path, "argument"))),))
        return review_scripts(config)[0].vrrp_scripts[0].command.argv

    assert run_by(GlobalDefs(script_user="root")) == (str(tmp_path / "link"), "argument")
    assert run_by(GlobalDefs(script_user="root", use_symlink_paths=True)) == (path, "argument")


def test_a_bare_name_becomes_the_path_that_was_looked_at() -> None:
    config = Config(GlobalDefs(script_user="root"), vrrp_scripts=(VrrpScript("chk", Command(("killall", "-0", "x"))),))
    [script] = review_scripts(config)[0].vrrp_scripts
    assert script.command.argv[0].startswith("/")
    assert script.command.argv[1:] == ("-0", "x")


def test_the_daemon_s_own_scripts(good: str, tmp_path: Path) -> None:
    bad = Command((str(tmp_path / "none"),))
    defs = GlobalDefs(
        script_user="root",
        startup_script=bad,
        shutdown_script=Command((good,)),
        notify_fifo_script=bad,
        vrrp_notify_fifo_script=bad,
    )
    config, found = review_scripts(Config(defs))
    assert config.global_defs == GlobalDefs(script_user="root", shutdown_script=Command((good,)))
    assert [item.message.split()[0] for item in found] == [
        "startup_script",
        "notify_fifo_script",
        "vrrp_notify_fifo_script",
    ]


def test_a_file_that_is_only_opened_is_no_program() -> None:
    config = Config(vrrp_scripts=(VrrpScript("chk", Command(("</no/such/file",))),))
    assert review_scripts(config) == (config, ())
