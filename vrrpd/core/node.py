"""All virtual routers of one host: who is due next, and in which order their effects go out."""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vrrpd.core.effects import Effect, SendAdvertisement
from vrrpd.core.events import DeadlineReached, Event
from vrrpd.core.view import VirtualRouterView
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.units import Instant


@dataclass(frozen=True, slots=True)
class Directed:
    """An effect and the virtual router that wants it."""

    router: str
    effect: Effect


class Node:
    """Adverts of every virtual router come before anything slow that another one wants done."""

    def __init__(self, routers: Iterable[VirtualRouter] = ()) -> None:
        self._routers: dict[str, VirtualRouter] = {}
        # At least one entry for each router that has a deadline, never later than it; late ones are corrected lazily,
        # because an accepted advertisement only ever moves a deadline away.
        self._queue: list[tuple[Instant, str]] = []
        self._queued: dict[str, Instant] = {}
        for router in routers:
            self.add(router)

    def add(self, router: VirtualRouter) -> None:
        self._routers[router.name] = router
        self._schedule(router)

    def remove(self, name: str) -> None:
        """Forget a router; the caller has shut it down before."""
        del self._routers[name]
        self._queued.pop(name, None)

    @property
    def routers(self) -> Mapping[str, VirtualRouter]:
        return self._routers

    def router(self, name: str) -> VirtualRouter:
        return self._routers[name]

    @property
    def deadline(self) -> Instant | None:
        """The earliest deadline of all."""
        while self._queue:
            at, name = self._queue[0]
            if self._queued.get(name) != at:
                heapq.heappop(self._queue)  # a newer entry stands for this router
                continue
            actual = self._routers[name].deadline
            if actual == at:
                return at
            heapq.heappop(self._queue)
            del self._queued[name]
            self._schedule(self._routers[name])
        return None

    def handle(self, name: str, event: Event, now: Instant) -> tuple[Directed, ...]:
        """One event for one router."""
        router = self._routers[name]
        effects = router.handle(event, now)
        self._schedule(router)
        return _adverts_first([Directed(name, effect) for effect in effects]) if effects else ()

    def handle_all(self, event: Event, now: Instant) -> tuple[Directed, ...]:
        """The same event for every router."""
        return self._gather(tuple(self._routers), event, now)

    def due(self, now: Instant) -> tuple[Directed, ...]:
        """``DeadlineReached`` for every router whose deadline has passed."""
        names = []
        while (at := self.deadline) is not None and at <= now:
            _, name = heapq.heappop(self._queue)
            del self._queued[name]
            names.append(name)
        return self._gather(names, DeadlineReached(), now)

    def views(self, now: Instant) -> tuple[VirtualRouterView, ...]:
        return tuple(router.view(now) for router in self._routers.values())

    def _gather(self, names: Iterable[str], event: Event, now: Instant) -> tuple[Directed, ...]:
        return _adverts_first([directed for name in names for directed in self.handle(name, event, now)])

    def _schedule(self, router: VirtualRouter) -> None:
        at = router.deadline
        queued = self._queued.get(router.name)
        if at is not None and (queued is None or at < queued):
            self._queued[router.name] = at
            heapq.heappush(self._queue, (at, router.name))


def _adverts_first(effects: list[Directed]) -> tuple[Directed, ...]:
    """Otherwise in the order in which they were wanted."""
    effects.sort(key=lambda directed: not isinstance(directed.effect, SendAdvertisement))
    return tuple(effects)
