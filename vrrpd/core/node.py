"""All virtual routers of one host: who is due next, and in which order their effects go out."""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence

from vrrpd.core.directed import Directed
from vrrpd.core.effects import Effect, SendAdvertisement, State
from vrrpd.core.events import DeadlineReached, Event, GroupChanged
from vrrpd.core.memory import Accepted
from vrrpd.core.sync_group import SyncGroup, groups_of
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.units import Instant

__all__ = ["Directed", "Node"]


class Node:
    """Adverts of every virtual router come before anything slow that another one wants done.

    ``groups``: the names of the members of each sync group. Nobody is in two. ``witness`` is told of everything that
    ``handle`` took in, and what came of it.
    """

    def __init__(
        self, routers: Iterable[VirtualRouter] = (), groups: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.witness: Callable[[str, Event, Instant, tuple[Directed, ...]], None] | None = None
        self._routers: dict[str, VirtualRouter] = {}
        # At least one entry for each router that has a deadline, never later than it; late ones are corrected lazily,
        # because an accepted advertisement only ever moves a deadline away.
        self._queue: list[tuple[Instant, str]] = []
        self._queued: dict[str, Instant] = {}
        # What each wanted last when it wanted one thing: mostly the same advertisement again and again.
        self._usual: dict[str, tuple[Directed]] = {}
        self._accepted: dict[str, Accepted | None] = {}
        for router in routers:
            self.add(router)
        self._groups = groups_of(groups or {}, self._routers)
        self._group_of = _membership(self._groups)

    def add(self, router: VirtualRouter) -> None:
        self._routers[router.name] = router
        self._schedule(router)

    def remove(self, name: str) -> None:
        """Forget a router; the caller has shut it down before, and afterwards calls ``regroup``."""
        del self._routers[name]
        self._queued.pop(name, None)
        self._usual.pop(name, None)
        self._accepted.pop(name, None)

    def rename(self, names: Mapping[str, str]) -> None:
        """Give routers other names, old to new."""
        routers, self._routers = self._routers, {}
        self._queue.clear()
        self._queued.clear()
        self._usual.clear()
        self._accepted.clear()
        for name, router in routers.items():
            router.name = names.get(name, name)
            self.add(router)
        self._form_groups(
            {group: [names.get(member, member) for member in old.members] for group, old in self._groups.items()}
        )

    def regroup(self, groups: Mapping[str, Sequence[str]], now: Instant) -> tuple[Directed, ...]:
        """These are the sync groups from now on. A group that stays one goes on in its state."""
        before = self._group_of
        self._form_groups(groups)
        effects: list[Directed] = []
        for name in self._routers:
            if name in before and name not in self._group_of:
                effects += self.handle(name, GroupChanged(), now)
        for group in self._groups.values():
            effects += group.meet(now)
            self._schedule_all(group.members)
        return _adverts_first(effects)

    def _form_groups(self, members: Mapping[str, Sequence[str]]) -> None:
        self._accepted.clear()  # a new group is to meet first
        old, self._groups = self._groups, groups_of(members, self._routers)
        self._group_of = _membership(self._groups)
        for name in self._groups.keys() & old.keys():
            self._groups[name].succeed(old[name])

    @property
    def groups(self) -> Mapping[str, SyncGroup]:
        return self._groups

    @property
    def routers(self) -> Mapping[str, VirtualRouter]:
        return self._routers

    def router(self, name: str) -> VirtualRouter:
        return self._routers[name]

    @property
    def lingering(self) -> tuple[str, ...]:
        """The routers that have resigned and keep their addresses until the successor is heard."""
        return tuple(name for name, router in self._routers.items() if router.lingers)

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

    @property
    def is_master_next(self) -> bool:
        """Whether ``deadline`` is that of a MASTER."""
        return self.deadline is not None and self._routers[self._queue[0][1]].state is State.MASTER

    def may_be_due_before(self, at: Instant) -> bool:
        """False: certainly not, and that is known at once; True: ask ``deadline``."""
        return bool(self._queue) and self._queue[0][0] < at

    def handle(self, name: str, event: Event, now: Instant) -> tuple[Directed, ...]:
        """One event for one router."""
        router = self._routers[name]
        group = self._group_of.get(name)
        if group is not None:
            directed = _adverts_first(group.handle(name, event, now))
            self._schedule_all(group.members if directed else (name,))
        else:
            effects = router.handle(event, now)
            self._schedule(router)
            directed = self._direct(name, effects) if effects else ()
        if self.witness is not None:
            self.witness(name, event, now, directed)
        return directed

    def hear(self, received: Iterable[tuple[str, Event]], now: Instant) -> list[Directed]:
        """What arrived together; as ``handle``, but what was heard before costs next to nothing."""
        effects: list[Directed] = []
        for name, event in received:
            accepted = self._accepted.get(name)
            if accepted is not None and accepted.event is event and self.witness is None:
                accepted.again(now)  # the deadline only moves away: its entry in the queue stands
            else:
                effects += self.handle(name, event, now)
                self._accepted[name] = self._routers[name].accepted
        return effects

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

    def adverts_due(self, now: Instant) -> tuple[Directed, ...]:
        """Of what is due, the advertisements of those that have nothing else to do; all else stays due."""
        names: list[str] = []
        others: list[str] = []
        while (at := self.deadline) is not None and at <= now:
            item = heapq.heappop(self._queue)
            (names if self._routers[item[1]].only_advertises(now) else others).append(item[1])
            del self._queued[item[1]]
        self._schedule_all(others)
        return self._gather(names, DeadlineReached(), now)

    def _gather(self, names: Iterable[str], event: Event, now: Instant) -> tuple[Directed, ...]:
        return _adverts_first([directed for name in names for directed in self.handle(name, event, now)])

    def _direct(self, name: str, effects: tuple[Effect, ...]) -> tuple[Directed, ...]:
        if len(effects) > 1:
            return _adverts_first([Directed(name, effect) for effect in effects])
        usual = self._usual.get(name)
        if usual is None or usual[0].effect is not effects[0]:
            usual = self._usual[name] = (Directed(name, effects[0]),)
        return usual

    def _schedule_all(self, names: Iterable[str]) -> None:
        for name in names:
            self._schedule(self._routers[name])

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


def _membership(groups: Mapping[str, SyncGroup]) -> dict[str, SyncGroup]:
    return {member: group for group in groups.values() for member in group.members}
