"""Adverts to peers instead of a group: one keepalived.conf for both daemons, each in turn the one that takes over."""

from typing import Final

import pytest

from netns.capture import Capture
from netns.host import Host
from netns.lab import Lab
from tests.netns.unicast import PATIENCE, Start, keepalived, log_of, next_advert, vrrpd

pytestmark = pytest.mark.netns

NOBODY: Final = "192.168.1.77"
"""A peer that does not exist, so that one of the two destinations is never reached."""

CONFIGURATION: Final = """
vrrp_instance VI_1 {{
    interface eth0
    state BACKUP
    virtual_router_id 51
    priority {priority}
    advert_int 1
    version {version}
    check_unicast_src
    unicast_src_ip {own}
    unicast_peer {{
        {other}
        {nobody}
    }}
    virtual_ipaddress {{ 192.168.1.100 }}
}}
"""


def _configure(host: Host, other: Host, priority: int, version: int) -> None:
    text = CONFIGURATION.format(
        priority=priority, version=version, own=host.address, other=other.address, nobody=NOBODY
    )
    (host.directory / "pair.conf").write_text(text)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        pytest.param(keepalived, vrrpd, id="vrrpd-preempts-keepalived"),
        pytest.param(vrrpd, keepalived, id="keepalived-preempts-vrrpd"),
        pytest.param(vrrpd, vrrpd, id="vrrpd-preempts-vrrpd"),
    ],
)
def test_a_pair_of_unicast_peers(lower: Start, higher: Start, version: int) -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        first, second = lab.routers
        _configure(first, second, 100, version)
        _configure(second, first, 101, version)
        lower(first)
        assert next_advert(capture, first, 100).destination == str(second.address)
        preempting = higher(second)
        taken_over = next_advert(capture, second, 101).time_ns
        preempting.stop()
        assert next_advert(capture, second, 0).destination == str(first.address)
        assert capture.wait_for_advert(PATIENCE, host="r1", since=taken_over, priority=100), log_of(first)
        destinations = {advert.destination for advert in capture.adverts()}
        assert destinations <= {str(first.address), str(second.address), NOBODY}, "nothing went to the group"
        late = [advert for advert in capture.adverts("r1", since=taken_over) if advert.time_ns > taken_over + 10**8]
        farewell = capture.adverts("r2")[-1].time_ns
        assert all(advert.time_ns > farewell for advert in late), "the lower one was silent while the other was master"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("192.168.1.66", "unknown_peer", id="a-stranger"),
        pytest.param("192.168.1.1 max_ttl 254", "bad_ttl", id="too-near"),
        pytest.param("192.168.1.1 min_ttl 1 max_ttl 255", None, id="within-the-limits"),
    ],
)
def test_only_peers_within_their_ttl_are_heard(line: str, reason: str | None) -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        speaker, listener = lab.routers
        _configure(speaker, listener, 101, 2)
        _configure(listener, speaker, 100, 2)
        path = listener.directory / "pair.conf"
        path.write_text(path.read_text().replace(f"        {speaker.address}\n", f"        {line}\n"))
        vrrpd(listener)
        keepalived(speaker)
        next_advert(capture, speaker, 101)
        if reason is None:
            capture.wait_for_advert(4, host=speaker.name)
            assert not [advert for advert in capture.adverts(listener.name) if advert.time_ns > _settled(capture)]
        else:
            _wait_for_text(capture, listener, reason)


def _settled(capture: Capture) -> int:
    """When the higher priority had been heard: its second advert."""
    return capture.adverts("r1")[min(1, len(capture.adverts("r1")) - 1)].time_ns


def _wait_for_text(capture: Capture, host: Host, text: str) -> None:
    for _ in range(PATIENCE):
        if text in log_of(host):
            return
        capture.wait_for_advert(1)
    raise AssertionError(log_of(host))
