from collections.abc import Callable

import pytest

from vrrpd.core.parameters import Parameters
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.daemon.moderation import (
    FEW,
    FLOOD,
    LONG_HOLD,
    LONGEST_SLACK,
    MANY,
    NEAR,
    PERSISTENCE,
    ROW,
    SHORT_HOLD,
    WORTH,
    Moderation,
    hold,
    slack,
)
from vrrpd.units import Instant, Seconds, Vrid


def at(seconds: float) -> Instant:
    return Instant(100.0 + seconds)


def load(moderation: Moderation, *, since: float = 0.0, wake_ups: int = ROW + 1) -> Instant | None:
    """What the last of so many wake-ups in quick succession was answered."""
    answers = [moderation.wait(at(since + number * NEAR / 10)) for number in range(wake_ups)]
    return answers[-1]


def test_a_packet_now_and_then_is_read_at_once() -> None:
    moderation = Moderation()
    assert all(moderation.wait(at(number * NEAR)) is None for number in range(50))


def test_under_load_reading_waits() -> None:
    moderation = Moderation()
    assert load(moderation, wake_ups=ROW) is None
    moment = at(0.001)
    assert moderation.wait(moment) == moment + SHORT_HOLD
    moderation.hold = LONG_HOLD
    assert moderation.wait(moment) == moment + LONG_HOLD


def test_a_load_that_comes_in_waves_is_waited_for_from_the_first_packet_on() -> None:
    moderation = Moderation()
    load(moderation)
    for wave in range(1, 20):
        moderation.waited(WORTH)
        assert moderation.wait(at(wave)) is not None


def test_when_waiting_has_brought_nothing_for_long_the_load_is_over() -> None:
    moderation = Moderation()
    load(moderation)
    moderation.waited(WORTH)
    for wave in range(1, PERSISTENCE + 1):
        assert moderation.wait(at(wave)) is not None
        moderation.waited(WORTH - 1)
    assert moderation.wait(at(100)) is not None
    moderation.waited(1)
    assert moderation.wait(at(200)) is None


def test_a_flood_is_not_waited_for() -> None:
    moderation = Moderation()
    load(moderation)
    moderation.waited(FLOOD)
    assert load(moderation, since=0.01, wake_ups=ROW - 1) is None


def routers(count: int, interval: float) -> list[VirtualRouter]:
    parameters = Parameters(Vrid(1), version=3, advert_interval=Seconds(interval))
    return [VirtualRouter(str(number), parameters) for number in range(count)]


@pytest.mark.parametrize(
    ("how_long", "count", "interval", "expected"),
    [
        (hold, MANY - 1, 1.0, SHORT_HOLD),
        (hold, MANY, 1.0, LONG_HOLD),
        (hold, MANY, 0.05, 0.002),
        (hold, MANY, 0.01, SHORT_HOLD),
        (hold, 0, 1.0, SHORT_HOLD),
        (slack, FEW - 1, 1.0, 0.0),
        (slack, FEW, 1.0, LONGEST_SLACK),
        (slack, FEW, 0.01, 0.0001),
    ],
)
def test_how_long_depends_on_how_many_and_how_often(
    how_long: Callable[[list[VirtualRouter]], Seconds], count: int, interval: float, expected: float
) -> None:
    assert how_long(routers(count, interval)) == pytest.approx(expected)
