"""However it goes: addresses that stay for a successor go in bounded time, and not before somebody else has them."""

from hypothesis import given
from hypothesis import strategies as st

from tests.core.builders import HIGHER, LOWER, OURS, STRANGER, VIP, advert, parameters, version_3
from tests.properties.histories import events, running
from vrrpd.core.effects import Effect, RemoveAddresses, State
from vrrpd.core.events import (
    AdvertisementReceived,
    DeadlineReached,
    Event,
    OperatorAction,
    OperatorRequest,
    ParametersReplaced,
    Shutdown,
    Stalled,
)
from vrrpd.core.handover_order import GRACE, GRACE_EACH, longest_wait
from vrrpd.core.parameters import Handover, Parameters
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.units import Instant, Seconds

SETTINGS = st.sampled_from([parameters(), parameters(255), version_3(), version_3(interval=0.1), version_3(1, 0.01)])
LEAVING = st.sampled_from(
    [Shutdown(), OperatorRequest(OperatorAction.STEP_DOWN), OperatorRequest(OperatorAction.MAINTENANCE_ON)]
)
HARMLESS: st.SearchStrategy[Event] = st.one_of(
    st.just(DeadlineReached()),
    st.builds(Stalled, st.just(Seconds(0.2))),
    st.just(Shutdown()),
    st.builds(lambda source: AdvertisementReceived(advert(0), source), st.sampled_from([LOWER, HIGHER, STRANGER])),
    st.builds(lambda priority: AdvertisementReceived(advert(priority), OURS), st.sampled_from([1, 100, 255])),
)
"""None of these says that somebody else has the addresses."""
SOON = st.floats(0.0, 0.5).map(Seconds)


def left(settings: Parameters, how: Event) -> VirtualRouter:
    router = running(settings)
    while router.state is not State.MASTER:
        router.handle(DeadlineReached(), router.deadline or Instant(0.0))
    router.handle(how, Instant(100.0))
    return router


def removes(effects: tuple[Effect, ...]) -> bool:
    return any(isinstance(effect, RemoveAddresses) and VIP in effect.addresses for effect in effects)


@given(SETTINGS, LEAVING, st.lists(st.tuples(SOON, events), max_size=30))
def test_nothing_makes_them_stay_longer_than_the_longest_wait(
    settings: Parameters, how: Event, history: list[tuple[Seconds, Event]]
) -> None:
    router = left(settings, how)
    now, end = Instant(100.0), Instant(100.0 + longest_wait(settings))
    for pause, event in history:
        now = min(Instant(now + pause), end)
        if isinstance(event, ParametersReplaced | OperatorRequest):
            continue
        router.handle(event, now)
        if router.state is State.MASTER or not router.lingers:
            return  # what it has from then on is another story
    router.handle(DeadlineReached(), end)
    assert router.state is State.MASTER or not router.lingers


@given(SETTINGS, LEAVING, st.lists(st.tuples(SOON, HARMLESS), max_size=30))
def test_they_stay_until_a_successor_is_heard_or_the_wait_is_over(
    settings: Parameters, how: Event, history: list[tuple[Seconds, Event]]
) -> None:
    router = left(settings, how)
    now, end = Instant(100.0), Instant(100.0 + longest_wait(settings))
    for pause, event in history:
        now = Instant(now + pause)
        if now >= end or router.state is State.MASTER:
            return
        assert not removes(router.handle(event, now))


@given(SETTINGS, LEAVING, st.floats(0.0, 3.0), st.sampled_from([1, 90, 101, 254, 255]))
def test_after_the_successors_advert_they_go_within_the_grace(
    settings: Parameters, how: Event, pause: float, priority: int
) -> None:
    router = left(settings, how)
    heard = Instant(100.0 + pause)
    if router.deadline is not None and router.deadline <= heard:
        return
    assert not removes(router.handle(AdvertisementReceived(advert(priority), HIGHER), heard))
    assert removes(router.handle(DeadlineReached(), Instant(heard + GRACE + GRACE_EACH + 0.001)))
    assert not router.lingers


@given(SETTINGS, LEAVING)
def test_in_the_old_order_nothing_stays(settings: Parameters, how: Event) -> None:
    router = left(
        Parameters(
            settings.vrid,
            version=settings.version,
            base_priority=settings.base_priority,
            advert_interval=settings.advert_interval,
            addresses=settings.addresses,
            handover=Handover.BREAK_FIRST,
        ),
        how,
    )
    assert not router.lingers
