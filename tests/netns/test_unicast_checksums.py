"""Checksums of VRRPv3 that other versions of keepalived compute, in both directions."""

import time
from ipaddress import ip_address
from typing import Final

import pytest

from netns.capture import Capture
from netns.lab import Lab
from netns.wire import Advert
from tests.netns.unicast import Start, configure, keepalived, log_of, next_advert, vrrpd, wait_for_text
from vrrpd.proto.checksum import internet_checksum, pseudo_header

pytestmark = pytest.mark.netns

GROUP: Final = "224.0.0.18"


def forms_of(advert: Advert) -> set[str]:
    """Which pseudo-headers the checksum fits: nothing of it is taken from ``decode``."""
    source, length = ip_address(advert.source), len(advert.payload)
    covered = {
        "new": pseudo_header(source, ip_address(advert.destination), length),
        "old": pseudo_header(source, ip_address(GROUP), length),
        "plain": b"",
    }
    return {form for form, header in covered.items() if internet_checksum(header + advert.payload) == 0}


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        pytest.param(
            keepalived, vrrpd, "VI_1 sends checksums of the form old_unicast to 192.168.1.1", id="vrrpd-adapts"
        ),
        pytest.param(vrrpd, keepalived, "Setting unicast VRRPv3 checksum to old version", id="keepalived-adapts"),
        pytest.param(vrrpd, vrrpd, "VI_1 sends checksums of the form old_unicast to 192.168.1.1", id="vrrpd-pair"),
    ],
)
def test_an_old_peer_is_answered_in_its_form(first: Start, second: Start, said: str) -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        old, new = lab.routers
        configure(old, new, 101, "old_unicast_checksum")
        configure(new, old, 100)
        process = first(old)
        second(new)
        assert forms_of(next_advert(capture, old, 101)) == {"old"}
        wait_for_text(capture, new, said)
        asked = time.time_ns()
        process.stop()
        answer = "new" if second is keepalived else "old"  # keepalived 2.2.7 says so, and goes on as before
        assert forms_of(next_advert(capture, new, 100, since=asked)) == {answer}
        assert log_of(new).count(said) == 1


@pytest.mark.parametrize("first", [keepalived, vrrpd])
def test_an_old_peer_is_not_heard_where_that_is_forbidden(first: Start) -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        old, new = lab.routers
        configure(old, new, 101, "old_unicast_checksum")
        configure(new, old, 100, "old_unicast_checksum never")
        first(old)
        vrrpd(new)
        wait_for_text(capture, new, "bad_checksum")
        assert forms_of(next_advert(capture, new, 100)) == {"new"}, "so there are two masters"


def test_plain_checksums_both_ways() -> None:
    """keepalived 2.2.7 does not know v3_checksum_as_v2, and drops such adverts."""
    with Lab(routers=3, clients=0) as lab:
        capture = Capture(lab)
        first, second, third = lab.routers
        configure(first, second, 101, "v3_checksum_as_v2")
        configure(second, first, 100, "v3_checksum_as_v2")
        configure(third, first, 100)
        text = (first.directory / "pair.conf").read_text()
        (first.directory / "pair.conf").write_text(
            text.replace(f"        {second.address}\n", f"        {second.address}\n        {third.address}\n")
        )
        process = vrrpd(first)
        vrrpd(second)
        keepalived(third)
        assert forms_of(next_advert(capture, first, 101)) == {"plain"}
        wait_for_text(capture, third, "Invalid VRRPv3 checksum")
        process.stop()
        assert forms_of(next_advert(capture, second, 100)) == {"plain"}
        assert not [line for line in log_of(second).splitlines() if "bad_checksum" in line]
