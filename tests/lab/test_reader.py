"""A thread that reads until it is closed."""

import os
import threading
from collections.abc import Callable, Iterator

import pytest

from netns.reader import Reader


@pytest.fixture
def pipes() -> Iterator[list[tuple[int, int]]]:
    made = [os.pipe() for _ in range(2)]
    yield made
    for pair in made:
        for descriptor in pair:
            os.close(descriptor)


def test_each_descriptor_has_its_own_reader(pipes: list[tuple[int, int]]) -> None:
    got: list[tuple[int, bytes]] = []
    news = threading.Semaphore(0)

    def reading(which: int) -> Callable[[], None]:
        def read() -> None:
            got.append((which, os.read(pipes[which][0], 10)))
            news.release()

        return read

    reader = Reader("test", {pipes[which][0]: reading(which) for which in (0, 1)})
    for which, text in ((1, b"a"), (0, b"b"), (1, b"c")):
        os.write(pipes[which][1], text)
        assert news.acquire(timeout=10)
    reader.close()
    assert got == [(1, b"a"), (0, b"b"), (1, b"c")]


def test_what_has_arrived_is_read_before_it_ends_and_nothing_after(pipes: list[tuple[int, int]]) -> None:
    (reading, writing), _ = pipes
    got: list[bytes] = []
    for text in (b"a", b"b"):
        os.write(writing, text)
        Reader("test", {reading: lambda: got.append(os.read(reading, 10))}).close()
    assert got == [b"a", b"b"]
    os.write(writing, b"c")
    assert got == [b"a", b"b"]
