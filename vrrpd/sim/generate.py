"""A history out of a seed: some nodes, and troubles for them. The same seed gives the same history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Final

from vrrpd.sim.history import Happening, History, Setup, Trouble, What, limits_of
from vrrpd.sim.network import CLEAR, Weather
from vrrpd.sim.scenario import Action
from vrrpd.units import OWNER, Seconds

MOST_NODES: Final = 8
_PRIORITIES: Final = (1, 50, 99, 100, 100, 100, 101, 150, 200, 254)
_INTERVALS: Final[Mapping[int, tuple[float, ...]]] = {2: (1.0, 1.0, 2.0), 3: (0.01, 0.1, 0.5, 1.0, 2.55)}
_PAUSES: Final = (0.0, 0.001, 0.2, 0.7, 1.0, 1.5, 2.5, 3.2, 3.7, 5.0, 9.0)
"""Between troubles, in intervals of the slowest node: around what the protocol waits, and out of step with it."""
_MOST_TROUBLES: Final = 12


def generate(seed: int, nodes: int | None = None) -> History:
    """``nodes``: so many instead of 2 to 8, where most histories have few."""
    random = Random(seed)  # noqa: S311  # to be repeated, not to be secret
    version = random.choice((2, 3))
    count = nodes or random.choice((2, 2, 2, 3, 3, 3, 4, 5, 6, 7, 8))
    interval = random.choice(_INTERVALS[version])
    rfc = random.random() < 0.1
    fast = random.random() < 0.4
    setups = _setups(random, count, version, interval, heeds=not rfc)
    if fast:
        setups = _hurried(random, setups)
    prelude = _prelude(random, setups, interval) if random.random() < (0.5 if fast else 0.2) else []
    troubles, at = _troubles(random, setups, interval, _kinds(random, version, rfc=rfc, fast=fast), prelude)
    history = History(
        setups=tuple(setups),
        troubles=tuple(troubles),
        duration=Seconds(0.0),
        seed=seed,
        version=version,
        routers=random.choice((1, 1, 1, 2)),
        delay=Seconds(random.choice((0.0, 0.0001, 0.002)) * min(1.0, 10 * interval)),
        yield_hold=Seconds(6 * interval),
        rfc=rfc,
    )
    limits = limits_of(history)
    tail = limits.best if random.random() < 0.5 else limits.held
    return replace(history, duration=Seconds(round(at + tail + 3 * interval, 3)))


def _setups(random: Random, count: int, version: int, interval: float, *, heeds: bool) -> list[Setup]:
    """``heeds``: an owner hears another one, so that there may be two."""
    owners = random.sample(range(count), random.choice((1, 1, 2)) if heeds else 1) if random.random() < 0.15 else []
    stubborn = owners[1] if len(owners) > 1 and random.random() < 0.5 else None
    nopreempt = random.random() < 0.25
    delays = (0.0, 2.5 * interval, 8.0 * interval) if random.random() < 0.3 else (0.0,)
    weights = (None, 0, 2, 60, -60) if random.random() < 0.5 else (None,)
    break_first = random.choice((0.0, 0.0, 0.5))
    mixed = version == 3 and random.random() < 0.2
    return [
        Setup(
            name=f"n{place + 1}",
            priority=OWNER if place in owners else random.choice(_PRIORITIES),
            interval=Seconds(interval * random.choice((0.5, 1.0)) if mixed and interval > 0.01 else interval),
            preempt=place in owners or not (nopreempt and random.random() < 0.7),
            preempt_delay=Seconds(random.choice(delays)),
            script_weight=None if place in owners else random.choice(weights),
            from_start=random.random() < 0.9,
            lateness=Seconds(random.choice((0.0, 0.0001, 0.001)) * min(1.0, 10 * interval)),
            stubborn=place == stubborn,
            break_first=random.random() < break_first,
        )
        for place in range(count)
    ]


def _hurried(random: Random, setups: Sequence[Setup]) -> list[Setup]:
    """The same nodes with fast_failover, or some of them."""
    modes = random.choice((("overdue",), ("always",), (None, "overdue", "always", "off")))
    probe_interval, misses = random.choice((0.1, 0.1, 0.3, 1.0)), random.choice((1, 3, 3, 5))
    return [
        replace(setup, fast=random.choice(modes), probe_interval=Seconds(probe_interval), misses=misses)
        for setup in setups
    ]


def _kinds(random: Random, version: int, *, rfc: bool, fast: bool) -> list[What]:
    """What may befall the nodes of one history."""
    refusals = random.random() < 0.15
    left_out: dict[What, bool] = {
        Happening.RELOAD_INTERVAL: version == 2,
        Happening.RELOAD_ADDRESSES: rfc,  # another list is dropped there
        Happening.RELOAD_FAST: not fast or random.random() < 0.8,
        **dict.fromkeys((Happening.REFUSE_ADD, Happening.REFUSE_REMOVE, Happening.REFUSE_NOTHING), not refusals),
    }
    more = (Happening.REFUSE_ADD, Happening.REFUSE_REMOVE, Happening.REFUSE_NOTHING) * 3 if refusals else ()
    return [*(kind for kind in _KINDS if not left_out.get(kind)), *more]


def _troubles(
    random: Random, setups: Sequence[Setup], interval: float, kinds: Sequence[What], prelude: Sequence[Trouble]
) -> tuple[list[Trouble], float]:
    """Troubles in order of time, and when the last of them is over."""
    at, found = max((item.at for item in prelude), default=0.0), [*prelude]
    for _ in range(random.randint(1, _MOST_TROUBLES)):
        at += interval * random.choice(_PAUSES)
        kind = random.choice(kinds)
        trouble = _DRAW.get(kind, _plain)(random, setups, interval, kind)
        found.append(replace(trouble, at=Seconds(round(at, 4))))
        if kind is Happening.STALL:
            at += trouble.value * random.choice((0.3, 1.0, 1.0))
        elif kind is Action.SCRIPT_FAIL and random.random() < 0.3:
            for what in random.choice((_FLAPS, _FLAPS[:-1])):
                at += interval * random.choice((0.001, 0.1, 0.6))
                found.append(replace(trouble, at=Seconds(round(at, 4)), what=what))
    at = round(max([at, *(item.at + item.value for item in found if item.what is Happening.STALL)]), 4)
    at += interval * random.choice(_PAUSES)
    return [*found, *_recovery(random, setups, found, Seconds(round(at, 4)))], at


def _prelude(random: Random, setups: Sequence[Setup], interval: float) -> list[Trouble]:
    """One thing that befalls whoever has most likely been the master for a while; ``_troubles`` follow."""
    best = max(setups, key=lambda setup: setup.priority).name
    at = Seconds(round(8 * interval + random.choice((1.2, 3.0)), 4))
    soon = Seconds(round(at + interval * random.choice((1.4, 1.8, 2.4, 3.3)), 4))
    what = random.choice((Action.CRASH, Action.STOP, Action.LINK_DOWN, Action.ISOLATE, Happening.PRIORITY))
    befalls = [Trouble(at, what, best, value=1.0 if what is Happening.PRIORITY else 0.0)]
    return [*befalls, Trouble(soon, Action.JOIN, best)] if what is Action.ISOLATE else befalls


def _recovery(random: Random, setups: Sequence[Setup], before: Sequence[Trouble], at: Seconds) -> list[Trouble]:
    """The network is whole again, and what stood still runs; what is down may stay down."""
    kinds = {trouble.what for trouble in before}
    found = [Trouble(at, Happening.WEATHER)] if Happening.WEATHER in kinds else []
    found += [replace(item, at=at, what=Happening.MEND) for item in before if item.what is Happening.CUT]
    for setup in setups:
        found += [Trouble(at, Action.JOIN, setup.name)] if Action.ISOLATE in kinds else []
        found += [Trouble(at, Action.CONTINUE, setup.name)] if Action.PAUSE in kinds else []
        found += [Trouble(at, Action.START, setup.name)] if Action.KILL in kinds else []
        found += [Trouble(at, Happening.REFUSE_NOTHING, setup.name)] if Happening.REFUSE_REMOVE in kinds else []
        if random.random() < 0.5:
            found += [Trouble(at, item, setup.name) for item in _ALL_WELL if _CAUSES[item] in kinds]
    return found


def _plain(random: Random, setups: Sequence[Setup], _interval: float, kind: What) -> Trouble:
    return Trouble(Seconds(0.0), kind, random.choice(setups).name)


def _way(random: Random, setups: Sequence[Setup], _interval: float, kind: What) -> Trouble:
    source, target = random.sample(setups, 2)
    return Trouble(Seconds(0.0), kind, source.name, target.name)


def _weather(random: Random, setups: Sequence[Setup], interval: float, kind: What) -> Trouble:
    weather = Weather(
        loss=random.choice((0.0, 0.1, 0.4, 0.9, 1.0)),
        delay=Seconds(interval * random.choice((0.0, 0.01, 0.5, 2.0))),
        doubled=random.choice((0.0, 0.3)),
        reordered=random.choice((0.0, 0.5)),
    )
    if random.random() < 0.5:
        return Trouble(Seconds(0.0), kind, weather=CLEAR if random.random() < 0.2 else weather)
    return replace(_way(random, setups, interval, kind), weather=weather)


def _stall(random: Random, setups: Sequence[Setup], interval: float, kind: What) -> Trouble:
    lasting = interval * random.choice((0.1, 0.9, 1.1, 3.3, 4.0, 12.0))
    return replace(_plain(random, setups, interval, kind), value=round(lasting, 4))


def _number(*numbers: float) -> Callable[[Random, Sequence[Setup], float, What], Trouble]:
    def draw(random: Random, setups: Sequence[Setup], interval: float, kind: What) -> Trouble:
        return replace(_plain(random, setups, interval, kind), value=random.choice(numbers))

    return draw


def _new_interval(random: Random, setups: Sequence[Setup], interval: float, kind: What) -> Trouble:
    return replace(_plain(random, setups, interval, kind), value=interval * random.choice((1.0, 2.0)))


_KINDS: Final[tuple[What, ...]] = (
    *Action,
    *Happening,
    Action.CRASH,
    Action.RESTORE,
    Happening.STALL,
    Happening.WEATHER,
    Happening.ADOPTED,
)
_FLAPS: Final = (Action.SCRIPT_OK, Action.SCRIPT_FAIL, Action.SCRIPT_OK)
_DRAW: Final[Mapping[What, Callable[[Random, Sequence[Setup], float, What], Trouble]]] = {
    Happening.WEATHER: _weather,
    Happening.CUT: _way,
    Happening.MEND: _way,
    Happening.STALL: _stall,
    Happening.PRIORITY: _number(1, 50, 99, 100, 101, 254),
    Happening.RELOAD_PRIORITY: _number(1, 100, 101, 254),
    Happening.RELOAD_INTERVAL: _new_interval,
    Happening.RELOAD_PREEMPT: _number(0, 1),
    Happening.RELOAD_ADDRESSES: _number(1, 2, 3),
    Happening.RELOAD_FAST: _number(0, 1, 2, 3),
    Happening.CLOCK_STEP: _number(-3600, 0.5, 86400),
}
_CAUSES: Final[Mapping[What, What]] = {
    Action.RESTORE: Action.CRASH,
    Action.START: Action.STOP,
    Action.LINK_UP: Action.LINK_DOWN,
    Action.SCRIPT_OK: Action.SCRIPT_FAIL,
    Happening.SOURCE_BACK: Happening.SOURCE_LOST,
    Happening.MAINTENANCE_OFF: Happening.MAINTENANCE_ON,
    Happening.REFUSE_NOTHING: Happening.REFUSE_ADD,
}
_ALL_WELL: Final = tuple(_CAUSES)
