"""How things stand at one entry of a journal, and since when: what laws about one moment begin with."""

from dataclasses import field
from typing import Final, TypeAlias

from vrrpd.core.effects import Probe, State, StateChanged, StopProbing
from vrrpd.records import dataclass
from vrrpd.sim.journal import Able, Disturbed, Entry, Forgotten
from vrrpd.units import Address

NEVER: Final = float("inf")
Key: TypeAlias = tuple[str, str]
"""A node, and one of its virtual routers."""


@dataclass(slots=True)
class Watch:
    """How things stand, and since when; what is not so has no entry (``whole``: is infinity)."""

    whole: float = NEVER
    able: dict[str, float] = field(default_factory=dict)
    answers: dict[str, float] = field(default_factory=dict)
    priority: dict[str, tuple[int, float]] = field(default_factory=dict)
    state: dict[Key, tuple[State, float]] = field(default_factory=dict)
    probe: dict[Key, tuple[Probe, float]] = field(default_factory=dict)
    asked: dict[Key, Address] = field(default_factory=dict)
    """Who was asked last."""
    was_master: set[Key] = field(default_factory=set)

    def take(self, entry: Entry) -> None:
        at, node, router, seen = entry
        key = (node, router)
        match seen:
            case Disturbed():
                self.whole = min(self.whole, at) if seen.whole else NEVER
            case Able():
                _since(self.able, node, at, holds=seen.able)
                _since(self.answers, node, at, holds=seen.answers)
                if self.priority.get(node, (0, at))[0] != seen.priority:
                    self.priority[node] = seen.priority, at
            case StateChanged():
                self.state[key] = seen.new, at
                if seen.new is State.MASTER:
                    self.was_master.add(key)
            case Probe():
                self.probe[key] = seen, at
                self.asked[key] = seen.host
            case StopProbing():
                self.probe.pop(key, None)
            case Forgotten():
                self.state.pop(key, None)
                self.probe.pop(key, None)
                self.was_master.discard(key)

    def is_state(self, key: Key, state: State) -> bool:
        return self.state.get(key, (None, 0.0))[0] is state


def _since(moments: dict[str, float], node: str, at: float, *, holds: bool) -> None:
    if holds:
        moments.setdefault(node, at)
    else:
        moments.pop(node, None)
