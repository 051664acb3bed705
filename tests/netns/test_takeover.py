"""Many crashes in turn, side by side with keepalived's on the same machine."""

import pytest

from tests.netns.playing import Recorder, assert_plays

pytestmark = [pytest.mark.netns, pytest.mark.alone]


@pytest.mark.parametrize("scenario", ["takeover", "takeover-v2", "fast"])
def test_the_takeover_is_on_time(scenario: str, record_property: Recorder) -> None:
    assert_plays(scenario, "vrrpd", "vrrpd", record_property, attempts=3)
