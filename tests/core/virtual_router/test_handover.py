"""Make before break: what a MASTER that leaves of its own will does with its addresses, and until when."""

import pytest

from tests.core.builders import (
    CHECK,
    HIGHER,
    LOWER,
    OURS,
    STRANGER,
    VIP,
    VIP_2,
    Story,
    change,
    changes,
    master,
    notices,
    of_type,
    parameters,
    version_3,
    words,
)
from vrrpd.core.effects import AddAddresses, Announce, Linger, NoticeKind, Probe, Reason, RemoveAddresses, State
from vrrpd.core.events import (
    AddressLost,
    EffectFailed,
    Event,
    FaultsChanged,
    GroupAction,
    GroupRequest,
    HostSilent,
    LetGo,
    LinkChanged,
    OperatorAction,
    OperatorRequest,
    ParametersReplaced,
    PrimaryAddressChanged,
    Shutdown,
    Stalled,
    Startup,
)
from vrrpd.core.handover_order import GRACE, GRACE_EACH, longest_wait
from vrrpd.core.parameters import AnnouncePolicy, FastFailover, Handover, Parameters, ProbeMode
from vrrpd.units import Priority, Seconds

STEP_DOWN = OperatorRequest(OperatorAction.STEP_DOWN)
MAINTENANCE = OperatorRequest(OperatorAction.MAINTENANCE_ON)
LEAVING: tuple[Event, ...] = (Shutdown(), STEP_DOWN, MAINTENANCE, GroupRequest(GroupAction.STEP_DOWN, "with VI_2"))


def leaving(event: Event = STEP_DOWN, settings: Parameters | None = None) -> Story:
    """At 10 s, a moment after it was told to leave."""
    story = master(settings).at(10.0)
    story.tell(event)
    assert story.router.lingers
    return story


def removed_at(story: Story, until: float = 20.0) -> list[tuple[float, object]]:
    return [(round(at, 6), effect) for at, effect in story.until(until) if isinstance(effect, RemoveAddresses)]


@pytest.mark.parametrize("event", LEAVING, ids=repr)
def test_the_farewell_goes_out_and_the_addresses_stay(event: Event) -> None:
    story = master()
    effects = story.tell(event)
    assert of_type(RemoveAddresses, effects) == []
    assert of_type(Linger, effects) == [Linger((VIP,))]
    assert not story.is_in(State.MASTER)
    assert story.view.lingering == (VIP,)
    assert words(effects) == "addresses stay until the successor is heard, for 2.10 s at most"


@pytest.mark.parametrize("event", LEAVING, ids=repr)
def test_they_go_shortly_after_the_successor_was_heard(event: Event) -> None:
    story = leaving(event)
    story.at(10.6).hear(90)
    assert removed_at(story) == [(round(10.6 + GRACE + GRACE_EACH, 6), RemoveAddresses((VIP,)))]
    assert story.view.lingering == ()


@pytest.mark.parametrize("event", [Shutdown(), MAINTENANCE], ids=repr)
def test_and_without_one_when_the_longest_wait_is_over(event: Event) -> None:
    story = leaving(event)
    assert removed_at(story) == [(round(10.0 + longest_wait(parameters()), 6), RemoveAddresses((VIP,)))]


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [(parameters(), 255 / 256 + 1.1), (version_3(interval=0.01), 0.01 * 255 / 256 + 0.11)],
    ids=["version 2", "version 3"],
)
def test_the_longest_wait_lasts_until_the_lowest_priority_has_taken_over(settings: Parameters, seconds: float) -> None:
    assert longest_wait(settings) == pytest.approx(seconds)


def test_the_second_advert_of_the_successor_prolongs_nothing() -> None:
    story = leaving()
    story.at(10.6).hear(90)
    story.at(10.61).hear(90)
    assert removed_at(story)[0][0] < 10.61 + GRACE


def test_whoever_advertises_has_the_addresses_however_low_its_priority() -> None:
    """The better one will take them from it, not from us."""
    story = leaving()
    story.at(10.1).hear(1, STRANGER)
    assert removed_at(story)[0][0] < 10.11 + GRACE


def test_an_advert_late_in_the_wait_does_not_lengthen_it() -> None:
    story = leaving(Shutdown())
    story.at(10.0 + longest_wait(parameters()) - 0.001).hear(90)
    assert removed_at(story) == [(round(10.0 + longest_wait(parameters()), 6), RemoveAddresses((VIP,)))]


def test_neither_our_own_packets_nor_farewells_are_a_successor() -> None:
    story = leaving(Shutdown())
    story.at(10.1).hear(90, OURS)
    story.hear(0, LOWER)
    assert story.timer("linger") == round(longest_wait(parameters()) - 0.1, 9)


@pytest.mark.parametrize(
    "event",
    [
        LinkChanged(up=False, detail="eth0 has no carrier"),
        PrimaryAddressChanged(None),
        FaultsChanged(frozenset({CHECK})),
        LetGo("stopping at once"),
        Shutdown(removed=True),
        ParametersReplaced(parameters(addresses=(VIP_2,)), Priority(100)),
        ParametersReplaced(parameters(), Priority(100), moved=(VIP,)),
    ],
    ids=repr,
)
def test_what_makes_it_let_go_at_once(event: Event) -> None:
    story = leaving()
    effects = story.wait(0.1).tell(event)
    assert of_type(RemoveAddresses, effects) == [RemoveAddresses((VIP,))]
    assert NoticeKind.HANDOVER in notices(effects)
    assert "let go of the addresses after 0.100 s: " in words(effects)
    assert story.view.lingering == ()
    assert story.timer("linger") is None


def test_a_dead_link_after_the_stop_too() -> None:
    story = leaving(Shutdown())
    assert of_type(RemoveAddresses, story.tell(LinkChanged(up=False))) == [RemoveAddresses((VIP,))]


def test_a_fault_during_maintenance_too() -> None:
    story = leaving(MAINTENANCE)
    assert of_type(RemoveAddresses, story.fail(CHECK)) == [RemoveAddresses((VIP,))]


@pytest.mark.parametrize(
    "event",
    [Shutdown(), MAINTENANCE, AddressLost(VIP), Stalled(Seconds(0.5)), ParametersReplaced(parameters(), Priority(100))],
    ids=repr,
)
def test_what_changes_nothing(event: Event) -> None:
    story = leaving()
    left = story.timer("linger")
    effects = story.tell(event)
    assert of_type(RemoveAddresses, effects) == []
    assert of_type(AddAddresses, effects) == []
    assert story.timer("linger") == left


def test_the_same_settings_with_an_address_more_change_nothing_either() -> None:
    story = leaving()
    assert of_type(RemoveAddresses, story.reload(parameters(addresses=(VIP, VIP_2)))) == []
    assert story.view.lingering == (VIP,)


def test_nothing_is_announced_while_they_stay() -> None:
    settings = parameters(announce=AnnouncePolicy(delay=Seconds(0.5), refresh=Seconds(0.5)))
    story = leaving(Shutdown(), settings)
    assert not any(isinstance(effect, Announce) for _, effect in story.until(20.0))


@pytest.mark.parametrize(
    "event",
    [
        LinkChanged(up=False, detail="eth0 has no carrier"),
        PrimaryAddressChanged(None),
        FaultsChanged(frozenset({CHECK})),
        GroupRequest(GroupAction.HAND_OVER, "with VI_2"),
        GroupRequest(GroupAction.BECOME_BACKUP, "with VI_2"),
        Shutdown(removed=True),
    ],
    ids=repr,
)
def test_who_is_not_able_to_serve_or_not_to_do_so_does_not_linger(event: Event) -> None:
    story = master()
    assert of_type(RemoveAddresses, story.tell(event)) == [RemoveAddresses((VIP,))]
    assert not story.router.lingers


def test_nor_who_yields_to_another() -> None:
    story = master()
    assert of_type(RemoveAddresses, story.hear(101, HIGHER)) == [RemoveAddresses((VIP,))]
    assert not story.router.lingers


def test_nor_one_without_addresses() -> None:
    story = master(parameters(addresses=()))
    story.tell(Shutdown())
    assert story.router.deadline is None


@pytest.mark.parametrize("event", LEAVING, ids=repr)
def test_in_the_old_order_they_go_right_after_the_farewell(event: Event) -> None:
    story = master(parameters(handover=Handover.BREAK_FIRST))
    effects = story.tell(event)
    assert [type(effect).__name__ for effect in effects[:2]] == ["SendAdvertisement", "RemoveAddresses"]
    assert not story.router.lingers


def test_a_failed_removal_is_tried_again() -> None:
    story = leaving()
    story.at(10.6).hear(90)
    story.until(11.0)
    story.tell(EffectFailed(RemoveAddresses((VIP,)), "busy"))
    assert removed_at(story) == [(12.0, RemoveAddresses((VIP,)))]


def test_where_nobody_follows_the_node_takes_back_what_it_still_has() -> None:
    """VRRPv3 with short intervals: Master_Down_Interval ends before the wait does."""
    story = leaving(STEP_DOWN, version_3(interval=0.01))
    effects = [effect for _, effect in story.until(20.0)]
    assert change(effects).reason is Reason.MASTER_DOWN
    assert of_type(RemoveAddresses, effects) == []
    assert story.view.lingering == ()
    assert story.timer("linger") is None


def test_asked_to_take_over_meanwhile_it_keeps_them() -> None:
    story = leaving()
    story.ask(OperatorAction.TAKE_OVER)
    assert story.is_in(State.MASTER)
    assert not story.router.lingers
    assert removed_at(story) == []


def test_a_start_meanwhile_leaves_the_wait_as_it_is() -> None:
    story = leaving(Shutdown())
    assert [item.new for item in changes(story.tell(Startup()))] == [State.BACKUP]
    assert story.view.lingering == (VIP,)
    assert len(removed_at(story, 12.5)) == 1


@pytest.mark.parametrize("heard", [False, True])
def test_after_a_stall_that_outlasts_the_wait_they_go_at_once(heard: bool) -> None:
    """Whoever took over meanwhile has announced them; the grace after its first advert is over too."""
    story = leaving(Shutdown())
    story.at(22.0)
    if heard:
        story.hear(90)
    assert of_type(RemoveAddresses, story.tell(Stalled(Seconds(12.0)))) == []
    assert removed_at(story.wait(0.0), 22.0) == [(22.0, RemoveAddresses((VIP,)))]
    assert story.router.deadline is None


def test_asked_to_take_over_in_a_stall_it_keeps_them() -> None:
    story = leaving()
    story.at(22.0)
    effects = [*story.ask(OperatorAction.TAKE_OVER), *story.tell(Stalled(Seconds(12.0)))]
    effects += [effect for _, effect in story.until(22.5)]
    assert story.is_in(State.MASTER)
    assert of_type(RemoveAddresses, effects) == []
    assert not story.router.lingers


def test_a_successor_that_falls_silent_at_once_is_succeeded_as_fast_as_any_master() -> None:
    """With fast_failover, by whoever has just left; but when the grace is over, for the successor had them."""
    story = leaving(STEP_DOWN, parameters(fast_failover=FastFailover(ProbeMode.ALWAYS)))
    assert of_type(Probe, story.at(10.6).hear(90))
    story.at(10.65).tell(HostSilent(LOWER))
    done = story.until(12.0)
    assert [type(effect) for _, effect in done if isinstance(effect, RemoveAddresses | AddAddresses)] == [
        RemoveAddresses,
        AddAddresses,
    ]
    assert change(effect for _, effect in done).reason is Reason.MASTER_SILENT
    assert story.view.lingering == ()
