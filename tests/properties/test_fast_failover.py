"""Fast failover: without it nothing changes, with it the order of backups stays, and two masters do not last."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.builders import LOWER, STRANGER, advert, parameters, version_3
from tests.properties import histories
from tests.properties.test_election_simulation import (
    Trouble,
    down_interval,
    inflict,
    settle,
    the_one_holder,
    troubles,
    worlds,
)
from tests.properties.world import DELAY, World
from vrrpd.core.effects import Effect, Probe, StopProbing
from vrrpd.core.events import (
    AdvertisementReceived,
    DeadlineReached,
    Event,
    HostAnswered,
    HostSilent,
    ParametersReplaced,
)
from vrrpd.core.parameters import FastFailover, Parameters, ProbeMode
from vrrpd.core.timers import skew_time
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.units import Instant, Seconds
from vrrpd.view import view_of

MODES = st.sampled_from([FastFailover(), FastFailover(ProbeMode.ALWAYS), FastFailover(ProbeMode.OFF)])
PROBING = st.sampled_from([FastFailover(), FastFailover(ProbeMode.ALWAYS)])


def effects_of(settings: Parameters, history: list[tuple[Seconds, Event]]) -> list[tuple[Effect, ...]]:
    router, now, found = histories.running(settings), 0.0, []
    for pause, event in history:
        now += pause
        effects = router.handle(event, Instant(now))
        if not isinstance(event, HostSilent | HostAnswered):
            found.append(effects)
    return found


@given(histories.settings, histories.histories)
def test_off_is_exactly_the_protocol(settings: Parameters, history: list[tuple[Seconds, Event]]) -> None:
    """Answers and silence change nothing, and nobody is asked."""
    off = replace(settings, fast_failover=None)
    kept = [(pause, _off(event)) for pause, event in history]
    plain = [(pause, _nothing(event)) for pause, event in kept]
    found = effects_of(off, kept)
    assert found == effects_of(off, plain)
    assert not [effect for effects in found for effect in effects if isinstance(effect, Probe | StopProbing)]


def _off(event: Event) -> Event:
    """No reload switches it on."""
    if isinstance(event, ParametersReplaced):
        return replace(event, parameters=replace(event.parameters, fast_failover=None))
    return event


def _nothing(event: Event) -> Event:
    """What has no effect, in place of an answer or of silence."""
    return HostAnswered(STRANGER) if isinstance(event, HostSilent | HostAnswered) else event


def backup(priority: int, version: int, settings: FastFailover) -> VirtualRouter:
    make = parameters if version == 2 else version_3
    return histories.running(make(priority, fast_failover=settings))


@given(st.integers(1, 253), st.integers(1, 253), st.sampled_from([2, 3]), st.floats(0, 0.0124), st.floats(0, 0.0124))
def test_silence_keeps_the_order_of_backups(first: int, second: int, version: int, late: float, later: float) -> None:
    """However promptly each of them was woken, within a quarter of the time that a request has."""
    deadlines = {}
    for name, priority, jitter in (("a", first, late), ("b", second, later)):
        router = backup(priority, version, FastFailover())
        heard = AdvertisementReceived(advert(254, version=version), LOWER)
        router.handle(heard, Instant(1.0))
        router.handle(DeadlineReached(), Instant(2.1))
        router.handle(HostSilent(LOWER), Instant(2.1 + 0.15 + jitter))
        deadlines[name] = router.deadline or 0.0
    assert (deadlines["a"] < deadlines["b"]) == (first > second)


@given(worlds, troubles, MODES)
def test_once_quiet_the_best_that_lives_holds_alone(world: World, history: list[Trouble], mode: FastFailover) -> None:
    _hurry(world, mode)
    for trouble in history:
        inflict(world, trouble)
    settle(world)
    begin = world.now
    world.run(20.0)
    assert the_one_holder(world, begin) in world.best()


@given(worlds, PROBING)
def test_a_crash_is_noticed_sooner_and_the_best_heir_takes_over(world: World, mode: FastFailover) -> None:
    _hurry(world, mode)
    for name in world.hosts:
        world.start(name)
    world.run(30.0)
    (holder,) = world.holders
    interval = world.hosts[holder].parameters.advert_interval
    world.crash(holder)
    heirs, begin = world.best(), world.now
    settings = world.hosts[min(heirs)].parameters
    learnt = interval if settings.version == 3 else settings.advert_interval
    skew = skew_time(settings.version, settings.base_priority, learnt)
    wait = min(1.1 * learnt + 0.2 + skew / 4, 3 * learnt + skew)
    world.run(60.0)
    taken, takers = next(entry for entry in world.journal if entry[1] and entry[0] >= begin and entry[1] != {holder})
    assert takers <= heirs
    assert taken - begin <= wait + 3 * DELAY
    longest = max(down_interval(host.parameters) for host in world.hosts.values())
    assert the_one_holder(world, Instant(begin + 2.5 * longest)) in heirs


@pytest.mark.parametrize("mode", [FastFailover(), FastFailover(ProbeMode.ALWAYS)])
@pytest.mark.parametrize("phase", range(10))
def test_backups_that_joined_at_different_times_keep_their_order(phase: int, mode: FastFailover) -> None:
    """By a single step of priority."""
    world = World({name: parameters(at, fast_failover=mode) for name, at in (("a", 200), ("b", 101), ("c", 100))})
    world.start("a")
    world.run(10.0)
    world.start("c")
    world.run(5.037)
    world.start("b")
    world.run(5.011 + 0.037 * phase)
    world.crash("a")
    begin = world.now
    world.run(5.0)
    assert world.held_by(begin + 0.001) == {frozenset(), frozenset("b")}


@given(worlds, st.floats(0.5, 40.0), PROBING)
def test_two_masters_end_with_the_next_advert_that_gets_through(
    world: World, seconds: float, mode: FastFailover
) -> None:
    """A fifth of all packets is lost, requests and answers too."""
    _hurry(world, mode)
    for name in world.hosts:
        world.start(name)
    world.run(20.0)
    world.loss = 0.2
    world.run(seconds)
    world.loss = 0.0
    world.run(1.1 * max(host.parameters.advert_interval for host in world.hosts.values()) + 3 * DELAY)
    assert len(world.holders) <= 1


def _hurry(world: World, mode: FastFailover) -> None:
    for host in world.hosts.values():
        host.parameters = replace(host.parameters, fast_failover=mode)


@pytest.mark.parametrize("mode", [FastFailover(), FastFailover(ProbeMode.ALWAYS)])
def test_loss_alone_is_not_taken_for_silence(mode: FastFailover) -> None:
    """A fifth of all packets, requests and answers too, for an hour."""
    assert _wrong_takeovers(mode) == 0


def test_a_single_request_at_a_time_would_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.properties.world.MOST", 1)
    assert _wrong_takeovers(FastFailover()) > 0


def _wrong_takeovers(mode: FastFailover) -> int:
    world = World({"a": parameters(101, fast_failover=mode), "b": parameters(100, fast_failover=mode)}, seed=1)
    for name in world.hosts:
        world.start(name)
    world.run(20.0)
    world.loss = 0.2
    world.run(3600.0)
    router = world.hosts["b"].router
    assert router is not None
    return view_of(router, world.now).statistics.wrong_takeovers
