"""A new configuration for a running virtual router."""

from collections.abc import Callable

import pytest

from tests.core.builders import (
    CHECK,
    VIP,
    VIP_2,
    VIP_3,
    Story,
    advert,
    change,
    changes,
    master,
    notices,
    of_type,
    parameters,
    started,
    version_3,
    waiting_to_start,
    words,
)
from vrrpd.core.effects import (
    AddAddresses,
    Announce,
    NoticeKind,
    Reason,
    RemoveAddresses,
    SendAdvertisement,
    State,
)
from vrrpd.core.events import AdvertisementReceived, ParametersReplaced, Startup
from vrrpd.core.parameters import AnnouncePolicy
from vrrpd.units import Priority, Seconds


def faulty() -> Story:
    story = started()
    story.fail(CHECK)
    return story


@pytest.mark.parametrize("begin", [waiting_to_start, started, master, faulty])
def test_where_nothing_changed_nothing_happens(begin: Callable[[], Story]) -> None:
    story = begin()
    before = story.view
    assert story.wait(0.5).reload(parameters()) == ()
    assert story.wait(-0.5).view == before


@pytest.mark.parametrize("begin", [waiting_to_start, faulty])
def test_out_of_the_election_new_settings_just_apply(begin: Callable[[], Story]) -> None:
    story = begin()
    effects = story.reload(parameters(228))
    assert changes(effects) == []
    story.tell(Startup())
    story.fail()
    assert story.timer("master_down") == 3.109375


# --- BACKUP ---------------------------------------------------------------------------------------------------------


def test_a_backup_moves_its_timer_by_the_difference() -> None:
    story = started()
    story.at(1.0).hear(101)
    effects = story.at(2.0).reload(parameters(228, down_timer_adverts=4))
    assert notices(effects) == [NoticeKind.PRIORITY_CHANGED]
    assert words(effects) == "priority 100 -> 228"
    assert story.router.deadline == 5.109375


def test_a_backup_of_version_2_takes_the_new_interval() -> None:
    story = started()
    story.at(1.0).reload(parameters(advert_interval=Seconds(2.0)))
    assert story.router.deadline == 6.609375


def test_a_backup_of_version_3_keeps_the_interval_it_learnt() -> None:
    """The master still sends at its own pace, whatever our file now says: a quicker one here must not depose it."""
    story = started(version_3(interval=1.0))
    story.at(1.0).hear(101, interval=1.0)
    story.reload(version_3(interval=0.1))
    assert story.timer("master_down") == 3.609375
    story.at(2.0).hear(101, interval=1.0)
    assert story.timer("master_down") == 3.609375


def test_a_backup_of_version_3_that_has_heard_nobody_takes_the_new_interval() -> None:
    story = started(version_3(interval=1.0))
    story.reload(version_3(interval=4.0))
    assert story.timer("master_down") == 4 * 3.609375


def test_from_version_3_to_version_2_the_learnt_interval_is_void() -> None:
    story = started(version_3(interval=1.0))
    story.at(1.0).hear(101, interval=4.0)
    story.reload(parameters())
    assert story.timer("master_down") == 3.609375


def test_after_a_resignation_a_backup_waits_by_its_new_skew_time() -> None:
    story = started()
    story.at(1.0).hear(0)
    story.reload(parameters(228, down_timer_adverts=9))
    assert story.router.deadline == 1.109375


def test_a_backup_that_becomes_owner_takes_over_at_its_timers_end() -> None:
    story = started()
    story.at(1.0).hear(101)
    story.reload(parameters(255))
    assert story.router.deadline == 4.00390625
    story.at(2.0).hear(101)
    assert change(story.next_deadline()).reason is Reason.OWNER
    assert story.now == 4.00390625


def test_new_addresses_do_not_touch_a_backup() -> None:
    story = started()
    assert not of_type(AddAddresses, story.reload(parameters(addresses=(VIP_2,))))
    assert AddAddresses((VIP_2,)) in story.next_deadline()


# --- MASTER ---------------------------------------------------------------------------------------------------------


def test_a_master_changes_only_the_addresses_that_differ() -> None:
    story = master(parameters(addresses=(VIP, VIP_2)))
    effects = story.wait(0.5).reload(parameters(addresses=(VIP_2, VIP_3)))
    assert of_type(RemoveAddresses, effects) == [RemoveAddresses((VIP,))]
    assert of_type(AddAddresses, effects) == [AddAddresses((VIP_3,))]
    assert of_type(Announce, effects) == [Announce((VIP_3,), 5)]
    assert of_type(SendAdvertisement, effects) == [SendAdvertisement(Priority(100))]
    assert changes(effects) == []
    assert story.timer("second_announce") == 5.0


def test_moving_an_address_to_the_excluded_ones_leaves_it_in_place() -> None:
    story = master(parameters(addresses=(VIP, VIP_2)))
    effects = story.reload(parameters(addresses=(VIP,), excluded_addresses=(VIP_2,)))
    assert effects == (SendAdvertisement(Priority(100)),)


def test_a_master_tells_its_new_priority_at_once() -> None:
    story = master()
    effects = story.wait(0.5).reload(parameters(50))
    assert SendAdvertisement(Priority(50)) in effects
    assert notices(effects) == [NoticeKind.PRIORITY_CHANGED]
    assert story.timer("advert") == 1.0


def test_a_master_takes_the_new_interval_at_once() -> None:
    story = master(version_3(interval=10.0))
    story.wait(1.0).reload(version_3(interval=0.5))
    assert story.timer("advert") == 0.5


def test_trackers_that_moved_with_the_reload_wait_for_the_next_advert() -> None:
    story = master()
    effects = story.wait(0.5).tell(ParametersReplaced(parameters(), Priority(90)))
    assert not of_type(SendAdvertisement, effects)
    assert story.next_deadline()[0] == SendAdvertisement(Priority(90))


def test_a_refresh_can_be_switched_on_and_off_while_master() -> None:
    def refreshing(seconds: float) -> AnnouncePolicy:
        return AnnouncePolicy(repeat=1, delay=Seconds(0.0), refresh=Seconds(seconds))

    story = master(parameters(announce=refreshing(0.0)))
    begin = story.now
    story.reload(parameters(announce=refreshing(10.0)))
    announced = [at - begin for at, effect in story.until(begin + 25.0) if isinstance(effect, Announce)]
    assert announced == [10.0, 20.0]
    story.reload(parameters(announce=refreshing(2.0)))
    announced = [at - begin for at, effect in story.until(begin + 30.0) if isinstance(effect, Announce)]
    assert announced == [27.0, 29.0]
    story.reload(parameters(announce=refreshing(0.0)))
    assert story.timer("refresh") is None


def test_a_master_that_becomes_owner_is_one_at_once() -> None:
    story = master()
    assert SendAdvertisement(Priority(255)) in story.reload(parameters(255))
    assert story.is_in(State.MASTER)


def test_an_owner_reduced_by_another_one_is_whole_again_after_a_reload() -> None:
    story = master(parameters(255))
    story.hear(90)
    story.reload(parameters(200))
    assert story.router.effective_priority == 200
    assert change(story.tell(AdvertisementReceived(advert(201), VIP_3))).new is State.BACKUP
