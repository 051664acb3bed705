"""Whatever happens to the members of a sync group: they are MASTER together or not at all."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.core.builders import HIGHER, LOWER, OURS, advert, parameters
from tests.properties.histories import FAULTS, pauses
from vrrpd.core.effects import AddAddresses, RemoveAddresses, State
from vrrpd.core.events import (
    AdvertisementReceived,
    DeadlineReached,
    Event,
    FaultsChanged,
    LinkChanged,
    OperatorAction,
    OperatorRequest,
    PrimaryAddressChanged,
    PriorityChanged,
    Shutdown,
    Stalled,
    Startup,
)
from vrrpd.core.node import Directed, Node
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.units import Instant, Priority, Seconds, Vrid

NAMES = ("a", "b", "c")
events: st.SearchStrategy[Event] = st.one_of(
    st.just(DeadlineReached()),
    st.builds(
        lambda priority, source: AdvertisementReceived(advert(priority), source),
        st.sampled_from([0, 50, 100, 101, 255]),
        st.sampled_from([LOWER, HIGHER]),
    ),
    st.builds(FaultsChanged, FAULTS, st.sampled_from([frozenset[str](), frozenset({"chk"})])),
    st.builds(LinkChanged, st.sampled_from([True, True, False])),
    st.builds(PrimaryAddressChanged, st.sampled_from([OURS, OURS, None])),
    st.builds(PriorityChanged, st.integers(1, 254).map(Priority)),
    st.builds(Stalled, st.just(Seconds(5.0))),
    st.builds(OperatorRequest, st.sampled_from([*OperatorAction, OperatorAction.MAINTENANCE_OFF])),
)
steps = st.lists(st.tuples(pauses, st.sampled_from(NAMES), events), max_size=60)
priorities = st.one_of(
    st.just((255, 255, 255)), st.tuples(*[st.sampled_from([50, 100, 200, 255])] * 3), st.just((100, 100, 100))
)


class World:
    """One node with a group of three, and who holds addresses."""

    def __init__(self, bases: tuple[int, ...]) -> None:
        self.now = Instant(0.0)
        self.holding: set[str] = set()
        own = {
            name: replace(parameters(base), vrid=Vrid(n))
            for n, (name, base) in enumerate(zip(NAMES, bases, strict=True), 1)
        }
        self.node = Node((VirtualRouter(name, settings) for name, settings in own.items()), {"G": NAMES})
        for name in NAMES:
            self.carry_out(self.node.handle(name, PrimaryAddressChanged(OURS), self.now))
            self.carry_out(self.node.handle(name, LinkChanged(up=True), self.now))
        self.carry_out(self.node.handle_all(Startup(), self.now))

    def carry_out(self, effects: tuple[Directed, ...]) -> None:
        for item in effects:
            if isinstance(item.effect, AddAddresses):
                self.holding.add(item.router)
            elif isinstance(item.effect, RemoveAddresses):
                self.holding.discard(item.router)

    def step(self, pause: Seconds, name: str, event: Event) -> None:
        self.now = Instant(self.now + pause)
        self.carry_out(self.node.due(self.now))
        self.carry_out(self.node.handle(name, event, self.now))

    def check(self) -> None:
        states = [self.node.router(name).state for name in NAMES]
        assert len(set(states)) == 1 or set(states) == {State.INIT, State.FAULT}, states
        assert self.holding == (set(NAMES) if states[0] is State.MASTER else set(self.node.lingering))
        assert self.node.groups["G"].state in states
        deadlines = [router.deadline for router in self.node.routers.values() if router.deadline is not None]
        assert self.node.deadline == min(deadlines, default=None)


@given(priorities, steps)
def test_all_members_are_in_one_state(bases: tuple[int, ...], history: list[tuple[Seconds, str, Event]]) -> None:
    world = World(bases)
    world.check()
    for pause, name, event in history:
        world.step(pause, name, event)
        world.check()


@given(priorities, steps)
def test_after_the_stop_nobody_holds_anything(
    bases: tuple[int, ...], history: list[tuple[Seconds, str, Event]]
) -> None:
    world = World(bases)
    for pause, name, event in history:
        world.step(pause, name, event)
    world.carry_out(world.node.handle_all(Shutdown(), world.now))
    while (deadline := world.node.deadline) is not None:
        world.now = max(world.now, deadline)
        world.carry_out(world.node.due(world.now))
    assert not world.holding
    assert world.node.deadline is None


@given(priorities, steps)
def test_left_alone_and_well_the_group_becomes_master(
    bases: tuple[int, ...], history: list[tuple[Seconds, str, Event]]
) -> None:
    world = World(bases)
    for pause, name, event in history:
        world.step(pause, name, event)
    for name in NAMES:
        for event in (
            OperatorRequest(OperatorAction.MAINTENANCE_OFF),
            FaultsChanged(frozenset()),
            PrimaryAddressChanged(OURS),
            LinkChanged(up=True),
        ):
            world.carry_out(world.node.handle(name, event, world.now))
    end = Instant(world.now + 30.0)
    while (deadline := world.node.deadline) is not None and deadline <= end:
        world.now = max(world.now, deadline)
        world.carry_out(world.node.due(world.now))
    assert world.holding == set(NAMES)
