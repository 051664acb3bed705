"""The console: lines in order, a caller that never waits, and an honest count of what was lost."""

import fcntl
import os
import re
import statistics
import threading
import time
from collections.abc import Callable

import pytest

from tests.observe.logging_to import LOG, logging_to, pipe, read_lines
from vrrpd.observe.console import ConsoleSink
from vrrpd.observe.lines import Entry
from vrrpd.observe.logs import Places

PAD = "x" * 100


def message_of(line: str) -> str:
    return line.split(" ", 2)[2]


def median_call(count: int, call: Callable[[int], None]) -> float:
    times = []
    for number in range(count):
        start = time.perf_counter()
        call(number)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def log_line(number: int) -> None:
    LOG.info("line %d %s", number, PAD)


def fill(writing: int) -> None:
    """Write until the pipe takes no more, and leave it blocking."""
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"." * 4095 + b"\n")
    except BlockingIOError:
        os.set_blocking(writing, True)


def test_lines_arrive_in_order() -> None:
    with pipe() as (reading, writing), logging_to(Places(console=writing)):
        for number in range(500):
            log_line(number)
        assert [message_of(line) for line in read_lines(reading, 500)] == [f"line {n} {PAD}" for n in range(500)]


def test_levels() -> None:
    with pipe() as (reading, writing):
        with logging_to(Places(console=writing), level="warning") as writer:
            LOG.info("not this")
            LOG.warning("this")
        assert writer.dropped == 0
        os.close(writing)
        assert [line.split(" ", 1)[1] for line in read_lines(reading, 9)] == ["WARNING this"]


def test_a_console_that_is_never_read_does_not_hold_up_the_caller() -> None:
    """Medians of the same call: with a reader, with a full pipe and room in the queue, with a full queue."""
    with pipe() as (reading, writing), logging_to(Places(console=writing)):
        reader = threading.Thread(target=read_lines, args=(reading, 3000))
        reader.start()
        median_call(1000, log_line)  # warm up
        read = median_call(2000, log_line)
        reader.join(20)
    with pipe() as (reading, writing):
        fill(writing)
        with logging_to(Places(console=writing)) as writer:
            queueing = median_call(3000, log_line)
            assert writer.dropped == 0
            while writer.dropped == 0:
                log_line(0)
            refusing = median_call(3000, log_line)
            assert writer.dropped >= 3000
    assert queueing < 3 * read
    assert refusing < 3 * read


def test_nothing_is_lost_when_the_console_is_read_late() -> None:
    with pipe() as (reading, writing):
        size = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        with logging_to(Places(console=writing)) as writer:
            for number in range(5000):  # some 700 kB: far more than the pipe holds, less than the queue
                log_line(number)
            lines = read_lines(reading, 5000)
            assert size * 100 < sum(map(len, lines))
            assert [message_of(line) for line in lines] == [f"line {n} {PAD}" for n in range(5000)]
            assert writer.dropped == 0


def test_beyond_the_bound_the_count_is_right_and_stands_in_its_place() -> None:
    with pipe() as (reading, writing), logging_to(Places(console=writing)) as writer:
        for number in range(20_000):
            log_line(number)
        dropped = writer.dropped
        assert 0 < dropped < 20_000
        lines = read_lines(reading, 20_000 - dropped + 1)
        LOG.info("afterwards")
        while not lines[-1].endswith("afterwards"):
            lines += read_lines(reading, 1)
    kept = [int(line.split(" ")[3]) for line in lines if " INFO line " in line]
    gaps = [(before, after) for before, after in zip(kept, [*kept[1:], 20_000], strict=True) if after != before + 1]
    assert len(kept) + dropped == 20_000
    assert kept == sorted(kept)
    reports = [int(match[1]) for line in lines if (match := re.search(r"WARNING (\d+) log lines? dropped$", line))]
    assert sum(reports) == dropped
    assert reports == [after - before - 1 for before, after in gaps]
    assert message_of(lines[-1]) == "afterwards"


def test_drops_are_reported_without_waiting_for_a_further_line() -> None:
    with pipe() as (reading, writing), logging_to(Places(console=writing)) as writer:
        while writer.dropped < 10:
            log_line(0)
        dropped = writer.dropped
        text = ""
        while "dropped" not in text:
            text += os.read(reading, 65536).decode()
        assert text.endswith(f"WARNING {dropped} log lines dropped\n")


def test_a_non_blocking_console_is_waited_for() -> None:
    with pipe() as (reading, writing), logging_to(Places(console=writing)) as writer:
        os.set_blocking(writing, False)
        for number in range(5000):
            log_line(number)
        assert len(read_lines(reading, 5000)) == 5000
        assert writer.dropped == 0


def test_a_console_that_is_gone_loses_lines_and_nothing_else() -> None:
    with pipe() as (reading, writing), logging_to(Places(console=writing)) as writer:
        os.close(reading)
        for number in range(100):
            log_line(number)
        while writer.dropped < 100:
            time.sleep(0.001)
        assert writer.dropped == 100


def test_lines_lost_to_a_broken_console_are_reported_when_it_works_again() -> None:
    with pipe() as (reading, writing), pipe() as (gone, broken):
        os.close(gone)
        lines: list[bytes] = []
        sink = ConsoleSink(broken, lambda entry: f"{entry.message}\n".encode())
        sink.write(Entry(0, 0, "lost"))
        while sink.dropped < 1:
            time.sleep(0.001)
        sink._descriptor = writing
        sink.write(Entry(0, 0, "heard"))
        assert read_lines(reading, 2) == ["1 log line dropped", "heard"]
        assert lines == []
        sink.close()


def test_closing_writes_what_waits() -> None:
    with pipe() as (reading, writing):
        with logging_to(Places(console=writing)):
            for number in range(100):
                log_line(number)
        os.close(writing)
        assert len(read_lines(reading, 101)) == 100


def test_closing_a_console_that_is_never_read_comes_back() -> None:
    with pipe() as (_, writing):
        fill(writing)
        with logging_to(Places(console=writing)) as writer:
            LOG.info("never read")
        LOG.info("after the end")
        writer.close()


def test_no_write_is_begun_after_the_end() -> None:
    """The descriptor may belong to somebody else by then."""
    with pipe() as (reading, writing):
        fill(writing)
        with logging_to(Places(console=writing)):
            for number in range(3000):
                log_line(number)
        os.close(writing)
        with open(reading, "rb", closefd=False) as everything:
            assert everything.read().count(b"INFO line") < 3000


@pytest.mark.parametrize("threads", [4])
def test_lines_of_several_threads_stay_whole(threads: int) -> None:
    with pipe() as (reading, writing), logging_to(Places(console=writing)):
        workers = [threading.Thread(target=median_call, args=(200, log_line)) for _ in range(threads)]
        for worker in workers:
            worker.start()
        lines = read_lines(reading, 200 * threads)
        for worker in workers:
            worker.join(20)
    assert all(re.fullmatch(rf"line \d+ {PAD}", message_of(line)) for line in lines)
