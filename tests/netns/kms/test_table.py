import threading
from pathlib import Path

import pytest

from netns.kms.chronicle import Chronicle, StoppedError
from netns.kms.gate import Gate
from netns.kms.keeper import FILE, Keeper
from netns.kms.plan import Shape, allotted, turns
from netns.kms.record import Record, Run, load
from netns.kms.rows import kinds
from netns.kms.screen import findings, measured, table
from netns.kms.table import Results, Table
from netns.kms.timers import of_the_setting
from tests.netns.kms.fake import Clockwork, FakeSite, Manners

TIMERS = of_the_setting()
KINDS = kinds(TIMERS)


def played(directory: Path, manners: Manners, runs: int = 2, minutes: float | None = None) -> tuple[Record, Results]:
    chronicle = Clockwork()
    keeper = Keeper("vrrpd", {"haproxy": "2.6"}, None, directory)
    kept: list[int] = []

    def told(run: Run) -> None:
        keeper.keep(results, chronicle)
        kept.append(len([run for row in load(directory / FILE).rows for run in row.runs]))
        assert run.row

    def make(shape: Shape, number: int, _chronicle: Chronicle) -> FakeSite:
        site = FakeSite(manners, shape.balancers, number=number, chronicle=chronicle)
        keeper.knows(site.topology)
        return site

    results = Results(KINDS, told)
    Table(turns(KINDS, runs), allotted(KINDS, 1), TIMERS, make, results, chronicle, minutes).play()
    assert kept == list(range(1, len(kept) + 1))
    return keeper.keep(results, Clockwork()), results


def test_every_row_is_played_and_kept_as_soon_as_it_was(tmp_path: Path) -> None:
    record, results = played(tmp_path, Manners())
    assert findings(record, results.troubles, 2) == []
    assert record.passed
    assert [len(row.runs) for row in record.rows] == [2] * len(KINDS) + [2]
    assert record.keys.acknowledged == 20
    assert list(record.topology.balancers) == ["lb1", "lb2", "lb3"]
    assert load(tmp_path / FILE) == record
    assert "holds" in "".join(str(cell) for column in table(record).columns for cell in column.cells)


def test_a_row_that_fails_is_named(tmp_path: Path) -> None:
    record, results = played(tmp_path, Manners(takeover=2.5))
    failed = {row.name for row in record.rows if not row.passed}
    assert failed == {"haproxy-dies", "node-crashes"}
    found = findings(record, results.troubles, 2)
    assert len(found) == 4
    assert all("2.5" in line for line in found)
    assert measured(record.rows[0]).startswith("address on the next node, s: 2.5")


def test_a_site_that_falls_apart_is_built_again_and_what_it_spoilt_is_a_failure(tmp_path: Path) -> None:
    record, results = played(tmp_path, Manners(hand_back=100.0))
    assert len(results.troubles) > 1
    assert not record.passed
    assert any("does not come to rest" in line for line in findings(record, results.troubles, 2))
    assert any("times" in line for line in findings(record, results.troubles, 2))


def test_no_turn_begins_when_the_time_is_over(tmp_path: Path) -> None:
    record, _ = played(tmp_path, Manners(), runs=50, minutes=1.0)
    assert 1 < sum(len(row.runs) for row in record.rows) < 50


def test_a_stop_ends_whoever_waits() -> None:
    chronicle = Chronicle()
    threading.Timer(0.05, chronicle.stop).start()
    with pytest.raises(StoppedError):
        chronicle.sleep(60.0)
    with pytest.raises(StoppedError):
        chronicle.wait_until(lambda: False, 60.0)


def test_one_alone_waits_for_those_inside_and_goes_before_those_who_come() -> None:
    gate, order, inside, leave = Gate(), [], threading.Event(), threading.Event()

    def early() -> None:
        with gate.shared():
            inside.set()
            leave.wait(10)
            order.append("early")

    def alone() -> None:
        with gate.entered(True):
            order.append("alone")

    def late() -> None:
        with gate.entered(False):
            order.append("late")

    first, second, third = (threading.Thread(target=target) for target in (early, alone, late))
    first.start()
    inside.wait(10)
    second.start()
    while not gate.wanted:
        pass
    third.start()
    leave.set()
    for thread in (first, second, third):
        thread.join(10)
    assert order == ["early", "alone", "late"]
