"""Unicast in its corners: what keepalived does and what vrrpd does, with the same file."""

import time
from typing import Final

import pytest

from netns.capture import Capture
from netns.host import Host
from netns.lab import Lab
from tests.netns.unicast import PATIENCE, Start, configure, keepalived, log_of, next_advert, vrrpd

pytestmark = pytest.mark.netns

BOTH: Final = pytest.mark.parametrize("start", [keepalived, vrrpd])
EXTRA: Final = "192.168.1.88"
FAULT_LOGGED: Final = ("Entering FAULT STATE", "-> FAULT")
"""keepalived's words, and ours."""


def _faulted(host: Host) -> bool:
    return any(text in log_of(host) for text in FAULT_LOGGED)


def _wait_for_fault(host: Host) -> None:
    give_up = time.monotonic() + PATIENCE
    while not _faulted(host):
        assert time.monotonic() < give_up, log_of(host)
        time.sleep(0.02)


@BOTH
@pytest.mark.parametrize("family", [4, 6])
def test_out_of_fault_the_source_is_announced_once(start: Start, family: int) -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        first, second = lab.routers
        configure(first, second, 100, family=family)
        start(first)
        next_advert(capture, first, 100)
        cut = first.set_carrier(False)
        _wait_for_fault(first)
        first.set_carrier(True)
        back = next_advert(capture, first, 100, since=cut + 10**9)
        own = first.address if family == 4 else first.address6
        assert len(capture.garps("r1", str(own), since=cut, until=back.time_ns)) == 1
        assert capture.garps("r1", str(own), until=cut) == [], "not at the start"


@BOTH
@pytest.mark.parametrize(("words", "ttl"), [("", None), ("unicast_ttl 7", 7)])
def test_the_hop_limit_of_ipv6_unicast(start: Start, words: str, ttl: int | None) -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        first, second = lab.routers
        first.run(["sh", "-c", "echo 93 > /proc/sys/net/ipv6/conf/eth0/hop_limit"])
        configure(first, second, 100, words, family=6)
        start(first)
        assert next_advert(capture, first, 100).ttl == (93 if ttl is None else ttl), "the kernel's own"


@pytest.mark.parametrize(
    ("start", "tracked"),
    [
        pytest.param(keepalived, False, id="keepalived"),
        pytest.param(vrrpd, False, id="vrrpd"),
        pytest.param(vrrpd, True, id="vrrpd-tracked"),  # keepalived 2.2.7 does not mind then either
    ],
)
def test_the_configured_source_goes(start: Start, tracked: bool) -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        first, second = lab.routers
        first.ip(f"addr add {EXTRA}/24 dev eth0")
        configure(first, second, 100, "track_src_ip" if tracked else "")
        path = first.directory / "pair.conf"
        path.write_text(path.read_text().replace(f"unicast_src_ip {first.address}", f"unicast_src_ip {EXTRA}"))
        start(first)
        assert next_advert(capture, first, 100).source == EXTRA
        first.ip(f"addr del {EXTRA}/24 dev eth0")
        if tracked:
            _wait_for_fault(first)
        else:
            assert next_advert(capture, first, 100, since=time.time_ns() + 10**9).source == EXTRA
            assert not _faulted(first)
