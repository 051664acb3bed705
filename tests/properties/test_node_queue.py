"""The node's lazily corrected queue agrees with looking at every router."""

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.properties.histories import events, pauses, running, settings
from vrrpd.core.effects import SendAdvertisement
from vrrpd.core.events import DeadlineReached, Event
from vrrpd.core.node import Directed, Node
from vrrpd.core.parameters import Parameters
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.units import Instant, Seconds
from vrrpd.view import view_of, views_of

NAMES = st.sampled_from(["a", "b", "c", "d"])


class QueueMachine(RuleBasedStateMachine):
    """A node, and beside it the same routers one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.node = Node()
        self.plain: dict[str, VirtualRouter] = {}
        self.now = Instant(0.0)

    def both(self, name: str, event: Event) -> list[Directed]:
        """What the router itself does, for comparison."""
        return [Directed(name, effect) for effect in self.plain[name].handle(event, self.now)]

    @initialize(first=settings, second=settings)
    def two_routers(self, first: Parameters, second: Parameters) -> None:
        for name, parameters in (("a", first), ("b", second)):
            self.add(name, parameters)

    @rule(name=NAMES, parameters=settings)
    def add(self, name: str, parameters: Parameters) -> None:
        if name not in self.plain:
            self.plain[name] = running(parameters, name)
            self.node.add(running(parameters, name))

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        if name in self.plain:
            del self.plain[name]
            self.node.remove(name)

    @rule(name=NAMES, event=events)
    def tell_one(self, name: str, event: Event) -> None:
        if name in self.plain:
            expected = self.both(name, event)
            assert self.node.handle(name, event, self.now) == adverts_first(expected)

    @rule(event=events)
    def tell_all(self, event: Event) -> None:
        expected = [directed for name in self.plain for directed in self.both(name, event)]
        assert self.node.handle_all(event, self.now) == adverts_first(expected)

    @rule(pause=pauses)
    def pass_time(self, pause: Seconds) -> None:
        self.now = Instant(self.now + pause)

    @rule()
    def deliver_what_is_due(self) -> None:
        deadlines = {name: router.deadline for name, router in self.plain.items()}
        due = sorted((at, name) for name, at in deadlines.items() if at is not None and at <= self.now)
        expected = [directed for _, name in due for directed in self.both(name, DeadlineReached())]
        assert self.node.due(self.now) == adverts_first(expected)
        assert self.node.due(self.now) == ()

    @rule()
    def wait_for_the_next(self) -> None:
        if (deadline := self.node.deadline) is not None:
            self.now = Instant(max(self.now, deadline))
            self.deliver_what_is_due()

    @invariant()
    def the_earliest_of_all_is_known(self) -> None:
        deadlines = [router.deadline for router in self.plain.values() if router.deadline is not None]
        assert self.node.deadline == min(deadlines, default=None)
        assert views_of(self.node, self.now) == tuple(view_of(router, self.now) for router in self.plain.values())


def adverts_first(effects: list[Directed]) -> tuple[Directed, ...]:
    adverts = [directed for directed in effects if isinstance(directed.effect, SendAdvertisement)]
    return (*adverts, *(directed for directed in effects if not isinstance(directed.effect, SendAdvertisement)))


TestQueue = QueueMachine.TestCase
TestQueue.settings = hypothesis_settings(max_examples=50, stateful_step_count=40, deadline=None)
