"""fast_failover against keepalived as master: the same crash, seen by backups with and without it."""

import time

import pytest

from netns.capture import Capture
from netns.host import Host
from netns.lab import Lab
from tests.netns.fast import ALWAYS, OVERDUE, PATIENCE, instance, log_of, masters, start

pytestmark = pytest.mark.netns

PROTOCOL, LATE, CONSTANT = 51, 52, 53
WORDS = {PROTOCOL: "", LATE: OVERDUE, CONSTANT: ALWAYS}


def taken_after(capture: Capture, heir: Host, vrid: int, begin: int) -> float:
    """Seconds from ``begin`` to the heir's first advert."""
    advert = capture.wait_for_advert(PATIENCE, host=heir.name, vrid=vrid, since=begin)
    assert advert is not None, log_of(heir)
    return (advert.time_ns - begin) / 1e9


def pair(lab: Lab, capture: Capture, *, family: int = 4, priorities: tuple[int, int] = (200, 100)) -> tuple[Host, Host]:
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
