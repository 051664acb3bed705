"""Effects that could not be carried out come back as events."""

from typing import Any

import pytest

from tests.core.builders import (
    CHECK,
    STRANGER,
    VIP,
    VIP_2,
    VIP_3,
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
    AddAddresses,
    Announce,
    Effect,
    NoticeKind,
    Notify,
    NotifyEvent,
    Reason,
    RemoveAddresses,
    SendAdvertisement,
    State,
)
from vrrpd.core.events import EffectFailed
from vrrpd.units import Address, Priority, Seconds

PAIR = parameters(addresses=(VIP, VIP_2))
ERROR = "adding to eth0: no buffer space"


def add_fails(story: Story, *addresses: Address) -> tuple[Effect, ...]:
    return story.tell(EffectFailed(AddAddresses(addresses or (VIP,)), ERROR))


def remove_fails(story: Story, *addresses: Address) -> tuple[Effect, ...]:
    return story.tell(EffectFailed(RemoveAddresses(addresses or (VIP,)), "removing from eth0: busy"))


def retried(story: Story, seconds: float = 1.0) -> list[Effect]:
    """What happens to addresses in that time."""
    kinds = (AddAddresses, RemoveAddresses, Announce)
    return [effect for _, effect in story.until(story.now + seconds) if isinstance(effect, kinds)]


# --- adding ---------------------------------------------------------------------------------------------------------


def test_an_address_that_could_not_be_added_is_tried_again() -> None:
    story = master(PAIR)
    effects = add_fails(story, VIP_2)
    assert notices(effects) == [NoticeKind.EFFECT_FAILED]
    assert words(effects) == f"{ERROR}; trying again"
    assert story.timer("retry") == 1.0
    assert retried(story) == [AddAddresses((VIP_2,)), Announce((VIP_2,), 5)]
    assert story.timer("retry") is None


def test_failures_of_one_batch_are_one_attempt_and_all_tried_again() -> None:
    story = master(parameters(addresses=(VIP, VIP_2, VIP_3)))
    for address in (VIP, VIP_2, VIP_3):
        add_fails(story, address)
    assert story.is_in(State.MASTER)
    assert retried(story) == [AddAddresses((VIP, VIP_2, VIP_3)), Announce((VIP, VIP_2, VIP_3), 5)]


def test_the_third_failure_in_a_row_hands_over() -> None:
    story = master()
    add_fails(story)
    retried(story)
    add_fails(story)
    retried(story)
    effects = add_fails(story)
    assert effects[:2] == (SendAdvertisement(Priority(0)), RemoveAddresses((VIP,)))
    assert change(effects).reason is Reason.EFFECT_FAILED
    assert change(effects).detail == ERROR
    assert story.timer("yield_hold") == 60.0
    assert retried(story) == []


def test_failures_far_apart_never_hand_over() -> None:
    story = master()
    for _ in range(20):
        add_fails(story)
        retried(story)
        story.until(story.now + 10.0)
    assert story.is_in(State.MASTER)


def unable(**settings: Any) -> Story:
    """BACKUP since a moment: the kernel refused the address."""
    story = master(parameters(retry_limit=1, **settings))
    assert change(add_fails(story)).new is State.BACKUP
    return story


def test_who_could_not_serve_leaves_a_resignation_to_the_others() -> None:
    """They wait the Skew_Time, however low their priority."""
    story = unable()
    story.wait(5.0).hear(50)
    story.wait(1.0).hear(0)
    assert story.timer("master_down") == pytest.approx(3.61, abs=0.005)
    assert change(story.next_deadline()).reason is Reason.MASTER_DOWN, "nobody else came"


def test_not_for_ever() -> None:
    story = unable(preempt=False, yield_hold=Seconds(4.0))
    story.wait(3.0).hear(50)
    story.until(story.now + 2.0)
    story.hear(0)
    assert story.timer("master_down") == pytest.approx(0.61, abs=0.005)


def test_who_succeeds_one_that_resigned_has_others_to_try_and_hands_over_soon() -> None:
    story = unable(preempt=False, yield_hold=Seconds(4.0))
    story.wait(3.0).hear(50)
    story.until(story.now + 2.0)
    story.hear(0)
    assert change(story.next_deadline()).reason is Reason.MASTER_RESIGNED
    assert change(add_fails(story)).reason is Reason.EFFECT_FAILED


def test_who_is_alone_stays() -> None:
    story = unable()
    assert change(story.next_deadline()).reason is Reason.MASTER_DOWN
    assert "not again for" in words(add_fails(story))
    assert story.is_in(State.MASTER)


def test_a_view_says_who_could_not_serve_until_it_is_well_again() -> None:
    assert (master().view.handed_over, master().view.patience) == (0, 0.0)
    story = unable()
    assert (story.view.handed_over, story.view.patience, story.timer("yield_hold")) == (1, 0.0, 60.0)
    story.next_deadline()
    assert story.is_in(State.MASTER)
    assert (story.view.handed_over, story.view.patience) == (1, 60.0)
    story.until(story.now + 9.9)
    assert story.view.handed_over == 1
    assert story.view.patience == pytest.approx(50.1)
    story.until(story.now + 0.2)
    assert (story.view.handed_over, story.view.patience) == (0, 0.0)


def test_limits_are_settings() -> None:
    story = master(parameters(retry_limit=1))
    assert change(add_fails(story)).new is State.BACKUP
    patient = master(parameters(retry_delay=Seconds(0.25), retry_limit=2))
    add_fails(patient)
    assert patient.timer("retry") == 0.25


def test_what_was_to_be_added_is_forgotten_with_the_mastership() -> None:
    story = master()
    add_fails(story)
    story.hear(101)
    story.wait(0.1).hear(0)
    story.next_deadline()
    assert story.is_in(State.MASTER)
    assert retried(story, 3.0) == []


def test_only_addresses_that_are_still_ours_are_added_again() -> None:
    story = master(PAIR)
    add_fails(story, VIP, VIP_2)
    story.reload(parameters())
    assert retried(story) == [AddAddresses((VIP,)), Announce((VIP,), 5)]


def test_an_addition_that_fails_when_we_are_no_longer_master_is_only_said() -> None:
    story = started()
    assert notices(add_fails(story)) == [NoticeKind.EFFECT_FAILED]
    assert story.timer("retry") is None
    assert add_fails(story) == ()


def test_retries_announce_nothing_when_nothing_is_to_be_announced() -> None:
    story = master(parameters(announce=parameters().announce.__class__(repeat=0)))
    add_fails(story)
    assert retried(story) == [AddAddresses((VIP,))]


# --- removing -------------------------------------------------------------------------------------------------------


def test_an_address_that_could_not_be_removed_is_tried_again_until_it_is_gone() -> None:
    story = master()
    story.hear(101)
    for _ in range(10):
        remove_fails(story)
        story.hear(101)
        assert retried(story) == [RemoveAddresses((VIP,))]
    assert story.timer("retry") is None


def test_the_same_failure_is_said_once() -> None:
    story = master()
    story.hear(101)
    assert words(remove_fails(story)) == "removing from eth0: busy; trying again"
    story.hear(101)
    retried(story)
    assert remove_fails(story) == ()
    assert story.view.statistics.effects_failed == 2


def test_removals_that_failed_one_by_one_are_all_tried_again() -> None:
    story = master(PAIR)
    story.fail(CHECK)
    remove_fails(story, VIP)
    remove_fails(story, VIP_2)
    assert retried(story) == [RemoveAddresses((VIP, VIP_2))]


def test_what_was_to_be_removed_is_kept_when_we_become_master_again() -> None:
    story = master()
    story.hear(101)
    story.wait(0.5).hear(0)
    story.until(story.router.deadline or 0.0)
    assert story.is_in(State.MASTER)
    assert words(remove_fails(story)) == "removing from eth0: busy"
    assert story.timer("retry") is None


def test_a_retry_that_was_due_to_remove_does_not_remove_from_a_master() -> None:
    story = master(parameters(254))
    story.hear(255)
    story.wait(0.5).hear(0)
    remove_fails(story)
    story.next_deadline()
    assert story.is_in(State.MASTER)
    assert retried(story, 2.0) == []


def test_a_master_gets_rid_of_an_address_that_is_no_longer_configured() -> None:
    story = master(PAIR)
    assert RemoveAddresses((VIP_2,)) in story.reload(parameters())
    remove_fails(story, VIP_2)
    assert retried(story) == [RemoveAddresses((VIP_2,))]
    assert story.is_in(State.MASTER)


def test_before_the_start_a_failed_removal_is_not_repeated() -> None:
    story = Story().set_scene()
    assert notices(remove_fails(story)) == [NoticeKind.EFFECT_FAILED]
    assert story.router.deadline is None


# --- everything else ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "effect",
    [
        SendAdvertisement(Priority(100)),
        Notify(NotifyEvent.MASTER, Priority(100)),
    ],
)
def test_other_failures_are_counted_said_once_and_change_nothing(effect: Effect) -> None:
    """Adverts are sent on however often sending fails (keepalived)."""
    story = master()
    failed = EffectFailed(effect, "network is unreachable")
    assert words(story.tell(failed)) == "network is unreachable"
    for _ in range(5):
        assert story.tell(failed) == ()
    assert story.view.statistics.effects_failed == 6
    assert story.is_in(State.MASTER)
    assert SendAdvertisement(Priority(100)) in story.next_deadline()


def test_an_announcement_that_did_not_get_through_is_made_again_until_it_does() -> None:
    story = master()
    failed = EffectFailed(Announce((VIP,), 5), "3 announcements not sent: the queue stayed full")
    assert words(story.tell(failed)) == "3 announcements not sent: the queue stayed full; trying again"
    for _ in range(3):
        assert Announce((VIP,), 1) in retried(story, 1.0)
        assert not words(story.tell(failed)), "said once"
    assert Announce((VIP,), 1) in retried(story, 1.0)
    assert Announce((VIP,), 1) not in retried(story, 3.0), "it got through"
    story.tell(EffectFailed(Announce((VIP,), 1), "full"))
    story.hear(200)
    assert not of_type(Announce, tuple(retried(story, 2.0))), "nothing is announced by a BACKUP"


def test_failures_of_strange_addresses_change_nothing() -> None:
    story = master()
    assert changes(remove_fails(story, STRANGER)) == []
    assert not of_type(AddAddresses, remove_fails(story, VIP))
    assert story.is_in(State.MASTER)
