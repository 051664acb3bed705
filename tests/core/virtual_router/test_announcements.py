"""When gratuitous ARP and Neighbour Advertisements go out."""

import pytest

from tests.core.builders import VIP, VIP_2, Story, master, parameters, started, version_3
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


# --- two masters at once ----------------------------------------------------------------------------------------------

QUIET = AnnouncePolicy(repeat=1, delay=Seconds(0.0), lower_priority_repeat=0)


def test_after_another_master_once_more_an_interval_later() -> None:
    story = master(parameters(announce=QUIET, answer_lower_priority=False))
    story.hear(90)
    assert story.timer("confirm_announce") == 1.0
    story.wait(0.75).hear(90)
    begin = story.now
    assert [(at - begin, effect) for at, effect in story.until(begin + 9) if isinstance(effect, Announce)] == [
        (1.0, Announce((VIP,), 1))
    ]


@pytest.mark.parametrize(("before", "expected"), [(0.25, True), (1.5, False)])
def test_a_master_as_new_as_we_are_may_announce_behind_us(before: float, expected: bool) -> None:
    story = started(parameters(announce=QUIET))
    taking_over = story.router.deadline
    assert taking_over is not None
    story.at(taking_over - before).hear(90)
    story.next_deadline()
    assert ("confirm_announce" in story.view.timers) is expected


def test_a_master_of_old_has_announced_long_ago() -> None:
    story = started(parameters(announce=QUIET))
    taking_over = story.router.deadline
    assert taking_over is not None
    for back in (2.25, 1.25, 0.25):
        story.at(taking_over - back).hear(90)
    story.next_deadline()
    assert "confirm_announce" not in story.view.timers


def test_short_intervals_do_not_shorten_the_wait() -> None:
    story = master(version_3(interval=0.01))
    story.hear(90)
    assert story.timer("confirm_announce") == 0.1


# --- addresses on other interfaces ------------------------------------------------------------------------------------


def test_addresses_on_other_interfaces_are_announced_regularly() -> None:
    every = AnnouncePolicy(repeat=1, delay=Seconds(0.0), elsewhere=Seconds(10.0))
    story = started(parameters(addresses=BOTH, elsewhere=(VIP_2,), announce=every))
    assert announcements(story, 21.0) == [
        (0.0, Announce(BOTH, 1)),
        (10.0, Announce((VIP_2,), 1)),
        (20.0, Announce((VIP_2,), 1)),
    ]


def test_none_of_them_none_announced_and_a_reload_changes_it() -> None:
    every = AnnouncePolicy(elsewhere=Seconds(10.0))
    story = master(parameters(announce=every))
    assert story.timer("elsewhere_announce") is None
    story.reload(parameters(addresses=BOTH, elsewhere=(VIP_2,), announce=every))
    assert story.timer("elsewhere_announce") == 10.0
    story.wait(4).reload(parameters(101, addresses=BOTH, elsewhere=(VIP_2,), announce=every))
    assert story.timer("elsewhere_announce") == 6.0
