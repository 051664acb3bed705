"""A soak at its smallest: a sound node is found sound, and what is wrong with the other one is found."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import ClassVar

import pytest

from netns.peers.vrrpd import Vrrpd
from netns.soak.faults import BY_NAME
from netns.soak.report import summary
from netns.soak.verdict import Soak, findings
from netns.soak.work import Plan, Work
from tests.netns.soak.planted import CLINGS, FAULT, LEAKS

pytestmark = pytest.mark.netns


class Planted(Vrrpd):
    module: ClassVar[str] = "tests.netns.soak.planted"

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.environment = {FAULT: fault}


def soaked(other: Vrrpd, minutes: float, *faults: str, slack: float = 3.0) -> Soak:
    plan = Plan(
        minutes=minutes,
        instances=6,
        interval=0.1,
        calm=0.1,
        slack=slack,
        warm_up=4.0,
        tolerance=2048.0,
        faults=[BY_NAME[name] for name in faults],
    )
    work = Work(plan, {"r1": Vrrpd(), "r2": other}, ("r1", "r2"), {}, lambda _soak: None)
    work.run()
    print(summary(work.soak))
    return work.soak


@pytest.mark.slow
def test_a_sound_node_passes_and_one_that_leaks_does_not() -> None:
    soak = soaked(Planted(LEAKS), 0.35, "cable", "reload", "addresses deleted", "stop for a moment")
    found = findings(soak)
    assert len(soak.happenings) > 6
    assert all(item.startswith("r2: ") for item in found), found
    for what in ("RSS grows", "anonymous memory grows", "descriptors have grown", "nobody asked how"):
        assert any(what in item for item in found), (what, found)


def test_two_holders_are_found() -> None:
    soak = soaked(Planted(CLINGS), 0.01, "check fails", slack=0.0)
    assert any("check fails of r" in item and " at r1+r2 instead of " in item for item in findings(soak))


def test_what_was_seen_is_kept_when_it_is_interrupted(tmp_path: Path) -> None:
    output = tmp_path / "cut"
    options = ("--minutes", "9", "--instances", "4", "--warm-up", "0", "--fault", "reload", "--output", str(output))
    argv = [sys.executable, "-m", "netns.soak", *options]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as soak:
        end = time.monotonic() + 60
        while not output.with_suffix(".json").exists() and time.monotonic() < end:
            time.sleep(0.05)
        soak.send_signal(signal.SIGINT)
        out, err = soak.communicate()
    assert soak.returncode == 130, out + err
    assert "interrupted" in err
    assert "Nothing is wrong." in out
    assert json.loads(output.with_suffix(".json").read_text())["samples"]
    assert output.with_suffix(".md").read_text() in out
