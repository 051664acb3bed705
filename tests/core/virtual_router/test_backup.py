"""BACKUP: what moves the Master_Down_Timer, and what follows when it runs out."""

import pytest

from tests.core.builders import (
    HIGHER,
    LOWER,
    OURS,
    VIP,
    change,
    heard_last,
    ipv6,
    master,
    notices,
    of_type,
    parameters,
    started,
    version_3,
    words,
)
from vrrpd.core.effects import (
    AddAddresses,
    Announce,
    NoticeKind,
    Notify,
    NotifyEvent,
    Reason,
    SendAdvertisement,
    State,
    StateChanged,
)
from vrrpd.core.events import DeadlineReached
from vrrpd.units import Address, Instant, Priority


@pytest.mark.parametrize("priority", [100, 101, 254, 255])
def test_an_advert_of_our_priority_or_more_restarts_the_timer(priority: int) -> None:
    story = started()
    assert story.at(2.0).hear(priority) == ()
    assert story.timer("master_down") == 3.609375


@pytest.mark.parametrize("source", [LOWER, HIGHER, OURS])
def test_equal_priority_is_accepted_without_looking_at_addresses(source: Address) -> None:
    """Addresses decide between two masters only (RFC 9568 section 6.4.2)."""
    story = started()
    assert story.at(2.0).hear(100, source) == ()
    assert story.router.deadline == 5.609375


def test_the_followed_master_is_known() -> None:
    story = started()
    story.at(2.0).hear(101, HIGHER)
    assert story.view.master == heard_last(HIGHER, Priority(101), Instant(2.0))


def test_takeover_goes_in_order_and_says_why() -> None:
    """The advert first: the old master lets go before we take hold (keepalived)."""
    story = started()
    story.at(1.0).hear(101, HIGHER)
    effects = story.next_deadline()
    assert story.now == 4.609375
    assert effects == (
        SendAdvertisement(Priority(100)),
        AddAddresses((VIP,)),
        Announce((VIP,), 5),
        StateChanged(State.BACKUP, State.MASTER, Reason.MASTER_DOWN, "no advert from 192.168.1.10 for 3.61 s"),
        Notify(NotifyEvent.MASTER, Priority(100)),
    )
    assert story.view.statistics.became_master == 1
    assert story.view.master is None


def test_takeover_without_having_heard_anybody_says_so() -> None:
    assert change(started().next_deadline()).detail == "no advert heard for 3.61 s"


def test_a_master_of_an_earlier_time_is_not_blamed() -> None:
    story = started()
    story.at(1.0).hear(101, HIGHER)
    story.at(2.0).bounce_link()
    assert change(story.next_deadline()).detail == "no advert heard for 3.61 s"


def test_a_deadline_delivered_early_or_twice_does_nothing() -> None:
    story = started()
    assert story.at(3.6).tell(DeadlineReached()) == ()
    story.at(3.7).tell(DeadlineReached())
    assert story.is_in(State.MASTER)
    assert story.tell(DeadlineReached()) == ()


def test_an_advert_heard_before_a_late_deadline_is_delivered_wins() -> None:
    story = started()
    story.at(9.0).hear(101)
    assert story.tell(DeadlineReached()) == ()
    assert story.is_in(State.BACKUP)


# --- priority 0 -----------------------------------------------------------------------------------------------------


def test_priority_0_shortens_the_wait_to_skew_time() -> None:
    story = started()
    story.at(1.0).hear(101, HIGHER)
    assert story.at(2.0).hear(0, HIGHER) == ()
    assert story.router.deadline == 2.609375
    assert story.view.statistics.priority_zero_received == 1
    effects = story.next_deadline()
    assert change(effects).reason is Reason.MASTER_RESIGNED
    assert change(effects).detail == "192.168.1.10 resigned 0.61 s ago"


def test_priority_0_again_restarts_skew_time() -> None:
    story = started()
    story.at(2.0).hear(0)
    story.at(2.5).hear(0)
    assert story.router.deadline == 3.109375


def test_an_advert_after_priority_0_is_followed_as_usual() -> None:
    story = started()
    story.at(2.0).hear(0, HIGHER)
    story.at(2.5).hear(101, LOWER)
    assert story.router.deadline == 6.109375
    assert change(story.next_deadline()).reason is Reason.MASTER_DOWN


def test_priority_0_is_heeded_with_nopreempt_too() -> None:
    story = started(parameters(preempt=False))
    story.at(2.0).hear(0)
    assert story.router.deadline == 2.609375


def test_a_resignation_of_long_ago_is_not_the_reason_of_a_later_takeover() -> None:
    story = started()
    story.hear(0)
    story.next_deadline()
    assert story.is_in(State.MASTER)
    for _ in range(5):
        story.lose()
    assert change(story.next_deadline()).reason is Reason.MASTER_DOWN


def test_skew_time_follows_the_masters_interval_in_version_3() -> None:
    story = started(version_3(150))
    story.at(1.0).hear(200, interval=4.0)
    story.at(2.0).hear(0, interval=4.0)
    assert story.router.deadline == 3.65625


# --- the master's interval ------------------------------------------------------------------------------------------


def test_version_3_learns_the_masters_interval() -> None:
    story = started(version_3(150))
    effects = story.at(2.0).hear(200, interval=4.0)
    assert notices(effects) == [NoticeKind.INTERVAL_DIFFERS]
    assert words(effects) == "192.168.1.1 advertises every 4 s, not 1 s"
    assert story.timer("master_down") == 13.65625
    assert story.view.statistics.interval_mismatches == 1


def test_an_interval_that_differs_is_counted_each_time_and_said_once() -> None:
    story = started(version_3(150))
    story.hear(200, interval=4.0)
    assert story.wait(1.0).hear(200, interval=4.0) == ()
    assert story.wait(1.0).hear(200, interval=4.0) == ()
    assert story.view.statistics.interval_mismatches == 3
    assert story.view.statistics.adverts_received == 3
    assert notices(story.hear(200, interval=5.0)) == [NoticeKind.INTERVAL_DIFFERS]


def test_version_2_never_learns() -> None:
    story = started()
    story.at(1.0).hear(101, interval=7.0)
    assert story.timer("master_down") == 3.609375


def test_an_interval_of_zero_is_not_learnt() -> None:
    story = started(version_3())
    story.at(1.0).hear(101, interval=0.0)
    assert story.timer("master_down") == 3.609375


def test_an_advert_that_is_not_followed_teaches_nothing() -> None:
    story = started(version_3(150))
    story.at(1.0).hear(100, interval=4.0)
    story.at(2.0).hear(0, interval=4.0)
    assert story.router.deadline == 2.4140625


def test_a_master_forgets_the_interval_it_learnt() -> None:
    """keepalived keeps it unless it runs with -D."""
    story = started(version_3(150))
    story.hear(200, interval=4.0)
    story.next_deadline()
    assert story.is_in(State.MASTER)
    story.bounce_link()
    assert story.timer("master_down") == 3.4140625
    story = started(version_3(150))
    story.hear(200, interval=4.0)
    story.next_deadline()
    for _ in range(5):
        story.lose()
    assert story.is_in(State.BACKUP)
    assert story.timer("master_down") == 3.4140625


def test_leaving_fault_forgets_the_learnt_interval() -> None:
    story = started(version_3(150))
    story.hear(200, interval=4.0)
    story.wait(1.0).bounce_link()
    assert story.timer("master_down") == 3.4140625


# --- how long -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("adverts", "expected"), [(1, 1.609375), (10, 10.609375)])
def test_down_timer_adverts_stretches_the_wait(adverts: int, expected: float) -> None:
    story = started(parameters(down_timer_adverts=adverts))
    assert story.router.deadline == expected
    story.at(1.0).hear(101)
    assert story.timer("master_down") == expected


def test_ipv6_times_like_ipv4() -> None:
    assert started(ipv6(150)).router.deadline == 3.4140625


def test_a_changed_priority_moves_the_running_timer_by_the_difference() -> None:
    story = started()
    story.at(1.0).hear(101)
    effects = story.at(2.0).reprioritize(228)
    assert notices(effects) == [NoticeKind.PRIORITY_CHANGED]
    assert words(effects) == "priority 100 -> 228"
    assert of_type(Notify, effects) == [Notify(NotifyEvent.BACKUP_PRIORITY, Priority(228))]
    assert story.router.deadline == 4.109375
    story.reprioritize(100)
    assert story.router.deadline == 4.609375
    assert story.reprioritize(100) == ()


def test_a_changed_priority_moves_the_wait_after_a_resignation_too() -> None:
    story = started()
    story.at(1.0).hear(0)
    story.reprioritize(228)
    assert story.router.deadline == 1.109375


def test_a_raised_priority_can_be_due_at_once() -> None:
    story = started(parameters(1))
    story.at(3.5).reprioritize(254)
    assert story.router.deadline == 3.0078125
    story.until(3.5)
    assert story.is_in(State.MASTER)


def test_a_takeover_begins_a_new_rhythm() -> None:
    story = master()
    assert story.timer("advert") == 1.0
    assert story.timer("master_down") is None
