"""Snapshots for status output."""

from tests.core.builders import CHECK, HIGHER, OURS, Story, master, parameters, started
from vrrpd.core.effects import Reason, State
from vrrpd.core.events import Shutdown, Startup
from vrrpd.units import Seconds


def test_a_router_that_was_never_touched_has_a_view() -> None:
    view = Story().at(7.0).view
    assert (view.name, view.state, view.since) == ("VI_1", State.INIT, 7.0)
    assert (view.reason, view.detail) == (Reason.STARTUP, "not started")
    assert (view.base_priority, view.effective_priority, view.source) == (100, 100, None)
    assert [fault.reason for fault in view.faults] == [Reason.NO_SOURCE_ADDRESS]
    assert (dict(view.timers), view.peers, view.master) == ({}, (), None)


def test_init_counts_from_the_first_event() -> None:
    story = Story().at(7.0).set_scene()
    assert story.at(9.0).view.since == 7.0


def test_since_when_and_why() -> None:
    story = master()
    story.wait(10.0)
    assert (story.view.state, story.view.since, story.view.reason) == (State.MASTER, 3.609375, Reason.MASTER_DOWN)
    assert story.view.detail == "no advert heard for 3.61 s"


def test_base_and_effective_priority_stay_apart() -> None:
    story = started()
    story.reprioritize(102)
    assert (story.view.base_priority, story.view.effective_priority) == (100, 102)


def test_timers_tell_what_is_left() -> None:
    story = started(parameters(preempt_delay=Seconds(10.0)))
    story.at(1.0).hear(90)
    story.at(2.0)
    assert dict(story.view.timers) == {"master_down": 2.609375, "preempt_delay": 9.0}


def test_the_master_last_followed_is_still_known_in_fault() -> None:
    story = started()
    story.at(1.0).hear(101, HIGHER)
    story.at(2.0).fail(CHECK)
    master_view = story.view.master
    assert master_view is not None
    assert (master_view.address, master_view.last_heard) == (HIGHER, 1.0)


def test_no_master_is_known_after_a_stop() -> None:
    story = started()
    story.hear(101, HIGHER)
    story.tell(Shutdown())
    assert story.view.master is None


def test_a_view_stands_still() -> None:
    story = started()
    before = story.view
    story.at(1.0).hear(101)
    story.next_deadline()
    assert before.state is State.BACKUP
    assert before.statistics.adverts_received == 0
    assert before.peers == ()


def test_while_a_startup_delay_runs_the_view_says_so() -> None:
    story = Story().set_scene()
    story.tell(Startup(Seconds(30.0)))
    story.at(10.0)
    assert story.view.timers["startup_delay"] == 20.0
    assert story.view.source == OURS
