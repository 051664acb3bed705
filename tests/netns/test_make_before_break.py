"""A client that asks every 2 ms, while the master is stopped: it notices nothing, whoever the successor is."""

import time

import pytest

from netns.peers import daemon_named
from netns.peers.spec import InstanceSpec, NodeSpec
from netns.stage import Stage
from tests.netns.playing import Recorder

pytestmark = [pytest.mark.netns, pytest.mark.compared]

RESIGNED = 0.3
"""Seconds; after a farewell the backup waits one Skew_Time, 0.609 s here."""


def outage_at_stop(master: str, successor: str) -> tuple[float, int]:
    """Milliseconds without a reply, and replies lost, when ``master`` is stopped."""
    daemons = {"r1": daemon_named(master), "r2": daemon_named(successor)}
    with Stage("make-before-break", daemons) as stage:
        first = stage.start("r1", NodeSpec((InstanceSpec(priority=150),)))
        stage.await_advert("r1", 10.0)
        stage.start("r2", NodeSpec((InstanceSpec(priority=100),)))
        assert stage.await_sole_holder("r1", 10.0)
        assert stage.pings is not None
        assert stage.pings.wait_for_reply(5.0) is not None
        time.sleep(1.5)
        begin = time.time_ns()
        first.stop()
        stage.await_advert("r2", 5.0, since=begin)
        time.sleep(0.5)
        end = time.time_ns()
        outage = stage.pings.outage(begin, end)
        assert stage.holders_now() == ("r2",)
        assert not first.complaints()
        return outage.ms, round(outage.ms / 2) - 1


@pytest.mark.parametrize("successor", ["vrrpd", "keepalived"])
def test_a_stop_is_not_noticed(successor: str, record_property: Recorder) -> None:
    for _ in range(2):  # a machine that was busy makes it longer, never shorter
        milliseconds, _lost = outage_at_stop("vrrpd", successor)
        if milliseconds < 1000 * RESIGNED:
            break
    record_property("outage_ms", milliseconds)
    assert milliseconds < 1000 * RESIGNED


def test_keepalived_leaves_a_gap(record_property: Recorder) -> None:
    """Or the test above proves nothing."""
    milliseconds, _ = outage_at_stop("keepalived", "keepalived")
    record_property("outage_ms", milliseconds)
    assert milliseconds > 1000 * RESIGNED
