"""A site of which nothing is real but its manners, and a clock that goes on only when somebody waits."""

import heapq
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from netns.kms.chronicle import Chronicle
from netns.kms.record import KeyCount, Topology
from netns.kms.world import ErrorLike


class Clockwork(Chronicle):
    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0
        self._queue: list[tuple[float, int, Callable[[], object]]] = []
        self._count = itertools.count()

    def clock(self) -> float:
        return self.time

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        heapq.heappush(self._queue, (self.time + seconds, next(self._count), act))

    def sleep(self, seconds: float) -> None:
        end = self.time + seconds
        while self._queue and self._queue[0][0] <= end:
            at, _, act = heapq.heappop(self._queue)
            self.time = max(self.time, at)
            act()
        self.time = max(self.time, end)
        super().sleep(0.0)


@dataclass(frozen=True, slots=True)
class FakeError:
    client: str
    began: float
    at: float
    what: str


@dataclass
class Manners:
    """How long everything takes, s; what else is wrong with the site."""

    takeover: float = 0.2
    hand_back: float = 1.0
    down: float = 7.0
    up: float = 5.0
    outage_ms: float = 4.0
    corrected: float = 0.1
    errors: list[FakeError] = field(default_factory=list)
    lost: int = 0
    mute: bool = False
    both_stay: bool = False
    forgets_third: bool = False
    never_traffic: str = ""
    lets_go: bool = False


class FakeBalancer:
    def __init__(self, site: "FakeSite", name: str, priority: int) -> None:
        self.site = site
        self.name = name
        self.priority = priority
        self.mac = f"02:00:00:00:00:0{name[-1]}"
        self.powered = self.haproxy_runs = self.daemon_runs = self.linked = True
        self.maintained = False
        self.servers: dict[str, str] = {}
        self.adverts = 0

    @property
    def able(self) -> bool:
        return self.powered and self.haproxy_runs and self.daemon_runs and self.linked and not self.maintained

    def _set(self, delay: float, **values: bool) -> None:
        for name, value in values.items():
            setattr(self, name, value)
        self.site.elect(delay)

    def kill_haproxy(self) -> None:
        self._set(self.site.manners.takeover, haproxy_runs=False)

    def stop_haproxy(self) -> None:
        self._set(self.site.manners.takeover, haproxy_runs=False)

    def start_haproxy(self) -> None:
        self._set(self.site.manners.hand_back, haproxy_runs=True)

    def reload_haproxy(self) -> None:
        self.site.served |= set(self.servers)

    def add_server(self, name: str, address: str) -> None:
        self.servers[name] = "UP"
        assert address

    def remove_server(self, name: str) -> None:
        del self.servers[name]

    def server_states(self) -> Mapping[str, str]:
        return dict(self.servers)

    def sessions(self, server: str) -> int:
        wanted = self.servers[server] == "UP" and server != self.site.manners.never_traffic
        return int(self.site.chronicle.time * 10) if wanted else 0

    def crash(self) -> None:
        self.site.drop(self.name)
        self._set(self.site.manners.takeover, powered=False, haproxy_runs=False, daemon_runs=False)

    def restore(self) -> None:
        self._set(self.site.manners.hand_back, powered=True, haproxy_runs=True, daemon_runs=True)

    def stop_daemon(self) -> None:
        self._set(self.site.manners.takeover, daemon_runs=False)

    def kill_daemon(self) -> None:
        self._set(self.site.manners.takeover, daemon_runs=False)

    def start_daemon(self) -> None:
        self._set(self.site.manners.hand_back, daemon_runs=True, maintained=False)

    def kill_worker(self) -> None:
        if self.site.manners.lets_go and self.name in self.site.held:
            self.site.drop(self.name)
            self.site.elect(0.1)

    def reload_daemon(self) -> None:
        self.kill_worker()

    def maintenance(self, on: bool, /) -> None:
        self._set(0.05, maintained=on)

    def set_link(self, up: bool, /) -> None:
        self._set(self.site.manners.takeover, linked=up)

    def set_carrier(self, up: bool, /) -> None:
        self.set_link(up)

    def state(self) -> str | None:
        return "MASTER" if self.name in self.site.held else "BACKUP"

    def adverts_sent(self) -> int | None:
        self.adverts += self.name in self.site.held
        return None if self.site.manners.mute else self.adverts


class FakeNode:
    def __init__(self, site: "FakeSite", name: str) -> None:
        self.site = site
        self.name = name
        self.address = f"192.168.1.1{name[-1]}"
        self.running = True

    def kill(self) -> None:
        self.running = False
        self.site.servers(self.site.manners.down, self.name, "DOWN")

    def start(self) -> None:
        self.running = True
        self.site.servers(self.site.manners.up, self.name, "UP")

    def healthy(self) -> bool:
        return self.running and self.site.database.running


class FakeDatabase:
    def __init__(self, site: "FakeSite") -> None:
        self.site = site
        self.running = True

    def stop(self) -> None:
        self.running = False
        for name in self.site.nodes:
            self.site.servers(self.site.manners.down, name, "DOWN")

    def start(self) -> None:
        self.running = True
        for name in self.site.nodes:
            self.site.servers(self.site.manners.up, name, "UP")


class FakeClients:
    def __init__(self, site: "FakeSite") -> None:
        self.site = site
        self.mac: str | None = None

    def longest_ms(self, since: float, client: str) -> float:
        del since, client
        return self.site.manners.outage_ms

    def errors(self, since: float = 0.0, client: str | None = None) -> Sequence[ErrorLike]:
        return [error for error in self.site.manners.errors if error.at >= since and client in {None, error.client}]

    def counts(self) -> Mapping[str, tuple[int, int]]:
        return {"kmip": (int(self.site.chronicle.time * 10), 0)}

    def read_back_all(self) -> KeyCount:
        return KeyCount(10, 10 - self.site.manners.lost, self.site.manners.lost, 20, 0)

    def neighbour(self) -> str | None:
        return self.mac or self.site.balancers["lb1"].mac

    def forget_neighbour(self) -> None:
        self.mac = None


class FakeSite:
    def __init__(
        self,
        manners: Manners,
        balancers: int = 2,
        daemon: str = "vrrpd",
        number: int = 0,
        chronicle: Clockwork | None = None,
    ) -> None:
        self.manners = manners
        self.daemon = daemon
        self.number = number
        self.chronicle = chronicle or Clockwork()
        self.held: set[str] = set()
        self.served: set[str] = set()
        self.apart = False
        self._elections = 0
        self.balancers = {f"lb{n}": FakeBalancer(self, f"lb{n}", 102 - n) for n in range(1, balancers + 1)}
        self.nodes = {f"kms{n}": FakeNode(self, f"kms{n}") for n in range(1, 4)}
        self.database = FakeDatabase(self)
        self.clients = FakeClients(self)
        for balancer in self.balancers.values():
            balancer.servers = dict.fromkeys(self.nodes, "UP")
        self.take("lb1")

    @property
    def topology(self) -> Topology:
        nodes = {name: node.address for name, node in self.nodes.items()}
        return Topology({"client": "c"}, dict.fromkeys(self.balancers, "b"), nodes, {"database": "d"}, "192.168.1.100")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def holders(self) -> Sequence[str]:
        return sorted(self.held)

    def take(self, name: str) -> None:
        if name not in self.held:
            self.held.add(name)
            self.chronicle.note(self.number, "holder", name, "holds")

    def drop(self, name: str) -> None:
        if name in self.held:
            self.held.remove(name)
            self.chronicle.note(self.number, "holder", name, "releases")

    def elect(self, delay: float) -> None:
        self._elections += 1
        number = self._elections
        self.chronicle.later(delay, lambda: self._elected(number))

    def _elected(self, number: int) -> None:
        if number != self._elections:
            return
        able = [balancer for balancer in self.balancers.values() if balancer.able]
        if self.manners.forgets_third:
            able = [balancer for balancer in able if balancer.name != "lb3"]
        best = max(able, key=lambda balancer: balancer.priority, default=None)
        wanted = {best.name} if best else set()
        if self.apart:
            wanted = {"lb1", "lb2"}
        for name in wanted:
            self.take(name)
        for name in self.held - wanted:
            self.drop(name)

    def servers(self, delay: float, name: str, state: str) -> None:
        self.chronicle.later(delay, lambda: self._server(name, state))

    def _server(self, name: str, state: str) -> None:
        for balancer in self.balancers.values():
            balancer.servers[name] = state

    def cut(self, one: str, other: str, /) -> None:
        assert (one, other) == ("lb1", "lb2")
        self.apart = True
        self.clients.mac = self.balancers["lb2"].mac
        self.elect(self.manners.takeover)

    def heal(self) -> None:
        self.apart = self.manners.both_stay
        self.elect(0.5)
        self.chronicle.later(self.manners.corrected, self.clients.forget_neighbour)

    def add_node(self, name: str, /) -> FakeNode:
        self.nodes[name] = FakeNode(self, name)
        return self.nodes[name]

    def remove_node(self, name: str, /) -> None:
        del self.nodes[name]
