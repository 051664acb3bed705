from collections.abc import Iterator
from pathlib import Path

import pytest

from netns.lab import Lab
from tests.daemon.programs import Programs
from vrrpd.loop import EventLoop, Loop


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = EventLoop()
    failures: list[dict[str, object]] = []
    made.set_exception_handler(lambda _, context: failures.append(context))
    yield made
    made.close()
    assert not failures


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Two routers on one bridge."""
    with Lab(routers=2, clients=0) as made:
        yield made


@pytest.fixture
def script(tmp_path: Path) -> "ScriptMaker":
    return ScriptMaker(tmp_path)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    made = Programs(tmp_path)
    yield made
    made.end()


class ScriptMaker:
    """Writes executable shell scripts; ``trace`` is a file that they may append to."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.trace = directory / "trace"
        self.trace.touch()

    def __call__(self, name: str, body: str) -> str:
        path = self._directory / name
        path.write_text(f"#!/bin/sh\n{body}\n".replace("TRACE", str(self.trace)))
        path.chmod(0o755)
        return str(path)

    def lines(self) -> list[str]:
        return self.trace.read_text().splitlines()
