"""MASTER: the rhythm of adverts, and what other masters do to it."""

from ipaddress import IPv6Address
from itertools import pairwise

import pytest

from tests.core.builders import (
    CHECK,
    HIGHER,
    LOWER,
    OURS,
    OURS_6,
    STRANGER,
    VIP,
    advert,
    change,
    changes,
    heard_last,
    ipv6,
    master,
    notices,
    of_type,
    parameters,
    version_3,
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
    StateChanged,
)
from vrrpd.core.events import AdvertisementReceived, DeadlineReached, PacketDropped
from vrrpd.core.parameters import AnnouncePolicy, Parameters
from vrrpd.proto.advertisement import DropReason
from vrrpd.units import Address, Instant, Priority, Seconds

QUIET = AnnouncePolicy(delay=Seconds(0.0), lower_priority_repeat=0)


def adverts(done: list[tuple[float, Effect]]) -> list[float]:
    """When adverts went out."""
    return [at for at, effect in done if isinstance(effect, SendAdvertisement)]


# --- rhythm ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("settings", "interval"), [(parameters(), 1.0), (version_3(interval=0.01), 0.01)])
def test_an_advert_every_interval_without_drift(settings: Parameters, interval: float) -> None:
    story = master(settings)
    begin = story.now
    sent = adverts(story.until(begin + 1000.5 * interval))
    assert len(sent) == 1000
    assert sent[-1] == pytest.approx(begin + 1000 * interval, abs=1e-9)


def test_every_advert_sent_is_counted() -> None:
    story = master()
    story.until(story.now + 10.0)
    story.fail(CHECK)
    assert story.view.statistics.adverts_sent == 1 + 10 + 2
    assert story.view.statistics.priority_zero_sent == 2


def test_late_deadlines_do_not_add_up() -> None:
    """Each delivered 10 ms late: the rhythm stays where it was."""
    story = master(parameters(announce=QUIET))
    begin = story.now
    for count in range(1, 100):
        assert story.at(begin + count + 0.01).tell(DeadlineReached())[0] == SendAdvertisement(Priority(100))
        assert story.router.deadline == pytest.approx(begin + count + 1)


def test_after_a_long_pause_one_advert_and_a_new_rhythm() -> None:
    story = master(parameters(announce=QUIET))
    story.wait(50.3)
    assert story.tell(DeadlineReached()) == (SendAdvertisement(Priority(100)),)
    assert story.tell(DeadlineReached()) == ()
    assert story.timer("advert") == 1.0


def test_exactly_one_interval_late_is_one_advert_too() -> None:
    story = master(parameters(announce=QUIET))
    story.at((story.router.deadline or 0.0) + 1.0)
    assert story.tell(DeadlineReached()) == (SendAdvertisement(Priority(100)),)
    assert story.timer("advert") == 1.0


def test_a_changed_priority_is_told_with_the_next_advert() -> None:
    story = master()
    effects = story.wait(0.5).reprioritize(90)
    assert notices(effects) == [NoticeKind.PRIORITY_CHANGED]
    assert of_type(Notify, effects) == [Notify(NotifyEvent.MASTER_PRIORITY, Priority(90))]
    assert not of_type(SendAdvertisement, effects)
    assert story.timer("advert") == 0.5
    assert story.next_deadline() == (SendAdvertisement(Priority(90)),)


# --- others ---------------------------------------------------------------------------------------------------------


def test_priority_0_is_answered_at_once() -> None:
    story = master()
    assert story.wait(0.5).hear(0) == (SendAdvertisement(Priority(100)),)
    assert story.timer("advert") == 1.0
    assert story.view.statistics.priority_zero_received == 1


@pytest.mark.parametrize("source", [LOWER, HIGHER])
def test_a_lower_priority_is_answered_announced_again_and_told(source: Address) -> None:
    """keepalived's default; RFC 9568 section 6.4.3 asks for the advert, RFC 3768 discards."""
    story = master()
    effects = story.wait(0.5).hear(90, source)
    assert effects[1:] == (
        SendAdvertisement(Priority(100)),
        Announce((VIP,), 5),
        Notify(NotifyEvent.MASTER_RX_LOWER_PRI, Priority(100)),
    )
    assert words(effects) == f"{source} has priority 90, lower than ours, 100, and is master too"
    assert story.timer("advert") == 1.0
    assert story.timer("lower_priority_announce") == 5.0
    assert not notices(story.wait(0.5).hear(90, source))
    assert story.view.statistics.lower_priority_received == 2


def test_the_second_announcement_after_a_lower_priority_comes_later() -> None:
    story = master(parameters(announce=AnnouncePolicy(lower_priority_repeat=2)))
    story.until(20.0)
    story.hear(90)
    announced = [(at, effect) for at, effect in story.until(40.0) if isinstance(effect, Announce)]
    assert announced == [(21.0, Announce((VIP,), 1)), (25.0, Announce((VIP,), 2))]


def test_lower_prio_no_advert_keeps_the_announcements_and_the_script() -> None:
    """keepalived: only the advert is left out."""
    story = master(parameters(answer_lower_priority=False))
    effects = story.wait(0.5).hear(90)
    assert notices(effects) == [NoticeKind.LOWER_PRIORITY_HEARD]
    assert effects[1:] == (Announce((VIP,), 5), Notify(NotifyEvent.MASTER_RX_LOWER_PRI, Priority(100)))
    assert story.timer("advert") == 0.5


def test_announcements_after_a_lower_priority_can_be_left_out() -> None:
    story = master(parameters(announce=AnnouncePolicy(lower_priority_repeat=0)))
    effects = story.hear(90)
    assert not of_type(Announce, effects)
    assert story.timer("lower_priority_announce") is None
    once = master(parameters(announce=AnnouncePolicy(lower_priority_delay=Seconds(0.0))))
    assert of_type(Announce, once.hear(90))
    assert once.timer("lower_priority_announce") is None


def test_a_higher_priority_ends_it_without_a_farewell() -> None:
    story = master()
    assert story.wait(0.5).hear(101, LOWER) == (
        RemoveAddresses((VIP,)),
        StateChanged(State.MASTER, State.BACKUP, Reason.PREEMPTED, "192.168.1.1 has priority 101, ours is 100"),
        Notify(NotifyEvent.BACKUP, Priority(100)),
    )
    assert story.view.master == heard_last(LOWER, Priority(101), story.now)
    assert story.timer("master_down") == 3.609375
    assert story.timer("advert") is None
    assert story.view.statistics.released_master == 1


def test_higher_prio_send_advert_tells_the_other_first() -> None:
    story = master(parameters(advert_before_yielding=True))
    effects = story.hear(101)
    assert effects[:2] == (SendAdvertisement(Priority(100)), RemoveAddresses((VIP,)))


def test_yielding_learns_the_interval_in_version_3() -> None:
    story = master(version_3(150))
    story.hear(200, interval=4.0)
    assert story.is_in(State.BACKUP)
    assert story.timer("master_down") == 13.65625


@pytest.mark.parametrize(
    ("settings", "ours", "theirs", "stays"),
    [
        (parameters(), OURS, LOWER, True),
        (parameters(), OURS, HIGHER, False),
        (ipv6(), OURS_6, IPv6Address("fe80::1"), True),
        (ipv6(), OURS_6, IPv6Address("fe80::10"), False),  # a number, not a text
        (ipv6(), IPv6Address("fe80::ffff:ffff:ffff:ffff"), IPv6Address("fe81::"), False),  # all 128 bits
    ],
)
def test_between_equals_the_higher_address_stays(
    settings: Parameters, ours: Address, theirs: Address, stays: bool
) -> None:
    story = master(settings, ours)
    effects = story.hear(100, theirs)
    if stays:
        assert story.is_in(State.MASTER)
        assert SendAdvertisement(Priority(100)) in effects
    else:
        assert change(effects).reason is Reason.TIE_BREAK
        assert change(effects).detail == f"{theirs} has our priority 100 and the higher address"


def test_our_own_address_and_priority_from_elsewhere_is_only_said() -> None:
    story = master()
    effects = story.wait(0.5).hear(100, OURS)
    assert notices(effects) == [NoticeKind.SAME_ADDRESS]
    assert len(effects) == 1
    assert story.hear(100, OURS) == ()
    assert story.timer("advert") == 0.5


def test_no_flood_of_packets_delays_our_adverts() -> None:
    """keepalived's master postpones its own advert with every packet that reaches it."""
    story = master(parameters(announce=QUIET))
    begin = story.now
    sent: list[float] = []
    floods = (
        AdvertisementReceived(advert(90), LOWER),
        AdvertisementReceived(advert(0), LOWER),
        AdvertisementReceived(advert(100), OURS),
        PacketDropped(DropReason.AUTH_FAILURE, STRANGER),
    )
    for step in range(4000):
        now = begin + step / 400
        sent += adverts(story.until(now))
        effects = story.tell(floods[step % 4])
        sent += [now for effect in effects if isinstance(effect, SendAdvertisement)]
    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert max(gaps) <= 1.0


def test_dropped_and_unanswered_packets_leave_the_rhythm_alone() -> None:
    story = master(parameters(answer_lower_priority=False, announce=QUIET))
    begin = story.now
    sent: list[float] = []
    for step in range(4000):
        sent += adverts(story.until(begin + step / 400))
        story.tell(PacketDropped(DropReason.BAD_CHECKSUM, STRANGER))
        assert not of_type(SendAdvertisement, story.hear(90))
    assert sent == pytest.approx([begin + count for count in range(1, 10)])


def test_no_advert_makes_a_master_add_its_addresses_again() -> None:
    story = master()
    for priority in (0, 90, 100):
        effects = story.wait(0.1).hear(priority, LOWER)
        assert not of_type(AddAddresses, effects)
        assert changes(effects) == []


def test_a_master_without_addresses_still_elects() -> None:
    story = master(parameters(addresses=()))
    assert story.is_in(State.MASTER)
    effects = story.hear(101)
    assert change(effects).new is State.BACKUP
    assert not of_type(RemoveAddresses, effects)


def test_the_view_of_a_master_follows_nobody() -> None:
    story = master()
    story.hear(90)
    assert story.view.master is None
    assert [(peer.address, peer.priority) for peer in story.view.peers] == [(LOWER, 90)]


def test_a_master_that_gives_up_by_itself_follows_nobody_until_it_hears_somebody() -> None:
    story = master()
    story.hear(101, HIGHER)
    story.next_deadline()
    assert story.is_in(State.MASTER)
    for _ in range(5):
        story.lose()
    assert story.is_in(State.BACKUP)
    assert story.view.master is None
    story.wait(1.0).hear(90)
    assert story.view.master == heard_last(LOWER, Priority(90), Instant(story.now))
