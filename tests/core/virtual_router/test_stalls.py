"""A process that did not run for a while: what others did meanwhile is heard first."""

import pytest

from tests.core.builders import (
    CHECK,
    LOWER,
    VIP,
    Story,
    change,
    changes,
    master,
    notices,
    of_type,
    parameters,
    started,
    version_3,
    words,
)
from vrrpd.core.effects import (
    Announce,
    Notice,
    NoticeKind,
    Reason,
    RemoveAddresses,
    SendAdvertisement,
    State,
    StateChanged,
)
from vrrpd.core.events import DeadlineReached, Stalled
from vrrpd.core.parameters import Parameters
from vrrpd.units import Priority, Seconds

STALL = Stalled(Seconds(5.0))
SHORT = Stalled(Seconds(2.6))
TRUSTING = parameters(preempt=False, timer_expired_backup=Priority(90))
"""The other node has waited 3 s and (256 - 90) / 256 s."""
OTHERS_WAIT = 3.6484375


def test_a_backup_that_overslept_listens_for_an_interval_and_a_skew_time_more() -> None:
    """Its machine may have slept as well: then no advert could arrive, and whoever is master sends one in that time."""
    story = started()
    assert story.at(9.0).tell(STALL) == (Notice(NoticeKind.STALLED, "did not run for 5.00 s"),)
    assert story.timer("master_down") == 1.609375
    assert story.tell(DeadlineReached()) == ()
    story.until(10.6)
    assert story.hear(101) == ()
    assert story.timer("master_down") == 3.609375


def test_after_that_it_takes_over() -> None:
    story = started()
    story.at(9.0).tell(STALL)
    story.until(10.6)
    assert story.is_in(State.BACKUP)
    story.until(10.7)
    assert story.is_in(State.MASTER)


def test_a_backup_that_overslept_nothing_goes_on() -> None:
    story = started()
    story.at(2.0).tell(STALL)
    assert story.router.deadline == 3.609375


def test_a_master_speaks_up_at_once_and_announces_when_nobody_objects() -> None:
    """Somebody may have taken over meanwhile: clients and switches have to find back, but only if we stay."""
    story = master()
    effects = story.wait(5.0).tell(STALL)
    assert effects == (Notice(NoticeKind.STALLED, "did not run for 5.00 s"), SendAdvertisement(Priority(100)))
    assert story.timer("advert") == 1.0
    assert not of_type(SendAdvertisement, story.tell(DeadlineReached()))
    assert story.wait(0.05).tell(DeadlineReached()) == (Announce((VIP,), 5),)
    assert story.timer("return") is None


def test_a_better_master_whose_adverts_were_lost_objects_before_anybody_was_called_to_us() -> None:
    story = master()
    story.wait(5.0).tell(STALL)
    effects = story.wait(0.002).hear(101)
    assert change(effects).reason is Reason.PREEMPTED
    assert not of_type(Announce, effects)
    assert story.wait(0.1).tell(DeadlineReached()) == ()


def test_a_master_that_has_just_answered_does_not_speak_twice() -> None:
    story = master()
    assert SendAdvertisement(Priority(100)) in story.wait(5.0).hear(50, LOWER)
    assert not of_type(SendAdvertisement, story.wait(0.01).tell(STALL))
    assert of_type(Announce, story.wait(0.05).tell(DeadlineReached()))


def test_a_master_that_heard_of_a_better_one_has_already_yielded() -> None:
    story = master()
    story.wait(5.0).hear(101)
    assert words(story.tell(STALL)) == "did not run for 5.00 s"
    assert story.is_in(State.BACKUP)
    assert story.timer("master_down") == 3.609375


def test_in_init_and_fault_a_stall_only_counts() -> None:
    story = Story().set_scene()
    assert story.tell(STALL) == ()
    faulty = started()
    faulty.fail(CHECK)
    assert notices(faulty.tell(STALL)) == [NoticeKind.STALLED]
    assert story.view.statistics.stalls == faulty.view.statistics.stalls == 1


# --- timer_expired_backup -------------------------------------------------------------------------------------------


def test_a_trusting_nopreempt_master_steps_back_when_the_other_must_have_taken_over() -> None:
    story = master(TRUSTING)
    effects = story.wait(OTHERS_WAIT).tell(SHORT)
    assert effects[1:3] == (
        RemoveAddresses((VIP,)),
        StateChanged(
            State.MASTER, State.BACKUP, Reason.STALLED, "did not run for 2.60 s, the other node has taken over"
        ),
    )
    assert not of_type(SendAdvertisement, effects)
    assert story.timer("master_down") == 3.609375


def test_it_stays_when_the_other_cannot_have_taken_over_yet() -> None:
    story = master(TRUSTING)
    effects = story.wait(OTHERS_WAIT - 0.01).tell(SHORT)
    assert changes(effects) == []
    assert SendAdvertisement(Priority(100)) in effects


def test_three_adverts_count_whatever_down_timer_adverts_says() -> None:
    story = master(parameters(preempt=False, timer_expired_backup=Priority(90), down_timer_adverts=10))
    assert changes(story.wait(OTHERS_WAIT).tell(STALL)) != []


@pytest.mark.parametrize(
    "settings", [parameters(), parameters(preempt=False), parameters(timer_expired_backup=Priority(90))]
)
def test_both_nopreempt_and_the_keyword_are_needed(settings: Parameters) -> None:
    story = master(settings)
    assert changes(story.wait(100.0).tell(STALL)) == []
    assert story.is_in(State.MASTER)


def test_version_3_scales_the_others_skew_time() -> None:
    story = master(version_3(interval=0.1, preempt=False, timer_expired_backup=Priority(90)))
    assert changes(story.wait(0.364).tell(Stalled(Seconds(0.26)))) == []
    story = master(version_3(interval=0.1, preempt=False, timer_expired_backup=Priority(90)))
    assert changes(story.wait(0.365).tell(Stalled(Seconds(0.26)))) != []


def test_the_others_adverts_heard_before_the_stall_is_told_do_not_start_a_new_election() -> None:
    """They waited in the socket: answering them would drive the other one out again, which nopreempt is to avoid."""
    story = master(TRUSTING)
    effects = story.wait(5.0).hear(90, LOWER)
    assert not of_type(SendAdvertisement, effects)
    assert change(effects).reason is Reason.STALLED
    assert change(effects).detail == "no advert sent for 5.00 s, 192.168.1.1 has taken over"
    assert story.hear(90, LOWER) == ()
    assert changes(story.tell(STALL)) == []
    assert story.is_in(State.BACKUP)
    assert story.timer("master_down") == 3.609375


def test_a_lower_priority_heard_in_time_is_answered_as_ever() -> None:
    story = master(TRUSTING)
    assert SendAdvertisement(Priority(100)) in story.wait(0.5).hear(90)
    assert story.is_in(State.MASTER)


def test_a_machine_that_slept_counts_although_its_clock_stood_still() -> None:
    story = master(TRUSTING)
    assert changes(story.wait(1.0).tell(Stalled(Seconds(3600.0)))) != []


# --- nopreempt without it -------------------------------------------------------------------------------------------

MODEST = parameters(preempt=False)


def test_a_nopreempt_master_listens_before_it_speaks_when_whoever_lives_has_taken_over() -> None:
    """Speaking would drive out a lower priority, which nopreempt is to avoid; and nobody waits for us any more."""
    story = master(MODEST)
    assert story.wait(5.0).tell(STALL) == (Notice(NoticeKind.STALLED, "did not run for 5.00 s"),)
    effects = story.wait(0.9).hear(50, LOWER)
    assert not of_type(SendAdvertisement, effects)
    assert change(effects).reason is Reason.STALLED
    assert change(effects).detail == "192.168.1.1 has taken over"
    assert story.wait(1.0).hear(50, LOWER) == ()
    assert story.is_in(State.BACKUP)


def test_it_goes_on_when_nobody_is_heard_for_an_interval() -> None:
    story = master(MODEST)
    story.wait(5.0).tell(STALL)
    assert story.wait(1.0).tell(DeadlineReached()) == (), "nor the announcement that was due a while ago"
    effects = story.wait(0.06).tell(DeadlineReached())
    assert SendAdvertisement(Priority(100)) in effects
    assert Announce((VIP,), 5) in effects
    assert story.timer("advert") == 1.0
    assert SendAdvertisement(Priority(100)) in story.wait(0.5).hear(50, LOWER)


def test_it_speaks_at_once_as_long_as_somebody_may_still_be_waiting() -> None:
    """Master_Down_Interval of priority 1 is 3.996 s."""
    story = master(MODEST)
    assert SendAdvertisement(Priority(100)) in story.wait(3.9).tell(Stalled(Seconds(2.9)))
    story = master(MODEST)
    assert SendAdvertisement(Priority(100)) not in story.wait(4.0).tell(Stalled(Seconds(3.0)))


def test_it_follows_whoever_is_heard_from_the_queue_of_a_long_stall() -> None:
    story = master(MODEST)
    effects = story.wait(4.6).hear(50, LOWER)
    assert not of_type(SendAdvertisement, effects)
    assert change(effects).detail == "no advert sent for 4.60 s, 192.168.1.1 has taken over"


def test_an_owner_always_speaks() -> None:
    story = master(parameters(priority=255, preempt=False))
    assert SendAdvertisement(Priority(255)) in story.wait(60.0).tell(Stalled(Seconds(59.0)))
