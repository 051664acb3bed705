"""The same as with IPv4, by Neighbour Discovery: a client that asks every 2 ms, while the master leaves."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from netns.peers import daemon_named
from netns.peers.base import RunningNode
from netns.peers.spec import VIP6, InstanceSpec, NodeSpec
from netns.peers.vrrpd import run_directory
from netns.stage import Stage
from tests.netns.playing import Recorder
from vrrpd.control.client import ControlClient

pytestmark = [pytest.mark.netns, pytest.mark.compared]

INTERVAL = 0.5
RESIGNED = 0.15
"""Seconds; after a farewell the backup waits one Skew_Time, 0.305 s here."""


def node(priority: int) -> NodeSpec:
    vips = ("fe80::100", VIP6)
    return NodeSpec((InstanceSpec(priority=priority, version=3, advert_int=INTERVAL, vips=vips),))


@dataclass(frozen=True)
class Handover:
    """``silence``: the client's, in seconds; ``ahead``: by how much the successor's announcement came before the
    address left the other node, in seconds; the Ethernet address that the client has for it, and the successor's."""

    silence: float
    ahead: float
    learned: str
    successor: str


def hand_over(master: str, successor: str, leave: Callable[[RunningNode], object]) -> Handover:
    daemons = {"r1": daemon_named(master), "r2": daemon_named(successor)}
    with Stage("make-before-break-ipv6", daemons, vip=VIP6) as stage:
        first = stage.start("r1", node(150))
        stage.await_advert("r1", 10.0)
        stage.start("r2", node(100)).wait_ready()
        assert stage.await_sole_holder("r1", 10.0)
        assert stage.pings is not None
        assert stage.pings.wait_for_reply(5.0, host="r1") is not None
        time.sleep(INTERVAL)
        begin = time.time_ns()
        leave(first)
        stage.await_advert("r2", 5.0, since=begin)
        assert stage.pings.wait_for_reply(5.0, host="r2", since=begin) is not None
        assert stage.monitor.wait_for_address("r1", VIP6, 5.0, present=False, since=begin)
        time.sleep(0.3)
        assert stage.holders_now() == ("r2",)
        assert not first.complaints()
        announced = stage.capture.garps("r2", VIP6, since=begin)[0]
        removed = [c.time_ns for c in stage.monitor.addresses("r1", VIP6) if not c.present]
        return Handover(
            stage.pings.outage(begin).ms / 1000,
            (removed[-1] - announced.time_ns) / 1e9,
            stage.lab.client.run(["ip", "-6", "neigh", "show", VIP6, "dev", "eth0"]).split()[2],
            stage.lab["r2"].mac,
        )


def stop(first: RunningNode) -> None:
    first.stop()


def switch_over(first: RunningNode) -> None:
    ControlClient(run_directory(first.host) / "control.sock").call("switchover", instance="VI_51")


@pytest.mark.parametrize("successor", ["vrrpd", "keepalived"])
@pytest.mark.parametrize("leave", [stop, switch_over])
def test_a_client_notices_nothing(
    leave: Callable[[RunningNode], None], successor: str, record_property: Recorder
) -> None:
    for _ in range(2):  # a machine that was busy makes it longer, never shorter
        seen = hand_over("vrrpd", successor, leave)
        if seen.silence < RESIGNED:
            break
    record_property("outage_ms", seen.silence * 1000)
    record_property("announced_ahead_ms", seen.ahead * 1000)
    assert seen.silence < RESIGNED
    assert seen.ahead > 0
    assert seen.learned == seen.successor


def test_keepalived_leaves_a_gap(record_property: Recorder) -> None:
    """Or the test above proves nothing."""
    seen = hand_over("keepalived", "keepalived", stop)
    record_property("outage_ms", seen.silence * 1000)
    assert seen.silence > RESIGNED
    assert seen.ahead < 0
