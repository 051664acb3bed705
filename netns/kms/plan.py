"""Which rows are played in which order, and what kinds of sites they need: pure functions."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netns.kms.rows.play import RowKind


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of site."""

    balancers: int
    fast: bool

    def fits(self, kind: RowKind) -> bool:
        return kind.balancers <= self.balancers and kind.fast in {None, self.fast}


@dataclass(frozen=True, slots=True)
class Turn:
    """Rows that one site plays one after the other: the later ones go on from where the first one has ended."""

    kinds: tuple[RowKind, ...]

    @property
    def alone(self) -> bool:
        return any(kind.alone for kind in self.kinds)

    @property
    def unsettles(self) -> bool:
        return any(kind.unsettles for kind in self.kinds)

    def fits(self, shape: Shape) -> bool:
        return all(shape.fits(kind) for kind in self.kinds)


def turns(kinds: Sequence[RowKind], runs: int) -> list[Turn]:
    """Each row ``runs`` times, in rounds: what is interrupted has seen something of every row.

    Those that have the machine alone come first, together: the other sites rest once, not again and again. Those after
    which a site is not itself for a while come last.
    """
    groups: list[list[RowKind]] = []
    for kind in kinds:
        if kind.goes_on and groups:
            groups[-1].append(kind)
        else:
            groups.append([kind])
    every = [Turn(tuple(group)) for group in groups]
    alone = [turn for turn in every if turn.alone]
    others = [turn for turn in every if not (turn.alone or turn.unsettles)]
    last = [turn for turn in every if turn.unsettles and not turn.alone]
    return alone * runs + others * runs + last * runs


def shapes(kinds: Sequence[RowKind]) -> list[Shape]:
    """The least number of kinds of sites on which all these rows can be played."""
    slow = [kind for kind in kinds if kind.fast is False]
    others = [kind for kind in kinds if kind.fast is not False]
    found = []
    if others:
        found.append(Shape(max(kind.balancers for kind in others), True))
    if slow:
        found.append(Shape(max(kind.balancers for kind in slow), False))
    return found


def allotted(kinds: Sequence[RowKind], sites: int) -> list[list[Shape]]:
    """What each of so many sites is to be, one after the other."""
    needed = shapes(kinds)
    if sites <= len(needed):
        return [needed[index::sites] for index in range(sites)]
    spare = Shape(min(shape.balancers for shape in needed), needed[0].fast)
    usual = Shape(2, spare.fast) if any(Turn((kind,)).fits(Shape(2, spare.fast)) for kind in kinds) else spare
    return [[shape] for shape in needed] + [[usual]] * (sites - len(needed))


class Queue:
    """What is still to be played; several threads take from it. ``in_use``: the kinds of sites that there are.

    When it is ``over`` nothing is left.
    """

    def __init__(
        self, content: Sequence[Turn], in_use: Sequence[Shape], over: Callable[[], bool] = lambda: False
    ) -> None:
        self._over = over
        self._lock = threading.Lock()
        self._left = list(content)
        self._shapes = frozenset(in_use)

    def take(self, shape: Shape) -> Turn | None:
        """The next one for a site of that kind: what has the machine alone, then what the fewest others can play."""
        with self._lock:
            fitting = [turn for turn in self._left if turn.fits(shape)]
            if not fitting or self._over():
                return None
            found = min(fitting, key=lambda turn: (not turn.alone, self._players(turn)))
            self._left.remove(found)
            return found

    def _players(self, turn: Turn) -> int:
        return sum(turn.fits(shape) for shape in self._shapes)

    @property
    def left(self) -> int:
        with self._lock:
            return len(self._left)
