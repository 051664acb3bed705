"""Links that are slowed or polled: the same file under keepalived and under vrrpd, and when the addresses move."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from netns.host import Host
from netns.lab import Lab
from netns.monitor import Monitor
from tests.daemon.keepalived import AVAILABLE
from tests.daemon.nodes import VIP, Node, eventually, instance_text
from tests.daemon.test_announcements_as_keepalived import DAEMONS, config

pytestmark = [pytest.mark.netns, pytest.mark.compared]

NEAR = 0.05
"""Seconds between the two daemons' times."""
TAKEOVER = 3 * 0.5 + 0.5 * (256 - 150) / 256

Step = tuple[float, str, bool]
"""When, in seconds; what is done to the host; its argument."""

CABLE = "set_carrier"
SWITCH = "set_link"


def moves(daemon: str, text: str, steps: Sequence[Step], until: float) -> list[tuple[float, bool]]:
    """When the address came and went, in seconds from the first step on."""
    with Lab(routers=1, clients=0) as lab, ExitStack() as cleanup:
        monitor = Monitor(lab)
        cleanup.callback(monitor.close)
        host = lab["r1"]
        process = DAEMONS[daemon](host, text)
        eventually(lambda: host.holds(VIP), "the address")
        time.sleep(0.5)
        begin = time.time_ns()
        for at, action, argument in steps:
            time.sleep(max(0.0, begin / 1e9 + at - time.time()))
            do(host, action, argument)
        time.sleep(max(0.0, begin / 1e9 + until - time.time()))
        found = [change for change in monitor.addresses("r1", VIP) if change.time_ns > begin]
        process.stop()
        return [((change.time_ns - begin) / 1e9, change.present) for change in found if change.time_ns / 1e9 <
                begin / 1e9 + until]  # fmt: skip


def do(host: Host, action: str, argument: bool) -> None:
    getattr(host, action)(argument)


def delays(down: float, up: float, extra: str = "") -> str:
    return config(top=f"interface_up_down_delays {{\n    eth0 {down} {up}\n}}", extra=extra, vips=(VIP,))


def blinks(action: str) -> list[Step]:
    """Off for a moment; off for a while; on with a break."""
    return [
        (0.0, action, False), (0.3, action, True),
        (1.0, action, False), (2.0, action, True), (2.2, action, False), (2.3, action, True),
    ]  # fmt: skip


CASES = {
    "cable": (delays(0.6, 0.4), blinks(CABLE), [(1.6, False), (2.7 + TAKEOVER, True)]),
    "switched off": (delays(0.6, 0.4), blinks(SWITCH), [(1.6, False), (2.7 + TAKEOVER, True)]),
    "too long": (delays(5, 5), [(0.0, CABLE, False)], [(0.998, False)]),
    "down only": (delays(0.4, 0), [(0.0, CABLE, False), (1.0, CABLE, True)], [(0.4, False), (1.0 + TAKEOVER, True)]),
    "one advert": (delays(0.6, 0.4, "down_timer_adverts 1"), [(0.0, CABLE, False)], [(0.0, False)]),
}


@pytest.mark.skipif(not AVAILABLE, reason="no keepalived here")
@pytest.mark.parametrize("case", CASES)
def test_the_addresses_move_when_keepaliveds_do(case: str) -> None:
    text, steps, expected = CASES[case]
    until = expected[-1][0] + 0.3
    with ThreadPoolExecutor(2) as both:
        theirs, ours = both.map(lambda daemon: moves(daemon, text, steps, until), ("keepalived", "vrrpd"))
    assert [present for _, present in theirs] == [present for _, present in expected], theirs
    assert [present for _, present in ours] == [present for _, present in expected], ours
    for (mine, _), (its, _), (planned, _) in zip(ours, theirs, expected, strict=True):
        assert abs(mine - its) < NEAR, (ours, theirs)
        assert abs(mine - planned) < 2 * NEAR, (ours, expected)


@pytest.mark.skipif(not AVAILABLE, reason="no keepalived here")
@pytest.mark.parametrize("daemon", DAEMONS)
def test_a_polled_link_counts_within_a_second_and_without_delay_as_keepalived(daemon: str) -> None:
    top = "linkbeat_interfaces {\n    eth0 ETHTOOL\n}\ninterface_up_down_delays {\n    eth0 0.9 0.9\n}"
    found = moves(daemon, config(top=top, vips=(VIP,)), [(0.0, CABLE, False), (2.0, CABLE, True)], 3.2 + TAKEOVER)
    assert [present for _, present in found] == [False, True]
    assert found[0][0] < 1.0 + NEAR
    assert TAKEOVER - NEAR < found[1][0] - 2.0 < TAKEOVER + 1.0 + NEAR


def test_a_reload_begins_and_ends_polling_and_delays(lab: Lab) -> None:
    plain = instance_text(advert_int=1)
    node = Node(lab["r1"], f'interface_up_down_delays = ["eth0 1.5 1.5"]\n{plain}').start()
    node.becomes("MASTER")
    node.host.set_carrier(False)
    eventually(lambda: node.lines("interface eth0 is down: that counts in 1.5 s if it lasts"))
    assert node.state() == "MASTER"
    assert node.reload(plain) == ("interface_up_down_delays -eth0 1.5 1.5",)
    node.becomes("FAULT")
    node.host.set_carrier(True)
    node.becomes("MASTER")
    assert node.reload(f"linkbeat_use_polling = true\n{plain}") == ("linkbeat_use_polling false -> true",)
    assert node.state() == "MASTER"
    node.host.set_carrier(False)
    node.becomes("FAULT")
    node.reload(plain)
    node.host.set_carrier(True)
    node.becomes("MASTER")
    node.stop()
