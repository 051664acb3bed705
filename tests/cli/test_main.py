"""The command line as a whole: help that teaches, hints for the mistaken, options that arrive at the daemon."""

import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import vrrpd.daemon.main as daemon
from vrrpd import __version__
from vrrpd.cli import main as cli
from vrrpd.control.endpoint import SOCKET_NAME
from vrrpd.daemon.exit_codes import ExitCode
from vrrpd.daemon.run_dir import RunDir
from vrrpd.observe import logs


def invoke(*args: str) -> Result:
    return CliRunner().invoke(cli.vrrpd, args, prog_name="vrrpd")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[daemon.DaemonOptions]:
    """Options that the daemon was started with; it ends at once with 3."""
    found: list[daemon.DaemonOptions] = []

    def run(options: daemon.DaemonOptions) -> int:
        found.append(options)
        return 3

    monkeypatch.setattr(daemon, "run", run)
    return found


def test_help_names_every_command_option_and_exit_code() -> None:
    result = invoke("--help")
    assert result.exit_code == 0
    for name, command in cli.COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(command.summary)}$", result.output, re.MULTILINE)
    for option in ("--config FILE", "--run-dir DIR", "--log-level", "--log-format", "--log-to", "-V, --version"):
        assert option in result.output
    codes = [int(code) for code in re.findall(r"^  (\d)  ", result.output, re.MULTILINE)]
    assert codes == sorted(ExitCode)
    assert "_VRRPD_COMPLETE=bash_source" in result.output


def test_help_fits_a_terminal_of_80_columns() -> None:
    for args in ((), ("check",), ("status",), ("version",)):
        assert max(map(len, invoke(*args, "--help").output.splitlines())) <= 80


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_table_of_commands_says_what_the_commands_say(name: str) -> None:
    lazy = cli.COMMANDS[name]
    command = lazy.load()
    assert command.name == name
    assert command.short_help == lazy.summary
    assert command.help


def test_every_command_module_is_in_the_table() -> None:
    modules = {path.stem for path in (Path(cli.__file__).parent / "commands").glob("[!_]*.py")}
    modules.remove("config_test")  # it is -t
    assert modules == {lazy.place.partition(":")[0].rpartition(".")[2] for lazy in cli.COMMANDS.values()}


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["chek", "x"], "Did you mean check?"),
        (["stauts"], "Did you mean status?"),
        (["frobnicate"], "There are check, config, convert, maintenance, reload, replay,"),
        (["frobnicate"], "simulate, status, switchover, upgrade, version."),
        (["--confg", "x"], "--config"),
        (["--log-level", "loud", "--config", "x"], "'debug', 'info', 'warning', 'error'"),
        (["--log-lvl", "info"], "--log-level"),
        (["status", "--jsn"], "--json"),
        (["status", "VI_1"], "VI_1"),
        (["--config", "x", "status"], "leave it out before status"),
        ([], "--config FILE"),
        (["--run-dir", "/x"], "--config FILE"),
    ],
)
def test_mistakes_are_met_with_a_hint_and_exit_code_2(args: Sequence[str], hint: str, started: list[object]) -> None:
    result = invoke(*args)
    assert result.exit_code == 2
    assert hint in result.output
    assert started == []


def test_options_arrive_at_the_daemon_and_its_exit_code_comes_back(started: list[daemon.DaemonOptions]) -> None:
    result = invoke(
        *("--config", "a.toml", "--run-dir", "/run/b", "--log-level", "debug"),
        *("--log-format", "json", "--log-to", "syslog"),
    )
    assert result.exit_code == 3
    assert started == [daemon.DaemonOptions(Path("a.toml"), Path("/run/b"), "debug", "json", "syslog")]


def test_the_defaults_are_the_daemons_own(started: list[daemon.DaemonOptions]) -> None:
    invoke("--config", "a.toml")
    assert started == [daemon.DaemonOptions(Path("a.toml"))]
    assert daemon.DEFAULT_RUN_DIR == cli.DEFAULT_RUN_DIR


def test_choices_are_those_of_the_logs() -> None:
    assert cli.LEVELS == logs.LEVELS
    assert cli.FORMS == logs.FORMS
    assert sorted(cli.DESTINATIONS) == sorted(logs.DESTINATIONS)


def test_daemon_and_commands_mean_the_same_socket() -> None:
    assert RunDir(Path("/x"), -1, created=False).control_socket == Path("/x") / SOCKET_NAME


def test_version_option() -> None:
    assert invoke("--version").output == f"vrrpd {__version__}\n"


def test_completion_offers_commands_and_options() -> None:
    group = cli.vrrpd
    with click.Context(group, resilient_parsing=True) as context:
        assert [item.value for item in group.shell_complete(context, "st")] == ["status"]
        assert "--config" in [item.value for item in group.shell_complete(context, "--c")]


def test_python_m_vrrpd_is_the_same_program() -> None:
    done = subprocess.run([sys.executable, "-m", "vrrpd", "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: vrrpd [OPTIONS] [COMMAND [ARGS]...]\n")


def test_the_entry_point_names_what_needs_no_click() -> None:
    setup = (Path(__file__).parents[2] / "setup.cfg").read_text()
    assert "vrrpd = vrrpd.cli.entry:main" in setup
    for entry in entry_points(group="console_scripts", name="vrrpd"):
        assert entry.value == "vrrpd.cli.entry:main"
