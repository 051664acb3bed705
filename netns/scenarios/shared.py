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


def _pair(protocol: Protocol, *, script_weight: int | None = None, preempt: bool = True) -> Composer:
    """The usual two, priorities 101 and 100: r1 is MASTER, then r2 joins.

    Not both at once: two that become MASTER within the same few ms are a story of their own.
    """
    first = Node("r1", 101, preempt=preempt, script_weight=script_weight)
    second = Node("r2", 100, preempt=preempt, script_weight=script_weight, from_start=False)
    composer = Composer(protocol, (first, second))
    composer.started("r1")
    composer.event(Action.START, "r2")
    composer.joined(holder="r1")
    return composer


def _words(protocol: Protocol) -> str:
    family = ", IPv6" if protocol.family is Family.IPV6 else ""
    return f"VRRPv{protocol.version}{family}{', PASS' if protocol.password else ''}"


def interop(name: str, protocol: Protocol, *, scripts: bool) -> Scenario:
    """Crash, graceful stop, script failure where there are scripts, and the higher priority's return after each."""
    composer = _pair(protocol, script_weight=2 if scripts else None)
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
    composer = _pair(V3, script_weight=0)
    composer.script(Action.SCRIPT_FAIL, "r1", "r2", interval=SCRIPT_INTERVAL)
    composer.event(Action.SCRIPT_FAIL, "r2")
    composer.held(None, within=SCRIPT_INTERVAL)
    composer.script(Action.SCRIPT_OK, "r2", "r2", interval=SCRIPT_INTERVAL)
    composer.script(Action.SCRIPT_OK, "r1", "r1", interval=SCRIPT_INTERVAL)
    return composer.finish("script-fault", "scripts without weight fail on one node, then on both, and recover")


def killed() -> Scenario:
    """Both hold the address while the killed one has nobody to take it away; its successor does, and stays BACKUP."""
    composer = _pair(V3, preempt=False)
    for victim, heir in (("r1", "r2"), ("r2", "r1")):
        composer.event(Action.KILL, victim)
        composer.wait(2.0)
        composer.event(Action.START, victim)
        composer.joined(holder=heir)
    return composer.finish("killed", "kill -9 of the daemon, then start: no address left on the loser, one holder")


def partitioned() -> Scenario:
    """Cut off from each other both hold; joined again, the higher priority alone."""
    composer = _pair(V3)
    composer.event(Action.ISOLATE, "r1")
    composer.wait(2.0)
    composer.event(Action.JOIN, "r1")
    composer.held("r1", within=V3.advert_interval, reached=False)
    composer.event(Action.ISOLATE, "r2")
    composer.wait(2.0)
    composer.event(Action.JOIN, "r2")
    composer.held("r1", within=V3.advert_interval, reached=False)
    return composer.finish("partition", "the network is cut between the nodes, and joined again, twice")


def paused() -> Scenario:
    """A MASTER that did not run for long finds another one, and the higher priority wins."""
    composer = _pair(V3)
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
    composer = _pair(V3)
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
    composer = _pair(V3, preempt=False)
    composer.crash("r1", "r2")
    composer.event(Action.RESTORE, "r1")
    composer.joined(holder="r2")
    composer.stop("r2", "r1")
    composer.event(Action.START, "r2")
    composer.joined(holder="r1")
    return composer.finish("nopreempt", "a node that comes back does not take over from a lower priority")


def together() -> Scenario:
    """Both may be MASTER for a moment; then r1 alone is, and the client finds it."""
    composer = Composer(V3, (Node("r1", 101), Node("r2", 100)))
    composer.started("r1")
    return composer.finish("together", "both nodes start at the same time")


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
    together(),
)
