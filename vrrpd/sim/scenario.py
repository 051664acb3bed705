"""A history to be played: who takes part, what happens to them and when, and who is to hold the addresses.

A scenario is a value. The lab plays it with real daemons in network namespaces; a simulator can play the same one.
Times are seconds since the first nodes were started.
"""

import enum
from dataclasses import field

from vrrpd.core.timers import master_down_interval, skew_time
from vrrpd.errors import VrrpdError
from vrrpd.records import dataclass
from vrrpd.units import Family, Priority, Seconds


class Action(enum.Enum):
    """What can happen to a node."""

    CRASH = "crash"
    """Power off, without a farewell."""
    RESTORE = "restore"
    """Power on after a crash; its daemon starts."""
    STOP = "stop"
    """The daemon is asked to end."""
    START = "start"
    """The daemon starts, after STOP or KILL."""
    KILL = "kill"
    """The daemon alone dies; its addresses stay."""
    LINK_DOWN = "link down"
    LINK_UP = "link up"
    SCRIPT_FAIL = "script fails"
    SCRIPT_OK = "script is well"
    PAUSE = "pause"
    """The daemon gets no CPU."""
    CONTINUE = "continue"
    ISOLATE = "isolate"
    """Its network is cut in both directions, but its link stays up."""
    JOIN = "join"


@dataclass(frozen=True, slots=True)
class Protocol:
    """What all nodes have in common; ``advert_interval`` in seconds, ``password`` for PASS (VRRPv2)."""

    version: int = 2
    advert_interval: Seconds = Seconds(1.0)
    password: str | None = field(default=None, repr=False)
    family: Family = Family.IPV4

    def master_down_interval(self, priority: int) -> Seconds:
        return master_down_interval(self.version, Priority(priority), self.advert_interval)

    def skew_time(self, priority: int) -> Seconds:
        return skew_time(self.version, Priority(priority), self.advert_interval)


@dataclass(frozen=True, slots=True)
class Node:
    """One node; ``script_weight`` None: it tracks no script. ``from_start``: its daemon starts with the scenario."""

    name: str
    priority: int
    preempt: bool = True
    preempt_delay: Seconds = Seconds(0.0)
    script_weight: int | None = None
    from_start: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    at: Seconds
    action: Action
    node: str


@dataclass(frozen=True, slots=True)
class Held:
    """From ``start`` to ``end`` the addresses are held by ``node`` and nobody else (None: by nobody).

    ``reached``: a client's packets arrive there too. That cannot be asked where two were MASTER at a time and the one
    that stays has heard nothing of the other: it does not know that it should announce itself again.
    """

    node: str | None
    start: Seconds
    end: Seconds
    reached: bool = True


class ScenarioError(VrrpdError):
    """A scenario contradicts itself."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Nodes, then steps and expectations in order of time. Raises ScenarioError for one that contradicts itself."""

    name: str
    summary: str
    protocol: Protocol
    nodes: tuple[Node, ...]
    steps: tuple[Step, ...]
    expectations: tuple[Held, ...]

    def __post_init__(self) -> None:
        names = {node.name for node in self.nodes}
        if len(names) != len(self.nodes):
            raise ScenarioError(f"{self.name}: two nodes have the same name")
        mentioned = {step.node for step in self.steps} | {held.node for held in self.expectations if held.node}
        if not mentioned <= names:
            raise ScenarioError(f"{self.name}: no node is called {', '.join(sorted(mentioned - names))}")
        times = [step.at for step in self.steps]
        if times != sorted(times) or any(at < 0 for at in times):
            raise ScenarioError(f"{self.name}: the steps are not in order of time")
        if any(held.start >= held.end for held in self.expectations):
            raise ScenarioError(f"{self.name}: an expectation ends before it starts")

    @property
    def duration(self) -> Seconds:
        """When everything has happened and been looked at."""
        return Seconds(max([0.0, *(step.at for step in self.steps), *(held.end for held in self.expectations)]))

    def node(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    @property
    def may_split(self) -> bool:
        """Can two nodes hold the addresses for long without anybody's fault: cut off, or stopped while holding?"""
        return any(step.action in {Action.ISOLATE, Action.PAUSE, Action.KILL} for step in self.steps)


class Composer:
    """Writes a scenario step by step: each event, then who holds once the protocol has had its time.

    ``margin`` seconds are granted on top of every interval of the protocol; then ``quiet`` seconds are looked at. A
    daemon needs no time to start: a player that needs some stops the clock.
    """

    def __init__(
        self, protocol: Protocol, nodes: tuple[Node, ...], *, margin: float = 0.25, quiet: float = 0.5
    ) -> None:
        self.protocol = protocol
        self.nodes = nodes
        self._margin = margin
        self._quiet = quiet
        self._now = 0.0
        self._steps: list[Step] = []
        self._expectations: list[Held] = []

    def event(self, action: Action, node: str) -> None:
        self._steps.append(Step(Seconds(round(self._now, 3)), action, node))

    def wait(self, seconds: float) -> None:
        self._now += seconds

    def held(self, node: str | None, *, within: float, reached: bool = True) -> None:
        """Expect ``node`` as the only holder at the latest ``within`` seconds (and a margin) after the last event."""
        start = self._now + within + self._margin
        self._now = start + self._quiet
        self._expectations.append(Held(node, Seconds(round(start, 3)), Seconds(round(self._now, 3)), reached))

    def started(self, node: str) -> None:
        """The daemon of ``node`` was started: it is MASTER after its Master_Down_Interval."""
        self.held(node, within=self._down(node))

    def joined(self, *, holder: str) -> None:
        """A daemon was started, and ``holder`` stays MASTER."""
        self.held(holder, within=0.0)

    def crash(self, node: str, heir: str | None) -> None:
        self.event(Action.CRASH, node)
        self.held(heir, within=0.0 if heir is None else self._down(heir))

    def stop(self, node: str, heir: str | None) -> None:
        """A MASTER that stops resigns, so its heir waits one Skew_Time only."""
        self.event(Action.STOP, node)
        self.held(heir, within=0.0 if heir is None else self.protocol.skew_time(self._priority(heir)))

    def script(self, action: Action, node: str, heir: str, *, interval: float) -> None:
        """A tracked script changes its mind: seen at its next run, told by the next advert, acted on by the heir."""
        self.event(action, node)
        self.held(heir, within=interval + self.protocol.advert_interval + self._down(heir))

    def finish(self, name: str, summary: str) -> Scenario:
        return Scenario(name, summary, self.protocol, self.nodes, tuple(self._steps), tuple(self._expectations))

    def _priority(self, name: str) -> int:
        return next(node.priority for node in self.nodes if node.name == name)

    def _down(self, name: str) -> float:
        return self.protocol.master_down_interval(self._priority(name))
