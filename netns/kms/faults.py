"""Single faults: what is done, to whom, who should hold the address then, and how it is repaired."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from netns.kms.timers import MACHINE, Timers
from netns.kms.world import Site

BALANCER: Final = "balancer"
NODE: Final = "node"
SITE: Final = "site"
WITHIN: Final = 2.0
"""Seconds that the setting promises until the address is on the next node."""
STARTS: Final = 10.0
"""Seconds that programs may take to start on a busy machine."""

Act = Callable[[Site, str], object]


@dataclass(frozen=True, slots=True)
class Fault:
    """``lasts``: seconds, at least and at most. ``leaves``: the next balancer should have the address of the one that
    suffers it, after at most ``within`` seconds; ``keeps_stale``: what is left on that one does not count.
    ``both``: two masters are right while it lasts. ``of_vrrpd``: only that daemon knows it.
    """

    name: str
    target: str
    begin: Act
    end: Act
    lasts: tuple[float, float] = (1.0, 3.0)
    leaves: bool = False
    within: Callable[[Timers], float] = lambda _timers: WITHIN
    keeps_stale: bool = False
    both: bool = False
    of_vrrpd: bool = False


def _nothing(_site: Site, _name: str) -> None:
    """It passes by itself."""


def _cut(site: Site, _name: str) -> None:
    first, second = list(site.balancers)[:2]
    site.cut(first, second)


def _heal(site: Site, _name: str) -> None:
    site.heal()


def _by_protocol(timers: Timers) -> float:
    """A vrrpd that took over in a partition does not probe for a while: the protocol's own bound holds then."""
    return max(timers.master_down) + MACHINE


FAULTS: Final[Sequence[Fault]] = (
    Fault(
        "HAProxy killed",
        BALANCER,
        lambda site, name: site.balancers[name].kill_haproxy(),
        lambda site, name: site.balancers[name].start_haproxy(),
        leaves=True,
    ),
    Fault(
        "balancer crashed",
        BALANCER,
        lambda site, name: site.balancers[name].crash(),
        lambda site, name: site.balancers[name].restore(),
        leaves=True,
        within=_by_protocol,
    ),
    Fault("worker killed", BALANCER, lambda site, name: site.balancers[name].kill_worker(), _nothing, of_vrrpd=True),
    Fault(
        "daemon killed",
        BALANCER,
        lambda site, name: site.balancers[name].kill_daemon(),
        lambda site, name: site.balancers[name].start_daemon(),
        lasts=(1.0, 3.0),
        leaves=True,
        within=_by_protocol,
        keeps_stale=True,
    ),
    Fault(
        "daemon stopped",
        BALANCER,
        lambda site, name: site.balancers[name].stop_daemon(),
        lambda site, name: site.balancers[name].start_daemon(),
        leaves=True,
    ),
    Fault("daemon reloaded", BALANCER, lambda site, name: site.balancers[name].reload_daemon(), _nothing),
    Fault("HAProxy reloaded", BALANCER, lambda site, name: site.balancers[name].reload_haproxy(), _nothing),
    Fault(
        "maintenance",
        BALANCER,
        lambda site, name: site.balancers[name].maintenance(True),
        lambda site, name: site.balancers[name].maintenance(False),
        leaves=True,
    ),
    Fault(
        "cable out",
        BALANCER,
        lambda site, name: site.balancers[name].set_carrier(False),
        lambda site, name: site.balancers[name].set_carrier(True),
        leaves=True,
        within=_by_protocol,
    ),
    Fault(
        "link down",
        BALANCER,
        lambda site, name: site.balancers[name].set_link(False),
        lambda site, name: site.balancers[name].set_link(True),
        leaves=True,
        within=_by_protocol,
    ),
    Fault(
        "KMS node killed",
        NODE,
        lambda site, name: site.nodes[name].kill(),
        lambda site, name: site.nodes[name].start(),
        lasts=(2.0, 12.0),
    ),
    Fault(
        "database restarted",
        SITE,
        lambda site, _name: site.database.stop(),
        lambda site, _name: site.database.start(),
        lasts=(1.0, 10.0),
    ),
    Fault("partition", SITE, _cut, _heal, lasts=(1.0, 6.0), both=True),
)
BY_NAME: Final[Mapping[str, Fault]] = {fault.name: fault for fault in FAULTS}


@dataclass(frozen=True, slots=True)
class Step:
    """``pause`` seconds after all was well, ``fault`` befalls ``where`` for ``lasts`` seconds."""

    number: int
    pause: float
    fault: str
    where: str
    lasts: float

    def __str__(self) -> str:
        return f"{self.number}. {self.fault} ({self.where}) for {self.lasts:.1f} s, after {self.pause:.1f} s"


def schedule(seed: int, balancers: Sequence[str], nodes: Sequence[str], length: int, *, vrrpd: bool) -> list[Step]:
    """The same for the same seed: every fault in turn, in another order in each round.

    The first balancer, which has the address, suffers two of three.
    """
    random = Random(seed)
    known = [fault for fault in FAULTS if vrrpd or not fault.of_vrrpd]
    steps: list[Step] = []
    while len(steps) < length:
        round_ = list(known)
        random.shuffle(round_)
        for fault in round_:
            where = _where(random, fault, balancers, nodes)
            pause, lasts = random.uniform(0.5, 2.0), random.uniform(*fault.lasts)
            steps.append(Step(len(steps) + 1, round(pause, 3), fault.name, where, round(lasts, 3)))
    return steps[:length]


def _where(random: Random, fault: Fault, balancers: Sequence[str], nodes: Sequence[str]) -> str:
    if fault.target == BALANCER:
        return balancers[0] if random.random() < 2 / 3 else random.choice(list(balancers[1:]))
    return random.choice(list(nodes)) if fault.target == NODE else SITE
