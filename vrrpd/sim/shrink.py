"""The shortest history that still shows what a longer one showed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from vrrpd.sim.evidence import Violation
from vrrpd.sim.history import History, Setup
from vrrpd.sim.laws import first_violation
from vrrpd.sim.world import play
from vrrpd.units import Seconds

_FEWEST: Final = 1


def violation_of(history: History) -> Violation | None:
    """Play it; how it breaks a law, or None."""
    return first_violation(play(history), history)


def shrink(history: History, judge: Callable[[History], Violation | None] = violation_of) -> History:
    """Troubles, nodes and settings are left out as long as the same law stays broken; always with the same result."""
    found = judge(history)
    if found is None:
        return history
    shortened = True
    while shortened:
        shortened = False
        for candidate in _shorter(history, judge):
            found_again = judge(candidate)
            if found_again is not None and found_again.law == found.law:
                history, shortened = candidate, True
                break
    return history


def _shorter(history: History, judge: Callable[[History], Violation | None]) -> Iterator[History]:
    """What may be tried, the boldest first."""
    found = judge(history)
    end = history.duration if found is None else Seconds(round(found.at + 1e-3, 4))
    if found is not None and end < history.duration:
        yield replace(history, duration=end, troubles=tuple(item for item in history.troubles if item.at <= end))
        middle = Seconds(round((found.at + history.duration) / 2, 4))
        if middle < history.duration:
            yield replace(history, duration=middle, troubles=tuple(i for i in history.troubles if i.at <= middle))
    if len(history.setups) > _FEWEST:
        yield from (history.without(setup.name) for setup in history.setups)
    count = len(history.troubles)
    length = count
    while length >= 1:
        for start in range(0, count, length):
            yield replace(history, troubles=history.troubles[:start] + history.troubles[start + length :])
        length //= 2
    yield from _plainer(history)


def _plainer(history: History) -> Iterator[History]:
    """Settings that are not needed to show it."""
    for plain in (
        replace(history, routers=1),
        replace(history, rfc=False),
        replace(history, delay=Seconds(0.0002)),
        replace(history, seed=0),
    ):
        if plain != history:
            yield plain
    for place, setup in enumerate(history.setups):
        plain_setup = Setup(setup.name, setup.priority, setup.interval)
        for simpler in (plain_setup, replace(plain_setup, preempt=setup.preempt)):
            if simpler != setup:
                yield replace(history, setups=(*history.setups[:place], simpler, *history.setups[place + 1 :]))
