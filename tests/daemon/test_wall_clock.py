"""Steps of the wall clock change nothing: it is only read where times are shown, or given by the operator."""

import ast
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import vrrpd
from netns.capture import Capture
from netns.lab import Lab
from tests.daemon.nodes import Node, eventually, instance_text

PACKAGE = Path(vrrpd.__file__).parent
READERS = {"time", "time_ns", "gmtime", "localtime", "now", "utcnow", "today", "CLOCK_REALTIME"}
MODULES = {"time", "datetime", "date"}
SHOWN = {
    "cli/commands/replay.py": "times of a journal as people write them",
    "cli/status_view.py": "since when",
    "daemon/mail.py": "when a mail was written",
    "daemon/reload_time.py": "the operator's own time of day",
    "daemon/snapshot.py": "times in keepalived's dumps",
    "daemon/status.py": "since when",
    "daemon/supervisor.py": "when a worker died",
    "daemon/upgrader.py": "when an upgrade was refused",
    "observe/datagrams.py": "times in log lines",
    "observe/dump_data.py": "times in keepalived's dumps",
    "observe/dump_instance.py": "times in keepalived's dumps",
    "observe/journal.py": "for people who search a journal",
    "observe/lines.py": "times in log lines",
}
"""What may read the wall clock, and what for."""


def _reads(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in MODULES:
            yield node.attr


def test_only_what_shows_times_reads_the_wall_clock() -> None:
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if not path.is_relative_to(PACKAGE / "sim") and READERS.intersection(_reads(ast.parse(path.read_text())))
    }
    assert found <= SHOWN.keys(), "the monotonic clock is in vrrpd/linux/clock.py"


STEPPING = """
import time
real, monotonic = time.time, time.monotonic
def stepping():
    return real() + 86400.0 * (int(monotonic() * 4) % 3 - 1)
time.time = stepping
time.time_ns = lambda: int(stepping() * 1e9)
"""


@pytest.mark.netns
def test_a_clock_that_jumps_by_days_four_times_a_second_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(STEPPING)
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        journal = lab["r1"].directory / "journal"
        head = f'[global_defs]\njournal = "{journal}"\n'
        first = Node(lab["r1"], head + instance_text(priority=101)).start(path=tmp_path)
        first.becomes("MASTER")
        second = Node(lab["r2"], instance_text(priority=100)).start(path=tmp_path)
        second.becomes("BACKUP")
        since = time.time_ns()
        sent = first.status()["statistics"]["adverts_sent"]
        time.sleep(3.0)
        adverts = capture.adverts("r1", since=since)
        gaps = [b.time_ns - a.time_ns for a, b in pairwise(adverts)]
        assert max(gaps) / 1e9 < 0.35, "Master_Down_Interval of the other one"
        assert not capture.adverts("r2")
        now = first.status()["statistics"]["adverts_sent"]
        assert isinstance(sent, int)
        assert isinstance(now, int)
        assert now - sent == pytest.approx(30, abs=6)
        assert len({line[:10] for line in first.log().splitlines()}) > 1, "the clock has jumped"
        first.stop()
        eventually(journal.exists)
        replay = [sys.executable, "-m", "vrrpd", "replay", str(journal)]
        done = subprocess.run(replay, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        second.stop()
