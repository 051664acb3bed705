"""When gratuitous ARP and Neighbour Advertisements go out."""

from tests.core.builders import VIP, VIP_2, Story, master, parameters, started
from vrrpd.core.effects import Announce
from vrrpd.core.parameters import AnnouncePolicy
from vrrpd.units import Seconds

BOTH = (VIP, VIP_2)


def announcing(policy: AnnouncePolicy) -> Story:
    """A router that becomes master at 3.609375 s."""
    return started(parameters(addresses=(VIP,), excluded_addresses=(VIP_2,), announce=policy))


def announcements(story: Story, until: float) -> list[tuple[float, Announce]]:
    begin = story.router.deadline or 0.0
    return [(at - begin, effect) for at, effect in story.until(begin + until) if isinstance(effect, Announce)]


def test_five_now_and_five_after_five_seconds() -> None:
    story = announcing(AnnouncePolicy())
    assert announcements(story, 100.0) == [(0.0, Announce(BOTH, 5)), (5.0, Announce(BOTH, 5))]


def test_no_second_burst_without_a_delay() -> None:
    story = announcing(AnnouncePolicy(repeat=2, delay=Seconds(0.0)))
    assert announcements(story, 100.0) == [(0.0, Announce(BOTH, 2))]


def test_the_refresh_begins_after_the_second_burst() -> None:
    story = announcing(AnnouncePolicy(repeat=1, refresh=Seconds(10.0), refresh_repeat=3))
    assert announcements(story, 40.0) == [
        (0.0, Announce(BOTH, 1)),
        (5.0, Announce(BOTH, 1)),
        (15.0, Announce(BOTH, 3)),
        (25.0, Announce(BOTH, 3)),
        (35.0, Announce(BOTH, 3)),
    ]


def test_nothing_is_announced_that_is_not_to_be() -> None:
    silent = AnnouncePolicy(repeat=0, delay=Seconds(5.0), refresh=Seconds(10.0), refresh_repeat=0)
    assert announcements(announcing(silent), 60.0) == []
    assert announcements(started(parameters(addresses=())), 60.0) == []


def test_announcements_end_with_the_mastership() -> None:
    story = master(parameters(announce=AnnouncePolicy(refresh=Seconds(1.0))))
    story.hear(90)
    story.wait(0.5).hear(101)
    assert set(story.view.timers) == {"master_down"}
