import os
import signal
import time
from pathlib import Path

import pytest

from tests.daemon.conftest import ScriptMaker
from tests.daemon.loops import turn
from vrrpd.daemon import job as job_module
from vrrpd.daemon.job import Job, JobResult
from vrrpd.linux.process import spawn
from vrrpd.loop import Loop
from vrrpd.units import Seconds


class Watched:
    def __init__(self, loop: Loop, argv: list[str], limit: float) -> None:
        self.results: list[JobResult] = []
        self.child = spawn(argv, None)
        self.job = Job(loop, self.child, Seconds(limit), self.results.append)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(("argv", "ok", "text"), [(["true"], True, "exit 0"), (["false"], False, "exit 1")])
def test_the_exit_status_decides(loop: Loop, argv: list[str], ok: bool, text: str) -> None:
    watched = Watched(loop, argv, 30)
    turn(loop, lambda: watched.results)
    assert [(result.ok, result.describe()) for result in watched.results] == [(ok, text)]


def test_a_death_by_signal_is_a_failure(loop: Loop) -> None:
    watched = Watched(loop, ["sleep", "60"], 30)
    os.kill(watched.child.pid, signal.SIGKILL)
    turn(loop, lambda: watched.results)
    assert watched.results[0].describe() == "killed by SIGKILL"
    assert not watched.results[0].ok


def test_too_long_ends_the_whole_group(loop: Loop, script: ScriptMaker) -> None:
    watched = Watched(loop, [script("slow", "sleep 60 & echo $! >TRACE; wait")], 0.2)
    turn(loop, lambda: watched.results)
    result = watched.results[0]
    assert not result.ok
    assert result.describe() == "took longer than 0.2 s, killed by SIGTERM"
    grandchild = int(script.lines()[0])
    turn(loop, lambda: not _alive(grandchild))


def test_who_ignores_sigterm_is_killed(loop: Loop, script: ScriptMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_module, "KILL_GRACE", Seconds(0.2))
    watched = Watched(loop, [script("stubborn", "trap '' TERM; echo $$ >TRACE; while :; do sleep 0.05; done")], 0.2)
    turn(loop, lambda: watched.results)
    assert watched.results[0].describe() == "took longer than 0.2 s, killed by SIGKILL"


def test_a_success_past_the_limit_is_a_failure(loop: Loop, script: ScriptMaker) -> None:
    watched = Watched(loop, [script("late", "trap 'exit 0' TERM; sleep 60 & wait")], 0.2)
    turn(loop, lambda: watched.results)
    assert watched.results[0].status.code == 0
    assert not watched.results[0].ok


def test_the_limit_can_be_shortened_not_extended(loop: Loop) -> None:
    watched = Watched(loop, ["sleep", "60"], 0.3)
    watched.job.shorten(Seconds(50))
    turn(loop, lambda: watched.results)
    assert watched.results[0].limit == 0.3
    patient = Watched(loop, ["sleep", "60"], 50)
    patient.job.shorten(Seconds(0.1))
    turn(loop, lambda: patient.results)
    assert patient.results[0].limit == 0.1


def test_abandoned_it_is_dead_and_nobody_is_told(loop: Loop) -> None:
    watched = Watched(loop, ["sleep", "60"], 50)
    pid = watched.child.pid
    watched.job.abandon()
    turn(loop, lambda: not _alive(pid))
    assert watched.results == []


def test_a_stall_of_ours_is_not_the_programs_fault(loop: Loop) -> None:
    """Frozen together with its program, the daemon must not find the time over that the program did not have."""
    watched = Watched(loop, ["sleep", "1.2"], 0.3)
    time.sleep(0.3 + job_module.STALLED + 0.1)
    loop.call_later(0.2, watched.child.signal_group, signal.SIGTERM)
    turn(loop, lambda: watched.results)
    assert watched.results[0].limit is None, "it got its 0.3 s once more"


def test_it_gets_its_time_once_more_only_once(loop: Loop) -> None:
    watched = Watched(loop, ["sleep", "60"], 0.1)
    for _ in range(2):
        time.sleep(0.1 + job_module.STALLED + 0.1)
        turn(loop, lambda: True)
    turn(loop, lambda: watched.results)
    assert watched.results[0].limit == 0.1


def test_one_that_is_abandoned_is_no_zombie_afterwards(loop: Loop) -> None:
    watched = Watched(loop, ["sleep", "60"], 30)
    watched.job.abandon()
    turn(loop, lambda: not Path(f"/proc/{watched.child.pid}").exists())
    assert watched.results == []
    watched.job.end()
    watched.job.shorten(Seconds(0.0))
