"""Whatever happens, in whatever order: what always holds for one virtual router."""

import copy
import typing

from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.core.builders import HIGHER, LOWER, advert
from tests.properties.histories import events, histories, running, settings, with_priority
from vrrpd.core.effects import (
    AddAddresses,
    Announce,
    Effect,
    RemoveAddresses,
    SendAdvertisement,
    State,
    StateChanged,
)
from vrrpd.core.events import (
    AdvertisementReceived,
    DeadlineReached,
    Event,
    PrimaryAddressChanged,
    Shutdown,
)
from vrrpd.core.memory import PEERS_KEPT
from vrrpd.core.parameters import Parameters
from vrrpd.core.stalls import ANSWER_TIME
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.units import RESIGN, Address, Instant, Seconds
from vrrpd.view import view_of

History = list[tuple[Seconds, Event]]


class Witness:
    """Watches one router from outside and complains of what must never be."""

    def __init__(self, router: VirtualRouter) -> None:
        self.router = router
        self.now = Instant(0.0)
        self.held: set[Address] = set(router.parameters.all_addresses) if router.state is State.MASTER else set()

    def tell(self, event: Event) -> tuple[Effect, ...]:
        before = self.router.state
        effects = self.router.handle(event, self.now)
        self._check_changes(before, effects)
        self._check_addresses(effects)
        self._check_silence(before, effects)
        self._check_deadlines(event)
        assert len(view_of(self.router, self.now).peers) <= PEERS_KEPT
        return effects

    def _check_changes(self, state: State, effects: tuple[Effect, ...]) -> None:
        """Each change begins where the one before it ended, and leads somewhere else."""
        for effect in effects:
            if isinstance(effect, StateChanged):
                assert effect.old is state
                assert effect.new is not state
                state = effect.new
        assert self.router.state is state

    def _check_addresses(self, effects: tuple[Effect, ...]) -> None:
        """At rest a MASTER has all its addresses, and nobody else any but those that wait for the successor."""
        for effect in effects:
            if isinstance(effect, AddAddresses):
                self.held |= set(effect.addresses)
            elif isinstance(effect, RemoveAddresses):
                self.held -= set(effect.addresses)
        view = view_of(self.router, self.now)
        wanted = self.router.parameters.all_addresses if self.router.state is State.MASTER else view.lingering
        assert self.held == set(wanted)
        assert self.router.lingers == ("linger" in view.timers)

    def _check_silence(self, before: State, effects: tuple[Effect, ...]) -> None:
        """Only a MASTER speaks; whoever is one no more only resigns, or asserts itself once before yielding."""
        after = self.router.state
        if before is State.MASTER:
            return
        assert after is State.MASTER or not any(
            isinstance(e, SendAdvertisement | AddAddresses | Announce) for e in effects
        )
        assert SendAdvertisement(RESIGN) not in effects

    def _check_deadlines(self, event: Event) -> None:
        view = view_of(self.router, self.now)
        if isinstance(event, DeadlineReached):
            assert self.router.deadline is None or self.router.deadline > self.now
        if view.state is State.MASTER:
            interval = self.router.parameters.advert_interval
            if "advert" in view.timers:
                assert view.timers["advert"] <= interval + 1e-9
            else:  # it listens after a stall
                assert view.timers["return"] <= interval + ANSWER_TIME + 1e-9
            assert "master_down" not in view.timers
        elif view.state is State.BACKUP:
            assert "master_down" in view.timers
            assert "advert" not in view.timers
        if isinstance(event, Shutdown):
            assert view.state is State.INIT
            assert set(view.timers) <= {"linger"}


def test_every_type_of_event_can_happen_in_a_history() -> None:
    seen: set[type[Event]] = set()

    @hypothesis_settings(max_examples=1000, phases=[Phase.generate], deadline=None, database=None, derandomize=True)
    @given(events)
    def draw(event: Event) -> None:
        seen.add(type(event))

    draw()
    assert seen == set(typing.get_args(Event))


@given(settings, histories)
def test_nothing_that_can_happen_breaks_the_rules(parameters: Parameters, history: History) -> None:
    """Deadlines come early, late or twice here, as they like."""
    witness = Witness(running(parameters))
    for pause, event in history:
        witness.now = Instant(witness.now + pause)
        witness.tell(event)
    witness.tell(Shutdown())
    if (deadline := witness.router.deadline) is not None:
        witness.now = max(witness.now, deadline)
        witness.tell(DeadlineReached())
    assert not witness.held
    assert witness.router.deadline is None


@given(settings, histories, st.sampled_from([0.0, 0.002, 2.0]))
def test_nor_with_a_shell_that_delivers_every_deadline(parameters: Parameters, history: History, late: float) -> None:
    """Each as late as that, and always with progress: the time of the next one only ever grows."""
    witness = Witness(running(parameters))
    for pause, event in history:
        until = Instant(witness.now + pause)
        while (deadline := witness.router.deadline) is not None and deadline + late <= until:
            witness.now = Instant(max(witness.now, deadline + late))
            witness.tell(DeadlineReached())
        witness.now = until
        witness.tell(event)


@given(settings)
def test_no_router_left_alone_is_woken_more_often_than_its_timers_say(parameters: Parameters) -> None:
    router = running(parameters)
    begin = now = router.deadline or Instant(0.0)
    wakes = 0
    while (deadline := router.deadline) is not None and deadline < begin + 10.0:
        assert deadline > now or wakes == 0
        now = deadline
        router.handle(DeadlineReached(), now)
        wakes += 1
    assert wakes <= 10.0 / parameters.advert_interval + 10.0 / 1.5 + 4


# --- purity ---------------------------------------------------------------------------------------------------------


@given(settings, histories, st.integers(0, 60))
def test_the_same_events_at_the_same_instants_give_the_same_effects(
    parameters: Parameters, history: History, split: int
) -> None:
    """In a second machine, and in a copy that is taken on the way."""
    first, second = running(parameters), running(parameters)
    copied = first
    now = Instant(0.0)
    for count, (pause, event) in enumerate(history):
        now = Instant(now + pause)
        if count == split:
            copied = copy.deepcopy(first)
        effects = first.handle(event, now)
        assert second.handle(event, now) == effects
        if count >= split:
            assert copied.handle(event, now) == effects
        assert view_of(second, now) == view_of(first, now)
        assert second.deadline == first.deadline
    if len(history) > split:
        assert view_of(copied, now) == view_of(first, now)


@given(settings, histories, st.integers(1, 4))
def test_a_repeated_advert_is_heard_like_any_other(parameters: Parameters, history: History, repeats: int) -> None:
    """The short way that a repeated advert takes changes nothing: one machine is kept from taking it."""
    quick, thorough = running(parameters), running(parameters)
    now = Instant(0.0)
    for pause, event in history:
        for _ in range(repeats if isinstance(event, AdvertisementReceived) else 1):
            now = Instant(now + pause)
            thorough.handle(PrimaryAddressChanged(view_of(thorough, now).source), now)  # says nothing new
            assert quick.handle(event, now) == thorough.handle(event, now)
            assert view_of(quick, now) == view_of(thorough, now)


# --- order ----------------------------------------------------------------------------------------------------------


@given(
    parameters=settings,
    lower=st.integers(1, 253),
    above=st.integers(1, 253),
    resigned=st.booleans(),
    pause=st.floats(0.0, 3.0),
)
def test_a_strictly_lower_priority_takes_over_strictly_later(
    parameters: Parameters, lower: int, above: int, resigned: bool, pause: float
) -> None:
    """After the same advert at the same instant, and after a resignation."""
    deadlines = []
    for priority in (lower, min(lower + above, 254)):
        router = running(with_priority(parameters, priority))
        router.handle(AdvertisementReceived(advert(255, parameters.advert_interval), HIGHER), Instant(pause))
        if resigned:
            router.handle(AdvertisementReceived(advert(0, parameters.advert_interval), HIGHER), Instant(pause))
        deadlines.append(view_of(router, Instant(pause)).timers["master_down"])
    assert deadlines[0] > deadlines[1]


@given(settings, st.lists(st.sampled_from([0, 90, 255]), max_size=20))
def test_a_backup_never_speaks_however_much_it_hears(parameters: Parameters, priorities: list[int]) -> None:
    router = running(parameters)
    if router.state is not State.BACKUP:
        return
    for priority in priorities:
        effects = router.handle(AdvertisementReceived(advert(priority), LOWER), Instant(0.5))
        assert not any(isinstance(effect, SendAdvertisement) for effect in effects)
    assert router.state is State.BACKUP
