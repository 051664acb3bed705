import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.sim.planted import never_takes_over, never_yields
from vrrpd.cli.main import vrrpd
from vrrpd.sim.generate import generate
from vrrpd.sim.history import from_json, to_json
from vrrpd.sim.shrink import violation_of


def simulate(*arguments: str) -> Result:
    return CliRunner().invoke(vrrpd, ["simulate", *arguments])


def test_a_sound_election_ends_with_0() -> None:
    result = simulate("--seed", "7", "--histories", "20")
    assert result.exit_code == 0
    assert result.stdout.startswith("20 histories, ")
    assert "No law was broken." in result.stdout


def test_a_broken_law_ends_with_1_and_the_shortest_history(monkeypatch: pytest.MonkeyPatch) -> None:
    never_takes_over(monkeypatch)
    result = simulate("--histories", "50")
    assert result.exit_code == 1
    assert "BROKEN, seed 0: some holder" in result.stdout
    assert "broken: some holder" in result.stdout
    assert result.stdout.rstrip().endswith("Again: vrrpd simulate --seed 0 --histories 1")


def test_the_line_at_the_end_shows_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    never_yields(monkeypatch)
    first = simulate("--seed", "5", "--histories", "60", "--nodes", "3")
    command = first.stdout.rstrip().rpartition("vrrpd simulate ")[2]
    again = simulate(*command.split())
    assert again.exit_code == 1
    assert again.stdout.partition("BROKEN")[2] == first.stdout.partition("BROKEN")[2]


def test_hours_are_those_of_the_simulated_clock() -> None:
    value = json.loads(simulate("--hours", "0.5", "--json").stdout)
    assert value["simulated_seconds"] >= 1800
    assert value["broken"] == []
    assert value["shortest"] is None
    assert value["interrupted"] is False


def test_several_processes_count_the_same() -> None:
    alone = json.loads(simulate("--histories", "120", "--json").stdout)
    command = [sys.executable, "-m", "vrrpd", "simulate", "--histories", "120", "--jobs", "2", "--json"]
    together = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert together["events"] == alone["events"]
    assert together["changes"] == alone["changes"]


def test_the_shortest_history_can_be_stored_and_played(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    never_takes_over(monkeypatch)
    value = json.loads(simulate("--histories", "50", "--json").stdout)
    file = tmp_path / "found.json"
    file.write_text(json.dumps(value["shortest"]))
    assert violation_of(from_json(file.read_text())) is not None
    assert simulate("--history", str(file)).exit_code == 1
    monkeypatch.undo()
    assert simulate("--history", str(file)).exit_code == 0
    assert json.loads(simulate("--history", str(file), "--json").stdout) == {"broken": None}


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, while the third portion is played."""
    pending = [signal.SIGTERM]

    def generate_or_end(seed: int, nodes: int | None = None) -> object:
        if seed == 110 and pending:
            os.kill(os.getpid(), pending.pop())
        return generate(seed, nodes)

    monkeypatch.setattr("vrrpd.sim.campaign.generate", generate_or_end)


@pytest.mark.usefixtures("interrupted")
def test_an_interruption_keeps_what_was_simulated() -> None:
    result = simulate("--histories", "1000")
    assert result.exit_code == 0
    assert result.stdout.startswith("150 histories (interrupted), ")


@pytest.mark.usefixtures("interrupted")
def test_what_was_kept_is_gone_on_from(tmp_path: Path) -> None:
    options = ("--histories", "300", "--json", "--keep", str(tmp_path / "kept.json"))
    first = json.loads(simulate(*options).stdout)
    assert (first["histories"], first["interrupted"]) == (150, True)
    second = json.loads(simulate(*options).stdout)
    whole = json.loads(simulate("--histories", "300", "--json").stdout)
    assert second.pop("seconds") > first["seconds"]
    whole.pop("seconds")
    assert second == whole | {"interrupted": False}
    assert json.loads(simulate(*options).stdout)["histories"] == 300


def test_what_another_campaign_kept_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept.json"
    simulate("--histories", "10", "--keep", str(kept))
    assert simulate("--histories", "20", "--seed", "1", "--keep", str(kept)).exit_code == 2
    assert simulate("--histories", "20", "--nodes", "2", "--keep", str(kept)).exit_code == 2
    monkeypatch.setattr("vrrpd.sim.keeping.sources", lambda: "other")
    other = simulate("--histories", "20", "--keep", str(kept))
    assert (other.exit_code, "another version" in other.stderr) == (2, True)
    kept.write_text("{}")
    assert simulate("--keep", str(kept)).exit_code == 2
    assert simulate("--histories", "1", "--keep", str(tmp_path / "none" / "kept.json")).exit_code == 2


def test_a_file_that_is_no_history_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(to_json(generate(1))[:-10])
    assert simulate("--history", str(file)).exit_code == 2
    assert simulate("--history", str(tmp_path / "none.json")).exit_code == 2


@pytest.mark.fuzz
def test_ten_thousand_histories_break_no_law() -> None:
    command = [sys.executable, "-m", "vrrpd", "simulate", "--seed", "1000000", "--histories", "10000"]
    result = subprocess.run([*command, "--jobs", "2"], check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
    assert result.stdout.startswith("10000 histories, ")
