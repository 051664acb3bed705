"""A node that was written down and read again does what the other would have done, whatever happens to both."""

import json
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.builders import HIGHER, OURS, advert, parameters
from tests.properties import test_sync_group as group_histories
from tests.properties.histories import events, pauses, running, settings
from vrrpd.core.events import AdvertisementReceived, DeadlineReached, Event, LinkChanged, PrimaryAddressChanged, Startup
from vrrpd.core.handover_order import Lingering
from vrrpd.core.memory import Memory
from vrrpd.core.node import Node
from vrrpd.core.parameters import Parameters
from vrrpd.core.sync_group import SyncGroup
from vrrpd.core.timers import Deadlines
from vrrpd.core.upkeep import Upkeep
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.handover import _REMEMBERED, capture, restore
from vrrpd.plain import Plain, PlainError
from vrrpd.units import Instant, Seconds
from vrrpd.view import group_views_of, views_of

histories = st.lists(st.tuples(pauses, events), max_size=40)


def through_json(node: Node) -> Node:
    return restore(json.loads(json.dumps(capture(node))))


def alike(one: Node, other: Node, now: Instant) -> None:
    assert other.deadline == one.deadline
    assert views_of(other, now) == views_of(one, now)
    assert group_views_of(other, now) == group_views_of(one, now)
    assert capture(other) == capture(one)


@given(settings, histories, histories)
def test_a_restored_router_goes_on_as_the_captured_one(
    parameters: Parameters, before: list[tuple[Seconds, Event]], after: list[tuple[Seconds, Event]]
) -> None:
    node, now = Node([running(parameters)]), Instant(0.0)
    for pause, event in before:
        now = Instant(now + pause)
        node.handle("VI_1", event, now)
    restored = through_json(node)
    alike(node, restored, now)
    for pause, event in after:
        now = Instant(now + pause)
        assert restored.due(now) == node.due(now)
        assert restored.handle("VI_1", event, now) == node.handle("VI_1", event, now)
        alike(node, restored, now)


@given(group_histories.priorities, group_histories.steps, group_histories.steps)
def test_so_does_a_restored_group(
    bases: tuple[int, ...],
    before: list[tuple[Seconds, str, Event]],
    after: list[tuple[Seconds, str, Event]],
) -> None:
    world = group_histories.World(bases)
    for pause, name, event in before:
        world.step(pause, name, event)
    restored, now = through_json(world.node), world.now
    for pause, name, event in after:
        now = Instant(now + pause)
        assert restored.due(now) == world.node.due(now)
        assert restored.handle(name, event, now) == world.node.handle(name, event, now)
        alike(world.node, restored, now)


APART: dict[type, set[str]] = {
    VirtualRouter: {"name", "parameters", "_effects", "_accepted"},  # the last one has something in common with a peer
    Memory: {"_followed"},
    SyncGroup: {"name", "_members"},
}
PARTS = (VirtualRouter("VI_1", parameters()), Deadlines(), Memory(), Upkeep(), Lingering(), SyncGroup("G", ()))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_nothing_that_is_remembered_is_forgotten(part: object) -> None:
    """Whoever adds something to remember says in ``_REMEMBERED`` of which type it is."""
    listed = {name for names in _REMEMBERED[type(part)].values() for name in names}
    slots = {name for cls in type(part).__mro__ for name in getattr(cls, "__slots__", ())}
    has = slots.union(getattr(part, "__dict__", ()))
    assert listed | APART.get(type(part), set()) == has


def test_those_are_all_the_parts() -> None:
    assert {type(part) for part in PARTS} == set(_REMEMBERED)
    found_anew = {"_queue", "_queued", "_usual", "_accepted"}
    assert set(vars(Node())) == {"_routers", "_groups", "_group_of", "witness"} | found_anew


def story() -> Node:
    node, now = Node([VirtualRouter("VI_1", parameters()), VirtualRouter("VI_2", parameters())]), Instant(1.0)
    for name in node.routers:
        node.handle(name, PrimaryAddressChanged(OURS), now)
        node.handle(name, LinkChanged(up=True), now)
    node.handle_all(Startup(), now)
    node.handle("VI_2", AdvertisementReceived(advert(200), HIGHER), Instant(2.0))
    return node


def test_every_router_keeps_its_name_and_its_place() -> None:
    node = story()
    restored = through_json(node)
    assert list(restored.routers) == list(node.routers)
    assert [router.name for router in restored.routers.values()] == list(node.routers)
    later = Instant(100.0)
    assert restored.handle("VI_1", DeadlineReached(), later) == node.handle("VI_1", DeadlineReached(), later)


def test_a_repeated_advert_is_still_heard_the_short_way() -> None:
    restored = through_json(story())
    accepted = restored.router("VI_2")._accepted
    assert accepted is not None
    assert accepted.heard is restored.router("VI_2")._memory._peers[HIGHER]


@pytest.mark.parametrize("damage", ["version", "routers", "groups"])
def test_an_incomplete_state_is_refused(damage: str) -> None:
    captured = capture(story())
    del captured[damage]
    with pytest.raises(PlainError):
        restore(captured)


def test_a_state_with_less_or_more_in_it_is_refused() -> None:
    other = {**capture(story()), "version": 2}
    damaged: list[object] = [{}, [], None, 1, {"version": 1, "routers": [], "groups": {}}, other]
    for plain in damaged:
        with pytest.raises(PlainError):
            restore(typing.cast("Plain", plain))
