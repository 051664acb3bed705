"""Scenarios as values: the same history can be played by any daemons, and by a simulator."""

from typing import Final

from vrrpd.sim.scenario import Action, Composer, Node, Protocol, Scenario
from vrrpd.units import Family, Seconds

SCRIPT_INTERVAL: Final = 1.0
PASSWORD: Final = "SecretPassword"
V2: Final = Protocol()
V2_PASS: Final = Protocol(password=PASSWORD)
V3: Final = Protocol(version=3, advert_interval=Seconds(0.1))
V3_IPV6: Final = Protocol(version=3, advert_interval=Seconds(0.1), family=Family.IPV6)


def pair(*, script_weight: int | None = None) -> tuple[Node, Node]:
    """The usual two: priorities 101 and 100."""
    return Node("r1", 101, script_weight=script_weight), Node("r2", 100, script_weight=script_weight)


def _patient() -> Composer:
    """Two that do not preempt: r2 starts when r1 is master already, or the quicker one would be."""
    composer = Composer(V3, (Node("r1", 101, preempt=False), Node("r2", 100, preempt=False, from_start=False)))
    composer.started("r1")
    composer.event(Action.START, "r2")
    composer.started("r2", holder="r1")
    return composer


def _words(protocol: Protocol) -> str:
    family = ", IPv6" if protocol.family is Family.IPV6 else ""
    return f"VRRPv{protocol.version}{family}{', PASS' if protocol.password else ''}"


def interop(name: str, protocol: Protocol, *, scripts: bool) -> Scenario:
    """Crash, graceful stop, script failure where there are scripts, and the higher priority's return after each."""
    composer = Composer(protocol, pair(script_weight=2 if scripts else None))
    composer.started("r1")
    composer.crash("r1", "r2")
    composer.event(Action.RESTORE, "r1")
    composer.started("r1")
    composer.stop("r1", "r2")
    composer.event(Action.START, "r1")
    composer.started("r1")
    if scripts:
        composer.script(Action.SCRIPT_FAIL, "r1", "r2", interval=SCRIPT_INTERVAL)
        composer.script(Action.SCRIPT_OK, "r1", "r1", interval=SCRIPT_INTERVAL)
    composer.event(Action.STOP, "r2")
    composer.held("r1", within=0.0)
    words = "crash, stop, script failure, return" if scripts else "crash, stop, return"
    return composer.finish(name, f"{words}: {_words(protocol)}")


def script_fault() -> Scenario:
    """A script without weight puts its node into FAULT; with all of them in FAULT nobody holds."""
    composer = Composer(V3, pair(script_weight=0))
    composer.started("r1")
    composer.script(Action.SCRIPT_FAIL, "r1", "r2", interval=SCRIPT_INTERVAL)
    composer.event(Action.SCRIPT_FAIL, "r2")
    composer.held(None, within=SCRIPT_INTERVAL)
    composer.script(Action.SCRIPT_OK, "r2", "r2", interval=SCRIPT_INTERVAL)
    composer.script(Action.SCRIPT_OK, "r1", "r1", interval=SCRIPT_INTERVAL)
    return composer.finish("script-fault", "scripts without weight fail on one node, then on both, and recover")


def killed() -> Scenario:
    """Both hold the address while the killed one has nobody to take it away; its successor does, and stays BACKUP."""
    composer = _patient()
    for victim, heir in (("r1", "r2"), ("r2", "r1")):
        composer.event(Action.KILL, victim)
        composer.wait(2.0)
        composer.event(Action.START, victim)
        composer.started(victim, holder=heir)
    return composer.finish("killed", "kill -9 of the daemon, then start: no address left on the loser, one holder")


def partitioned() -> Scenario:
    """Cut off from each other both hold; joined again, the higher priority alone."""
    composer = Composer(V3, pair())
    composer.started("r1")
    composer.event(Action.ISOLATE, "r1")
    composer.wait(2.0)
    composer.event(Action.JOIN, "r1")
    composer.held("r1", within=V3.advert_interval)
    composer.event(Action.ISOLATE, "r2")
    composer.wait(2.0)
    composer.event(Action.JOIN, "r2")
    composer.held("r1", within=V3.advert_interval)
    return composer.finish("partition", "the network is cut between the nodes, and joined again, twice")


def paused() -> Scenario:
    """A MASTER that did not run for long finds another one, and the higher priority wins."""
    composer = Composer(V3, pair())
    composer.started("r1")
    composer.event(Action.PAUSE, "r1")
    composer.wait(2.0)
    composer.event(Action.CONTINUE, "r1")
    composer.held("r1", within=V3.advert_interval)
    composer.event(Action.PAUSE, "r2")
    composer.wait(1.5)
    composer.event(Action.CONTINUE, "r2")
    composer.held("r1", within=V3.advert_interval)
    return composer.finish("pause", "SIGSTOP to the MASTER for 2 s, then to the BACKUP: one holder afterwards")


def unplugged() -> Scenario:
    composer = Composer(V3, pair())
    composer.started("r1")
    composer.event(Action.LINK_DOWN, "r1")
    composer.held("r2", within=V3.master_down_interval(100))
    composer.event(Action.LINK_UP, "r1")
    composer.held("r1", within=V3.master_down_interval(101))
    composer.event(Action.LINK_DOWN, "r2")
    composer.held("r1", within=0.0)
    composer.event(Action.LINK_UP, "r2")
    composer.held("r1", within=0.0)
    return composer.finish("cable", "the cable of each node is pulled and plugged again")


def nopreempt() -> Scenario:
    composer = _patient()
    composer.crash("r1", "r2")
    composer.event(Action.RESTORE, "r1")
    composer.started("r1", holder="r2")
    composer.stop("r2", "r1")
    composer.event(Action.START, "r2")
    composer.started("r2", holder="r1")
    return composer.finish("nopreempt", "a node that comes back does not take over from a lower priority")


SHARED: Final = (
    interop("interop-v2", V2, scripts=True),
    interop("interop-v2-pass", V2_PASS, scripts=True),
    interop("interop-v3", V3, scripts=True),
    interop("interop-v2-plain", V2, scripts=False),
    interop("interop-v3-plain", V3, scripts=False),
    interop("interop-v3-ipv6", V3_IPV6, scripts=False),
    script_fault(),
    killed(),
    partitioned(),
    paused(),
    unplugged(),
    nopreempt(),
)
