"""The fuzz target runs, adds up, repeats itself, and would tell of a failure."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import fuzz_decode
from tests.vectors import adverts
from vrrpd.proto.advertisement import Datagram, DropReason, ReceiveRules

ROOT = Path(__file__).parents[2]


def test_twenty_thousand(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz_decode.main(["--runs", "20000", "--seed", "7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    counts = [int(line.split()[0]) for line in lines]
    assert sum(counts[:-1]) == counts[-1] == 20000
    assert len(counts) == len(fuzz_decode.REACHABLE) + 2


def test_same_seed_same_inputs() -> None:
    assert fuzz_decode.fuzz(500, 1) == fuzz_decode.fuzz(500, 1) != fuzz_decode.fuzz(500, 2)


def test_undamaged_packets_are_accepted() -> None:
    """Or the rest would prove little."""
    accepted = {data[1:] for data in fuzz_decode.make_seeds() if fuzz_decode.run_one(data) is None}
    refused = {"v2_ipv6_pass", "v2_pass_short"}  # the one is unusable, the other has another password
    assert accepted == {each.frame[14:] for each in adverts() if each.case not in refused}


def test_an_exception_ends_the_run_with_its_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(datagram: Datagram, rules: ReceiveRules) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(fuzz_decode, "decode", broken)
    with pytest.raises(ZeroDivisionError):
        fuzz_decode.main(["--runs", "100"])
    printed = capsys.readouterr().err
    reproducing = printed.split("--reproduce ")[1].strip()
    with pytest.raises(ZeroDivisionError):
        fuzz_decode.main(["--reproduce", reproducing])


def test_counters_that_do_not_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = fuzz_decode.fuzz(100, 1)
    assert fuzz_decode.report(outcomes, 100, 1.0) == 0
    assert fuzz_decode.report(outcomes, 101, 1.0) == 1
    assert "add up to 100, not 101" in capsys.readouterr().err


def test_a_reason_never_seen(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = fuzz_decode.fuzz(20_000, 1)
    outcomes[None] += outcomes.pop(DropReason.FRAGMENT)
    assert fuzz_decode.report(outcomes, 20_000, 1.0) == 1
    assert "never seen: fragment" in capsys.readouterr().err


def test_one_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz_decode.main(["--reproduce", ""]) == 0
    assert capsys.readouterr().out == "truncated\n"


@pytest.mark.fuzz
def test_a_million() -> None:
    command = [sys.executable, "-m", "tests.fuzz.fuzz_decode", "--runs", "1000000", "--seed", "1"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1000000  inputs" in done.stdout
