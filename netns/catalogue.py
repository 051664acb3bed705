"""Everything that ``python -m netns`` can play, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from netns.kernel import LabError
from netns.peers import daemon_named
from netns.peers.base import NodeDaemon
from netns.peers.spec import VIP, VIP6
from netns.report import Report
from netns.runner import Play
from netns.scenarios import haproxy, interfaces, takeover, vips
from netns.scenarios.shared import SHARED
from netns.stage import Stage
from vrrpd.sim.scenario import Scenario
from vrrpd.units import Family

Daemons = Mapping[str, NodeDaemon]


@dataclass(frozen=True, slots=True)
class Item:
    """``play`` acts on a stage and leaves checks and figures in its books; ``daemons`` run on it by default."""

    name: str
    summary: str
    play: Callable[[Stage], None]
    daemons: tuple[tuple[str, str], ...] = (("r1", "vrrpd"), ("r2", "vrrpd"))
    vip: str = VIP
    backends: int = 0
    pace: float = 0.002

    def stage(self, chosen: Mapping[str, str], *, keep_running: bool = False) -> Stage:
        """A lab for it, with the daemons of ``chosen``; raises LabError for names that do not exist."""
        daemons = daemons_of(self, chosen)
        return Stage(
            self.name, daemons, vip=self.vip, backends=self.backends, pace=self.pace, keep_running=keep_running
        )


def _shared(scenario: Scenario) -> Item:
    vip = VIP if scenario.protocol.family is Family.IPV4 else VIP6
    return Item(scenario.name, scenario.summary, lambda stage: Play(stage, scenario).run(), vip=vip)


def _own(play: Callable[[Stage], None], *, backends: int = 0, pace: float = 0.002) -> Item:
    """A scenario that only the lab can play: its name and summary are those of its function."""
    summary = (play.__doc__ or "").strip().splitlines()[0].rstrip(".")
    return Item(play.__name__.replace("_", "-"), summary, play, backends=backends, pace=pace)


CATALOGUE: Final[Mapping[str, Item]] = {
    item.name: item
    for item in (
        *map(_shared, SHARED),
        *map(_own, (*takeover.PLAYS, *interfaces.PLAYS, *vips.PLAYS)),
        _own(takeover.fast, pace=0.001),
        _own(haproxy.haproxy_pair, backends=2),
        _own(haproxy.haproxy_killed, backends=2),
        _own(haproxy.haproxy_killed_fault, backends=2),
    )
}


def item_named(name: str) -> Item:
    """Raises LabError for a name that is not in the catalogue."""
    try:
        return CATALOGUE[name]
    except KeyError:
        raise LabError(f"no scenario is called {name}; python -m netns --list shows them") from None


def daemons_of(item: Item, chosen: Mapping[str, str]) -> dict[str, NodeDaemon]:
    """The item's daemons with those of ``chosen`` in their places; raises LabError for names that do not exist."""
    names = {**dict(item.daemons), **chosen}
    unknown = set(names) - {node for node, _ in item.daemons}
    if unknown:
        raise LabError(f"{item.name} has no node {', '.join(sorted(unknown))}")
    return {node: daemon_named(name) for node, name in names.items()}


def play(name: str, chosen: Mapping[str, str] | None = None) -> Report:
    """Play a scenario of the catalogue in a lab of its own, which is gone afterwards."""
    item = item_named(name)
    with item.stage(chosen or {}) as stage:
        item.play(stage)
        return stage.report()
