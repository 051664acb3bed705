"""fast_failover against keepalived as master: the same crash, seen by backups with and without it."""

import time

import pytest

from netns.capture import Capture
from netns.host import Host
from netns.lab import Lab
from netns.mistakes import WAYS, pairs, watch
from netns.peers.vrrpd import instance_status
from tests.daemon.nodes import eventually
from tests.netns.fast import ALWAYS, OVERDUE, OWNER, PATIENCE, instance, log_of, masters, start, taken_after

pytestmark = [pytest.mark.netns, pytest.mark.compared]

PROTOCOL, LATE, CONSTANT = 51, 52, 53
WORDS = {PROTOCOL: "", LATE: OVERDUE, CONSTANT: ALWAYS}


def pair(
    lab: Lab, capture: Capture, *, family: int = 4, priorities: tuple[int, int] = (OWNER, 100)
) -> tuple[Host, Host]:
    """keepalived is master of three virtual routers, vrrpd their backup, each of them in another way."""
    first, second = lab.routers[:2]
    start(first, "keepalived", *(instance(vrid, priorities[0], family=family) for vrid in WORDS))
    masters(capture, first, *WORDS)
    start(second, "vrrpd", *(instance(vrid, priorities[1], words, family=family) for vrid, words in WORDS.items()))
    time.sleep(4.0)
    assert not capture.adverts(second.name), log_of(second)
    return first, second


@pytest.mark.parametrize("family", [4, 6])
def test_a_crash_is_noticed_sooner_than_the_protocol_does(family: int) -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        first, second = pair(lab, capture, family=family)
        heard = capture.wait_for_advert(PATIENCE, host=first.name)
        assert heard is not None
        time.sleep(0.5)
        begin = first.crash()
        found = {vrid: taken_after(capture, second, vrid, begin) for vrid in WORDS}
        print(family, found, log_of(second))
        assert found[LATE] < found[PROTOCOL] / 2
        assert found[CONSTANT] < found[LATE]


def test_a_check_fails_and_the_backup_relieves_the_master() -> None:
    """The first lower advert to the takeover; by the protocol the rest of Master_Down_Interval runs out."""
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        first, second = lab.routers
        (first.directory / "healthy").touch()
        check = (
            f'vrrp_script check {{\n script "/usr/bin/test -e {first.directory}/healthy"\n interval 1\n weight 2\n}}\n'
        )
        head = "global_defs {\n script_user root\n}\n" + check
        track = "track_script {\n check\n }"
        start(first, "keepalived", *(instance(vrid, 100, track) for vrid in (PROTOCOL, LATE)), head=head)
        masters(capture, first, PROTOCOL, LATE)
        start(second, "vrrpd", instance(PROTOCOL, 101), instance(LATE, 101, OVERDUE))
        time.sleep(5.0)
        assert not capture.adverts(second.name), log_of(second)
        (first.directory / "healthy").unlink()
        took = {}
        for vrid in (PROTOCOL, LATE):
            lower = capture.wait_for_advert(PATIENCE, host=first.name, vrid=vrid, priority=100, since=0)
            assert lower is not None, log_of(first)
            took[vrid] = taken_after(capture, second, vrid, lower.time_ns)
        print(took, log_of(second))
        assert took[LATE] < took[PROTOCOL] / 4
        assert took[LATE] <= 155 / 256 / 4 + 0.1


def test_a_network_that_pauses() -> None:
    """Wrong takeovers are undone by the master's next advert; they are counted, and probing rests."""
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        first, second = pair(lab, capture)
        second.isolate(sending=True, hearing=True)
        time.sleep(2.0)
        second.join()
        capture.wait_for_advert(PATIENCE, host=first.name)
        eventually(lambda: {state(second, index) for index in range(3)} == {"BACKUP"})
        assert wrong(second, 0) == 0, "by the protocol nobody took over in that time"
        assert (wrong(second, 1), wrong(second, 2)) == (1, 1), log_of(second)
        assert "was alive though it answered nothing: no probing for 60 s" in log_of(second)


def test_a_network_that_loses_a_fifth_of_all_packets() -> None:
    """No silence: that takes a dozen answers lost in a row. For longer: ``python -m netns mistakes --loss 20``."""
    with pairs("keepalived", 1.0) as stages:
        for stage in stages.values():
            stage.lab["r2"].random_loss(20, sending=True, hearing=True)
        findings = watch(stages, 10.0)
    assert [(finding.by_silence, finding.wrong) for finding in findings] == [(0, 0)] * len(WAYS)


def test_one_stream_for_all_instances_on_one_host() -> None:
    with Lab(routers=2, clients=0) as lab:
        capture = Capture(lab)
        first, second = lab.routers
        vrids = range(60, 110)
        start(first, "keepalived", *(instance(vrid, OWNER) for vrid in vrids))
        masters(capture, first, *vrids)
        start(second, "vrrpd", *(instance(vrid, 100, ALWAYS) for vrid in vrids))
        time.sleep(3.0)
        before = received_arp(first)
        time.sleep(2.0)
        assert 15 <= received_arp(first) - before <= 25
        begin = first.crash()
        assert max(taken_after(capture, second, vrid, begin) for vrid in vrids) < 2.0, log_of(second)


def received_arp(host: Host) -> int:
    """Frames in, adverts of others there are none."""
    return int(host.run(["cat", "/sys/class/net/eth0/statistics/rx_packets"]))


def state(host: Host, index: int) -> object:
    return instance_status(host, index)["state"]


def wrong(host: Host, index: int) -> object:
    statistics = instance_status(host, index)["statistics"]
    assert isinstance(statistics, dict)
    return statistics["wrong_takeovers"]
