"""From INIT into the election and out of it."""

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
    Notify,
    NotifyEvent,
    Reason,
    RemoveAddresses,
    SendAdvertisement,
    State,
    StateChanged,
)
from vrrpd.core.events import (
    EffectFailed,
    FaultsChanged,
    LinkChanged,
    PrimaryAddressChanged,
    Shutdown,
    Startup,
)
from vrrpd.core.parameters import Handover
from vrrpd.proto.advertisement import DropReason
from vrrpd.units import Priority, Seconds

STARTED = (
    StateChanged(State.INIT, State.BACKUP, Reason.STARTUP, "started"),
    Notify(NotifyEvent.BACKUP, Priority(100)),
)


def test_before_the_start_everything_only_sets_the_scene() -> None:
    story = Story()
    assert story.tell(PrimaryAddressChanged(OURS)) == ()
    assert story.tell(LinkChanged(up=True)) == ()
    assert story.reprioritize(102) == ()
    assert story.fail(CHECK) == ()
    assert story.fail() == ()
    assert story.is_in(State.INIT)
    assert story.router.deadline is None
    assert story.tell(Startup()) == (
        Notify(NotifyEvent.BACKUP_PRIORITY, Priority(102)),  # trackers changed it, as keepalived tells first
        StateChanged(State.INIT, State.BACKUP, Reason.STARTUP, "started"),
        Notify(NotifyEvent.BACKUP, Priority(102)),
    )


def test_a_non_owner_listens_for_a_whole_master_down_interval() -> None:
    """Whatever its configured state: RFC 3768 section 6.4.1."""
    story = started()
    assert story.is_in(State.BACKUP)
    assert story.router.deadline == 3.609375
    assert story.until(3.609) == []
    story.until(3.609375)
    assert story.is_in(State.MASTER)


def test_before_anybody_is_heard_version_3_waits_by_its_own_interval() -> None:
    assert started(version_3(150, interval=4.0)).router.deadline == 13.65625


def test_an_owner_serves_at_once() -> None:
    story = waiting_to_start(parameters(255))
    effects = story.tell(Startup())
    assert effects == (
        SendAdvertisement(Priority(255)),
        AddAddresses((VIP,)),
        Announce((VIP,), 5),
        StateChanged(State.INIT, State.MASTER, Reason.OWNER, "priority 255 owns the addresses"),
        Notify(NotifyEvent.MASTER, Priority(255)),
    )


def test_starting_twice_is_starting_once() -> None:
    story = started()
    assert story.wait(1.0).tell(Startup(Seconds(30.0))) == ()
    assert story.router.deadline == 3.609375


def test_without_link_or_source_address_the_start_ends_in_fault() -> None:
    story = Story()
    story.tell(PrimaryAddressChanged(OURS))
    story.tell(LinkChanged(up=False, detail="eth0 has no carrier"))
    assert story.tell(Startup()) == (
        StateChanged(State.INIT, State.FAULT, Reason.LINK_DOWN, "link_down: eth0 has no carrier"),
        Notify(NotifyEvent.FAULT, Priority(100)),
    )
    unnumbered = Story()
    unnumbered.tell(LinkChanged(up=True))
    assert change(unnumbered.tell(Startup())).reason is Reason.NO_SOURCE_ADDRESS


def test_awaiting_a_first_result_is_silent() -> None:
    story = waiting_to_start()
    story.tell(FaultsChanged(frozenset(), frozenset({"chk_b", "chk_a"})))
    assert story.tell(Startup()) == ()
    assert story.is_in(State.INIT)
    assert story.view.waiting_for == ("chk_a", "chk_b")
    assert story.view.detail == "waiting for the first result of chk_a, chk_b"
    assert story.router.deadline is None
    assert story.tell(FaultsChanged(frozenset(), frozenset({"chk_b"}))) == ()
    story.wait(2.0)
    assert story.tell(FaultsChanged(frozenset())) == STARTED
    assert story.router.deadline == 5.609375


def test_waiting_counts_from_the_start_also_after_a_stop() -> None:
    story = master()
    story.wait(5.0).tell(Shutdown())
    story.tell(FaultsChanged(frozenset(), frozenset({"chk_haproxy"})))
    story.at(20.0).tell(Startup())
    assert (story.view.state, story.view.since, story.view.reason) == (State.INIT, 20.0, Reason.STARTUP)


def test_a_first_result_that_fails_ends_in_fault() -> None:
    story = waiting_to_start()
    story.tell(FaultsChanged(frozenset(), frozenset({"chk_haproxy"})))
    story.tell(Startup())
    assert change(story.fail(CHECK)) == StateChanged(
        State.INIT, State.FAULT, Reason.TRACK_FAILED, "track_failed: chk_haproxy"
    )


def test_an_owner_awaits_first_results_too() -> None:
    story = waiting_to_start(parameters(255))
    story.tell(FaultsChanged(frozenset(), frozenset({"chk_haproxy"})))
    assert story.tell(Startup()) == ()
    assert change(story.fail()).new is State.MASTER


def test_a_result_awaited_later_changes_nothing() -> None:
    """A check that a new configuration brings is awaited without giving anything up."""
    for story in (started(), master()):
        before = story.view
        assert story.tell(FaultsChanged(frozenset(), frozenset({"chk_new"}))) == ()
        assert (story.view.state, story.view.detail) == (before.state, before.detail)


# --- vrrp_startup_delay ---------------------------------------------------------------------------------------------


def test_during_the_startup_delay_nobody_is_heard_and_timers_count_from_its_end() -> None:
    story = waiting_to_start()
    effects = story.tell(Startup(Seconds(10.0)))
    assert notices(effects) == [NoticeKind.STARTUP_DELAY]
    assert words(effects) == "silent for 10.00 s (vrrp_startup_delay)"
    assert change(effects).new is State.BACKUP
    assert story.wait(5.0).hear(101) == ()
    assert story.view.statistics.dropped == {DropReason.NOT_READY: 1}
    assert story.view.statistics.adverts_received == 0
    assert story.timer("master_down") == 8.609375
    done = story.until(13.6)
    assert [(at, notices([effect])) for at, effect in done] == [(10.0, [NoticeKind.STARTUP_DELAY])]
    story.until(13.609375)
    assert story.is_in(State.MASTER)


def test_after_the_startup_delay_adverts_count() -> None:
    story = waiting_to_start()
    story.tell(Startup(Seconds(10.0)))
    story.until(10.0)
    story.wait(1.0).hear(101)
    assert story.timer("master_down") == 3.609375


def test_adverts_count_from_the_end_of_the_delay_even_before_the_deadline_is_delivered() -> None:
    """Sockets are drained before a deadline is delivered: a late wake-up hears its peer first."""
    story = waiting_to_start()
    story.tell(Startup(Seconds(10.0)))
    story.at(20.0).hear(101)
    story.until(20.0)
    assert story.is_in(State.BACKUP)
    assert story.timer("master_down") == 3.609375


def test_an_owner_waits_for_the_end_of_the_startup_delay() -> None:
    story = waiting_to_start(parameters(255))
    assert change(story.tell(Startup(Seconds(10.0)))).new is State.BACKUP
    assert story.until(9.99) == []
    effects = [effect for _, effect in story.until(10.0)]
    assert change(effects) == StateChanged(State.BACKUP, State.MASTER, Reason.OWNER, "priority 255 owns the addresses")
    assert SendAdvertisement(Priority(255)) in effects


def test_a_fault_that_clears_during_the_startup_delay_does_not_shorten_it() -> None:
    story = waiting_to_start()
    story.tell(Startup(Seconds(10.0)))
    story.at(2.0).fail(CHECK)
    story.at(4.0).fail()
    assert story.timer("master_down") == 9.609375
    owner = waiting_to_start(parameters(255))
    owner.fail(CHECK)
    owner.tell(Startup(Seconds(10.0)))
    assert change(owner.at(4.0).fail()).new is State.BACKUP
    owner.until(10.0)
    assert owner.is_in(State.MASTER)


def test_a_first_result_during_the_startup_delay_does_not_shorten_it() -> None:
    story = waiting_to_start()
    story.tell(FaultsChanged(frozenset(), frozenset({"chk_haproxy"})))
    story.tell(Startup(Seconds(10.0)))
    story.at(1.0).fail()
    assert story.router.deadline == 10.0
    assert story.timer("master_down") == 12.609375


def test_priority_in_the_startup_delay_counts_from_its_end_too() -> None:
    story = waiting_to_start()
    story.tell(Startup(Seconds(10.0)))
    story.reprioritize(254)
    assert story.timer("master_down") == 13.0078125


# --- shutdown -------------------------------------------------------------------------------------------------------


def test_a_master_resigns_and_leaves_nothing_behind() -> None:
    story = master(parameters(handover=Handover.BREAK_FIRST))
    assert story.tell(Shutdown()) == (
        SendAdvertisement(Priority(0)),
        RemoveAddresses((VIP,)),
        StateChanged(State.MASTER, State.INIT, Reason.SHUTDOWN, "asked to stop"),
        Notify(NotifyEvent.STOP, Priority(100)),
    )
    assert story.router.deadline is None
    assert story.view.timers == {}


def test_others_leave_without_a_word_on_the_wire() -> None:
    for story in (started(), started()):
        before = story.state
        assert story.tell(Shutdown()) == (
            StateChanged(before, State.INIT, Reason.SHUTDOWN, "asked to stop"),
            Notify(NotifyEvent.STOP, Priority(100)),
        )
    faulty = started()
    faulty.fail(CHECK)
    assert change(faulty.tell(Shutdown())).old is State.FAULT


def test_a_shutdown_while_still_waiting_changes_no_state() -> None:
    story = waiting_to_start()
    story.tell(FaultsChanged(frozenset(), frozenset({"chk_haproxy"})))
    story.tell(Startup(Seconds(10.0)))
    assert story.tell(Shutdown()) == (Notify(NotifyEvent.STOP, Priority(100)),)
    assert story.view.detail == "asked to stop"
    assert story.router.deadline is None


def test_a_shutdown_before_the_start_and_a_second_one_do_nothing() -> None:
    story = waiting_to_start()
    assert story.tell(Shutdown()) == ()
    story.tell(Startup())
    story.tell(Shutdown())
    assert story.tell(Shutdown()) == ()


def test_after_the_shutdown_nothing_happens_any_more() -> None:
    story = master(parameters(handover=Handover.BREAK_FIRST))
    story.tell(Shutdown())
    assert story.hear(1) == ()
    assert story.tell(LinkChanged(up=False)) == ()
    assert story.fail(CHECK) == ()
    assert changes(story.tell(EffectFailed(RemoveAddresses((VIP,)), "no such device"))) == []
    assert story.router.deadline is None


def test_a_removal_that_failed_is_tried_once_more_at_shutdown() -> None:
    """After the shutdown no address may be left behind."""
    story = master()
    story.hear(101)
    story.tell(EffectFailed(RemoveAddresses((VIP,)), "busy"))
    effects = story.tell(Shutdown())
    assert effects[0] == RemoveAddresses((VIP,))
    assert changes(effects)[0].new is State.INIT


def test_a_router_can_start_again_after_a_shutdown() -> None:
    story = master()
    story.hear(90, LOWER)
    story.wait(1.0).tell(Shutdown())
    assert story.wait(1.0).tell(Startup()) == STARTED
    assert story.timer("master_down") == 3.609375
