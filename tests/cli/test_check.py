"""``vrrpd check`` as it is called."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.config.findings import instance
from vrrpd.cli.commands.check import CheckResult, check
from vrrpd.config.keepalived.limits import INPUT_LIMIT

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
PASSWORD = 'authentication = { auth_type = "PASS", auth_pass = "Hush-Hush-Hush" }'


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(check, [str(argument) for argument in arguments], input=stdin)


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "f.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_clean_file(tmp_path: Path) -> None:
    path = file(tmp_path, instance())
    result = run(path)
    assert result.exit_code == CheckResult.CLEAN
    assert result.output == f"{path} (1 vrrp_instance, 0 vrrp_scripts): no errors or warnings: vrrpd runs this file\n"


def test_notes_do_not_change_the_exit_code(tmp_path: Path) -> None:
    result = run(file(tmp_path, instance('state = "MASTER"\npriority = 101')))
    assert result.exit_code == CheckResult.CLEAN
    assert ": note: " in result.output


def test_the_first_example_runs_with_a_warning() -> None:
    result = run(EXAMPLES / "vi1.toml")
    assert result.exit_code == CheckResult.WARNINGS
    assert "only the first 8 of the 14 bytes of auth_pass are used, and they are sent in clear" in result.output
    assert "it works as it is" in result.output
    assert "1 warning, 1 note: vrrpd runs this file" in result.output
    assert "Secret" not in result.output


def test_errors_show_line_and_caret(tmp_path: Path) -> None:
    path = file(tmp_path, instance("advert_int = 0.4"))
    result = run(path)
    assert result.exit_code == CheckResult.ERRORS
    assert result.output.startswith(
        f"{path}:5:14: error: VRRPv2 carries whole seconds: 0.4 s cannot be sent\n"
        "     5 | advert_int = 0.4\n"
        "       |              ^\n"
        "  expected: 1, 2, ... 255 with version 2; 0.01 to 40.95 with version 3\n"
        "  write: version = 3, or advert_int = 1\n\n"
    )
    assert result.output.endswith("1 error: vrrpd will not run this file\n")


@pytest.mark.parametrize("lines", [PASSWORD, f"{PASSWORD}\npriority = 0", f"{PASSWORD} x", f"{PASSWORD}\nx = ["])
def test_no_password_is_printed(tmp_path: Path, lines: str) -> None:
    path = file(tmp_path, instance(lines))
    for arguments in ((path,), (path, "--json")):
        assert "Hush" not in run(*arguments).output


def test_json(tmp_path: Path) -> None:
    path = file(tmp_path, instance("advert_int = 0.4\nstate = 'MASTER'\npriority = 101\nowner_ignore_adverts = true"))
    result = run(path, "--json")
    answer = json.loads(result.output)
    assert result.exit_code == CheckResult.ERRORS
    assert (answer["result"], answer["runnable"]) == ("errors", False)
    assert (answer["errors"], answer["warnings"], answer["notes"]) == (1, 1, 1)
    assert answer["diagnostics"][0] == {
        "severity": "error",
        "code": "advert-int",
        "file": str(path),
        "line": 5,
        "column": 14,
        "message": "VRRPv2 carries whole seconds: 0.4 s cannot be sent",
        "expected": "1, 2, ... 255 with version 2; 0.01 to 40.95 with version 3",
        "write": "version = 3, or advert_int = 1",
    }


def test_json_of_a_clean_file(tmp_path: Path) -> None:
    answer = json.loads(run(file(tmp_path, instance()), "--json").output)
    assert (answer["result"], answer["runnable"], answer["diagnostics"]) == ("clean", True, [])


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, part in ((tmp_path / "none.toml", "No such file"), (tmp_path, "Is a directory")):
        result = run(path)
        assert result.exit_code == CheckResult.ERRORS
        assert f"{path}: error: cannot read it: {part}" in result.output
    answer = json.loads(run(tmp_path / "none.toml", "--json").output)
    assert answer["diagnostics"][0]["code"] == "unreadable"


def test_a_name_that_is_no_text() -> None:
    for arguments in (("\udcff",), ("\udcff", "--json")):
        assert run(*arguments).exit_code == CheckResult.ERRORS


def test_an_endless_file_is_not_read_to_its_end() -> None:
    result = run("/dev/zero")
    assert result.exit_code == CheckResult.ERRORS
    assert f"more than {INPUT_LIMIT >> 20} MiB" in result.output


def test_standard_input() -> None:
    result = run("-", stdin=instance("priority = 0").encode())
    assert result.exit_code == CheckResult.ERRORS
    assert result.output.startswith("standard input:5:12: error: priority cannot be 0")


def test_other_encodings(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes(b"# caf\xe9\n")
    result = run(path)
    assert result.exit_code == CheckResult.ERRORS
    assert f"{path}:1:6: error: this is not UTF-8" in result.output
    path.write_bytes(b"\xef\xbb\xbf" + instance("priority = 0").replace("\n", "\r\n").encode())
    assert "     5 | priority = 0\n       |            ^" in run(path).output


def test_help_explains_itself() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for part in ("FILE", "--json", "Exit code: 0", "no privilege"):
        assert part in result.output


CONF = """\
vrrp_instance VI_1 {
    interface not-here
    virtual_router_id 51
    virtual_ipaddress {
        192.168.1.100
    }
    include more/*.conf
}
"""


def test_a_keepalived_conf_that_is_meant_for_another_machine(tmp_path: Path) -> None:
    path = tmp_path / "keepalived.conf"
    path.write_text(CONF)
    result = run(path)
    assert result.exit_code == CheckResult.CLEAN, result.output
    assert run("-", stdin=CONF.encode()).exit_code == CheckResult.CLEAN


def test_what_a_keepalived_conf_includes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "keepalived.conf"
    path.write_text(CONF)
    (tmp_path / "more").mkdir()
    included = tmp_path / "more" / "a.conf"
    included.write_text("# nothing\nrubbish\n")
    result = run(path)
    assert result.exit_code == CheckResult.WARNINGS
    assert f"{included}:2:1: warning:" in result.output
    assert "virtual_router_id" not in result.output, "no line of another file is shown"


def test_lines_of_an_included_file_are_shown_without_their_secrets(tmp_path: Path) -> None:
    (tmp_path / "more.conf").write_text("vrrp_instance A {\n    auth_pass Hush-Hush nonsense\n    bogus 1\n}\n")
    main = tmp_path / "main.conf"
    main.write_text("include more.conf\n")
    output = CliRunner().invoke(check, [str(main)]).output
    assert "     3 |     bogus 1\n" in output
    assert "     2 |     auth_pass ********* nonsense\n" in output


def test_json_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{}")
    result = CliRunner().invoke(check, [str(path)])
    assert result.exit_code == CheckResult.ERRORS
    assert f"write: vrrpd convert {path} --to toml" in result.output
