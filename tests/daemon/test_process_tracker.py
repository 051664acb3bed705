"""Tracked processes are real ones: copies of sleep with names of their own, in both ways of hearing of them."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.daemon.loops import pause, turn
from tests.daemon.programs import NAME, Programs
from vrrpd.config.model import TrackProcess
from vrrpd.daemon import process_source
from vrrpd.daemon.process_tracker import ProcessTracker, ProcessTrackers
from vrrpd.errors import LinuxError
from vrrpd.linux.proc_events import ProcessConnector
from vrrpd.loop import Loop
from vrrpd.units import Seconds


class Watched:
    def __init__(self, loop: Loop, connector: ProcessConnector | None) -> None:
        self.told: list[tuple[str, bool, int]] = []
        self.loop = loop
        self.trackers = ProcessTrackers(loop, self._changed, connector)

    def _changed(self, tracker: ProcessTracker) -> None:
        self.told.append((tracker.name, tracker.status, tracker.quorum.count))

    def track(self, **values: object) -> ProcessTracker:
        settings: dict[str, object] = {"name": "t", "process": (NAME,), **values}
        config = TrackProcess(**settings)  # type: ignore[arg-type]  # names of fields
        self.trackers.adopt([config])
        return self.trackers.trackers[config.name]

    def until(self, condition: Callable[[], object]) -> None:
        turn(self.loop, condition)


@pytest.fixture(params=[pytest.param("events", marks=pytest.mark.netns), "scan"])
def watched(request: pytest.FixtureRequest, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(process_source, "PERIOD", 0.02)
    connector = None
    if request.param == "events":
        connector = ProcessConnector()
        try:
            connector.listen()
        except LinuxError as error:
            connector.close()
            pytest.skip(f"no process events here: {error}")
        connector.pause()
    made = Watched(loop, connector)
    yield made
    assert (made.trackers.method in ("process events", "")) is (connector is not None) or not made.trackers.trackers
    made.trackers.stop()
    if connector is not None:
        connector.close()


def test_those_that_run_already_are_found(watched: Watched, programs: Programs) -> None:
    programs.start()
    programs.start("other" + NAME[3:])
    turn(watched.loop, lambda: True)
    tracker = watched.track()
    watched.until(lambda: tracker.status)
    assert tracker.quorum.count == 1
    assert tracker.detail == "1 running, at least 1 wanted"


def test_a_start_and_an_end_are_told_once(watched: Watched, programs: Programs) -> None:
    tracker = watched.track()
    assert not tracker.status
    programs.start()
    watched.until(lambda: tracker.status)
    programs.start()
    watched.until(lambda: tracker.quorum.count == 2)
    programs.end()
    watched.until(lambda: tracker.quorum.count == 0)
    assert watched.told == [("t", True, 1), ("t", False, 0)]


def test_quorum_and_too_many(watched: Watched, programs: Programs) -> None:
    tracker = watched.track(quorum=2, quorum_max=2)
    for _ in range(3):
        programs.start()
    watched.until(lambda: tracker.quorum.count == 3)
    programs.running[0].kill()
    watched.until(lambda: tracker.quorum.count == 2)
    assert [status for _, status, _ in watched.told] == [True, False, True]


def test_command_lines_are_compared(watched: Watched, programs: Programs) -> None:
    path = programs.path()
    tracker = watched.track(process=(path, "60"), full_command=True, param_match="initial")
    programs.start(NAME, "700")
    programs.start(NAME, "600")
    watched.until(lambda: tracker.status)
    pause(watched.loop, 0.1)
    assert tracker.quorum.count == 1


def test_a_zombie_does_not_count(watched: Watched, programs: Programs) -> None:
    process = programs.start()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    tracker = watched.track()
    pause(watched.loop, 0.1)
    assert tracker.quorum.count == 0


def test_an_unchanged_one_keeps_what_it_knows_and_a_changed_one_begins_anew(
    watched: Watched, programs: Programs
) -> None:
    programs.start()
    tracker = watched.track(terminate_delay=Seconds(60.0))
    watched.until(lambda: tracker.status)
    programs.end()
    watched.until(lambda: tracker.quorum.terminated)
    assert watched.track(terminate_delay=Seconds(60.0), weight=5) is tracker, "the weight is no matter of the count"
    assert tracker.config.weight == 5
    assert tracker.quorum.terminated
    anew = watched.track(terminate_delay=Seconds(50.0))
    assert anew is not tracker
    assert not anew.status
    assert watched.told == []


def test_a_delay_passes(watched: Watched, programs: Programs) -> None:
    tracker = watched.track(terminate_delay=Seconds(0.05))
    programs.start()
    watched.until(lambda: tracker.status)
    programs.end()
    watched.until(lambda: not tracker.status)
    assert tracker.quorum.deadline is None


def test_without_trackers_nothing_is_watched(watched: Watched, programs: Programs) -> None:
    watched.track()
    watched.trackers.adopt(())
    assert watched.trackers.method == ""
    tracker = watched.track()
    programs.start()
    watched.until(lambda: tracker.status)


def fork_of(programs: Programs) -> subprocess.Popen[bytes]:
    """A program named NAME that forks when it is told to: its child waits, and ends with it."""
    path = programs.directory / "forker"
    path.write_text(
        "import os, sys, time\n"
        f"open('/proc/self/comm', 'w').write({NAME!r})\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "if os.fork() == 0:\n    time.sleep(600)\n"
        "time.sleep(600)\n"
    )
    process = subprocess.Popen(
        ["/usr/bin/python3", str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_a_new_name_counts_and_so_does_a_fork(watched: Watched, programs: Programs) -> None:
    tracker = watched.track()
    process = fork_of(programs)
    try:
        watched.until(lambda: tracker.quorum.count == 1)
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        watched.until(lambda: tracker.quorum.count == 2)
    finally:
        os.killpg(process.pid, 9)
        process.communicate()
    watched.until(lambda: tracker.quorum.count == 0)


@pytest.mark.netns
def test_after_lost_events_everything_is_looked_at(
    loop: Loop, programs: Programs, caplog: pytest.LogCaptureFixture
) -> None:
    connector = ProcessConnector()
    watched = Watched(loop, connector)
    try:
        tracker = watched.track(quorum=2)
        if watched.trackers.method != "process events":
            pytest.skip("no process events here")
        first = programs.start()
        watched.until(lambda: tracker.quorum.count == 1)
        with socket.socket(fileno=os.dup(connector.fileno())) as same:
            same.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        for _ in range(20):
            subprocess.run(["/bin/true"], check=True)
        first.kill()
        first.wait()
        for _ in range(2):
            programs.start()
        watched.until(lambda: tracker.status)
        assert tracker.quorum.count == 2
        assert "process events were lost" in caplog.text
    finally:
        watched.trackers.stop()
        connector.close()
