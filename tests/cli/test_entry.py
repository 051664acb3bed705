"""The daemon's own command line, understood without click and as click understands it."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

import vrrpd.daemon.main as daemon
from vrrpd.cli import entry
from vrrpd.cli.main import vrrpd
from vrrpd.daemon.options import DaemonOptions


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[DaemonOptions]:
    """Options that the daemon was started with; it ends at once with 3."""
    found: list[DaemonOptions] = []

    def run(options: DaemonOptions) -> int:
        found.append(options)
        return 3

    monkeypatch.setattr(daemon, "run", run)
    return found


PLAIN = (
    ("--config", "a.toml"),
    ("--config=a=b.toml",),
    ("--run-dir", "/run/b", "--config", "a.toml"),
    ("--config", "a.toml", "--config", "b.toml"),
    ("--config", "a.conf", "--log-level", "debug", "--log-format=json", "--log-to", "syslog"),
)


@pytest.mark.parametrize("words", PLAIN)
def test_as_click_would_have_it(
    words: Sequence[str], started: list[DaemonOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CliRunner().invoke(vrrpd, words, prog_name="vrrpd").exit_code == 3
    monkeypatch.setattr(sys, "argv", ["/usr/bin/vrrpd", *words])
    monkeypatch.delitem(sys.modules, "vrrpd.cli.main")
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 3
    assert "vrrpd.cli.main" not in sys.modules
    by_click, by_us = started
    assert by_us == by_click


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--help",),
        ("status",),
        ("--config",),
        ("--config", ""),
        ("--config", "--run-dir", "x"),
        ("--config", "a.toml", "check"),
        ("--config", "a.toml", "--log-level", "loud"),
        ("--config", "a.toml", "--log-form", "json"),
        ("--config", "a.toml", "-V"),
        ("--run-dir", "/run/b"),
    ],
)
def test_everything_else_is_clicks(words: Sequence[str]) -> None:
    assert entry.plain_options(words) is None


def test_completion_is_clicks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["vrrpd", "--config", "a.toml"])
    monkeypatch.setenv("_VRRPD_COMPLETE", "bash_source")
    with pytest.raises(SystemExit):
        entry.main()
    assert "_VRRPD_COMPLETE=bash_complete" in capsys.readouterr().out


def test_the_default_run_dir_is_the_daemons() -> None:
    assert entry.plain_options(["--config", "a.toml"]) == DaemonOptions(Path("a.toml"))
