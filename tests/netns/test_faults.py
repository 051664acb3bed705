"""What happens to machines, networks and daemons: the pair ends with one holder each time."""

import pytest

from tests.netns.playing import Recorder, assert_plays

pytestmark = pytest.mark.netns

ITSELF = ("vrrpd", "vrrpd")


@pytest.mark.parametrize("scenario", ["killed", "nopreempt", "partition", "pause", "cable", "script-fault"])
def test_a_pair(scenario: str, record_property: Recorder) -> None:
    assert_plays(scenario, *ITSELF, record_property)


@pytest.mark.parametrize(("r1", "r2"), [("vrrpd", "keepalived"), ("keepalived", "vrrpd")])
@pytest.mark.parametrize("scenario", ["killed", "nopreempt", "partition"])
def test_a_mixed_pair(scenario: str, r1: str, r2: str, record_property: Recorder) -> None:
    assert_plays(scenario, r1, r2, record_property)


@pytest.mark.parametrize("scenario", ["interface-recreated", "interface-renamed", "flapping", "address-removed"])
def test_an_interface(scenario: str, record_property: Recorder) -> None:
    assert_plays(scenario, *ITSELF, record_property)


def test_a_removed_virtual_address(record_property: Recorder) -> None:
    assert_plays("vip-removed", *ITSELF, record_property)
