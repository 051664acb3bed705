"""Thousands of addresses of one instance do not delay the advertisements of another one of the same daemon."""

import itertools
import shutil
import time
from collections.abc import Iterable

import pytest

from netns.capture import Capture
from netns.comparison.ahead import put_ahead
from netns.lab import Lab
from netns.monitor import Monitor
from tests.daemon.nodes import Node, eventually, instance_text

pytestmark = [pytest.mark.netns, pytest.mark.skipif(shutil.which("ip") is None, reason="needs iproute2")]

MANY = 4000
INTERVAL = 0.01
QUICK = 52


def addresses(count: int = MANY) -> list[str]:
    return [f"10.20.{number // 250}.{number % 250 + 1}" for number in range(count)]


def texts() -> str:
    own, more = addresses()[:20], addresses()[20:]
    slow = instance_text("slow", advert_int=0.5, virtual_ipaddress=own, virtual_ipaddress_excluded=more)
    return slow + instance_text("quick", vrid=QUICK, advert_int=INTERVAL, virtual_ipaddress=["192.168.1.99"])


def longest_gap(capture: Capture, since: int, until: int) -> int:
    """Nanoseconds between two adverts of the quick instance, at the edges too."""
    times = [advert.time_ns for advert in capture.adverts("r1", QUICK, since=since, until=until)]
    return max(later - earlier for earlier, later in itertools.pairwise([since, *times, until]))


def span(times: Iterable[int]) -> tuple[int, int]:
    times = tuple(times)
    assert len(times) == MANY
    return min(times), max(times)


def changed(monitor: Monitor, *, present: bool, since: int) -> list[int]:
    wanted = set(addresses())
    return [
        change.time_ns
        for change in monitor.addresses("r1")
        if change.address in wanted and change.present is present and change.time_ns >= since
    ]


def test_adverts_go_out_while_addresses_come_and_while_they_go(lab: Lab) -> None:
    capture, monitor = Capture(lab), Monitor(lab)
    try:
        began = time.time_ns()
        node = Node(lab["r1"], texts()).start()
        put_ahead(list(lab["r1"].pids()), children=False)  # the only thing that it is to wait for is itself
        node.becomes("MASTER", "slow")
        eventually(lambda: len(changed(monitor, present=True, since=began)) == MANY)
        first, last = span(changed(monitor, present=True, since=began))
        wanted = set(addresses())
        eventually(lambda: {item.address for item in capture.garps("r1", since=first)} >= wanted, "all are announced")
        announced = {item.address: item.time_ns for item in capture.garps("r1", since=first)}
        last = max(last, *announced.values())
        assert longest_gap(capture, first, last) * 2 < last - first

        began = time.time_ns()
        rival = instance_text("slow", priority=200, advert_int=0.5, virtual_ipaddress=addresses(1))
        Node(lab["r2"], rival).start().becomes("MASTER", "slow")
        eventually(lambda: len(changed(monitor, present=False, since=began)) == MANY)
        first, last = span(changed(monitor, present=False, since=began))
        assert longest_gap(capture, first, last) * 2 < last - first
    finally:
        monitor.close()
        capture.close()
