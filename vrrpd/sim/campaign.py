"""Many histories, one after the other or on several processors: what they show in sum, and what broke a law."""

import gc
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field

from vrrpd.core.effects import StateChanged
from vrrpd.records import dataclass
from vrrpd.sim.evidence import Violation
from vrrpd.sim.generate import generate
from vrrpd.sim.laws import first_violation
from vrrpd.sim.portions import in_order
from vrrpd.sim.world import play

CHUNK = 50
"""Histories that a process plays before it reports."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    seeds: range
    nodes: int | None

    def __str__(self) -> str:
        return f"seeds {self.seeds.start} to {self.seeds.stop - 1}"


@dataclass(frozen=True, slots=True)
class Broken:
    """A seed whose history breaks a law."""

    seed: int
    violation: Violation


@dataclass(slots=True)
class Tally:
    """What was simulated; ``seconds`` on the simulated clock, ``changes`` by the reason of the change of state."""

    histories: int = 0
    seconds: float = 0.0
    events: int = 0
    nodes: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    broken: list[Broken] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.histories += other.histories
        self.seconds += other.seconds
        self.events += other.events
        self.nodes += other.nodes
        self.troubles += other.troubles
        self.changes += other.changes
        self.broken += other.broken


def simulate(seeds: Iterable[int], nodes: int | None = None) -> Tally:
    """One history for each seed."""
    tally = Tally()
    for seed in seeds:
        history = generate(seed, nodes)
        journal = play(history)
        tally.histories += 1
        tally.seconds += history.duration
        tally.events += journal.events
        tally.nodes += len(history.setups)
        tally.troubles.update(trouble.what.value for trouble in history.troubles)
        tally.changes.update(
            entry.seen.reason.value for entry in journal.entries if isinstance(entry.seen, StateChanged)
        )
        violation = first_violation(journal, history)
        if violation is not None:
            tally.broken.append(Broken(seed, violation))
    return tally


def campaign(first: int, histories: int | None, nodes: int | None, jobs: int) -> Iterator[Tally]:
    """Seeds from ``first`` on, in order and in portions; without ``histories`` it ends when nobody asks for more.

    Raises LostError when a portion cannot be played, with several ``jobs``.
    """
    chunks = (_Chunk(seeds, nodes) for seeds in _chunks(first, histories))
    if jobs == 1:
        yield from map(_portion, chunks)
        return
    yield from in_order(_portion, chunks, jobs)


def _chunks(first: int, histories: int | None) -> Iterator[range]:
    end = None if histories is None else first + histories
    while end is None or first < end:
        after = first + CHUNK if end is None else min(end, first + CHUNK)
        yield range(first, after)
        first = after


def _portion(chunk: _Chunk) -> Tally:
    """A world refers to itself, and who only runs a command collects nothing: here it would be all the memory."""
    try:
        return simulate(chunk.seeds, chunk.nodes)
    finally:
        gc.collect()
