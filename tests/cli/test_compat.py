"""keepalived's command line beside vrrpd's own: which is meant, what is printed, what arrives at the daemon."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import vrrpd.daemon.main as daemon
from vrrpd.cli import compat
from vrrpd.cli.keepalived_options import KEEPALIVED, VRRPD, parse
from vrrpd.daemon import machine
from vrrpd.daemon.options import DaemonOptions, Manners
from vrrpd.observe.logs import Targets


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[DaemonOptions]:
    """Options that the daemon was started with; it ends at once with 3."""
    found: list[DaemonOptions] = []

    def run(options: DaemonOptions) -> int:
        found.append(options)
        return 3

    monkeypatch.setattr(daemon, "run", run)
    return found


@pytest.mark.parametrize(
    "words",
    [
        ["-f", "x"],
        ["-fx"],
        ["-t", "-f", "x"],
        ["--config-test=log", "-f", "x"],
        ["--signum=JSON"],
        ["-v"],
        ["-nld"],
        ["--run-dir", "status", "-f", "x"],
        ["--log-level=debug", "--dont-fork", "--config", "x"],
        ["--config", "x", "-n"],
    ],
)
def test_an_option_that_only_keepalived_has_decides(words: Sequence[str]) -> None:
    assert compat.is_meant("vrrpd", words)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--help"],
        ["-h"],
        ["-V"],
        ["--version"],
        ["--config", "-n"],
        ["--config", "x"],
        ["--config=x", "--run-dir", "-f", "--log-to", "console"],
        ["status", "-v"],
        ["--run-dir", "x", "status", "-v"],
        ["check", "x"],
        ["--", "-f"],
        ["--bogus"],
    ],
)
def test_everything_else_is_vrrpds_own(words: Sequence[str]) -> None:
    assert not compat.is_meant("/usr/bin/vrrpd", words)
    assert compat.is_meant("/usr/sbin/keepalived", words), "but not under the name keepalived"


@pytest.mark.parametrize(
    ("name", "number"),
    [("STOP", "15"), ("RELOAD", "1"), ("DATA", "10"), ("STATS", "12"), ("STATS_CLEAR", "63"), ("JSON", "36")],
)
def test_signum_prints_a_bare_number(name: str, number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert compat.run("keepalived", [f"--signum={name}"]) == 0
    assert capsys.readouterr() == (f"{number}\n", "")


def test_signum_of_no_signal(capsys: pytest.CaptureFixture[str]) -> None:
    assert compat.run("keepalived", ["--signum", "json"]) == 1
    assert capsys.readouterr() == ("", "Unknown sigfunc json\n")


@pytest.mark.parametrize("words", [["-v"], ["--version"]])
def test_version_as_exporters_read_it(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert compat.run("keepalived", words) == 0
    out, err = capsys.readouterr()
    assert out == ""
    first, *rest = err.splitlines()
    assert first.split(" ")[0] == "Keepalived"
    assert re.fullmatch(r"v\d+\.\d+\.\d+", first.split(" ")[1])
    assert "--enable-json" in err
    assert any(line.startswith("This is vrrpd ") for line in rest)


@pytest.mark.parametrize("words", [["-h"], ["--help"], ["-n", "--help", "--version"]])
def test_help_is_on_standard_error_and_names_every_option(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert compat.run("/usr/sbin/keepalived", words) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Usage: keepalived [OPTION...]\n")
    assert str(compat.DEFAULT_CONFIG) in err
    for option in (*KEEPALIVED, *VRRPD):
        assert re.search(rf"(-{option.short}, )?--{option.long}\b", err)
    assert max(map(len, err.splitlines())) <= 110


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--bogus"], "unknown option --bogus"),
        (["-f"], "missing parameter for option -f"),
        (["-f", ""], "option --use-file needs the name of a file"),
        (["--log-level=loud"], "--log-level is one of debug, info, warning, error"),
        (["-T"], "there is no genhash here"),
    ],
)
def test_a_command_line_that_cannot_be_used(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str], started: list[DaemonOptions]
) -> None:
    assert compat.run("keepalived", words) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "keepalived -h" in err
    assert started == []


@pytest.mark.parametrize(
    ("words", "remark"),
    [
        (["-S", "mail"], "invalid log facility 'mail', daemon is used: it is one of 0-7, local0-local7, user, daemon"),
        (["-u", "rwx"], "invalid umask 'rwx', 0177 is used: it is a number from 0 to 0777"),
        (["-u", "01000"], "invalid umask '01000', 0177 is used: it is a number from 0 to 0777"),
    ],
)
def test_an_argument_that_cannot_be_used_is_said_and_left_out(
    words: list[str], remark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As keepalived does: a unit file with a slip in it goes on working."""
    assert remark in manners("keepalived", *words).remarks
    assert manners("keepalived", *words).umask is None
    assert compat.run("keepalived", ["-t", *words, "-f", os.devnull]) == 5
    assert remark in capsys.readouterr().err


def test_under_vrrpds_name_a_file_is_needed(capsys: pytest.CaptureFixture[str], started: list[DaemonOptions]) -> None:
    assert compat.run("vrrpd", ["-n"]) == 1
    assert "vrrpd: nothing to do: give -f FILE" in capsys.readouterr().err
    assert started == []


def test_extra_words_are_named_and_ignored(capsys: pytest.CaptureFixture[str], started: list[DaemonOptions]) -> None:
    assert compat.run("keepalived", ["-n", "start", "now"]) == 3
    assert capsys.readouterr().out == "Unexpected argument(s): start now\n"
    assert len(started) == 1


def manners(program: str, *words: str) -> Manners:
    return compat.daemon_options(program, parse(words)).manners


def test_the_defaults_under_keepalives_name(started: list[DaemonOptions]) -> None:
    assert compat.run("/usr/sbin/keepalived", []) == 3
    assert started == [
        DaemonOptions(
            compat.DEFAULT_CONFIG,
            manners=Manners(
                keepalived_options=True,
                keepalived_name=True,
                background=True,
                targets=Targets(identifier="Keepalived_vrrp"),
                default_umask=0o177,
                config_id=os.uname().nodename.partition(".")[0],
            ),
        )
    ]


def test_under_vrrpds_name_it_stays_in_the_foreground_and_logs_as_ever(started: list[DaemonOptions]) -> None:
    assert compat.run("vrrpd", ["-f", "x"]) == 3
    (options,) = started
    assert options.config == Path.cwd() / "x", "absolute: a daemon in the background is elsewhere"
    assert not options.manners.background
    assert not options.manners.keepalived_name
    assert options.manners.targets is None


def test_each_option_arrives() -> None:
    found = manners(
        "keepalived", "-nVame", "-d", "-u", "022", "-s", "blue", "-i", "node1", "-p", "/p", "-r", "/r", "-C", "-P"
    )
    assert found == Manners(
        keepalived_options=True,
        keepalived_name=True,
        targets=Targets(identifier="Keepalived_vrrp"),
        pid_file=Path("/p"),
        vrrp_pid_file=Path("/r"),
        umask=0o022,
        default_umask=0o177,
        namespace="blue",
        config_id="node1",
        check_includes=True,
        runs_vrrp=False,
        keep_addresses=True,
        log_addresses=True,
        log_config=True,
        core_dumps=True,
        remarks=("option --check asks for health checkers only, which vrrpd does not have: no instance runs",),
    )


@pytest.mark.parametrize(
    ("words", "targets"),
    [
        (["-l"], Targets(console=True)),
        (["-G"], Targets(syslog=False)),
        (["-S", "3"], Targets(facility=19)),
        (["-S", "local7"], Targets(facility=23)),
        (["-S", "user"], Targets(facility=1)),
        (["-S", "daemon"], Targets(facility=3)),
        (["-g/a/log"], Targets(file=Path("/a/log"))),
        (["--log-file"], Targets(file=Path("/tmp/keepalived.log"))),
        (["-lG", "--log-file=/a/log"], Targets(console=True, syslog=False, file=Path("/a/log"))),
    ],
)
def test_where_is_logged(words: list[str], targets: Targets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    found = manners("keepalived", *words).targets
    assert found is not None
    assert (found.console, found.syslog, found.file, found.facility) == (
        targets.console,
        targets.syslog,
        targets.file,
        targets.facility,
    )


def test_the_temporary_directory_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    targets = manners("keepalived", "-g").targets
    assert targets is not None
    assert targets.file == tmp_path / "keepalived.log"
    monkeypatch.setenv("TMPDIR", "relative")
    targets = manners("keepalived", "-g").targets
    assert targets is not None
    assert targets.file == Path("/tmp/keepalived.log")


def test_log_to_is_the_only_destination() -> None:
    assert manners("keepalived", "--log-to", "console").targets is None


def test_detail_is_the_debug_level() -> None:
    assert compat.daemon_options("keepalived", parse(["-D"])).log_level == "debug"
    assert compat.daemon_options("keepalived", parse([])).log_level == "info"
    assert compat.daemon_options("keepalived", parse(["-D", "--log-level=error"])).log_level == "error"


@pytest.mark.parametrize(("text", "mask"), [("022", 0o022), ("0", 0), ("0x1f", 0x1F), ("18", 18), ("0177", 0o177)])
def test_a_umask_is_read_as_strtol_does(text: str, mask: int) -> None:
    assert manners("keepalived", "-u", text).umask == mask


def test_what_belongs_to_others_is_reported_once() -> None:
    words = ["-I", "-I", "-c", "/c", "-b", "/b", "-x", "-A", "sock", "--perf", "--debug=x", "--no-mem-check"]
    remarks = manners("keepalived", *words).remarks
    assert [re.findall(r"--\S+", remark) for remark in remarks] == [
        ["--dont-release-ipvs"],
        ["--checkers_pid"],
        ["--bfd_pid"],
        ["--snmp"],
        ["--snmp-agent-socket"],
        ["--perf"],
        ["--debug"],
        ["--no-mem-check"],
    ]
    assert all("is not handled by vrrpd: " in remark for remark in remarks)


@pytest.mark.parametrize("words", [["-X"], ["--all"], ["-P"], ["-B"], ["--flush-log-file"]])
def test_what_vrrpd_does_anyway_needs_no_remark(words: list[str]) -> None:
    assert manners("keepalived", *words) == manners("keepalived")


def test_no_worker_is_replaced_if_that_is_not_wanted() -> None:
    assert manners("keepalived").respawn
    assert not manners("keepalived", "--dont-respawn").respawn


def test_a_link_of_the_name_keepalived_is_keepalived(tmp_path: Path) -> None:
    program = tmp_path / "vrrpd"
    program.write_text(f"#!{sys.executable}\nimport sys\nfrom vrrpd.cli.entry import main\nsys.exit(main())\n")
    program.chmod(0o755)
    link = tmp_path / "keepalived"
    link.symlink_to(program)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([link, "--version"], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr.startswith("Keepalived v")
    done = subprocess.run([program, "--version"], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("vrrpd, ") or done.stdout.startswith("vrrpd ")


GOOD = """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.168.1.100
    }
}
"""


@pytest.fixture(autouse=True)
def only_eth0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_has_interface", lambda name: name == "eth0")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (GOOD, 0),
        (GOOD.replace("51", ""), 2),
        (GOOD.replace("eth0", "eth7"), 5),
        (GOOD.replace("51", "51 52 53\n    rubbish"), 5),
    ],
)
def test_the_verdict_on_a_file(tmp_path: Path, text: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "keepalived.conf"
    path.write_text(text)
    for words in (["-t", "-f", str(path)], ["--config-test", f"--use-file={path}", "-n"]):
        for program in ("vrrpd", "keepalived"):
            assert compat.run(program, words) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert (err == "") == (code == 0)


def test_the_verdict_on_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert compat.run("keepalived", ["-t", "-f", str(tmp_path / "none.conf")]) == 4


def test_the_verdict_can_go_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, log = tmp_path / "keepalived.conf", tmp_path / "log"
    path.write_text(GOOD.replace("51", "51\n    rubbish"))
    log.write_text("before\n")
    assert compat.run("keepalived", [f"-t{log}", "-f", str(path)]) == 5
    assert capsys.readouterr() == ("", "")
    first, *rest = log.read_text().splitlines()
    assert first == "before"
    assert "rubbish" in "\n".join(rest)


def test_the_verdict_on_lines_of_one_node(tmp_path: Path) -> None:
    path = tmp_path / "keepalived.conf"
    path.write_text(GOOD.replace("51\n", "51\n@one rubbish\n"))
    assert compat.run("keepalived", ["-t", "-i", "two", "-f", str(path)]) == 0
    assert compat.run("keepalived", ["-t", "-i", "one", "-f", str(path)]) == 5
