"""What the pair is for: the real HAProxy on both nodes, with the settings that people use."""

import pytest

from netns.peers import haproxy
from tests.netns.playing import Recorder, assert_plays

pytestmark = [pytest.mark.netns, pytest.mark.slow]


@pytest.mark.parametrize(("r1", "r2"), [("vrrpd", "vrrpd"), ("vrrpd", "keepalived"), ("keepalived", "vrrpd")])
def test_the_address_follows_a_working_haproxy(r1: str, r2: str, record_property: Recorder) -> None:
    if haproxy.missing():
        pytest.skip(f"needs {haproxy.missing()}")
    assert_plays("haproxy-pair", r1, r2, record_property)


@pytest.mark.parametrize(("r1", "r2"), [("vrrpd", "vrrpd"), ("vrrpd", "keepalived")])
def test_a_killed_haproxy_is_relieved_as_fast_as_the_other_node_allows(
    r1: str, r2: str, record_property: Recorder
) -> None:
    if haproxy.missing():
        pytest.skip(f"needs {haproxy.missing()}")
    assert_plays("haproxy-killed", r1, r2, record_property, attempts=2)
