"""FAULT: what leads into it, what is said and sent, and the way out."""

import pytest

from tests.core.builders import (
    CHECK,
    LOWER,
    OURS,
    VIP,
    Story,
    change,
    changes,
    master,
    notices,
    of_type,
    parameters,
    started,
    words,
)
from vrrpd.core.effects import (
    Linger,
    NoticeKind,
    Notify,
    NotifyEvent,
    Reason,
    RemoveAddresses,
    SendAdvertisement,
    State,
    StateChanged,
)
from vrrpd.core.events import (
    DeadlineReached,
    Fault,
    FaultsChanged,
    LinkChanged,
    OperatorAction,
    OperatorRequest,
    PrimaryAddressChanged,
    Stalled,
)
from vrrpd.proto.advertisement import DropReason
from vrrpd.units import Priority, Seconds

LINK_DOWN = LinkChanged(up=False, detail="eth0 has no carrier")
FAREWELL = SendAdvertisement(Priority(0))


def test_a_failed_check_takes_a_backup_out_quietly() -> None:
    story = started()
    assert story.wait(1.0).fail(CHECK) == (
        StateChanged(State.BACKUP, State.FAULT, Reason.TRACK_FAILED, "track_failed: chk_haproxy"),
        Notify(NotifyEvent.FAULT, Priority(100)),
    )
    assert story.router.deadline is None


@pytest.mark.parametrize("farewells", [1, 2])
def test_a_master_resigns_before_it_lets_go(farewells: int) -> None:
    story = master(parameters(farewells_on_fault=farewells))
    assert story.fail(CHECK) == (
        *[FAREWELL] * farewells,
        RemoveAddresses((VIP,)),
        StateChanged(State.MASTER, State.FAULT, Reason.TRACK_FAILED, "track_failed: chk_haproxy"),
        Notify(NotifyEvent.FAULT, Priority(100)),
    )
    assert story.view.statistics.priority_zero_sent == farewells
    assert story.view.statistics.released_master == 1
    assert story.router.deadline is None


def test_without_a_link_there_is_nobody_to_resign_to() -> None:
    story = master()
    effects = story.tell(LINK_DOWN)
    assert effects[0] == RemoveAddresses((VIP,))
    assert change(effects).reason is Reason.LINK_DOWN
    assert change(effects).detail == "link_down: eth0 has no carrier"


def test_without_a_source_address_nobody_can_take_part() -> None:
    story = master()
    effects = story.tell(PrimaryAddressChanged(None))
    assert change(effects).reason is Reason.NO_SOURCE_ADDRESS
    assert change(effects).detail == "no_source_address: no IPv4 address to send from"
    assert change(story.tell(PrimaryAddressChanged(OURS))).new is State.BACKUP


def test_another_source_address_is_no_fault() -> None:
    story = master()
    assert story.tell(PrimaryAddressChanged(LOWER)) == ()
    assert story.view.source == LOWER


def test_maintenance_is_a_fault_an_operator_asks_for() -> None:
    story = master()
    effects = story.ask(OperatorAction.MAINTENANCE_ON, "new switch")
    assert effects[:2] == (FAREWELL, Linger((VIP,)))
    assert change(effects) == StateChanged(State.MASTER, State.FAULT, Reason.MAINTENANCE, "maintenance: new switch")
    assert changes(story.ask(OperatorAction.MAINTENANCE_ON, "new switch")) == []
    assert change(story.ask(OperatorAction.MAINTENANCE_OFF)) == StateChanged(
        State.FAULT, State.BACKUP, Reason.FAULT_CLEARED, "nothing is wrong any more"
    )
    assert change(story.ask(OperatorAction.MAINTENANCE_ON)).detail == "maintenance"


def test_maintenance_can_be_asked_for_before_the_start() -> None:
    story = Story().set_scene()
    assert story.ask(OperatorAction.MAINTENANCE_ON) == ()
    assert story.view.faults == (Fault(Reason.MAINTENANCE, ""),)


def test_the_last_fault_to_clear_ends_it_with_a_full_wait() -> None:
    story = started()
    story.tell(LINK_DOWN)
    story.fail(CHECK)
    assert changes(story.at(10.0).tell(LinkChanged(up=True))) == []
    assert story.is_in(State.FAULT)
    assert story.at(20.0).fail() == (
        StateChanged(State.FAULT, State.BACKUP, Reason.FAULT_CLEARED, "nothing is wrong any more"),
        Notify(NotifyEvent.BACKUP, Priority(100)),
    )
    assert story.timer("master_down") == 3.609375


def test_all_faults_are_named_in_one_order() -> None:
    story = started()
    other = Fault(Reason.TRACK_FAILED, "a_check")
    story.fail(CHECK, other)
    story.tell(PrimaryAddressChanged(None))
    story.ask(OperatorAction.MAINTENANCE_ON)
    assert [fault.reason for fault in story.view.faults] == [
        Reason.MAINTENANCE,
        Reason.NO_SOURCE_ADDRESS,
        Reason.TRACK_FAILED,
        Reason.TRACK_FAILED,
    ]
    story.tell(LINK_DOWN)
    assert story.view.faults == (
        Fault(Reason.MAINTENANCE, ""),
        Fault(Reason.LINK_DOWN, "eth0 has no carrier"),  # a dead link has no source address: said once
        other,
        CHECK,
    )


def test_faults_of_one_name_are_ordered_by_reason() -> None:
    """Whatever order a set comes in: the same events give the same words in every process."""
    pair = [Fault(Reason.TRACK_FAILED, "eth1"), Fault(Reason.LINK_DOWN, "eth1")]
    story = started()
    story.fail(*pair)
    assert story.view.faults == (pair[1], pair[0])


def test_what_changes_within_fault_is_said() -> None:
    story = started()
    story.tell(LINK_DOWN)
    effects = story.fail(CHECK)
    assert notices(effects) == [NoticeKind.FAULTS_CHANGED]
    assert words(effects) == "link_down: eth0 has no carrier, track_failed: chk_haproxy"
    assert story.fail(CHECK) == ()
    assert notices(story.tell(LinkChanged(up=True))) == [NoticeKind.FAULTS_CHANGED]
    assert (story.view.reason, story.view.detail) == (Reason.TRACK_FAILED, "track_failed: chk_haproxy")


def test_a_result_that_is_awaited_keeps_a_fault_from_ending() -> None:
    story = started()
    story.fail(CHECK)
    assert story.tell(FaultsChanged(frozenset(), frozenset({"chk_new"}))) == ()
    assert story.is_in(State.FAULT)
    assert story.view.detail == "waiting for the first result of chk_new"
    assert change(story.fail()).new is State.BACKUP


def test_in_fault_nothing_is_heard_and_nothing_is_due() -> None:
    story = master()
    story.fail(CHECK)
    for priority in (0, 90, 200):
        assert story.wait(1.0).hear(priority) == ()
    assert story.tell(DeadlineReached()) == ()
    assert not of_type(SendAdvertisement, story.tell(Stalled(Seconds(9.0))))
    assert story.view.statistics.dropped == {DropReason.NOT_READY: 3}


def test_a_changed_priority_counts_when_the_fault_is_over() -> None:
    story = started()
    story.fail(CHECK)
    story.reprioritize(228)
    story.fail()
    assert story.timer("master_down") == 3.109375


def test_repeated_link_news_changes_nothing() -> None:
    for story in (started(), master()):
        deadline = story.router.deadline
        assert story.tell(LinkChanged(up=True)) == ()
        assert story.tell(PrimaryAddressChanged(OURS)) == ()
        assert story.tell(OperatorRequest(OperatorAction.MAINTENANCE_OFF)) == ()
        assert story.router.deadline == deadline
