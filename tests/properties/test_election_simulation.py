"""Several nodes elect: at most one holds the addresses once it is quiet, and it is the best that lives."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.builders import parameters, version_3
from tests.properties.world import DELAY, World
from vrrpd.core.events import OperatorAction, OperatorRequest, PriorityChanged
from vrrpd.core.parameters import Parameters
from vrrpd.core.timers import master_down_interval
from vrrpd.units import Instant, Priority, Seconds

NAMES = ("a", "b", "c", "d")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to whom, and how long it then goes on."""

    what: str
    host: str
    seconds: float


trouble = st.builds(
    Trouble,
    what=st.sampled_from(["start", "start", "crash", "stop", "cut", "mend", "lossy", "clean"]),
    host=st.sampled_from(NAMES),
    seconds=st.sampled_from([0.0, DELAY, 0.01, 0.7, 1.0, 2.5, 4.0, 9.0]),
)
troubles = st.one_of(st.lists(trouble, max_size=5), st.lists(trouble, min_size=10, max_size=30))


def inflict(world: World, trouble: Trouble) -> None:
    if trouble.host not in world.hosts:
        return
    match trouble.what:
        case "start":
            world.start(trouble.host)
        case "crash":
            world.crash(trouble.host)
        case "stop":
            world.stop(trouble.host)
        case "cut":
            world.cut(trouble.host)
        case "mend":
            world.mend(trouble.host)
        case "lossy":
            world.loss = 0.4
        case "clean":
            world.loss = 0.0
    world.run(trouble.seconds)


def settle(world: World) -> None:
    """Everything works again and everybody is there; time enough for the slowest of them to have waited twice."""
    world.loss = 0.0
    for name in world.hosts:
        world.mend(name)
        world.start(name)
    longest = max(down_interval(host.parameters) for host in world.hosts.values())
    world.run(2.5 * longest)


def the_one_holder(world: World, begin: float) -> str:
    """Who held the addresses alone, without a break, from ``begin`` until now."""
    (holders,) = world.held_by(begin)
    (holder,) = holders
    return holder


def down_interval(settings: Parameters) -> float:
    return master_down_interval(settings.version, settings.base_priority, settings.advert_interval)


def world_of(priorities: list[int], version: int, intervals: list[float], seed: int, **changes: object) -> World:
    """VRRPv2 nodes share one interval; VRRPv3 nodes learn from whoever is master."""
    settings = {
        name: parameters(priority, version=version, advert_interval=Seconds(interval), **changes)
        for name, priority, interval in zip(NAMES, priorities, intervals, strict=False)
    }
    return World(settings, seed)


worlds = st.builds(
    lambda priorities, version, intervals, seed: world_of(
        priorities, version, intervals if version == 3 else [1.0] * 4, seed
    ),
    priorities=st.lists(st.sampled_from([1, 99, 100, 100, 101, 254, 255]), min_size=2, max_size=4).filter(
        lambda given: given.count(255) < 2
    ),
    version=st.sampled_from([2, 3]),
    intervals=st.lists(st.sampled_from([0.1, 0.5, 1.0]), min_size=4, max_size=4),
    seed=st.integers(0, 2**16),
)


@given(worlds, troubles)
def test_once_quiet_the_best_that_lives_holds_alone(world: World, history: list[Trouble]) -> None:
    for trouble in history:
        inflict(world, trouble)
    settle(world)
    begin = world.now
    world.run(20.0)
    assert the_one_holder(world, begin) in world.best()


@given(worlds, troubles, st.integers(0, 3))
def test_once_quiet_exactly_one_holds_with_nopreempt_too(world: World, history: list[Trouble], first: int) -> None:
    for host in world.hosts.values():
        host.parameters = parameters(
            min(host.parameters.base_priority, 254),
            version=host.parameters.version,
            advert_interval=host.parameters.advert_interval,
            preempt=False,
        )
    world.start(list(world.hosts)[first % len(world.hosts)])
    for trouble in history:
        inflict(world, trouble)
    settle(world)
    begin = world.now
    world.run(20.0)
    assert the_one_holder(world, begin) in world.hosts


@given(worlds, st.sampled_from(["crash", "stop"]))
def test_when_the_holder_goes_the_next_best_holds_in_time(world: World, how: str) -> None:
    for name in world.hosts:
        world.start(name)
    world.run(30.0)
    (holder,) = world.holders
    interval = world.hosts[holder].parameters.advert_interval
    inflict(world, Trouble(how, holder, 0.0))
    heirs = world.best()
    settings = world.hosts[min(heirs)].parameters
    learnt = interval if settings.version == 3 else settings.advert_interval
    wait = master_down_interval(settings.version, settings.base_priority, learnt)
    begin = Instant(world.now + (wait if how == "crash" else wait - 3 * learnt) + 3 * DELAY)
    world.run(60.0)
    assert the_one_holder(world, begin) in heirs


@given(worlds, st.integers(0, 2**16))
def test_order_within_an_instant_does_not_decide(world: World, seed: int) -> None:
    """All start at the same instant with equal priorities: their deadlines are equal too, and stay so."""
    same = world_of([100] * len(world.hosts), 3, [0.5] * 4, seed)
    for name in same.hosts:
        same.start(name)
    same.run(10.0)
    begin = same.now
    same.run(10.0)
    assert the_one_holder(same, begin) in same.hosts


@pytest.mark.parametrize("settings", [parameters(), version_3(interval=0.01)])
def test_a_graceful_stop_leaves_a_gap_of_one_skew_time(settings: Parameters) -> None:
    world = World({"a": parameters_like(settings, 101), "b": settings})
    for name in world.hosts:
        world.start(name)
    world.run(10.0)
    assert world.holders == {"a"}
    world.stop("a")
    begin = world.now
    world.run(5.0)
    taken = next(at for at, holders in world.journal if holders == {"b"} and at >= begin)
    skew = down_interval(settings) - 3 * settings.advert_interval
    assert taken - begin == pytest.approx(skew + DELAY, abs=1e-6)


def parameters_like(settings: Parameters, priority: int) -> Parameters:
    return parameters(priority, version=settings.version, advert_interval=settings.advert_interval)


def test_a_weight_moves_the_addresses_to_the_better_node_and_back() -> None:
    """The demonstration pair: 101 and 100, a check of weight 2 on both."""
    world = World({"a": parameters(101), "b": parameters(100)})
    for name, priority in (("a", 103), ("b", 102)):
        world.start(name)
        world.tell(name, PriorityChanged(Priority(priority)))
    world.run(10.0)
    assert world.holders == {"a"}
    world.tell("a", PriorityChanged(Priority(101)))
    world.run(10.0)
    assert world.holders == {"b"}
    world.tell("a", PriorityChanged(Priority(103)))
    world.run(10.0)
    assert world.holders == {"a"}


def test_step_down_hands_over_and_does_not_come_back_for_a_while() -> None:
    world = World({"a": parameters(101), "b": parameters(100)})
    for name in world.hosts:
        world.start(name)
    world.run(10.0)
    world.tell("a", OperatorRequest(OperatorAction.STEP_DOWN))
    begin = world.now
    world.run(55.0)
    assert world.held_by(begin) == {frozenset({"a"}), frozenset({"a", "b"}), frozenset({"b"})}
    world.run(15.0)
    assert world.holders == {"a"}


def test_two_owners_end_with_one_holder() -> None:
    world = World({"a": parameters(255), "b": parameters(255)})
    for name in world.hosts:
        world.start(name)
    world.run(10.0)
    assert world.holders == {"b"}
    world.crash("b")
    world.run(10.0)
    assert world.holders == {"a"}
    world.start("b")
    world.run(10.0)
    assert world.holders == {"b"}
