"""A lower-priority master: preempt, nopreempt, preempt_delay."""

import pytest

from tests.core.builders import CHECK, HIGHER, LOWER, change, heard_last, notices, parameters, started, words
from vrrpd.core.effects import NoticeKind, Reason, State
from vrrpd.core.events import DeadlineReached
from vrrpd.units import Instant, Priority, Seconds

DELAYED = parameters(preempt_delay=Seconds(10.0))


def test_a_lower_priority_does_not_restart_the_timer_and_is_said_once() -> None:
    story = started()
    effects = story.at(1.0).hear(90)
    assert notices(effects) == [NoticeKind.LOWER_PRIORITY_HEARD]
    assert words(effects) == "192.168.1.1 has priority 90, lower than ours, 100, taking over"
    assert story.at(2.0).hear(90) == ()
    assert story.at(3.0).hear(90) == ()
    assert story.router.deadline == 3.609375
    assert story.view.statistics.lower_priority_received == 3
    effects = story.next_deadline()
    assert change(effects).reason is Reason.PREEMPTING
    assert change(effects).detail == "priority 100 is higher than 90 of 192.168.1.1"


def test_the_lower_master_is_known_meanwhile() -> None:
    story = started()
    story.at(1.0).hear(90)
    assert story.view.master == heard_last(LOWER, Priority(90), Instant(1.0))


def test_a_higher_priority_heard_before_the_timer_ends_calls_it_off() -> None:
    story = started()
    story.at(1.0).hear(90)
    story.at(2.0).hear(101, HIGHER)
    assert story.router.deadline == 5.609375
    assert change(story.next_deadline()).reason is Reason.MASTER_DOWN


def test_nopreempt_follows_every_living_master() -> None:
    story = started(parameters(preempt=False))
    for second in range(1, 20):
        assert story.at(second).hear(1) == ()
    assert story.timer("master_down") == 3.609375
    assert change(story.next_deadline()).reason is Reason.MASTER_DOWN


def test_an_owner_preempts_whatever_it_was_told() -> None:
    """RFC 9568 section 6.1: the owner always preempts, independent of Preempt_Mode."""
    story = started(parameters(255, preempt=False))
    story.fail(CHECK)
    story.fail()
    assert story.is_in(State.MASTER)
    story.hear(255, HIGHER)
    assert story.is_in(State.BACKUP)
    deadline = story.router.deadline
    story.wait(1.0).hear(100)
    assert story.router.deadline == deadline


def test_preempt_delay_leaves_a_lower_master_alone_for_a_while() -> None:
    """It ends with the last advert followed plus one Master_Down_Interval (keepalived)."""
    story = started(DELAYED)
    effects = story.at(1.0).hear(90)
    assert notices(effects) == [NoticeKind.PREEMPT_DELAY]
    assert words(effects) == "10 s before 192.168.1.1 is preempted"
    assert story.timer("preempt_delay") == 10.0
    for second in range(2, 11):
        assert story.at(second).hear(90) == ()
        assert story.timer("master_down") == 3.609375
    assert notices(effect for _, effect in story.until(11.0)) == [NoticeKind.PREEMPT_DELAY]
    story.hear(90)
    assert story.router.deadline == 13.609375
    story.at(12.0).hear(90)
    effects = story.next_deadline()
    assert story.now == 13.609375
    assert change(effects).reason is Reason.PREEMPTING


def test_preempt_delay_begins_once_for_all_lower_masters() -> None:
    story = started(DELAYED)
    story.at(1.0).hear(90)
    assert story.at(2.0).hear(80, HIGHER) == ()
    assert story.timer("preempt_delay") == 9.0


def test_a_takeover_that_is_due_before_the_delay_ends_leaves_nothing_to_say_of_it() -> None:
    """Both delivered by one late wake-up."""
    story = started(parameters(preempt_delay=Seconds(5.0)))
    story.at(1.0).hear(90)
    effects = story.at(9.0).tell(DeadlineReached())
    assert change(effects).reason is Reason.MASTER_DOWN
    assert notices(effects) == []


def test_preempt_delay_does_not_hold_back_a_takeover_from_a_dead_master() -> None:
    story = started(DELAYED)
    story.at(1.0).hear(90)
    assert change(story.next_deadline()).reason is Reason.MASTER_DOWN
    assert story.now == 4.609375


@pytest.mark.parametrize("priority", [100, 101])
def test_an_equal_or_higher_priority_cancels_preempt_delay(priority: int) -> None:
    story = started(DELAYED)
    story.at(1.0).hear(90)
    story.at(5.0).hear(priority, HIGHER)
    assert story.timer("preempt_delay") is None
    story.at(6.0).hear(90)
    assert story.timer("preempt_delay") == 10.0


def test_an_equal_or_higher_priority_undoes_a_delay_that_is_over() -> None:
    story = started(DELAYED)
    for second in range(1, 12):
        story.until(second)
        story.hear(90)
    story.until(12.0)
    story.hear(101, HIGHER)
    story.at(13.0).hear(90)
    assert story.timer("preempt_delay") == 10.0
    assert story.timer("master_down") == 3.609375


def test_priority_0_does_not_cancel_preempt_delay() -> None:
    story = started(DELAYED)
    story.at(1.0).hear(90)
    story.at(2.0).hear(0)
    assert story.timer("preempt_delay") == 9.0


def test_leaving_fault_and_entering_backup_reset_preempt_delay() -> None:
    story = started(DELAYED)
    story.at(1.0).hear(90)
    story.at(2.0).fail(CHECK)
    assert story.timer("preempt_delay") is None
    story.at(3.0).fail()
    assert story.timer("preempt_delay") is None
    story.at(4.0).hear(90)
    assert story.timer("preempt_delay") == 10.0
    story.at(5.0)
    story.until(7.609375)
    assert story.is_in(State.MASTER)
    assert story.timer("preempt_delay") is None
    story.hear(101)
    assert story.timer("preempt_delay") is None


def test_a_priority_that_rises_past_the_master_starts_to_preempt() -> None:
    story = started()
    story.at(1.0).hear(101)
    story.at(2.0).hear(101)
    story.reprioritize(102)
    assert story.timer("master_down") == 3.6015625
    story.at(3.0).hear(101)
    assert story.timer("master_down") == 2.6015625
