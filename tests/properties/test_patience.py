"""A node that cannot serve and that nobody relieves: it hands over ever more rarely, and never for nothing for ever."""

import re
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from tests.core.builders import LOWER, VIP, VIP_2, Story, master, parameters, version_3
from vrrpd.core.effects import AddAddresses, Effect, Notice, Reason, RemoveAddresses, State, StateChanged
from vrrpd.core.events import AddressLost, EffectFailed
from vrrpd.core.parameters import Parameters
from vrrpd.units import Address, Seconds

HOUR = 3600.0
ABSENCE = 12.0
"""As BACKUP until nobody has been heard for long enough, with the interval of these settings."""
PAIR = (VIP, VIP_2)


@dataclass
class Alone:
    """The world of a node without neighbours: ``bad`` cannot be added, or does not stay."""

    story: Story
    bad: Address = VIP_2
    stays_away: bool = True
    held: set[Address] = field(default_factory=set)
    changes: list[tuple[float, StateChanged]] = field(default_factory=list)
    attempts: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def take(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, StateChanged):
                self.changes.append((self.story.now, effect))
            elif isinstance(effect, Notice):
                self.said.append(effect.detail)
            elif isinstance(effect, RemoveAddresses):
                self.held -= set(effect.addresses)
            elif isinstance(effect, AddAddresses):
                self.held |= set(effect.addresses)
                if self.bad in effect.addresses and self.stays_away:
                    self.attempts.append(self.story.now)
                    self.held.discard(self.bad)
                    self.take(self.story.tell(EffectFailed(AddAddresses((self.bad,)), "invalid argument")))

    def live(self, seconds: float) -> None:
        end = self.story.now + seconds
        while (deadline := self.story.router.deadline) is not None and deadline <= end:
            self.take(self.story.next_deadline())
        self.story.at(end)

    @property
    def hand_overs(self) -> list[float]:
        return [at for at, change in self.changes if change.old is State.MASTER]

    @property
    def stays(self) -> list[float]:
        """How long each time it was the master."""
        starts = [0.0, *(at for at, change in self.changes if change.new is State.MASTER)]
        return [end - begin for begin, end in zip(starts, self.hand_overs, strict=False)]


def alone(settings: Parameters) -> Alone:
    story = master(settings)
    world = Alone(story)
    world.story.at(story.now)
    world.held = {VIP}
    world.attempts.append(story.now)
    world.take(story.tell(EffectFailed(AddAddresses((VIP_2,)), "invalid argument")))
    return world


SETTINGS = st.builds(
    lambda version, limit, delay, hold, longest: version(
        addresses=PAIR, advert_interval=Seconds(3.0), retry_limit=limit, retry_delay=Seconds(delay),
        yield_hold=Seconds(hold), longest_yield=Seconds(longest),
    ),
    st.sampled_from([parameters, version_3]),
    st.integers(1, 5),
    st.sampled_from([0.25, 1.0, 3.0]),
    st.sampled_from([10.0, 60.0, 100.0]),
    st.sampled_from([0.0, 120.0, 600.0, 5000.0]),
)  # fmt: skip


@effort(max_examples=20, deadline=None)
@given(SETTINGS)
def test_each_hand_over_in_vain_is_followed_by_a_longer_stay_up_to_a_limit(settings: Parameters) -> None:
    world = alone(settings)
    world.live(HOUR)
    most = max(settings.yield_hold, settings.longest_yield)
    for number, stay in enumerate(world.stays[1:]):
        least = min(most, settings.yield_hold * 2 ** min(number, 16))
        assert least <= stay <= least + 2 * settings.yield_hold + settings.retry_delay
    assert world.hand_overs
    assert all(change.reason is Reason.EFFECT_FAILED for _, change in world.changes if change.old is State.MASTER)
    assert "invalid argument" in world.changes[0][1].detail


@effort(max_examples=20, deadline=None)
@given(SETTINGS)
def test_retries_become_rarer_but_never_stop(settings: Parameters) -> None:
    world = alone(settings)
    world.live(HOUR)
    gaps = [later - earlier for earlier, later in zip(world.attempts, world.attempts[1:], strict=False)]
    assert min(gaps) >= settings.retry_delay
    assert max(gaps) <= max(settings.yield_hold, settings.retry_delay) + ABSENCE
    assert len(gaps) < HOUR / settings.yield_hold * 20


@effort(max_examples=20, deadline=None)
@given(SETTINGS, st.floats(0.0, HOUR))
def test_the_address_that_can_be_had_is_there_nearly_all_the_time(settings: Parameters, until: float) -> None:
    """What handing over costs is a few seconds each time, of which there are ever fewer."""
    world = alone(settings)
    world.live(until)
    absent = len(world.hand_overs) * ABSENCE
    assert absent <= ABSENCE * (2 + until / settings.yield_hold)


@effort(max_examples=20, deadline=None)
@given(SETTINGS, st.floats(0.0, HOUR))
def test_when_it_succeeds_all_is_forgotten(settings: Parameters, trouble: float) -> None:
    world = alone(settings)
    world.live(trouble)
    world.stays_away = False
    world.live(max(settings.yield_hold, settings.retry_delay) + ABSENCE + settings.loss_window)
    assert world.held == set(PAIR)
    assert world.story.timer("settled") is None
    handed_over = len(world.hand_overs)
    world.live(HOUR)
    assert len(world.hand_overs) == handed_over
    world.stays_away = True
    for _ in range(settings.retry_limit):  # the first time again
        world.take(world.story.tell(EffectFailed(AddAddresses((VIP_2,)), "invalid argument")))
        world.live(settings.retry_delay)
    assert len(world.hand_overs) > handed_over
    hold = world.story.timer("yield_hold")
    assert hold is None or hold <= settings.yield_hold


@effort(max_examples=20, deadline=None)
@given(SETTINGS, st.floats(0.0, HOUR))
def test_a_reload_forgets_it_too(settings: Parameters, trouble: float) -> None:
    world = alone(settings)
    world.live(trouble)
    world.take(world.story.reload(settings))
    before = len(world.hand_overs)
    world.live(settings.retry_delay * (settings.retry_limit + 1) + ABSENCE)
    assert len(world.hand_overs) > before or not world.story.is_in(State.MASTER)


def test_somebody_who_removes_an_address_for_ever_does_not_move_it_for_ever() -> None:
    story = master(parameters(addresses=PAIR))
    world = Alone(story, stays_away=False)
    world.held = set(PAIR)
    for _ in range(3600):
        if VIP_2 in world.held:
            world.held.discard(VIP_2)
            world.take(story.tell(AddressLost(VIP_2, "a script")))
        world.live(1.0)
    assert 2 <= len(world.hand_overs) <= HOUR / 600 + 6
    assert all(later > earlier or later >= 600.0 for earlier, later in zip(world.stays, world.stays[1:], strict=False))


def test_where_somebody_else_serves_it_gives_way_at_once_and_keeps_away_for_longer() -> None:
    world = alone(parameters(addresses=PAIR))
    holds = []
    for _ in range(4):
        world.live(2.0)
        assert world.story.is_in(State.BACKUP)
        hold = world.story.timer("yield_hold")
        assert hold is not None
        holds.append(round(hold))
        for _ in range(round(hold) + 10):  # the other node is there, with a lower priority
            if world.story.is_in(State.BACKUP):
                world.take(world.story.hear(50, source=LOWER))
            world.live(1.0)
            if world.story.is_in(State.MASTER):
                break
        assert world.story.is_in(State.MASTER)
    assert holds == [60, 120, 240, 480]


def test_what_is_said_names_the_reason_and_the_time() -> None:
    world = alone(parameters(addresses=PAIR))
    world.live(30.0)
    assert world.story.is_in(State.MASTER)
    said = [text for text in world.said if "invalid argument" in text]
    assert said[0] == "invalid argument; trying again"
    assert [text.partition("; handing")[0] for text in said[4:7]] == [
        f"invalid argument; trying again in {seconds} s" for seconds in (2, 4, 8)
    ]
    assert re.search(r"handing over did not help, and not again for \d+ s$", said[6])
    world.stays_away = False
    world.live(HOUR)
    assert world.said[-1] == "all addresses have stayed where they are: well again"
