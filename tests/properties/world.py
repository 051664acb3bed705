"""Several nodes on one network in memory, with a clock that jumps from event to event.

A small stand-in for shells and wires, enough to elect: adverts take a while or get lost, nodes crash, return, stop and
are cut off. What is due at the same instant happens in an order that the seed decides.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address

from vrrpd.core.effects import AddAddresses, Effect, Probe, RemoveAddresses, SendAdvertisement, StopProbing
from vrrpd.core.events import (
    AdvertisementReceived,
    DeadlineReached,
    Event,
    HostAnswered,
    HostSilent,
    LinkChanged,
    PrimaryAddressChanged,
    Shutdown,
    Startup,
)
from vrrpd.core.parameters import Parameters
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.daemon.prober import MOST
from vrrpd.proto.advertisement import Advertisement
from vrrpd.units import Address, Instant
from vrrpd.view import view_of

DELAY = 0.0002
"""Seconds an advert is on its way."""
LATE = 0.002
"""Seconds that whoever asks a host is woken late at most."""


@dataclass(slots=True)
class Host:
    """One node; ``router`` is None while it is down, and its addresses are gone with it."""

    name: str
    address: IPv4Address
    parameters: Parameters
    router: VirtualRouter | None = None
    held: set[Address] = field(default_factory=set)
    connected: bool = True
    last_sent: Instant = Instant(0.0)
    asks: Probe | None = None
    unanswered: int = 0

    @property
    def holds(self) -> bool:
        return self.router is not None and bool(self.held)


class World:
    """Hosts 192.168.1.1, .2, ... on one network."""

    def __init__(self, hosts: Mapping[str, Parameters], seed: int = 0) -> None:
        self.random = random.Random(seed)
        self.loss = 0.0
        self.delay = DELAY
        self.now = Instant(0.0)
        self.hosts = {
            name: Host(name, IPv4Address("192.168.1.0") + number, parameters)
            for number, (name, parameters) in enumerate(hosts.items(), start=1)
        }
        self.journal: list[tuple[Instant, frozenset[str]]] = [(self.now, frozenset())]
        """Who held the addresses, from when on."""
        self._queue: list[tuple[Instant, float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    # --- what a test does to it ---------------------------------------------------------------------------------

    def start(self, name: str) -> None:
        host = self.hosts[name]
        if host.router is None:
            host.router = VirtualRouter(name, host.parameters)
            self._tell(host, PrimaryAddressChanged(host.address))
            self._tell(host, LinkChanged(up=True))
            self._tell(host, Startup())

    def crash(self, name: str) -> None:
        host = self.hosts[name]
        host.router = host.asks = None
        host.held.clear()
        self._note()

    def stop(self, name: str) -> None:
        host = self.hosts[name]
        if host.router is not None:
            self._tell(host, Shutdown())
            self.crash(name)

    def cut(self, name: str) -> None:
        """Nobody hears this host, and it hears nobody; it does not notice."""
        self.hosts[name].connected = False

    def mend(self, name: str) -> None:
        self.hosts[name].connected = True

    def tell(self, name: str, event: Event) -> None:
        if self.hosts[name].router is not None:
            self._tell(self.hosts[name], event)

    def run(self, seconds: float) -> "World":
        """Let time pass."""
        until = Instant(self.now + seconds)
        while self._queue and self._queue[0][0] <= until:
            self.now, _, _, action = heapq.heappop(self._queue)
            action()
        self.now = until
        return self

    # --- what a test asks of it ---------------------------------------------------------------------------------

    @property
    def holders(self) -> frozenset[str]:
        return frozenset(host.name for host in self.hosts.values() if host.holds)

    def best(self) -> set[str]:
        """The live hosts of the highest priority: one of them has to hold, whichever was there first."""
        alive = [host for host in self.hosts.values() if host.router is not None]
        highest = max(host.parameters.base_priority for host in alive)
        return {host.name for host in alive if host.parameters.base_priority == highest}

    def held_by(self, begin: float) -> set[frozenset[str]]:
        """Every set of holders there was from ``begin`` until now."""
        current = max((at, number) for number, (at, _) in enumerate(self.journal) if at <= begin)[1]
        return {holders for _, holders in self.journal[current:]}

    # --- how it works -------------------------------------------------------------------------------------------

    def _tell(self, host: Host, event: Event) -> None:
        assert host.router is not None
        for effect in host.router.handle(event, self.now):
            self._carry_out(host, effect)
        self._note()
        if (deadline := host.router.deadline) is not None:
            router = host.router
            self._at(deadline, lambda: self._wake(host, router, deadline))

    def _wake(self, host: Host, router: VirtualRouter, deadline: Instant) -> None:
        """Unless the host was restarted, or its deadline has moved."""
        if host.router is router and router.deadline == deadline:
            self._tell(host, DeadlineReached())

    def _carry_out(self, host: Host, effect: Effect) -> None:
        if isinstance(effect, AddAddresses):
            host.held |= set(effect.addresses)
        elif isinstance(effect, RemoveAddresses):
            host.held -= set(effect.addresses)
        elif isinstance(effect, SendAdvertisement):
            self._send(host, effect)
        elif isinstance(effect, Probe):
            host.asks, host.unanswered = effect, 0
            if effect.continuous:
                self._ask(host, effect)
        elif isinstance(effect, StopProbing):
            host.asks = None

    def _ask(self, host: Host, probe: Probe) -> None:
        """As daemon.prober does: half an interval for an answer, and half of one until the next request.

        After misses more than one request at once.
        """
        half = probe.interval / 2
        requests = min(host.unanswered + 1, MOST)
        answered = any(self._answers(host, probe.host) for _ in range(requests))
        woken = self.now + half + LATE * self.random.random()
        self._at(Instant(woken), partial(self._heard_back, host, probe, answered))

    def _answers(self, host: Host, address: Address) -> bool:
        asked = next(other for other in self.hosts.values() if other.address == address)
        lost = self.random.random() < self.loss or self.random.random() < self.loss
        return asked.router is not None and asked.connected and host.connected and not lost

    def _heard_back(self, host: Host, probe: Probe, answered: bool) -> None:
        if host.asks is not probe:
            return
        silent = host.unanswered >= probe.misses
        host.unanswered = 0 if answered else host.unanswered + 1
        if answered and silent:
            self._tell(host, HostAnswered(probe.host))
        elif host.unanswered == probe.misses:
            self._tell(host, HostSilent(probe.host))
        if host.asks is probe:
            pause = self._until_next(host, probe.interval) if answered else 0.0
            self._at(Instant(self.now + pause), partial(self._again, host, probe))

    def _until_next(self, host: Host, interval: float) -> float:
        """In step with all others that follow this master."""
        master = None if host.router is None else view_of(host.router, self.now).master
        heard = self.now if master is None else master.last_heard
        return interval / 4 + (heard - self.now - interval / 4) % interval

    def _again(self, host: Host, probe: Probe) -> None:
        if host.asks is probe:
            self._ask(host, probe)

    def _send(self, sender: Host, effect: SendAdvertisement) -> None:
        settings = sender.parameters
        message = Advertisement(
            settings.version, settings.vrid, effect.priority, settings.advert_interval, settings.addresses
        )
        event = AdvertisementReceived(message, sender.address)
        # What one host sends arrives in the order in which it was sent.
        sender.last_sent = Instant(max(self.now, sender.last_sent + 1e-9))
        for host in self.hosts.values():
            if host is not sender and sender.connected and self.random.random() >= self.loss:
                self._at(Instant(sender.last_sent + self.delay), partial(self._deliver, host, event))

    def _deliver(self, host: Host, event: AdvertisementReceived) -> None:
        if host.router is not None and host.connected:
            self._tell(host, event)

    def _at(self, instant: Instant, action: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (instant, self.random.random(), next(self._numbers), action))

    def _note(self) -> None:
        if self.journal[-1][1] != self.holders:
            self.journal.append((self.now, self.holders))
