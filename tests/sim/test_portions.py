"""Portions of a campaign on several processes, some of which are killed; each test in an interpreter of its own."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 60
"""A lost portion that nobody misses would be waited for without end."""

KILLED = """
import os, sys
from pathlib import Path
import vrrpd.sim.campaign as campaign
from vrrpd.cli.entry import main

ours, generate, seen = os.getpid(), campaign.generate, Path(sys.argv.pop(1))

def killed_at(seed, nodes=None):
    if seed == 110 and os.getpid() != ours and not seen.exists():
        if {once}:
            seen.touch()
        os.kill(os.getpid(), {number})
    return generate(seed, nodes)

campaign.generate = killed_at
sys.argv[0] = "vrrpd"
main()
"""
"""A process that plays seed 110 is killed: the first one, or each."""


def simulate(
    tmp_path: Path, *arguments: str, once: bool, number: int = signal.SIGKILL
) -> subprocess.CompletedProcess[str]:
    code = KILLED.format(once=once, number=int(number))
    command = [sys.executable, "-c", code, str(tmp_path / "seen"), "simulate", "--histories", "300", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_killed_process_had_is_played_again(tmp_path: Path, number: int) -> None:
    killed = simulate(tmp_path, "--jobs", "2", "--json", once=True, number=number)
    assert (killed.returncode, (tmp_path / "seen").exists()) == (0, True), killed.stderr
    alone = json.loads(simulate(tmp_path, "--jobs", "1", "--json", once=True).stdout)
    together = json.loads(killed.stdout)
    for value in (alone, together):
        value.pop("seconds")
    assert together == alone


def test_who_is_killed_each_time_is_given_up_and_what_was_counted_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    result = simulate(tmp_path, "--jobs", "2", "--keep", str(kept), once=False)
    assert result.returncode == 3
    assert "seeds 100 to 149" in result.stderr
    assert "SIGKILL" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout.startswith("100 histories (interrupted), ")
    assert json.loads(kept.read_text())["tally"]["histories"] == 100
    again = json.loads(simulate(tmp_path, "--jobs", "1", "--keep", str(kept), "--json", once=False).stdout)
    assert (again["histories"], again["interrupted"]) == (300, False)


def test_a_process_that_fails_is_not_tried_again(tmp_path: Path) -> None:
    code = KILLED.replace("os.kill(os.getpid(), {number})", "raise RuntimeError('a defect')").format(once=False)
    command = [sys.executable, "-c", code, str(tmp_path / "seen"), "simulate", "--histories", "300", "--jobs", "2"]
    result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS)
    assert (result.returncode, result.stderr.count("RuntimeError: a defect")) == (3, 1)
    assert result.stderr.endswith("Ended early: the process that had seeds 100 to 149 failed.\n")
