"""Priority 255: the owner of the addresses, and two who both think so."""

import pytest

from tests.core.builders import (
    CHECK,
    HIGHER,
    LOWER,
    OURS,
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
from vrrpd.config.rfc import rfc_reading
from vrrpd.core.effects import NoticeKind, Reason, RemoveAddresses, SendAdvertisement, State
from vrrpd.core.parameters import AnnouncePolicy
from vrrpd.proto.advertisement import DropReason
from vrrpd.units import Address, Priority, Seconds

OWNER = parameters(255, announce=AnnouncePolicy(delay=Seconds(0.0)))


def test_an_owner_is_back_in_service_as_soon_as_nothing_is_wrong() -> None:
    story = master(OWNER)
    story.fail(CHECK)
    effects = story.wait(1.0).fail()
    assert change(effects).old is State.FAULT
    assert change(effects).new is State.MASTER
    assert change(effects).reason is Reason.OWNER


def test_trackers_do_not_move_an_owners_priority() -> None:
    story = master(OWNER)
    assert story.reprioritize(200) == ()
    assert story.router.effective_priority == 255


def test_an_owner_answers_lower_priorities_like_any_master() -> None:
    assert SendAdvertisement(Priority(255)) in master(OWNER).hear(254)


def test_an_owner_told_to_ignores_every_advert() -> None:
    """RFC 9568 section 7.1; keepalived's owner_ignore_adverts."""
    story = master(rfc_reading(OWNER))
    for priority in (0, 90, 255):
        assert story.hear(priority, HIGHER) == ()
    assert story.is_in(State.MASTER)
    assert story.view.statistics.dropped == {DropReason.OWNER_IGNORES: 3}
    assert story.view.statistics.adverts_received == 0


def test_only_owners_ignore_adverts() -> None:
    story = started(rfc_reading(parameters(254)))
    story.hear(255)
    assert story.view.statistics.adverts_received == 1


def test_of_two_owners_the_lower_address_yields() -> None:
    story = master(OWNER)
    effects = story.hear(255, HIGHER)
    assert notices(effects) == [NoticeKind.TWO_OWNERS]
    assert words(effects) == "192.168.1.10 is configured as owner (255) too: give one of the two a lower priority"
    assert change(effects).reason is Reason.OWNER_CONFLICT
    assert change(effects).detail == "192.168.1.10 is an owner too and has the higher address"
    assert story.is_in(State.BACKUP)
    assert story.timer("master_down") == 3.00390625


def test_the_owner_that_yielded_takes_over_when_the_other_is_gone() -> None:
    story = master(OWNER)
    story.hear(255, HIGHER)
    story.wait(1.0).hear(255, HIGHER)
    effects = story.next_deadline()
    assert change(effects).reason is Reason.OWNER
    assert SendAdvertisement(Priority(255)) in effects


def test_an_owner_is_not_confused_by_its_own_address() -> None:
    story = master(OWNER)
    assert notices(story.hear(255, OURS)) == [NoticeKind.SAME_ADDRESS]
    assert story.is_in(State.MASTER)


def test_of_two_owners_the_higher_address_stays_when_the_other_yields() -> None:
    """It gives the other two adverts and 1.2 intervals to fall silent."""
    story = master(OWNER)
    effects = story.at(0.5).hear(255, LOWER)
    assert notices(effects) == [NoticeKind.TWO_OWNERS]
    assert changes(effects) == []
    assert story.timer("owner_conflict") is None
    story.until(1.0)
    assert story.timer("owner_conflict") is None
    story.until(2.0)
    assert story.timer("owner_conflict") == 1.2
    done = story.until(3.5)
    assert NoticeKind.TWO_OWNERS in notices(effect for _, effect in done)
    assert story.router.effective_priority == 255
    assert story.is_in(State.MASTER)


def test_the_grace_is_measured_by_the_slower_of_the_two() -> None:
    story = master(parameters(255, version=3))
    story.hear(255, LOWER, interval=4.0)
    story.until(2.0)
    assert story.timer("owner_conflict") == 4.8


def reduced_master() -> Story:
    """An owner whose rival, LOWER, has not yielded in time; at 2.5 s."""
    story = master(OWNER)
    for second in (0.5, 1.5, 2.5):
        assert story.router.effective_priority == 255
        story.until(second)
        story.hear(255, LOWER)
    return story


def reduced_backup() -> Story:
    story = reduced_master()
    story.until(3.4)
    story.hear(255, LOWER)
    return story


def test_an_owner_whose_rival_does_not_yield_advertises_254_and_then_yields() -> None:
    story = reduced_master()
    assert story.is_in(State.MASTER)
    assert story.router.effective_priority == 254
    done = story.until(3.4)
    assert [effect for _, effect in done] == [SendAdvertisement(Priority(254))]
    effects = story.hear(255, LOWER)
    assert change(effects).reason is Reason.PREEMPTED
    assert of_type(RemoveAddresses, effects)
    assert (story.view.effective_priority, story.view.base_priority) == (254, 255)


def test_timers_of_a_reduced_owner_are_still_an_owners() -> None:
    assert reduced_backup().timer("master_down") == 3.00390625


def test_254_stays_while_the_rival_is_heard() -> None:
    story = reduced_backup()
    for _ in range(3):
        story.wait(1.0).hear(255, LOWER)
        assert story.router.effective_priority == 254


@pytest.mark.parametrize(("priority", "source"), [(255, HIGHER), (100, LOWER), (254, LOWER)])
def test_255_returns_with_an_advert_of_another_address_or_priority(priority: int, source: Address) -> None:
    story = reduced_backup()
    story.wait(1.0).hear(priority, source)
    assert story.router.effective_priority == 255


def test_255_returns_when_we_become_master_again() -> None:
    effects = (story := reduced_backup()).next_deadline()
    assert change(effects).new is State.MASTER
    assert SendAdvertisement(Priority(255)) in effects
    assert story.router.effective_priority == 255


def test_255_returns_when_the_rival_falls_silent_before_we_have_yielded() -> None:
    story = reduced_master()
    done = story.until(4.5)
    assert [effect for _, effect in done if isinstance(effect, SendAdvertisement)] == [
        SendAdvertisement(Priority(254)),
        SendAdvertisement(Priority(255)),
    ]
    assert story.is_in(State.MASTER)


def test_an_owner_no_more_is_not_given_255_back() -> None:
    story = reduced_master()
    story.reload(parameters(200))
    story.until(20.0)
    assert story.router.effective_priority == 200


def test_255_returns_with_a_fault_that_clears() -> None:
    story = reduced_backup()
    story.fail(CHECK)
    assert SendAdvertisement(Priority(255)) in story.fail()
