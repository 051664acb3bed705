"""When an outage begins and ends, what is written of it, and what the books make of the lines."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netns.kms.clients import Books, ClientError
from netns.kms.record import Happening
from netns.kms.recording import Judge, Outage, Recorder


def outages(*attempts: tuple[float, float, bool]) -> list[Outage]:
    judge = Judge()
    return [found for started, ended, ok in attempts if (found := judge.judge(started, ended, ok=ok)) is not None]


def test_answers_alone_are_no_outage_however_late_they_are() -> None:
    assert outages((0.0, 0.1, True), (5.0, 5.9, True)) == []


def test_from_the_first_failed_request_to_the_first_answer() -> None:
    assert outages((0.0, 0.1, True), (1.0, 1.5, False), (1.1, 1.2, False), (2.0, 2.25, True)) == [
        Outage(1.0, 2.25, failed=2)
    ]


def test_one_that_lasts_is_not_over() -> None:
    judge = Judge()
    assert judge.judge(1.0, 2.0, ok=False) is None
    assert judge.down_since == 1.0
    assert (judge.requests, judge.errors) == (1, 1)


@given(st.lists(st.booleans(), max_size=60))
def test_every_failure_is_in_exactly_one_outage(fates: list[bool]) -> None:
    judge = Judge()
    found = [o for n, ok in enumerate([*fates, True]) if (o := judge.judge(n, n + 0.5, ok=ok)) is not None]
    assert sum(outage.failed for outage in found) == fates.count(False) == judge.errors
    assert all(earlier.end <= later.start for earlier, later in itertools.pairwise(found))
    assert judge.down_since is None


def record(file: Path, fates: list[str | None], *, every_error: bool = True) -> list[dict[str, object]]:
    recorder = Recorder("health", file, every_error=every_error)
    for number, error in enumerate(fates):
        recorder.attempt(100.0 + number, 100.25 + number, error)
    return [json.loads(line) for line in file.read_text().splitlines()]


FATES: list[str | None] = [None, "refused", "refused", "timeout", None]


@pytest.mark.parametrize(("every", "errors"), [(True, 3), (False, 2)])
def test_what_is_written(tmp_path: Path, every: bool, errors: int) -> None:
    lines = record(tmp_path / "lines", FATES, every_error=every)
    assert [line["kind"] for line in lines].count("error") == errors
    assert [line for line in lines if line["kind"] == "up"] == [
        {"client": "health", "kind": "up", "at": 101.0, "end": 104.25, "failed": 3}
    ]
    assert lines[-1]["kind"] == "count"
    assert (lines[-1]["requests"], lines[-1]["errors"]) == (5, 3)


def test_the_books_count_from_the_runs_start(tmp_path: Path) -> None:
    told: list[Happening] = []
    books = Books(2, told.append, offset=100.0)
    record(tmp_path / "lines", FATES)
    for line in (tmp_path / "lines").read_text().splitlines():
        books.take(line)
    (outage,) = books.outages(0.0, None)
    assert (outage.client, outage.start, outage.end, outage.ms) == ("health", 1.0, 4.25, 3250.0)
    assert books.errors(3.0, "health") == [ClientError("health", 3.0, 3.25, "timeout")]
    assert books.counts() == {"health": (5, 3)}
    assert [happening for happening in told if happening.kind == "gap"] == [
        Happening(1.0, 2, "gap", "health", "outage 3250 ms")
    ]
    assert books.outages(5.0, None) == []


def test_an_outage_that_lasts_has_no_end(tmp_path: Path) -> None:
    books = Books(0, lambda _: None, offset=100.0)
    record(tmp_path / "lines", [None, "refused"])
    for line in (tmp_path / "lines").read_text().splitlines():
        books.take(line)
    (outage,) = books.outages(50.0, "health")
    assert outage.end is None
    assert outage.ms == float("inf")
    assert books.outages(50.0, "connect") == []
