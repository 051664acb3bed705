"""The fuzz target runs, repeats itself, and would tell of a failure."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.config.keepalived.samples import SEEDS
from tests.fuzz import fuzz_keepalived_conf as fuzzer

ROOT = Path(__file__).parents[2]


def test_a_few(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = fuzzer.fuzz(60, 7)
    assert outcomes.total() == 60
    assert set(outcomes) <= fuzzer.EXIT_CODES
    assert fuzzer.report(outcomes, 1.0, 1 << 20) == 0
    assert "60  inputs" in capsys.readouterr().out


def test_same_seed_same_inputs() -> None:
    one, two = (fuzzer.Mutator(Random(5)) for _ in range(2))
    assert [one.next_input() for _ in range(20)] == [two.next_input() for _ in range(20)]


def test_undamaged_files_do_not_lack_values() -> None:
    assert {fuzzer.run_one(text.encode()) for text in SEEDS} <= {0, 5}


def test_an_exception_ends_the_run_with_its_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(fuzzer, "read_keepalived", broken)
    with pytest.raises(ZeroDivisionError):
        fuzzer.main(["--runs", "100"])
    reproducing = capsys.readouterr().err.split("--reproduce ")[1].strip()
    with pytest.raises(ZeroDivisionError):
        fuzzer.main(["--reproduce", reproducing])


def test_an_input_that_takes_too_long() -> None:
    with pytest.raises(fuzzer.TooSlowError):
        fuzzer.fuzz(100, 1, longest=0.0)


def test_memory_that_grows(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzzer.report(fuzzer.fuzz(1, 1), 1.0, 0) == 1
    assert "are more than 0" in capsys.readouterr().err


def test_one_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzzer.main(["--reproduce", b"foo bar".hex()]) == 0
    assert capsys.readouterr().out == "exit code 5\n"


@pytest.mark.fuzz
def test_as_long_as_asked_for() -> None:
    """VRRPD_FUZZ_SECONDS=600 for ten minutes; without it as long as a run of all tests can wait."""
    seconds = os.environ.get("VRRPD_FUZZ_SECONDS", "30")
    command = [sys.executable, "-m", "tests.fuzz.fuzz_keepalived_conf", "--runs", "100000000", "--seconds", seconds]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
