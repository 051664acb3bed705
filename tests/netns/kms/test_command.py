from pathlib import Path

import pytest
from click.testing import CliRunner

from netns.kms import __main__ as command
from netns.kms.record import KeyCount, Record, Row, Run, Topology
from netns.kms.screen import console_for


def test_the_rows_can_be_listed() -> None:
    done = CliRunner().invoke(command.main, ["--list"])
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert [line.split()[0] for line in lines] == [kind.name for kind in command.KINDS]


@pytest.mark.parametrize("words", [["--only", "nothing"], ["--runs", "0"], ["--sites", "0"], ["--daemon", "frr"]])
def test_what_makes_no_sense_is_refused(words: list[str]) -> None:
    assert CliRunner().invoke(command.main, words).exit_code == 2


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "missing", lambda _daemon: "haproxy (Debian package haproxy)")
    done = CliRunner().invoke(command.main, [])
    assert done.exit_code == 2
    assert "needs haproxy" in done.output


def test_the_work_of_the_table_and_of_the_chaos() -> None:
    table = command.table_work(["haproxy-dies", "partition"], 3, 2)
    assert table.total == 2 * 3 + 2
    chaos = command.chaos_work(7, 1.0, "vrrpd")
    assert chaos.chaos is not None
    assert (chaos.chaos.seed, len(chaos.shapes), chaos.total) == (7, 1, None)
    assert len(command.chaos_work(7, 10.0, "vrrpd").turns) > len(chaos.turns)


@pytest.mark.parametrize(
    ("failures", "runs", "interrupted", "status"),
    [((), 1, False, 0), (("late",), 1, False, 1), ((), 2, False, 1), ((), 1, True, 130)],
)
def test_the_exit_status_says_whether_every_row_holds(
    tmp_path: Path, failures: tuple[str, ...], runs: int, interrupted: bool, status: int
) -> None:
    row = Row("partition", "event", "expected", (Run("partition", 0, 1.0, 2.0, {"s": 1.0}, failures),), "s", 1.0)
    topology = Topology({"c": "1"}, {"lb1": "2", "lb2": "3"}, {"kms1": "4"}, {"d": "5"}, "6")
    record = Record("vrrpd", {}, "machine", "command", "2026-01-01T00:00:00Z", 3.0, topology, (row,), (), KeyCount())
    work = command.table_work(["partition"], runs, 1)
    finished = command._finish(record, work, [], console_for(False), tmp_path, interrupted=interrupted)
    assert finished == status
    assert (tmp_path / "report.html").exists()
