"""``-t``: findings on stderr or in a log, keepalived's exit codes."""

import json
from pathlib import Path

import pytest

from vrrpd.cli.commands.config_test import config_test

CLEAN = (
    "global_defs {{\nscript_user root\nenable_script_security\ndynamic_interfaces\n}}\n"
    "vrrp_instance A {{\ninterface eth0\nvirtual_router_id 5\nvirtual_ipaddress {{\n10.0.0.1\n}}\n{}\n}}\n"
)


def write(tmp_path: Path, keywords: str = "") -> Path:
    path = tmp_path / "keepalived.conf"
    path.write_text(CLEAN.format(keywords))
    return path


@pytest.mark.parametrize(
    ("keywords", "code"), [("", 0), ("state", 2), ("nonsense", 5), ("state MASTER\npriority 9\nnopreempt", 5)]
)
def test_exit_codes(tmp_path: Path, keywords: str, code: int) -> None:
    assert config_test(write(tmp_path, keywords)) == code


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config_test(tmp_path / "none") == 4
    assert "No such file" in capsys.readouterr().err


def test_messages_show_the_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "  prioritty 5")
    assert config_test(path) == 5
    said = capsys.readouterr().err
    assert f"{path}:12:3: warning: vrrp_instance has no keyword prioritty" in said
    assert "    12 |   prioritty 5\n       |   ^" in said
    assert "write: priority" in said


def test_messages_hide_passwords(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config_test(write(tmp_path, "authentication {\nauth_type PASS\nauth_pass geheimnis\n}"))
    said = capsys.readouterr().err
    assert "auth_pass *********" in said
    assert "geheimnis" not in said


def test_a_log_is_added_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    assert config_test(write(tmp_path, "nonsense"), log=log) == 5
    assert log.read_text().startswith("before\n")
    assert "nonsense" in log.read_text()
    assert capsys.readouterr().err == ""


def test_a_log_behind_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("")
    (tmp_path / "log").symlink_to("target")
    assert config_test(write(tmp_path), log=tmp_path / "log") == 4
    assert (tmp_path / "target").read_text() == ""


def test_for_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config_test(write(tmp_path, "nonsense"), as_json=True) == 5
    answer = json.loads(capsys.readouterr().err)
    assert answer["exit_code"] == 5
    assert [item["line"] for item in answer["diagnostics"] if item["code"] == "unknown-keyword"] == [12]


def test_conditions_follow_the_id(tmp_path: Path) -> None:
    path = write(tmp_path, "@lb1 nonsense")
    assert config_test(path, config_id="lb1") == 5
    assert config_test(path, config_id="lb2") == 0


def test_toml(tmp_path: Path) -> None:
    path = tmp_path / "vrrpd.toml"
    path.write_text('[vrrp_instance.A]\ninterface = "eth0"\nvirtual_router_id = 5\nvirtual_ipaddress = ["10.0.0.1"]\n')
    assert config_test(path) == 0
    path.write_text("[vrrp_instance.A]\n")
    assert config_test(path) == 4
