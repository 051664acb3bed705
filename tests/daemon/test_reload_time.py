"""When a file says that it is time to reload."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.daemon.loops import pause, turn
from vrrpd.config.model import GlobalDefs
from vrrpd.daemon.reload_time import ReloadClock, ReloadTime, parse
from vrrpd.loop import Loop

ZONE = timezone(timedelta(hours=2))
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "at", "dated"),
    [
        ("12:00:01\n", datetime(2026, 3, 1, 12, 0, 1, tzinfo=ZONE), False),
        ("11:59:59", datetime(2026, 3, 2, 11, 59, 59, tzinfo=ZONE), False),
        ("12:00:00", datetime(2026, 3, 2, 12, 0, 0, tzinfo=ZONE), False),
        ("10:00:01Z", datetime(2026, 3, 1, 10, 0, 1, tzinfo=UTC), False),
        ("09:00:00Z", datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC), False),
        ("26-03-05 01:02:03", datetime(2026, 3, 5, 1, 2, 3, tzinfo=ZONE), True),
        ("2027-01-01 00:00:00Z", datetime(2027, 1, 1, tzinfo=UTC), True),
        ("2020-01-01 00:00:00", datetime(2020, 1, 1, tzinfo=ZONE), True),
    ],
)
def test_times(text: str, at: datetime, dated: bool) -> None:
    assert parse(text, NOON) == ReloadTime(at, dated)


@pytest.mark.parametrize("text", ["", "noon", "25:00:00", "2026-13-01 00:00:00", "12:00", "12:00:00 Z", "١٢:00:00"])
def test_no_times(text: str) -> None:
    assert parse(text, NOON) is None


class Fixture:
    def __init__(self, path: Path, loop: Loop, *, repeat: bool = False) -> None:
        self.path = path
        self.reloads: list[str] = []
        self.clock = ReloadClock(self.reloads.append, loop)
        self.clock.configure(GlobalDefs(reload_time_file=str(path), reload_repeat=repeat))

    def write(self, form: str, seconds: float) -> None:
        self.path.write_text((datetime.now().astimezone() + timedelta(seconds=seconds)).strftime(form))


def test_at_that_time_it_reloads_once_and_the_file_goes(tmp_path: Path, loop: Loop) -> None:
    it = Fixture(tmp_path / "when", loop)
    it.write("%Y-%m-%d %H:%M:%S", 4)
    turn(loop, lambda: it.reloads)
    assert not it.path.exists()
    pause(loop, 1.5)
    assert it.reloads == [f"reload_time_file {it.path}"]
    it.clock.stop()


def test_with_repeat_a_time_without_a_day_stays(tmp_path: Path, loop: Loop) -> None:
    it = Fixture(tmp_path / "when", loop, repeat=True)
    it.write("%H:%M:%S", 4)
    turn(loop, lambda: it.reloads)
    assert it.path.exists()
    pause(loop, 1.5)
    assert len(it.reloads) == 1
    it.clock.stop()


def test_a_day_that_is_over_and_nonsense_are_reported(
    tmp_path: Path, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    it = Fixture(tmp_path / "when", loop)
    it.path.write_text("2020-01-01 00:00:00")
    turn(loop, lambda: "is over" in caplog.text)
    it.path.write_text("tomorrow, perhaps")
    turn(loop, lambda: "expected HH:MM:SS" in caplog.text)
    assert not it.reloads
    it.clock.stop()


def test_without_the_keyword_nothing_is_looked_at(loop: Loop) -> None:
    clock = ReloadClock(lambda _: None, loop)
    clock.configure(GlobalDefs())
    pause(loop, 0.01)
    clock.stop()
