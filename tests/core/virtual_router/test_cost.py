"""What a BACKUP spends on the advert that it hears again and again; counted in calls, so that no load disturbs it."""

import sys
from dataclasses import replace
from types import FrameType

import pytest

from tests.core.builders import HIGHER, VIP, Story, advert, parameters, started
from vrrpd.core.events import AdvertisementReceived


def calls(story: Story, event: AdvertisementReceived) -> int:
    """How many Python functions run while the router handles the event."""
    count = 0

    def profile(_frame: FrameType, what: str, _argument: object) -> None:
        nonlocal count
        count += what == "call"

    previous = sys.getprofile()
    sys.setprofile(profile)
    try:
        story.tell(event)
    finally:
        sys.setprofile(previous)
    return count


@pytest.mark.parametrize("count", [1, 20])
def test_a_repeated_advert_takes_a_fraction_of_the_work(count: int) -> None:
    vips = tuple(VIP + number for number in range(count))
    story = started(parameters(addresses=vips))
    event = AdvertisementReceived(advert(101, addresses=vips), HIGHER)
    first = calls(story, event)
    again = calls(story, event)
    equal = calls(story, AdvertisementReceived(advert(101, addresses=vips), HIGHER))
    assert again * 3 < first
    assert equal * 2 < first
    assert calls(story, replace(event, source=VIP)) > 3 * again
