"""What is simulated: nodes, and everything that happens to them, as one value that says nothing of who will win."""

import enum
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from vrrpd.core.handover_order import GRACE, GRACE_EACH
from vrrpd.core.timers import master_down_interval, skew_time
from vrrpd.errors import VrrpdError
from vrrpd.records import dataclass
from vrrpd.sim.network import CLEAR, Weather
from vrrpd.sim.scenario import Action, Node, Scenario
from vrrpd.units import Priority, Seconds

_FORMAT: Final = 1
_SCHEDULING: Final = 0.005
_GRACE: Final = GRACE + 10 * GRACE_EACH
"""So long a master that has left keeps its addresses after it has heard the successor."""
_MARGIN: Final = 0.1
_OWNERS_CONFLICT: Final = 4
"""Intervals until an owner that another one does not heed has stepped down."""
_HOLD_TO_RETRY: Final = 6
_ATTEMPTS: Final = 4
LONGEST_HOLDS: Final = 2
"""A node that could not serve waits for so many ``yield_hold`` at most before it tries again."""


class Happening(enum.Enum):
    """What can happen in the simulator, beside the actions that the lab knows too."""

    WEATHER = "weather"
    """Packets are lost, delayed, doubled or reordered: between two nodes, or between all (``node`` is empty)."""
    CUT = "cut"
    """Nothing that ``node`` sends reaches ``other``; the way back stays open."""
    MEND = "mend"
    STALL = "stall"
    """The daemon gets no CPU for ``value`` seconds."""
    PRIORITY = "priority"
    """Trackers move the effective priority to ``value``."""
    RELOAD_PRIORITY = "reload with priority"
    RELOAD_INTERVAL = "reload with advert_int"
    RELOAD_PREEMPT = "reload with preempt (1) or nopreempt (0)"
    CLOCK_STEP = "wall clock jumps by"
    """By ``value`` seconds: it must change nothing."""
    THEFT = "address removed by somebody else"
    SOURCE_LOST = "source address gone"
    SOURCE_BACK = "source address back"
    STEP_DOWN = "operator: step down"
    TAKE_OVER = "operator: take over"
    MAINTENANCE_ON = "maintenance on"
    MAINTENANCE_OFF = "maintenance off"
    REFUSE_ADD = "kernel adds no address"
    REFUSE_REMOVE = "kernel removes no address"
    REFUSE_NOTHING = "kernel obeys again"
    RELOAD_ADDRESSES = "reload with so many addresses"
    RELOAD_FAST = "reload with fast_failover: none (0), overdue (1), always (2) or off (3)"
    ADOPTED = "another process goes on where this one was"


What = Action | Happening
LEAVING: Final[frozenset[What]] = frozenset({Action.STOP, Happening.STEP_DOWN, Happening.MAINTENANCE_ON})
"""What makes a master hand over although it could serve."""
_REFUSALS: Final = frozenset({Happening.REFUSE_ADD, Happening.REFUSE_REMOVE})
_BY_VALUE: Final[Mapping[str, What]] = {item.value: item for enumeration in (Action, Happening) for item in enumeration}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that happens at ``at`` seconds to ``node``; ``value`` and ``other`` where the kind of it needs them."""

    at: Seconds
    what: What
    node: str = ""
    other: str = ""
    value: float = 0.0
    weather: Weather = CLEAR

    def __str__(self) -> str:
        where = f"{self.node} -> {self.other}" if self.other else self.node or "everywhere"
        number = f" {self.value:g}" if self.value else ""
        detail = f" {self.weather}" if self.what is Happening.WEATHER else ""
        return f"{where}: {self.what.value}{number}{detail}"


@dataclass(frozen=True, slots=True)
class Setup:
    """One node as it is configured; ``lateness``: how long after a deadline its process runs (seconds).

    ``fast``: fast_failover's ``probe``, None without it. ``stubborn``: as an owner it heeds no other one.
    ``break_first``: who leaves lets go of the addresses before somebody else has them.
    """

    name: str
    priority: int
    interval: Seconds = Seconds(1.0)
    preempt: bool = True
    preempt_delay: Seconds = Seconds(0.0)
    script_weight: int | None = None
    from_start: bool = True
    lateness: Seconds = Seconds(0.0)
    fast: str | None = None
    probe_interval: Seconds = Seconds(0.1)
    misses: int = 3
    stubborn: bool = False
    break_first: bool = False

    def __str__(self) -> str:
        words = [f"{self.name}: priority {self.priority}, advert_int {self.interval:g}"]
        words += [] if self.preempt else ["nopreempt"]
        words += [f"preempt_delay {self.preempt_delay:g}"] if self.preempt_delay else []
        words += [] if self.script_weight is None else [f"script weight {self.script_weight}"]
        words += [] if self.fast is None else [f"fast_failover {self.fast} {self.probe_interval:g} x {self.misses}"]
        words += ["heeds no other owner"] if self.stubborn else []
        words += ["handover break_first"] if self.break_first else []
        words += [] if self.from_start else ["not started at first"]
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class History:
    """``routers``: how many virtual routers each node has; more than one are a sync group. ``seed``: of the network."""

    setups: tuple[Setup, ...]
    troubles: tuple[Trouble, ...]
    duration: Seconds
    seed: int = 0
    version: int = 2
    routers: int = 1
    delay: Seconds = Seconds(0.0002)
    yield_hold: Seconds = Seconds(60.0)
    rfc: bool = False

    def without(self, name: str) -> "History":
        """The same without a node and what happens to it."""
        return replace(
            self,
            setups=tuple(setup for setup in self.setups if setup.name != name),
            troubles=tuple(trouble for trouble in self.troubles if name not in (trouble.node, trouble.other)),
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that the protocol may take, counted from the last trouble.

    ``alone``: until two masters have heard of each other. ``held``: until somebody holds. ``best``: until the best one
    does. ``overlap``: two hold while one takes over from the other. ``vacancy``: as short a time without a holder is
    none; a better node whose kernel refuses the addresses tries again and again, and hands over each time.
    ``longest``, ``shortest``: intervals between adverts, before or after a reload. ``tidy``: until an address is off
    that could not be removed before. ``linger``: as long may the addresses stay for a successor.
    """

    alone: Seconds
    held: Seconds
    best: Seconds
    overlap: Seconds
    vacancy: Seconds
    longest: Seconds
    shortest: Seconds
    tidy: Seconds
    linger: Seconds


def limits_of(history: History) -> Limits:
    """From the slowest that takes part, before or after a reload."""
    intervals = [setup.interval for setup in history.setups]
    intervals += [Seconds(item.value) for item in history.troubles if item.what is Happening.RELOAD_INTERVAL]
    interval = Seconds(max(intervals, default=1.0))
    late = max((setup.lateness for setup in history.setups), default=0.0)
    slack = 2 * (history.delay + late) + _SCHEDULING
    kinds = {trouble.what for trouble in history.troubles}
    retry = retry_delay(history)
    down = master_down_interval(history.version, Priority(1), interval)
    alone = interval + slack
    if any(setup.stubborn for setup in history.setups):
        alone += _OWNERS_CONFLICT * interval + down  # asked to step down, it comes back
    if Happening.REFUSE_REMOVE in kinds:
        alone += retry
    linger = skew_time(history.version, Priority(1), interval) + interval + _MARGIN + slack
    if sum(trouble.what in LEAVING for trouble in history.troubles) > 1:
        alone = max(alone, linger)  # each of two waits for a successor, and hears none
    held = down * (2 if history.routers > 1 else 1) + slack
    vacancy = slack
    if kinds & _REFUSALS:
        held += LONGEST_HOLDS * history.yield_hold + _ATTEMPTS * retry
        vacancy = held
    patience = max((setup.preempt_delay for setup in history.setups), default=0.0)
    best = held + down + interval + patience + history.yield_hold + slack
    return Limits(
        alone=Seconds(alone),
        held=Seconds(held),
        best=Seconds(best),
        overlap=Seconds(slack + _GRACE),
        vacancy=Seconds(vacancy),
        longest=interval,
        shortest=Seconds(min(intervals, default=1.0)),
        tidy=Seconds(retry + history.yield_hold + slack),
        linger=Seconds(linger),
    )


def retry_delay(history: History) -> Seconds:
    """Between attempts to add or remove an address: in proportion to the intervals, as ``yield_hold`` is."""
    return Seconds(min(1.0, history.yield_hold / _HOLD_TO_RETRY))


def of_scenario(scenario: Scenario) -> History:
    """What the lab plays with real daemons, to be played in memory."""
    return History(
        setups=tuple(_setup(node, scenario.protocol.advert_interval) for node in scenario.nodes),
        troubles=tuple(Trouble(step.at, step.action, step.node) for step in scenario.steps),
        duration=scenario.duration,
        version=scenario.protocol.version,
    )


def _setup(node: Node, interval: Seconds) -> Setup:
    return Setup(
        node.name, node.priority, interval, node.preempt, node.preempt_delay, node.script_weight, node.from_start
    )


class HistoryError(VrrpdError):
    """A stored history cannot be read."""


def to_json(history: History) -> str:
    """One object, readable again by ``from_json`` and by people."""
    value = {"format": _FORMAT, **asdict(history)}
    for item, trouble in zip(value["troubles"], history.troubles, strict=True):
        item["what"] = trouble.what.value
        if trouble.what is not Happening.WEATHER:
            del item["weather"]
    return json.dumps(value, indent=1)


def from_json(text: str) -> History:
    """Raises HistoryError for anything that ``to_json`` did not write."""
    try:
        value: dict[str, Any] = json.loads(text)
        if value.pop("format") != _FORMAT:
            raise HistoryError("written by another version")
        setups = tuple(Setup(**item) for item in value.pop("setups"))
        troubles = tuple(_trouble(item) for item in value.pop("troubles"))
        return History(setups, troubles, **value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HistoryError(f"no history: {error}") from error


def read_history(path: Path) -> History:
    """Raises HistoryError for a file that cannot be read or is none."""
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HistoryError(f"{path}: {error.strerror}") from error


def _trouble(item: dict[str, Any]) -> Trouble:
    weather = Weather(**item.pop("weather")) if "weather" in item else CLEAR
    return Trouble(what=_BY_VALUE[item.pop("what")], weather=weather, **item)
