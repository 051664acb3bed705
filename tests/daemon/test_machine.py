"""What a keepalived.conf is told about this machine."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from vrrpd.config.keepalived.context import ScriptManners, ScriptState
from vrrpd.daemon.machine import machine_context
from vrrpd.linux.process import Identity, resolve_identity


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


PLAIN = ScriptManners()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs files that belong to root")
def test_scripts_are_looked_at_by_the_path_that_runs_and_with_the_groups_that_run_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = machine_context(tmp_path / "x")
    directory = tmp_path / "open"
    directory.mkdir()
    directory.chmod(0o777)
    link = directory / "true"
    link.symlink_to("/usr/bin/true")
    assert context.check_script(str(link), "root", None, PLAIN).state is ScriptState.SAFE
    kept = context.check_script(str(link), "root", None, ScriptManners(keep_links=True))
    assert kept.state is ScriptState.INSECURE
    asked = []
    known = resolve_identity("nobody", None)

    def resolve(user: str | None, group: str | None, *, supplementary: bool = False) -> Identity:
        asked.append(supplementary)
        return replace(known, groups=(1,) if supplementary else ())

    monkeypatch.setattr("vrrpd.daemon.machine.resolve_identity", resolve)
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    os.chown(program, 0, 1)
    program.chmod(0o750)
    for path in (tmp_path, *tmp_path.parents):
        if path != Path("/tmp"):
            path.chmod(path.stat().st_mode | 0o111)
        else:
            break
    assert context.check_script(str(program), "nobody", None, PLAIN).state is ScriptState.NOT_EXECUTABLE
    in_groups = ScriptManners(supplementary=True)
    assert context.check_script(str(program), "nobody", None, in_groups).state is ScriptState.SAFE
    assert asked == [False, True]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs files that belong to root")
def test_scripts(tmp_path: Path) -> None:
    context = machine_context(tmp_path / "x")
    safe = context.check_script("/usr/bin/true", "root", None, PLAIN)
    assert (safe.state, safe.runs_as_root) == (ScriptState.SAFE, True)
    assert not context.check_script("/usr/bin/true", "nobody", None, PLAIN).runs_as_root
    assert context.check_script("/no/such/file", None, None, PLAIN).state is ScriptState.MISSING
    plain = tmp_path / "plain"
    plain.write_text("x")
    assert context.check_script(str(plain), "root", None, PLAIN).state is ScriptState.NOT_EXECUTABLE
    plain.chmod(0o777)
    insecure = context.check_script(str(plain), "root", None, PLAIN)
    assert insecure.state is ScriptState.INSECURE
    assert "everybody may write" in insecure.detail
    assert context.check_script("/usr/bin/true", "no-such-user", None, PLAIN).state is ScriptState.NOT_EXECUTABLE
