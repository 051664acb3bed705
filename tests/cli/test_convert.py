"""``vrrpd convert`` and ``vrrpd config show``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vrrpd.cli.main import vrrpd

KEEPALIVED = """\
global_defs {
    vrrp_garp_master_delay 7
}
vrrp_script chk {
    script "/bin/check 'a b'"
}
@one vrrp_script other {
@one     script "/bin/other"
@one }
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 101
    authentication {
        auth_type PASS
        auth_pass hidden
    }
    virtual_ipaddress {
        192.168.1.100/24 dev eth0
    }
    track_script {
        chk weight 5
    }
}
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(vrrpd, arguments)


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "keepalived.conf"
    path.write_text(KEEPALIVED)
    return str(path)


def test_from_keepalived_to_toml_and_back(source: str, tmp_path: Path) -> None:
    toml = run("convert", source, "--to", "toml")
    assert toml.exit_code == 0
    assert 'script = ["/bin/check", "a b"]' in toml.stdout
    assert 'track_script = ["chk weight 5"]' in toml.stdout
    path = tmp_path / "x.toml"
    path.write_text(toml.stdout)
    again = run("convert", str(path), "--to", "keepalived")
    assert "script \"/bin/check 'a b'\"" in again.stdout
    assert "        192.168.1.100/24 dev eth0\n" in again.stdout
    back = tmp_path / "back.conf"
    back.write_text(again.stdout)
    assert run("convert", str(back), "--to", "toml").stdout == toml.stdout


def test_through_json(source: str, tmp_path: Path) -> None:
    as_json = run("convert", source, "--to", "json")
    assert json.loads(as_json.stdout)["vrrp_instance"]["VI_1"]["priority"] == 101
    path = tmp_path / "x.json"
    path.write_text(as_json.stdout)
    assert run("convert", str(path), "--to", "toml").stdout == run("convert", source, "--to", "toml").stdout


def test_the_host_decides_which_lines_count(source: str) -> None:
    assert "other" not in run("convert", source, "--to", "toml", "--host", "two").stdout
    shown = run("config", "show", source, "--host", "one")
    assert shown.exit_code == 0


def test_show_says_where_each_value_comes_from_and_hides_passwords(source: str) -> None:
    shown = run("config", "show", source)
    assert shown.exit_code == 0
    lines = {line.partition(" = ")[0]: line for line in shown.stdout.split("[vrrp_instance.VI_1]")[1].splitlines()}
    assert lines["priority"].endswith(f"# {source}:13:5")
    assert lines["advert_int"].endswith("# default")
    assert lines["garp_master_delay"].startswith("garp_master_delay = 7 ")
    assert lines["garp_master_delay"].endswith(f"# vrrp_garp_master_delay, {source}:2:5")
    assert "hidden" not in shown.stdout
    assert "********" in shown.stdout


def test_only_what_is_written(source: str) -> None:
    assert "advert_int" not in run("config", "show", source, "--written").stdout


@pytest.mark.parametrize("arguments", [("convert", "--to", "toml"), ("config", "show")])
def test_a_file_that_cannot_be_read(arguments: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    for content in ("", "[vrrp_instance.VI_1]\npriority = 300\n"):
        if content:
            path.write_text(content)
        result = run(arguments[0], *([arguments[1]] if arguments[0] == "config" else []), str(path),
                     *(arguments[1:] if arguments[0] == "convert" else []))  # fmt: skip
        assert result.exit_code == 2
        assert "error" in result.stderr
        assert result.stdout == ""


def test_what_keepalived_cannot_say(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(
        '[vrrp_instance.\'a"b\']\ninterface = "eth0"\nvirtual_router_id = 1\nvirtual_ipaddress = ["10.0.0.1"]\n'
    )
    result = run("convert", str(path), "--to", "keepalived")
    assert result.exit_code == 2
    assert "quotation marks" in result.stderr


def test_passwords_stay_out_of_messages(tmp_path: Path) -> None:
    path = tmp_path / "keepalived.conf"
    path.write_text(KEEPALIVED.replace("hidden", "muchtoolongasecret"))
    result = run("convert", str(path), "--to", "toml")
    assert result.exit_code == 1
    assert "secret" not in result.stderr
    assert "muchtoolongasecret" in result.stdout
