"""Virtual routers that are MASTER together or not at all, by keepalived's rules.

Each member runs its own election. It takes over only when every other one would too, and then takes all of them along;
whoever yields or faults takes them along as well. Members know of each other only what ``GroupChanged`` tells them, so
that each of them is as pure as one without a group.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from vrrpd.core.directed import Directed
from vrrpd.core.effects import (
    Effect,
    GroupStateChanged,
    Notify,
    NotifyEvent,
    NotifyGroup,
    Reason,
    SendAdvertisement,
    State,
    StateChanged,
)
from vrrpd.core.election import describe_fault
from vrrpd.core.events import (
    AdvertisementReceived,
    DeadlineReached,
    Event,
    Fault,
    GroupAction,
    GroupChanged,
    GroupRequest,
)
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.units import Instant

OUTVOTED: Final = frozenset({Reason.PREEMPTED, Reason.TIE_BREAK, Reason.OWNER_CONFLICT, Reason.STALLED})
"""Somebody else serves already: nobody need be told that we do not (keepalived). Otherwise the members resign too."""
_ROUTINE: Final = (AdvertisementReceived, DeadlineReached)
_ANNOUNCED: Final = {
    State.MASTER: NotifyEvent.MASTER,
    State.BACKUP: NotifyEvent.BACKUP,
    State.FAULT: NotifyEvent.FAULT,
}


class SyncGroup:
    """``handle`` takes an event for one member, and returns what it led to at all of them."""

    def __init__(self, name: str, members: Iterable[VirtualRouter], state: State = State.INIT) -> None:
        self.name = name
        self.state = state
        self._members = {member.name: member for member in members}
        self._told: dict[str, GroupChanged] = {}
        self._stopped = True
        self._since: Instant | None = None
        self._detail = ""

    @property
    def members(self) -> tuple[str, ...]:
        return tuple(self._members)

    def meet(self, now: Instant) -> list[Directed]:
        """Tell the members of each other, where they do not know yet."""
        return self._work_off(deque(self._news()), "", now)

    def succeed(self, old: "SyncGroup") -> None:
        """Go on where the group of this name stood before a reload: what it has announced, it does not repeat."""
        self.state, self._since, self._detail = old.state, old._since, old._detail

    def handle(self, name: str, event: Event, now: Instant) -> list[Directed]:
        if not self._told:
            first = self.meet(now)
            return first + self.handle(name, event, now)
        member = self._members[name]
        wanted, before = member.wants_master, member.state
        effects = member.handle(event, now)
        done = [Directed(name, effect) for effect in effects]
        quiet = all(type(effect) is SendAdvertisement for effect in effects)
        if quiet and member.wants_master is wanted and type(event) in _ROUTINE:
            return done  # the usual case, made cheap
        return done + self._work_off(deque(self._consequences(member, before, effects)), name, now)

    # --- what one member's change means for the others ----------------------------------------------------------

    def _work_off(self, todo: deque[tuple[str, Event]], cause: str, now: Instant) -> list[Directed]:
        """Ends, because no request is obeyed twice and nobody's own faults change here."""
        done: list[Directed] = []
        while todo:
            name, request = todo.popleft()
            member = self._members[name]
            before = member.state
            effects = member.handle(request, now)
            done += (Directed(name, effect) for effect in effects)
            todo.extend(self._consequences(member, before, effects))
        spokesman = cause or next(iter(self._members))
        return done + [Directed(spokesman, effect) for effect in self._own_effects(cause, now)]

    def _consequences(
        self, member: VirtualRouter, before: State, effects: Sequence[Effect]
    ) -> Iterator[tuple[str, Event]]:
        yield from self._news()
        others = [name for name in self._members if name != member.name]
        change = next((effect for effect in reversed(effects) if isinstance(effect, StateChanged)), None)
        if change is not None and member.state is not before:
            action = _follow(before, change)
            if action is not None:
                request = GroupRequest(action, f"with {member.name}: {change.detail}")
                yield from ((name, request) for name in others)
        if any(isinstance(effect, Notify) and effect.event is NotifyEvent.MASTER_RX_LOWER_PRI for effect in effects):
            request = GroupRequest(GroupAction.ANNOUNCE, f"with {member.name}")
            yield from ((name, request) for name in others)

    def _news(self) -> Iterator[tuple[str, Event]]:
        """To each member what it has not been told of the others."""
        for name in self._members:
            outlook = self._outlook([other for other in self._members.values() if other.name != name])
            if outlook != self._told.get(name):
                self._told[name] = outlook
                yield name, outlook

    def _outlook(self, others: Sequence[VirtualRouter]) -> GroupChanged:
        return GroupChanged(
            faults=tuple(_fault_of(other) for other in others if other.own_faults),
            waiting_for=frozenset(f"{name} of {other.name}" for other in others for name in other.waiting_for),
            may_lead=all(other.wants_master for other in others),
            all_owners=all(other.parameters.is_owner for other in others),
        )

    # --- the group as a whole -----------------------------------------------------------------------------------

    def _own_effects(self, cause: str, now: Instant) -> Iterator[Effect]:
        state = self._joint_state()
        if state is not self.state:
            old, self.state = self.state, state
            self._since, self._detail = now, self._explain(cause)
            yield GroupStateChanged(self.name, old, state, self._detail)
            if state in _ANNOUNCED:
                yield NotifyGroup(self.name, _ANNOUNCED[state])
        stopped = not any(member.is_started or member.lingers for member in self._members.values())
        if stopped and not self._stopped:
            yield NotifyGroup(self.name, NotifyEvent.STOP)
        self._stopped = stopped

    def _joint_state(self) -> State:
        states = {member.state for member in self._members.values()}
        for state in (State.FAULT, State.INIT, State.BACKUP):
            if state in states:
                return state
        return State.MASTER

    def _explain(self, cause: str) -> str:
        blockers = list(self.blockers())
        if blockers:
            return "blocked by " + ", ".join(blockers)
        if cause in self._members:
            return f"{cause}: {self._members[cause].detail}"
        return ""

    def blockers(self) -> Iterator[str]:
        for member in self._members.values():
            if member.own_faults:
                yield _blocker(member)
            elif member.waiting_for:
                yield f"{member.name} (no result of {', '.join(sorted(member.waiting_for))} yet)"
        if self.state is State.BACKUP and any(member.wants_master for member in self._members.values()):
            reluctant = (member for member in self._members.values() if not member.wants_master)
            yield from (f"{member.name} (follows another master)" for member in reluctant if not member.own_faults)


def _follow(before: State, change: StateChanged) -> GroupAction | None:
    if change.new is State.MASTER:
        return GroupAction.BECOME_MASTER
    if before is State.MASTER and change.new is State.BACKUP:
        if change.reason in OUTVOTED:
            return GroupAction.BECOME_BACKUP
        return GroupAction.STEP_DOWN if change.reason is Reason.OPERATOR else GroupAction.HAND_OVER
    return None


def _fault_of(member: VirtualRouter) -> Fault:
    """What its faults are to the others; one in maintenance is able to serve, and so are they."""
    able = all(fault.reason is Reason.MAINTENANCE for fault in member.own_faults)
    return Fault(Reason.MAINTENANCE if able else Reason.SYNC_GROUP, _blocker(member))


def _blocker(member: VirtualRouter) -> str:
    return f"{member.name} ({', '.join(describe_fault(fault) for fault in member.own_faults)})"


def groups_of(members: Mapping[str, Sequence[str]], routers: Mapping[str, VirtualRouter]) -> dict[str, SyncGroup]:
    """The groups by name; members that do not exist are left out, and groups that have none."""
    found = {name: [routers[member] for member in listed if member in routers] for name, listed in members.items()}
    return {name: SyncGroup(name, present) for name, present in found.items() if present}
