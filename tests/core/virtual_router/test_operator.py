"""What a person asks for."""

import pytest

from tests.core.builders import (
    CHECK,
    HIGHER,
    LOWER,
    VIP,
    Story,
    change,
    master,
    notices,
    parameters,
    started,
    waiting_to_start,
)
from vrrpd.core.effects import (
    AddAddresses,
    Announce,
    Linger,
    Notice,
    NoticeKind,
    Notify,
    NotifyEvent,
    Reason,
    SendAdvertisement,
    State,
    StateChanged,
)
from vrrpd.core.events import OperatorAction, Shutdown, Startup
from vrrpd.units import Priority, Seconds

IDLE_REQUESTS = (OperatorAction.STEP_DOWN, OperatorAction.TAKE_OVER, OperatorAction.ANNOUNCE)


def test_step_down_resigns_and_holds_back() -> None:
    story = master()
    assert story.ask(OperatorAction.STEP_DOWN, "kernel update") == (
        SendAdvertisement(Priority(0)),
        Linger((VIP,)),
        Notice(NoticeKind.HANDOVER, "addresses stay until the successor is heard, for 2.10 s at most"),
        StateChanged(State.MASTER, State.BACKUP, Reason.OPERATOR, "asked by the operator: kernel update"),
        Notify(NotifyEvent.BACKUP, Priority(100)),
    )
    assert story.timer("yield_hold") == 60.0
    story.wait(1.0).hear(90)
    assert story.timer("master_down") == 3.609375


def test_take_over_serves_at_once() -> None:
    story = started()
    story.wait(1.0).hear(101, HIGHER)
    assert story.ask(OperatorAction.TAKE_OVER) == (
        SendAdvertisement(Priority(100)),
        AddAddresses((VIP,)),
        Announce((VIP,), 5),
        StateChanged(State.BACKUP, State.MASTER, Reason.OPERATOR, "asked by the operator"),
        Notify(NotifyEvent.MASTER, Priority(100)),
    )


def test_take_over_does_not_change_who_is_better() -> None:
    story = started()
    story.ask(OperatorAction.TAKE_OVER)
    assert change(story.wait(0.1).hear(101)).reason is Reason.PREEMPTED


def test_take_over_ends_a_startup_delay() -> None:
    """A master has to hear the others."""
    story = waiting_to_start()
    story.tell(Startup(Seconds(30.0)))
    story.ask(OperatorAction.TAKE_OVER)
    assert story.timer("startup_delay") is None
    assert change(story.wait(1.0).hear(101)).new is State.BACKUP


def test_announce_announces() -> None:
    assert master().ask(OperatorAction.ANNOUNCE) == (Announce((VIP,), 5),)


def test_requests_that_fit_no_state_do_nothing() -> None:
    fresh = Story().set_scene()
    faulty = started()
    faulty.fail(CHECK)
    stopped = master()
    stopped.tell(Shutdown())
    for story in (fresh, faulty, stopped):
        for action in IDLE_REQUESTS:
            assert story.ask(action) == ()
    assert started().ask(OperatorAction.STEP_DOWN) == ()
    assert started().ask(OperatorAction.ANNOUNCE) == ()
    assert master().ask(OperatorAction.TAKE_OVER) == ()


@pytest.mark.parametrize("action", [OperatorAction.MAINTENANCE_ON, OperatorAction.MAINTENANCE_OFF])
def test_maintenance_outlives_a_restart_of_the_election(action: OperatorAction) -> None:
    story = master()
    story.tell(Shutdown())
    assert story.ask(action) == ()
    effects = story.wait(1.0).tell(Startup())
    expected = State.FAULT if action is OperatorAction.MAINTENANCE_ON else State.BACKUP
    assert change(effects).new is expected
    assert notices(effects) == []


def test_after_step_down_the_other_priority_0_still_counts() -> None:
    story = master(parameters(yield_hold=Seconds(600.0)))
    story.ask(OperatorAction.STEP_DOWN)
    story.wait(1.0).hear(90, LOWER)
    story.wait(1.0)
    story.next_deadline()
    story.hear(0, LOWER)
    effects = story.next_deadline()
    assert change(effects).reason is Reason.MASTER_RESIGNED
    assert story.timer("yield_hold") is None
