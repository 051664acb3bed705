"""How a test plays a scenario of the lab's catalogue."""

from collections.abc import Callable

import pytest

from netns.catalogue import daemons_of, item_named, play

Recorder = Callable[[str, object], None]


def assert_plays(name: str, r1: str, r2: str, record: Recorder, *, attempts: int = 1) -> None:
    """Play it; its figures are recorded, and a failure shows the timeline and the logs.

    ``attempts``: for a scenario that measures times, which a busy machine makes longer, never shorter.
    """
    chosen = {"r1": r1, "r2": r2}
    for daemon in daemons_of(item_named(name), chosen).values():
        missing = daemon.missing()
        if missing:
            pytest.skip(f"needs {missing}")
    report = play(name, chosen)
    for _ in range(attempts - 1):
        if not report.passed:
            print(report.as_text())
            report = play(name, chosen)
    for figure, value in report.figures.items():
        record(figure, round(value, 3))
    print(report.as_text())
    assert report.passed, "\n".join([*report.failures(), report.as_text(with_logs=True)])
