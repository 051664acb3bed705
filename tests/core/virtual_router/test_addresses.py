"""Addresses that somebody else removes."""

import pytest

from tests.core.builders import (
    LOWER,
    STRANGER,
    VIP,
    VIP_2,
    change,
    changes,
    master,
    notices,
    parameters,
    started,
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
from vrrpd.core.parameters import AddressLossPolicy, AnnouncePolicy
from vrrpd.units import Priority, Seconds

PAIR = parameters(addresses=(VIP, VIP_2))


def test_a_removed_address_is_put_back_announced_and_named() -> None:
    story = master(PAIR)
    effects = story.lose(VIP_2, "ip (pid 1234)")
    assert effects[:2] == (AddAddresses((VIP_2,)), Announce((VIP_2,), 5))
    assert notices(effects) == [NoticeKind.ADDRESS_RESTORED]
    assert words(effects) == "192.168.1.101 was removed by ip (pid 1234), put back"
    assert story.is_in(State.MASTER)
    assert story.view.statistics.addresses_restored == 1


def test_an_unknown_culprit_is_not_named() -> None:
    assert words(master().lose()) == "192.168.1.100 was removed, put back"


def test_excluded_addresses_are_put_back_too() -> None:
    story = master(parameters(excluded_addresses=(STRANGER,)))
    assert AddAddresses((STRANGER,)) in story.lose(STRANGER)


def test_without_announcements_none_is_asked_for() -> None:
    story = master(parameters(announce=AnnouncePolicy(repeat=0)))
    assert not [effect for effect in story.lose() if isinstance(effect, Announce)]


def test_only_a_masters_own_addresses_matter() -> None:
    assert master().lose(STRANGER) == ()
    assert started().lose() == ()


def test_the_fifth_removal_in_ten_seconds_hands_over() -> None:
    story = master()
    for _ in range(4):
        assert story.wait(2.0).lose() != ()
        assert story.is_in(State.MASTER)
    effects = story.wait(1.9).lose(culprit="dhclient (pid 7)")
    assert effects == (
        SendAdvertisement(Priority(0)),
        RemoveAddresses((VIP,)),
        StateChanged(
            State.MASTER,
            State.BACKUP,
            Reason.ADDRESSES_LOST,
            "192.168.1.100 was removed by dhclient (pid 7), 5 removals in 10 s: handing over",
        ),
        Notify(NotifyEvent.BACKUP, Priority(100)),
    )
    assert story.timer("master_down") == 3.609375
    assert story.timer("yield_hold") == 60.0


def test_removals_that_are_spread_out_never_hand_over() -> None:
    story = master()
    for _ in range(50):
        story.wait(2.5).lose()
    assert story.is_in(State.MASTER)
    assert story.view.statistics.addresses_restored == 50


def test_one_sweep_over_many_addresses_is_one_removal_of_each() -> None:
    """Somebody flushes the interface: every address comes back, nobody hands over."""
    many = tuple(VIP + number for number in range(20))
    story = master(parameters(addresses=many))
    for sweep in range(4):
        for address in many:
            assert AddAddresses((address,)) in story.lose(address), sweep
    assert story.is_in(State.MASTER)
    assert changes(story.lose(many[7])) != []


def test_the_count_begins_anew_with_every_mastership() -> None:
    story = master()
    for _ in range(4):
        story.lose()
    story.hear(101)
    story.wait(0.1).hear(0)
    story.next_deadline()
    assert story.is_in(State.MASTER)
    for _ in range(4):
        story.lose()
    assert story.is_in(State.MASTER)


def test_after_handing_over_a_lower_priority_is_left_alone_for_a_while() -> None:
    story = master()
    for _ in range(5):
        story.lose()
    begin = story.now
    for second in range(1, 60):
        story.until(begin + second)
        assert story.hear(90) == ()
    done = story.until(begin + 60.0)
    assert [notices([effect]) for _, effect in done] == [[NoticeKind.PREEMPT_DELAY]]
    assert words(effect for _, effect in done) == "hold after handing over has ended"
    story.hear(90)
    story.wait(1.0).hear(90)
    assert change(story.next_deadline()).reason is Reason.PREEMPTING


def test_the_hold_does_not_keep_us_from_serving_when_nobody_does() -> None:
    story = master()
    for _ in range(5):
        story.lose()
    assert change(story.next_deadline()).reason is Reason.MASTER_DOWN
    assert story.timer("yield_hold") is None


@pytest.mark.parametrize("culprit", ["", "ip (pid 9)"])
def test_keepalived_fails_over_instead(culprit: str) -> None:
    story = master(parameters(addresses=(VIP, VIP_2), address_loss=AddressLossPolicy.FAIL_OVER))
    effects = story.lose(VIP, culprit)
    assert effects[:2] == (SendAdvertisement(Priority(0)), RemoveAddresses((VIP, VIP_2)))
    by = f" by {culprit}" if culprit else ""
    assert change(effects).reason is Reason.ADDRESSES_LOST
    assert change(effects).detail == f"192.168.1.100 was removed{by}"
    assert story.timer("master_down") == 0.609375
    assert story.timer("yield_hold") is None


def test_limits_are_settings() -> None:
    story = master(parameters(loss_limit=2, loss_window=Seconds(1.0), yield_hold=Seconds(5.0)))
    story.lose()
    story.wait(1.0).lose()
    assert story.is_in(State.MASTER)
    story.wait(0.5).lose()
    assert story.is_in(State.BACKUP)
    assert story.timer("yield_hold") == 5.0
    assert story.hear(90, LOWER) == ()
