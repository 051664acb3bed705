"""One row played once on one site: what is done, awaited, measured, and found wrong."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from netns.kernel import LabError
from netns.kms.chronicle import Chronicle
from netns.kms.record import Run
from netns.kms.timers import Timers
from netns.kms.world import Balancer, Node, Site

PATIENCE: Final = 4.0
"""Seconds beyond a bound for which something is awaited all the same: to say how late it came."""
CALM: Final = 45.0
"""Seconds that a site may take until all is as it should be."""
STEADY: Final = 0.3


@dataclass(frozen=True, slots=True)
class RowKind:
    """A line of the table, and how it is played.

    ``bound`` of the ``headline`` figure. ``balancers`` that it needs; ``fast``: whether the site's vrrpd has
    fast_failover (None: either). ``alone``: it measures milliseconds, so that the other sites rest meanwhile.
    ``goes_on`` from where the row before it has ended; that one leaves things as they are. ``unsettles``: a backup took
    over from a master that lived, and its probing rests for a minute: whoever counts on fast_failover is not next.
    """

    name: str
    event: str
    expected: str
    headline: str
    bound: float | None
    play: "Callable[[Play], None]"
    balancers: int = 2
    fast: bool | None = None
    alone: bool = False
    goes_on: bool = False
    unsettles: bool = False


class Play:
    """``timers`` are those of the site's configuration files. Times are the chronicle's."""

    def __init__(self, kind: RowKind, site: Site, chronicle: Chronicle, timers: Timers) -> None:
        self.kind = kind
        self.site = site
        self.chronicle = chronicle
        self.timers = timers
        self.figures: dict[str, float] = {}
        self.failures: list[str] = []
        self._started = chronicle.clock()

    def begin(self) -> None:
        """What was until now does not belong to it."""
        self._started = self.now

    # -- who is who --------------------------------------------------------------------------------------------------

    @property
    def balancers(self) -> list[Balancer]:
        """By priority, the highest first."""
        return list(self.site.balancers.values())

    @property
    def nodes(self) -> list[Node]:
        return list(self.site.nodes.values())

    @property
    def now(self) -> float:
        return self.chronicle.clock()

    # -- what is done ------------------------------------------------------------------------------------------------

    def fault(self, where: str, what: str, act: Callable[[], object]) -> float:
        """Do it, and tell; returns the time just before."""
        return self._done("fault", where, what, act)

    def repair(self, where: str, what: str, act: Callable[[], object]) -> float:
        return self._done("repair", where, what, act)

    def _done(self, kind: str, where: str, what: str, act: Callable[[], object]) -> float:
        at = self.chronicle.note(self.site.number, kind, where, what)
        act()
        return at

    # -- what is measured --------------------------------------------------------------------------------------------

    def figure(self, name: str, value: float) -> None:
        self.figures[name] = value

    def fail(self, text: str) -> None:
        self.failures.append(text)

    def headline(self, value: float | None, otherwise: str) -> None:
        """The figure that the row is about, and its bound."""
        self.at_most(self.kind.headline, value, self.bound, otherwise)

    @property
    def bound(self) -> float:
        return float("inf") if self.kind.bound is None else self.kind.bound

    def at_most(self, name: str, value: float | None, bound: float, otherwise: str = "") -> None:
        """A figure and its limit; None: it did not come about, ``otherwise`` says so."""
        if value is None:
            self.fail(otherwise or f"{name}: it did not come about")
            return
        self.figure(name, value)
        if value > bound:
            self.fail(f"{name}: {value:.3f}, expected at most {bound:g}")

    def none_of(self, name: str, what: Sequence[str]) -> None:
        """How many there were; there should be none."""
        self.figure(name, float(len(what)))
        if what:
            self.fail(f"{name}: {len(what)}, expected none, the first: {what[0]}")

    def ended(self) -> Run:
        return Run(self.kind.name, self.site.number, self._started, self.now, dict(self.figures), tuple(self.failures))

    # -- what is awaited ---------------------------------------------------------------------------------------------

    def any_moment(self) -> None:
        """What follows comes at any moment between two advertisements."""
        self.chronicle.sleep(random.uniform(0.0, self.timers.interval))

    def holding(self) -> list[str]:
        """Who has the address, by what was told of it: asked often, as nothing has to be run for it."""
        return self.chronicle.holding(self.site.number)

    def took_over(self, name: str, since: float, bound: float) -> float | None:
        """Seconds from ``since`` until the address was on that balancer."""
        at = self.chronicle.wait_for_holder(self.site.number, name, since, bound + PATIENCE)
        return None if at is None else at - since

    def until(self, condition: Callable[[], bool], since: float, bound: float, turn: float = 0.05) -> float | None:
        """Seconds from ``since`` until it was first seen to hold."""
        at = self.chronicle.wait_until(condition, max(0.0, since + bound + PATIENCE - self.now), turn)
        return None if at is None else at - since

    def one_holder(self, name: str) -> None:
        """It and nobody else, asked from the kernels."""
        holders = list(self.site.holders())
        if holders != [name]:
            self.fail(f"{name} should hold the address alone, {' and '.join(holders) or 'nobody'} does")

    def calm(self) -> None:
        """Wait until everything runs, all servers are UP and the first balancer has the address; LabError if not."""
        found = ["nothing was looked at"]

        def steady() -> bool:
            found[0] = disorder(self.site)
            return not found[0]

        end = self.now + CALM
        while self.now < end:
            if self.chronicle.wait_until(steady, end - self.now, 0.1) is not None:
                self.chronicle.sleep(STEADY)
                if steady():
                    return
        raise LabError(f"site {self.site.number} does not come to rest: {found[0]}")


def disorder(site: Site) -> str:
    """What keeps a site from being as it was built; "" when nothing does."""
    for balancer in site.balancers.values():
        parts = (("power", balancer.powered), ("HAProxy", balancer.haproxy_runs), ("daemon", balancer.daemon_runs))
        for what, runs in parts:
            if not runs:
                return f"{balancer.name} has no {what}"
    for node in site.nodes.values():
        if not node.running:
            return f"{node.name} does not run"
    first = next(iter(site.balancers))
    holders = list(site.holders())
    if holders != [first]:
        return f"{' and '.join(holders) or 'nobody'} instead of {first} holds the address"
    for balancer in site.balancers.values():
        states = balancer.server_states()
        down = [name for name, state in states.items() if state != "UP"]
        if down or not states:
            return f"{balancer.name} says {', '.join(f'{name} is {states[name]}' for name in down) or 'nothing'}"
    return ""


def answered(play: Play) -> int:
    """KMIP requests over connections of their own, answered so far."""
    requests, errors = play.site.clients.counts().get("kmip", (0, 0))
    return requests - errors
