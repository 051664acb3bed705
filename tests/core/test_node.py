"""All virtual routers of a host: who is due, and whose effects go first."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.builders import HIGHER, LOWER, OURS, VIP, advert, parameters
from vrrpd.core.effects import (
    AddAddresses,
    Announce,
    Linger,
    Notice,
    Notify,
    NotifyEvent,
    RemoveAddresses,
    SendAdvertisement,
    State,
    StateChanged,
)
from vrrpd.core.events import (
    AdvertisementReceived,
    DeadlineReached,
    Event,
    LinkChanged,
    ParametersReplaced,
    PrimaryAddressChanged,
    PriorityChanged,
    Shutdown,
    Startup,
)
from vrrpd.core.node import Directed, Node
from vrrpd.core.parameters import AnnouncePolicy, FastFailover, Parameters
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.handover import capture
from vrrpd.units import Instant, Priority, Seconds
from vrrpd.view import views_of

ZERO = Instant(0.0)


def router(name: str, settings: Parameters | None = None) -> VirtualRouter:
    made = VirtualRouter(name, settings or parameters())
    made.handle(PrimaryAddressChanged(OURS), ZERO)
    return made


def started(**settings: Parameters) -> Node:
    node = Node(router(name, parameters) for name, parameters in settings.items())
    node.handle_all(Startup(), ZERO)
    return node


def advancing(node: Node, until: float) -> list[tuple[float, tuple[Directed, ...]]]:
    """Every batch up to that instant."""
    batches: list[tuple[float, tuple[Directed, ...]]] = []
    while (at := node.deadline) is not None and at <= until:
        batches.append((at, node.due(at)))
    return batches


def kinds(batch: tuple[Directed, ...]) -> list[tuple[str, type]]:
    return [(directed.router, type(directed.effect)) for directed in batch]


def test_an_empty_node_is_never_due() -> None:
    node = Node()
    assert node.deadline is None
    assert node.due(Instant(9.0)) == ()
    assert node.handle_all(Startup(), ZERO) == ()
    assert views_of(node, ZERO) == ()


def test_the_earliest_deadline_of_all_counts() -> None:
    node = started(a=parameters(100), b=parameters(228), c=parameters(1))
    assert node.deadline == 3.109375
    assert [view.name for view in views_of(node, ZERO)] == ["a", "b", "c"]
    assert set(node.routers) == {"a", "b", "c"}
    assert node.router("b").deadline == 3.109375


def test_only_those_that_are_due_act() -> None:
    node = started(a=parameters(100), b=parameters(228))
    (at, batch), *_ = advancing(node, 3.2)
    assert at == 3.109375
    assert {directed.router for directed in batch} == {"b"}
    assert (node.router("a").state, node.router("b").state) == (State.BACKUP, State.MASTER)
    assert node.due(Instant(3.2)) == ()


def test_adverts_of_all_go_before_anything_slow_of_one() -> None:
    node = started(a=parameters(), b=parameters(), c=parameters())
    batch = node.due(Instant(3.609375))
    assert kinds(batch[:3]) == [(name, SendAdvertisement) for name in "abc"]
    assert kinds(batch[3:]) == [
        (name, kind) for name in "abc" for kind in (AddAddresses, Announce, StateChanged, Notify)
    ]


def test_farewells_of_all_go_before_anything_slow_at_shutdown() -> None:
    node = started(a=parameters(), b=parameters())
    node.due(Instant(4.0))
    batch = node.handle_all(Shutdown(), Instant(5.0))
    assert batch[:2] == (Directed("a", SendAdvertisement(Priority(0))), Directed("b", SendAdvertisement(Priority(0))))
    assert kinds(batch[2:]) == [(name, kind) for name in "ab" for kind in (Linger, Notice, StateChanged)]
    assert len(node.lingering) == 2
    gone = (RemoveAddresses, Notice, Notify)
    assert kinds(node.due(node.deadline or Instant(0.0))) == [(name, kind) for name in "ab" for kind in gone]
    assert node.deadline is None


def test_an_advert_goes_first_among_one_routers_effects_too() -> None:
    """Overdue at the same wake-up: the announcement was due earlier, but the advert is what the others wait for."""
    settings = parameters(announce=AnnouncePolicy(delay=Seconds(0.5)))
    node = started(a=settings, b=settings)
    node.due(Instant(3.609375))
    both = [("a", SendAdvertisement), ("a", Announce)]
    assert kinds(node.handle("a", DeadlineReached(), Instant(5.0))) == both
    assert kinds(node.due(Instant(5.0))) == [("b", kind) for _, kind in both]


def test_one_event_for_one_router() -> None:
    node = started(a=parameters(), b=parameters())
    node.due(Instant(4.0))
    batch = node.handle("b", AdvertisementReceived(advert(101), LOWER), Instant(4.5))
    assert batch == (
        Directed("b", RemoveAddresses((VIP,))),
        Directed("b", batch[1].effect),
        Directed("b", Notify(NotifyEvent.BACKUP, Priority(100))),
    )
    assert node.router("a").state is State.MASTER


def test_a_deadline_that_moved_away_is_not_acted_upon() -> None:
    node = started(a=parameters(), b=parameters())
    assert node.handle("a", AdvertisementReceived(advert(101), LOWER), Instant(3.0)) == ()
    assert node.deadline == 3.609375
    assert {directed.router for directed in node.due(Instant(3.7))} == {"b"}
    assert node.router("a").state is State.BACKUP


def test_a_deadline_that_came_closer_counts_at_once() -> None:
    node = started(a=parameters())
    node.handle("a", AdvertisementReceived(advert(0), LOWER), Instant(1.0))
    assert node.deadline == 1.609375


def test_a_deadline_that_vanished_is_not_waited_for() -> None:
    node = started(a=parameters(), b=parameters(1))
    node.handle("a", LinkChanged(up=False), Instant(1.0))
    assert node.deadline == 3.99609375


@pytest.mark.parametrize("again", ["a", "c"])
def test_routers_come_and_go(again: str) -> None:
    node = started(a=parameters(), b=parameters(1))
    node.remove("a")
    assert node.deadline == 3.99609375
    assert set(node.routers) == {"b"}
    newcomer = router(again, parameters(254))
    newcomer.handle(Startup(), ZERO)
    node.add(newcomer)
    assert node.deadline == 3.0078125
    node.remove(again)
    assert node.deadline == 3.99609375


def test_a_router_is_scheduled_when_it_starts_later() -> None:
    node = Node()
    node.add(router("a"))
    assert node.deadline is None
    node.handle("a", Startup(), Instant(10.0))
    assert node.deadline == 13.609375


def test_a_shorter_interval_is_waited_for_at_once() -> None:
    node = started(a=parameters(version=3, advert_interval=Seconds(10.0)))
    node.due(Instant(40.0))
    fast = parameters(version=3, advert_interval=Seconds(0.01))
    node.handle("a", ParametersReplaced(fast, Priority(100)), Instant(40.0))
    assert node.deadline == 40.01


HEARD = tuple(
    AdvertisementReceived(advert(priority), source) for priority in (0, 90, 101, 150) for source in (LOWER, HIGHER)
)
OTHERS = (LinkChanged(False), LinkChanged(True), PriorityChanged(Priority(120)), PriorityChanged(Priority(100)))
STEPS = st.tuples(
    st.sampled_from([0.0, 0.1, 0.9, 1.7]), st.sampled_from("aab"), st.sampled_from([*HEARD[4:], *HEARD, *OTHERS])
)


@pytest.mark.parametrize("groups", [{}, {"G": ["a", "b"]}])
@given(st.lists(STEPS, max_size=40), st.sets(st.integers(0, 39)))
def test_what_is_heard_again_counts_as_if_it_had_been_told_one_by_one(
    groups: dict[str, list[str]], steps: list[tuple[float, str, Event]], looks: set[int]
) -> None:
    fast = FastFailover()
    settings = {"a": parameters(), "b": parameters(fast_failover=fast)}
    quick, plain = (Node((router(name, item) for name, item in settings.items()), groups) for _ in range(2))
    now = ZERO
    assert quick.handle_all(Startup(), now) == plain.handle_all(Startup(), now)
    for number, (wait, name, event) in enumerate(steps):
        now = Instant(now + wait)
        heard = [(name, event)] if isinstance(event, AdvertisementReceived) else []
        told = plain.due(now) + plain.handle(name, deepcopy(event), now)
        assert told == quick.due(now) + tuple(quick.hear(heard, now) if heard else quick.handle(name, event, now))
        if number in looks:
            assert quick.deadline == plain.deadline
            assert views_of(quick, now) == views_of(plain, now)
    assert quick.deadline == plain.deadline
    assert views_of(quick, now) == views_of(plain, now)
    assert capture(quick) == capture(plain)


def test_a_witness_is_told_of_everything_heard() -> None:
    node = started(a=parameters())
    seen: list[Event] = []
    event = AdvertisementReceived(advert(150), LOWER)
    node.hear([("a", event), ("a", event)], Instant(1.0))
    node.witness = lambda _name, told, _now, _effects: seen.append(told)
    node.hear([("a", event), ("a", event)], Instant(2.0))
    assert seen == [event, event]
    assert views_of(node, Instant(2.0))[0].statistics.adverts_received == 4


def test_only_adverts_go_out_in_between_and_all_else_stays_due() -> None:
    quick = parameters(255, version=3, advert_interval=Seconds(0.1))
    refreshed = parameters(255, version=3, advert_interval=Seconds(0.1), announce=AnnouncePolicy(delay=Seconds(0.15)))
    node = started(a=quick, b=parameters(), c=refreshed)
    assert kinds(node.adverts_due(Instant(0.1))) == [("a", SendAdvertisement), ("c", SendAdvertisement)]
    assert node.adverts_due(Instant(0.1)) == ()
    assert kinds(node.adverts_due(Instant(4.0))) == [("a", SendAdvertisement)], "b takes over, c has more to do"
    assert {name for name, _ in kinds(node.due(Instant(4.0)))} == {"b", "c"}
    assert node.deadline == pytest.approx(4.1)
