"""Rows about what is behind the balancers: KMS nodes and their database."""

from collections.abc import Mapping

from netns.kernel import LabError
from netns.kms.record import KeyCount
from netns.kms.rows.play import Play, answered
from netns.kms.world import Balancer, Node

ABSORBED: float = 3.0
"""Seconds for which clients are watched once a node is out."""
ADDED = "kms4"
NODE_STARTS = 30.0
CHANGED = 6.0
"""Seconds for which clients are watched after a reload."""


def kms_down(play: Play) -> None:
    """Leaves it down: the next row is about its return."""
    node = _victim(play)
    others = [other for other in play.nodes if other.name != node.name]
    last = _Traffic(play, node.name)
    at = play.fault(node.name, "killed", node.kill)
    out = play.until(lambda: last.look() and _everywhere(play, node.name, "DOWN"), at, play.bound)
    play.at_most("every balancer says DOWN, s", out, play.bound, f"{node.name} is not DOWN")
    known, earlier = play.now, answered(play)
    before = {other.name: _sessions(play, other.name) for other in others}
    play.chronicle.wait_until(lambda: last.look() and play.now > known + ABSORBED, ABSORBED + 1.0, 0.1)
    play.headline(max(0.0, last.at - at), f"{node.name} still gets traffic")
    play.none_of("KMIP errors of requests begun after that", _errors(play, known))
    play.figure("KMIP requests answered after that", answered(play) - earlier)
    for other in others:
        if _sessions(play, other.name) <= before[other.name]:
            play.fail(f"{other.name} got no traffic after {node.name} was DOWN")


def kms_recovers(play: Play) -> None:
    node = next((node for node in play.nodes if not node.running), None)
    if node is None:
        node = _victim(play)
        play.fault(node.name, "killed", node.kill)
        if play.until(lambda: _everywhere(play, node.name, "DOWN"), play.now, play.timers.server_down + 1.0) is None:
            raise LabError(f"{node.name} was killed and is not DOWN")
    play.any_moment()
    play.repair(node.name, "started", node.start)
    healthy = _first_healthy(play, [node])
    up = play.until(lambda: _everywhere(play, node.name, "UP"), healthy, play.bound)
    play.headline(up, f"{node.name} is not UP again")
    before = _sessions(play, node.name)
    traffic = play.until(lambda: _sessions(play, node.name) > before, play.now, 2.0)
    play.at_most("traffic again after, s", traffic, 3.0, f"{node.name} gets no traffic")


def kms_added(play: Play) -> None:
    """One line on every balancer, and a reload of each."""
    node = play.site.nodes.get(ADDED) or play.site.add_node(ADDED)
    _first_healthy(play, [node])
    play.any_moment()
    at, earlier = play.now, answered(play)
    for balancer in play.balancers:
        balancer.add_server(node.name, node.address)
        play.fault(balancer.name, f"{node.name} added, HAProxy reloaded", balancer.reload_haproxy)
    holder = play.balancers[0]
    traffic = play.until(lambda: holder.sessions(node.name) > 0, at, play.bound)
    play.headline(traffic, f"{node.name} gets no traffic")
    play.chronicle.sleep(max(0.0, at + CHANGED - play.now))
    play.none_of("errors of any client", [f"{e.client}: {e.what}" for e in play.site.clients.errors(at)])
    play.figure("KMIP requests answered meanwhile", answered(play) - earlier)
    for balancer in play.balancers:
        balancer.remove_server(node.name)
        play.repair(balancer.name, f"{node.name} removed, HAProxy reloaded", balancer.reload_haproxy)
    play.site.remove_node(node.name)


def database_returns(play: Play) -> None:
    names = [node.name for node in play.nodes]
    play.any_moment()
    play.fault("database", "stopped", play.site.database.stop)
    at = play.now
    down = play.until(lambda: all(_everywhere(play, name, "DOWN") for name in names), at, play.bound)
    play.headline(down, "not every node is DOWN")
    play.repair("database", "started", play.site.database.start)
    healthy = _first_healthy(play, play.nodes)
    bound = play.timers.server_up + SLACK
    up = play.until(lambda: all(_everywhere(play, name, "UP") for name in names), healthy, bound)
    play.at_most("UP again after, s", up, bound, "not every node is UP again")
    read_back(play)


def all_keys_kept(play: Play) -> None:
    read_back(play)


SLACK = 0.5
"""Seconds that a check of HAProxy itself may take, and until it is seen in its statistics."""


def read_back(play: Play) -> KeyCount:
    keys = play.site.clients.read_back_all()
    play.figure("keys lost", keys.lost)
    play.figure("keys read back", keys.read_back)
    if not keys.acknowledged:
        play.fail("no key was acknowledged")
    if keys.lost:
        play.fail(f"{keys.lost} of {keys.acknowledged} acknowledged keys are lost")
    return keys


class _Traffic:
    """When a server was last sent to, as the balancers count its sessions."""

    def __init__(self, play: Play, server: str) -> None:
        self._play = play
        self._server = server
        self._count = _sessions(play, server)
        self.at = play.now

    def look(self) -> bool:
        count = _sessions(self._play, self._server)
        if count != self._count:
            self._count, self.at = count, self._play.now
        return True


def _victim(play: Play) -> Node:
    """Another one in each run."""
    nodes = play.nodes
    return nodes[int(play.now) % len(nodes)]


def _sessions(play: Play, server: str) -> int:
    return sum(balancer.sessions(server) for balancer in play.balancers)


def _everywhere(play: Play, server: str, state: str) -> bool:
    """On every balancer."""
    return all(_state(balancer, server) == state for balancer in play.balancers)


def _state(balancer: Balancer, server: str) -> str | None:
    states: Mapping[str, str] = balancer.server_states()
    return states.get(server)


def _first_healthy(play: Play, nodes: list[Node]) -> float:
    """When the last of them answered its health check well. LabError when one does not."""
    at = play.chronicle.wait_until(lambda: all(node.healthy() for node in nodes), NODE_STARTS, 0.05)
    if at is None:
        raise LabError(f"not healthy: {', '.join(node.name for node in nodes if not node.healthy())}")
    return at


def _errors(play: Play, since: float) -> list[str]:
    """Of KMIP requests that began since then."""
    return [error.what for error in play.site.clients.errors(since, "kmip") if error.began >= since]
