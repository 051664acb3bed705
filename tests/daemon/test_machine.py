"""What a keepalived.conf is told about this machine."""

import os
import socket
from pathlib import Path

import pytest

from vrrpd.config.keepalived.context import ScriptState
from vrrpd.daemon.machine import machine_context


def test_includes(tmp_path: Path) -> None:
    context = machine_context(tmp_path / "keepalived.conf")
    (tmp_path / "b.conf").write_text("b")
    (tmp_path / "a.conf").write_text("a")
    (tmp_path / "run.conf").write_text("x")
    (tmp_path / "run.conf").chmod(0o755)
    (tmp_path / "dir.conf").mkdir()
    found = context.find_files("*.conf", str(tmp_path))
    assert [(Path(file.path).name, file.content) for file in found] == [("a.conf", b"a"), ("b.conf", b"b")]
    assert [file.content for file in context.find_files(str(tmp_path / "a.conf"), "/elsewhere")] == [b"a"]
    assert context.find_files("none", str(tmp_path)) == ()
    assert context.directory == str(tmp_path)


def test_a_link_to_nowhere_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.conf").symlink_to("nowhere")
    found = machine_context(tmp_path / "x").find_files("*.conf", str(tmp_path))
    assert [(file.content, file.problem) for file in found] == [(None, "No such file or directory")]


def test_names(monkeypatch: pytest.MonkeyPatch) -> None:
    context = machine_context(Path("keepalived.conf"))
    assert context.config_id == socket.gethostname().partition(".")[0]
    assert machine_context(Path("x"), config_id="lb7").config_id == "lb7"
    monkeypatch.setenv("VRRPD_TEST", "here")
    assert context.environment("VRRPD_TEST") == "here"
    assert context.environment("VRRPD_TEST_NONE") is None
    assert {context.random(3, 4) for _ in range(100)} == {3, 4}


def test_interfaces_and_users() -> None:
    context = machine_context(Path("x"))
    assert context.has_interface("lo")
    assert not context.has_interface("nowhere0")
    assert not context.has_interface("nul\0")
    assert context.has_user("root", None)
    assert context.has_user("root", "root")
    assert not context.has_user("no-such-user", None)
    assert not context.has_user("root", "no-such-group")
    assert not context.has_namespace("no-such-namespace")
    assert not context.has_namespace("../netns")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs files that belong to root")
def test_scripts(tmp_path: Path) -> None:
    context = machine_context(tmp_path / "x")
    safe = context.check_script("/usr/bin/true", "root", None)
    assert (safe.state, safe.runs_as_root) == (ScriptState.SAFE, True)
    assert not context.check_script("/usr/bin/true", "nobody", None).runs_as_root
    assert context.check_script("/no/such/file", None, None).state is ScriptState.MISSING
    plain = tmp_path / "plain"
    plain.write_text("x")
    assert context.check_script(str(plain), "root", None).state is ScriptState.NOT_EXECUTABLE
    plain.chmod(0o777)
    insecure = context.check_script(str(plain), "root", None)
    assert insecure.state is ScriptState.INSECURE
    assert "everybody may write" in insecure.detail
    assert context.check_script("/usr/bin/true", "no-such-user", None).state is ScriptState.NOT_EXECUTABLE
