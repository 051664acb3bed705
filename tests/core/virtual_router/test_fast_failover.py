"""Faster than the protocol's timers: demoted masters, silent hosts, and takeovers that turn out wrong."""

from dataclasses import replace

import pytest

from tests.core.builders import HIGHER, LOWER, STRANGER, Story, change, changes, master, notices, parameters, started
from vrrpd.core.effects import NoticeKind, Probe, Reason, SendAdvertisement, State, StopProbing
from vrrpd.core.events import (
    GroupAction,
    GroupChanged,
    GroupRequest,
    HostAnswered,
    HostSilent,
    OperatorAction,
    OperatorRequest,
    ParametersReplaced,
    PrimaryAddressChanged,
    PriorityChanged,
)
from vrrpd.core.parameters import FastFailover, Parameters, ProbeMode
from vrrpd.units import Priority, Seconds

FAST = FastFailover()
EAGER = FastFailover(ProbeMode.ALWAYS)
QUARTER = 156 / 256 / 4
"""Skew_Time of priority 100, a quarter of it."""
WHOLE = 3 + 156 / 256
MARGIN = 0.0125
"""Until the step on which backups agree, where silence shows itself at a multiple of half an interval."""


def fast(settings: FastFailover = FAST, **changes: object) -> Parameters:
    return parameters(100, fast_failover=settings, **changes)


def followed(settings: FastFailover = FAST, **changes: object) -> Story:
    """A backup of the node LOWER, whose priority is 101."""
    story = started(fast(settings, **changes))
    story.hear(101)
    return story


# --- demotion --------------------------------------------------------------------------------------------------------


def test_the_master_fell_below_us() -> None:
    story = followed()
    story.wait(0.5).hear(99)
    assert story.timer("master_down") == pytest.approx(QUARTER)
    story.wait(0.1).hear(99)
    assert story.timer("master_down") == pytest.approx(QUARTER - 0.1)
    assert change(story.next_deadline()).reason is Reason.PREEMPTING


def test_off_it_takes_what_the_protocol_says() -> None:
    story = started(parameters())
    story.hear(101)
    story.wait(0.5).hear(99)
    assert story.timer("master_down") == WHOLE - 0.5


def test_somebody_else_of_a_lower_priority_says_nothing_of_the_master() -> None:
    story = followed()
    story.wait(0.5).hear(99, HIGHER)
    assert story.timer("master_down") == WHOLE - 0.5


def test_whoever_may_not_preempt_waits() -> None:
    story = followed(preempt=False)
    story.wait(0.5).hear(99)
    assert story.timer("master_down") == WHOLE
    delayed = followed(preempt_delay=Seconds(30.0))
    delayed.wait(0.5).hear(99)
    assert delayed.timer("master_down") == WHOLE


def test_a_master_that_a_reload_let_fall_says_so_at_once() -> None:
    story = master(fast())
    effects = story.tell(ParametersReplaced(fast(), Priority(90)))
    assert SendAdvertisement(Priority(90)) in effects
    assert SendAdvertisement(Priority(90)) not in master(parameters()).tell(
        ParametersReplaced(parameters(), Priority(90))
    )


def test_a_backup_that_a_reload_let_fall_to_the_master_lets_it_be() -> None:
    story = followed()
    story.hear(99)
    story.tell(ParametersReplaced(fast(), Priority(99)))
    assert (story.timer("master_down") or 0.0) > 3


def test_the_master_rises_again_before_we_took_over() -> None:
    story = followed()
    story.hear(99)
    story.wait(0.05).hear(101)
    assert story.timer("master_down") == WHOLE


def test_we_fall_too_before_we_took_over() -> None:
    story = followed()
    story.wait(0.5).hear(99)
    story.wait(0.1).tell(PriorityChanged(Priority(98)))
    assert story.timer("master_down") == pytest.approx(WHOLE - 0.6)
    story.wait(0.1).hear(99)
    assert story.timer("master_down") == 3 + 158 / 256


def test_we_fall_but_stay_above_the_master() -> None:
    story = followed()
    story.wait(0.5).hear(90)
    story.wait(0.1).tell(PriorityChanged(Priority(95)))
    assert story.timer("master_down") == pytest.approx(QUARTER - 0.1)


def test_a_master_that_fell_says_so_at_once() -> None:
    story = master(fast())
    assert SendAdvertisement(Priority(90)) in story.wait(0.3).tell(PriorityChanged(Priority(90)))
    assert story.timer("advert") == 1.0
    assert SendAdvertisement(Priority(95)) not in story.wait(0.3).tell(PriorityChanged(Priority(95)))


def test_without_fast_failover_it_does_not() -> None:
    assert SendAdvertisement(Priority(90)) not in master().wait(0.3).tell(PriorityChanged(Priority(90)))


def test_in_a_sync_group_it_is_ready_once_and_waits() -> None:
    story = followed()
    story.tell(GroupChanged(may_lead=False))
    story.wait(0.5).hear(99)
    story.next_deadline()
    assert (story.state, story.router.wants_master) == (State.BACKUP, True)
    story.wait(0.1).hear(99)
    assert story.timer("master_down") == pytest.approx(WHOLE - 0.1)


# --- whom to ask, and when -------------------------------------------------------------------------------------------


def test_an_overdue_advert_leads_to_questions_until_one_comes() -> None:
    story = started(fast())
    assert Probe(LOWER, Seconds(0.1), 3, continuous=False) in story.hear(101)
    assert story.wait(1.0).hear(101) == ()
    assert story.timer("overdue") == pytest.approx(1.1)
    assert story.next_deadline() == (Probe(LOWER, Seconds(0.1), 3, continuous=True),)
    assert story.timer("overdue") is None
    assert story.wait(0.1).hear(101) == (Probe(LOWER, Seconds(0.1), 3, continuous=False),)
    assert story.timer("overdue") == pytest.approx(1.1)


def test_always_asks_from_the_first_advert_on() -> None:
    story = started(fast(EAGER))
    assert story.hear(101) == (Probe(LOWER, Seconds(0.1), 3, continuous=True),)
    assert story.timer("overdue") is None


def test_another_master_is_asked_instead() -> None:
    story = followed()
    assert story.hear(110, HIGHER) == (StopProbing(LOWER), Probe(HIGHER, Seconds(0.1), 3, continuous=False))


def test_nobody_is_asked_from_an_address_that_is_gone() -> None:
    story = followed()
    assert story.tell(PrimaryAddressChanged(STRANGER)) == (StopProbing(LOWER),)


def test_switched_off_by_a_reload() -> None:
    story = followed()
    plain = replace(story.settings, fast_failover=None)
    assert StopProbing(LOWER) in story.tell(ParametersReplaced(plain, plain.base_priority))
    assert story.hear(101) == ()


@pytest.mark.parametrize("settings", [None, FastFailover(ProbeMode.OFF)])
def test_without_probing_nobody_is_asked(settings: FastFailover | None) -> None:
    story = started(parameters(fast_failover=settings))
    assert story.hear(101) == ()
    assert story.tell(HostSilent(LOWER)) == ()
    assert story.timer("master_down") == WHOLE


# --- silence ---------------------------------------------------------------------------------------------------------


def test_a_silent_host_is_succeeded_after_a_quarter_of_skew_time() -> None:
    story = followed(EAGER)
    story.wait(0.5).tell(HostSilent(LOWER))
    assert story.timer("master_down") == pytest.approx(MARGIN + QUARTER)
    done = change(story.next_deadline())
    assert done.reason is Reason.MASTER_SILENT
    assert done.detail == "192.168.1.1 does not answer, no advert from 192.168.1.1 for 0.66 s"
    assert story.view.statistics.silent_takeovers == 1


@pytest.mark.parametrize("late", [0.0, 0.001, 0.006])
def test_those_that_ask_all_the_time_agree_too(late: float) -> None:
    story = followed(EAGER)
    story.wait(0.45 + late).tell(HostSilent(LOWER))
    assert story.now + (story.timer("master_down") or 0) == pytest.approx(0.45 + MARGIN + QUARTER)


@pytest.mark.parametrize("late", [0.0, 0.001, 0.006])
def test_backups_that_were_woken_at_different_times_keep_their_order(late: float) -> None:
    story = followed()
    story.next_deadline()
    story.wait(0.15 + late).tell(HostSilent(LOWER))
    assert story.now + (story.timer("master_down") or 0) == pytest.approx(1.1 + 0.1625 + QUARTER)


def test_woken_later_than_that_it_waits_for_the_next_step() -> None:
    story = followed()
    story.next_deadline()
    story.wait(0.17).tell(HostSilent(LOWER))
    assert story.now + (story.timer("master_down") or 0) == pytest.approx(1.1 + 0.2125 + QUARTER)


def test_an_answer_leaves_the_protocols_timer_in_charge() -> None:
    story = followed(EAGER)
    story.wait(0.5).tell(HostSilent(LOWER))
    story.wait(0.1).tell(HostAnswered(LOWER))
    assert story.timer("master_down") == pytest.approx(WHOLE - 0.6)
    assert change(story.next_deadline()).reason is Reason.MASTER_DOWN
    assert story.view.statistics.silent_takeovers == 0


def test_silence_from_an_address_that_is_gone_says_nothing_any_more() -> None:
    story = followed(EAGER)
    story.wait(0.5).tell(HostSilent(LOWER))
    story.wait(0.1).tell(PrimaryAddressChanged(STRANGER))
    assert story.timer("master_down") == pytest.approx(WHOLE - 0.6)
    assert change(story.next_deadline()).reason is Reason.MASTER_DOWN


def test_nor_does_it_once_a_reload_switched_it_off() -> None:
    story = followed(EAGER)
    story.wait(0.5).tell(HostSilent(LOWER))
    plain = replace(story.settings, fast_failover=None)
    story.wait(0.1).tell(ParametersReplaced(plain, plain.base_priority))
    assert story.timer("master_down") == pytest.approx(WHOLE - 0.6)


def is_ready(story: Story) -> bool:
    return story.router.wants_master


def test_in_a_sync_group_an_answer_takes_readiness_back() -> None:
    story = followed(EAGER)
    story.tell(GroupChanged(may_lead=False))
    story.wait(0.5).tell(HostSilent(LOWER))
    story.next_deadline()
    assert story.is_in(State.BACKUP)
    assert is_ready(story)
    assert story.timer("master_down") == pytest.approx(WHOLE - 0.5 - MARGIN - QUARTER)
    story.wait(0.1).tell(HostAnswered(LOWER))
    assert not is_ready(story)
    story.next_deadline()
    assert is_ready(story)
    assert story.timer("master_down") == WHOLE


def test_in_a_sync_group_silence_lasts_until_the_protocols_own_timer() -> None:
    story = followed(EAGER)
    story.tell(GroupChanged(may_lead=False))
    story.wait(0.5).tell(HostSilent(LOWER))
    story.next_deadline()
    story.next_deadline()
    assert story.timer("master_down") == WHOLE
    story.tell(HostAnswered(LOWER))
    assert is_ready(story)


def test_an_advert_counts_as_an_answer() -> None:
    story = followed(EAGER)
    story.wait(0.5).tell(HostSilent(LOWER))
    story.wait(0.1).hear(101)
    assert story.timer("master_down") == WHOLE


def test_an_owner_that_yielded_to_another_owner_serves_again() -> None:
    story = master(parameters(255, fast_failover=EAGER))
    story.hear(255, HIGHER)
    assert story.is_in(State.BACKUP)
    story.hear(255, HIGHER)
    story.wait(0.5).tell(HostSilent(HIGHER))
    done = change(story.next_deadline())
    assert done.reason is Reason.OWNER
    assert story.view.statistics.silent_takeovers == 1


def test_the_silence_of_others_means_nothing() -> None:
    story = followed(EAGER)
    story.tell(HostSilent(HIGHER))
    assert story.timer("master_down") == WHOLE


def test_silence_never_delays() -> None:
    story = followed(EAGER)
    story.wait(WHOLE - 0.01).tell(HostSilent(LOWER))
    assert story.timer("master_down") == pytest.approx(0.01)


def test_a_master_that_spoke_while_it_was_asked_is_not_silent_yet() -> None:
    story = followed(EAGER)
    story.wait(0.14).tell(HostSilent(LOWER))
    assert story.timer("master_down") == pytest.approx(0.01 + MARGIN + QUARTER)
    story.hear(101)
    assert story.timer("master_down") == WHOLE


def test_a_master_that_resigned_is_succeeded_as_soon_as_one_that_fell() -> None:
    story = followed(EAGER)
    story.hear(0)
    assert story.timer("master_down") == QUARTER
    story.wait(0.1).tell(HostSilent(LOWER))
    assert story.timer("master_down") == pytest.approx(QUARTER - 0.1)
    story.tell(PriorityChanged(Priority(99)))
    assert story.timer("master_down") == pytest.approx(QUARTER - 0.1 + 1 / 256 / 4)
    assert change(story.next_deadline()).reason is Reason.MASTER_RESIGNED


def test_off_a_master_that_resigned_is_succeeded_after_skew_time() -> None:
    story = started(parameters())
    story.hear(101)
    story.hear(0)
    assert story.timer("master_down") == 156 / 256


# --- wrong takeovers -------------------------------------------------------------------------------------------------


def succeeded() -> Story:
    story = followed(EAGER)
    story.wait(0.5).tell(HostSilent(LOWER))
    story.next_deadline()
    return story


def test_a_wrong_takeover_is_undone_counted_and_rues() -> None:
    story = succeeded()
    effects = story.wait(0.3).hear(101)
    assert [item.reason for item in changes(effects)] == [Reason.PREEMPTED]
    assert NoticeKind.WRONG_TAKEOVER in notices(effects)
    assert story.view.statistics.wrong_takeovers == 1
    assert story.timer("probe_rest") == 60.0
    assert SendAdvertisement(Priority(100)) in effects, "or the master never announces itself again"
    assert story.hear(101) == ()


def test_it_was_wrong_too_if_somebody_else_relieved_it_before_it_was_told() -> None:
    story = succeeded()
    story.wait(0.3).hear(100, HIGHER)
    effects = story.wait(0.001).hear(101)
    assert NoticeKind.WRONG_TAKEOVER in notices(effects)
    assert story.view.statistics.wrong_takeovers == 1
    assert not [effect for effect in effects if isinstance(effect, Probe)]


def test_whoever_was_master_for_longer_yields_without_a_word() -> None:
    story = succeeded()
    story.until(story.now + WHOLE + 0.1)
    assert not [effect for effect in story.hear(101) if isinstance(effect, SendAdvertisement)]


def test_so_does_the_member_of_a_group_that_goes_with_another() -> None:
    story = succeeded()
    effects = story.wait(0.3).tell(GroupRequest(GroupAction.BECOME_BACKUP, "with VI_2"))
    assert SendAdvertisement(Priority(100)) in effects
    longer = succeeded()
    longer.until(longer.now + WHOLE + 0.1)
    effects = longer.tell(GroupRequest(GroupAction.BECOME_BACKUP, "with VI_2"))
    assert SendAdvertisement(Priority(100)) not in effects


def test_after_the_rest_it_asks_again_and_rests_longer_each_time() -> None:
    story = succeeded()
    for rest in (60.0, 120.0, 240.0):
        story.wait(0.3).hear(101)
        assert story.timer("probe_rest") == rest
        end = story.now + rest
        while story.now < end - 0.5:
            story.wait(0.5).hear(101)
        story.until(end)
        assert story.hear(101) == (Probe(LOWER, Seconds(0.1), 3, continuous=True),)
        story.wait(0.15).tell(HostSilent(LOWER))
        story.until(story.now + 0.2)
        assert story.is_in(State.MASTER)


def test_a_wrong_takeover_with_a_sync_group_counts_for_each_member_that_was_hasty() -> None:
    story = followed(EAGER)
    story.tell(GroupChanged(may_lead=False))
    story.wait(0.5).tell(HostSilent(LOWER))
    story.next_deadline()
    story.tell(GroupRequest(GroupAction.BECOME_MASTER, "with VI_2"))
    story.wait(0.3).hear(101)
    assert (story.view.statistics.silent_takeovers, story.view.statistics.wrong_takeovers) == (1, 1)


def test_an_operator_was_not_hasty() -> None:
    story = followed(EAGER)
    story.wait(0.5).tell(HostSilent(LOWER))
    story.tell(OperatorRequest(OperatorAction.TAKE_OVER, ""))
    story.wait(0.3).hear(101)
    assert (story.view.statistics.silent_takeovers, story.view.statistics.wrong_takeovers) == (0, 0)


def test_a_node_that_comes_back_later_was_really_gone() -> None:
    story = succeeded()
    story.until(story.now + WHOLE + 0.1)
    effects = story.hear(101)
    assert story.is_in(State.BACKUP)
    assert NoticeKind.WRONG_TAKEOVER not in notices(effects)
    assert story.view.statistics.wrong_takeovers == 0


def test_a_farewell_or_somebody_else_proves_nothing() -> None:
    story = succeeded()
    assert notices(story.wait(0.1).hear(0)) == []
    assert NoticeKind.WRONG_TAKEOVER not in notices(story.wait(0.1).hear(101, HIGHER))
