"""A script's processes are real ones; what the script says is said by the test."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.loops import pause, turn
from tests.daemon.programs import NAME, Programs
from vrrpd.daemon import process_source, process_watch
from vrrpd.daemon.process_check import ProcessCheck
from vrrpd.daemon.process_watch import ProcessWatch
from vrrpd.loop import Loop

OTHER = f"oth{os.getpid()}"
CHECK = ProcessCheck((NAME.encode(),))


class Watched:
    """``asked`` counts; with ``answers`` the script says that at once."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.asked = 0
        self.answer: bool | None = None
        self.watch: ProcessWatch | None = None

    def begin(self, check: ProcessCheck = CHECK, wait: float = 0.05) -> ProcessWatch:
        self.watch = ProcessWatch("chk", check, self.loop, self._ask)
        pause(self.loop, wait)
        return self.watch

    def _ask(self) -> None:
        self.asked += 1
        if self.answer is not None and self.watch is not None:
            self.watch.judged(self.answer)


@pytest.fixture
def watched(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(process_watch, "SETTLING", 0.2)
    made = Watched(loop)
    yield made
    if made.watch is not None:
        made.watch.stop()


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_the_end_of_the_last_asks_at_once(
    watched: Watched, programs: Programs, caplog: pytest.LogCaptureFixture
) -> None:
    first, last = programs.start(), programs.start()
    watch = watched.begin()
    watch.judged(ok=True)
    assert watch.describe() == f"the end of {NAME} (2 processes) is seen at once"
    first.kill()
    turn(watched.loop, lambda: len(watch.known) == 1)
    assert watched.asked == 0
    watched.answer = False
    with caplog.at_level(logging.INFO):
        last.kill()
        turn(watched.loop, lambda: watched.asked)
    assert watch.describe() == f"no process {NAME} is seen"
    assert caplog.messages == [f"script chk: the last process {NAME} (pid {last.pid}) has ended"]
    pause(watched.loop, 0.3)
    assert watched.asked == 1, "it was said"


def test_an_end_within_the_first_look_asks_too(
    watched: Watched, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_source, "SLICE", 1)
    process = programs.start()
    watch = watched.begin(wait=0)
    watch.judged(ok=True)
    watch.looked_at(process.pid)
    process.kill()
    turn(watched.loop, lambda: watched.asked)


def test_one_that_runs_in_its_place_is_found_when_the_script_says_so(
    watched: Watched, programs: Programs, caplog: pytest.LogCaptureFixture
) -> None:
    old = programs.start()
    watch = watched.begin()
    watched.answer = True
    watch.judged(ok=True)
    new = programs.start()
    with caplog.at_level(logging.INFO):
        old.kill()
        turn(watched.loop, lambda: new.pid in watch.known)
        assert watched.asked == 1, "the script was asked once and saw the other"
        pause(watched.loop, 0.3)
        assert watched.asked == 1
        new.kill()
        turn(watched.loop, lambda: watched.asked == 2)
    assert not caplog.messages, "as long as the script does not fail nothing has happened"


def test_a_script_that_sees_what_is_gone_is_asked_again_ever_more_rarely(watched: Watched, programs: Programs) -> None:
    """``killall -0`` sees a process until its parent has fetched its exit status."""
    process = programs.start()
    watch = watched.begin()
    watched.answer = True
    watch.judged(ok=True)
    process.kill()
    turn(watched.loop, lambda: watched.asked >= 4)
    watched.answer = False
    turn(watched.loop, lambda: watched.asked >= 5)
    pause(watched.loop, 0.5)
    assert watched.asked == 5


def test_a_script_that_goes_on_seeing_one_has_the_last_word(
    watched: Watched, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_watch, "INSISTENCE", 0.1)
    process = programs.start()
    watch = watched.begin()
    watched.answer = True
    watch.judged(ok=True)
    process.kill()
    pause(watched.loop, 0.7)
    asked = watched.asked
    assert 2 <= asked <= 4
    pause(watched.loop, 0.7)
    assert watched.asked == asked


def test_what_it_never_saw_is_the_script_s_business(watched: Watched) -> None:
    watch = watched.begin()
    watched.answer = True
    watch.judged(ok=True)
    pause(watched.loop, 0.3)
    assert watched.asked == 0
    assert watch.describe() == f"no process {NAME} is seen"


def test_a_return_asks_once_it_has_lasted(watched: Watched, programs: Programs) -> None:
    process = programs.start()
    watch = watched.begin()
    watched.answer = False
    watch.judged(ok=True)
    process.kill()
    turn(watched.loop, lambda: watched.asked == 1)
    began = watched.loop.time()
    programs.start()
    turn(watched.loop, lambda: watched.asked == 2)
    assert watched.loop.time() - began >= 0.2


def test_starts_that_fail_ask_nothing(watched: Watched, programs: Programs) -> None:
    process = programs.start()
    watch = watched.begin()
    watched.answer = False
    watch.judged(ok=True)
    process.kill()
    turn(watched.loop, lambda: watched.asked == 1)
    for _ in range(3):
        process = programs.start()
        turn(watched.loop, lambda: watch.met)
        process.kill()
        turn(watched.loop, lambda: not watch.met)
    assert watched.asked == 1


def test_processes_that_come_and_go_are_not_asked_about_each_time(watched: Watched, programs: Programs) -> None:
    watch = watched.begin()
    watched.answer = True
    watch.judged(ok=True)
    for _ in range(5):
        process = programs.start()
        watch.judged(ok=False)
        watch.judged(ok=True)
        turn(watched.loop, lambda: watch.met)
        process.kill()
        turn(watched.loop, lambda: not watch.met)
    assert watched.asked == 0


def test_the_beat_finds_what_came_back_unseen(watched: Watched, programs: Programs) -> None:
    watch = watched.begin()
    watch.judged(ok=False)
    programs.start()
    watch.judged(ok=True)
    turn(watched.loop, lambda: watch.met)
    assert watched.asked == 0


def test_each_of_several_names_counts(watched: Watched, programs: Programs) -> None:
    first, second = programs.start(), programs.start(OTHER)
    both = ProcessCheck((NAME.encode(), OTHER.encode()))
    watch = watched.begin(both)
    watch.judged(ok=True)
    assert len(watch.known) == 2
    second.kill()
    turn(watched.loop, lambda: watched.asked)
    watch.stop()
    watched.asked = 0
    second = programs.start(OTHER)
    watch = watched.begin(ProcessCheck(both.names, every=False))
    watch.judged(ok=True)
    second.kill()
    pause(watched.loop, 0.1)
    assert watched.asked == 0, "one of them is enough"
    first.kill()
    turn(watched.loop, lambda: watched.asked)


def test_a_few_of_many_are_followed(watched: Watched, programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_watch, "MOST", 2)
    started = {process.pid: process for process in (programs.start() for _ in range(3))}
    watch = watched.begin()
    watched.answer = True
    watch.judged(ok=True)
    assert watch.describe() == f"the end of {NAME} (2 or more processes) is seen at once"
    (other,) = started.keys() - set(watch.known)
    for pid in started.keys() - {other}:
        started[pid].kill()
    turn(watched.loop, lambda: set(watch.known) == {other})
    assert watched.asked == 1


def test_names_are_parts_where_they_may_be(watched: Watched, programs: Programs) -> None:
    process = programs.start()
    watch = watched.begin(ProcessCheck((NAME[:-1].encode(),), exact=False))
    watch.judged(ok=True)
    process.kill()
    turn(watched.loop, lambda: watched.asked)


def test_a_zombie_counts_for_nothing(watched: Watched, programs: Programs) -> None:
    process = programs.start()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not watched.begin().met


def test_nothing_is_left_of_one_that_was_stopped(watched: Watched, programs: Programs) -> None:
    process = programs.start()
    pause(watched.loop, 0.01)
    before = descriptors()
    watch = watched.begin()
    watch.judged(ok=True)
    assert descriptors() == before + 1
    watch.stop()
    assert descriptors() == before
    process.kill()
    pause(watched.loop, 0.1)
    assert watched.asked == 0
