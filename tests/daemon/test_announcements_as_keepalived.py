"""Announcements on the wire: the same file under keepalived and under vrrpd, frame by frame."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from netns.capture import Capture
from netns.host import Host
from netns.lab import Lab
from netns.process import Process
from tests.daemon.keepalived import AVAILABLE
from tests.daemon.nodes import Node, eventually, instance_text
from tests.daemon.standing_in import StandIn

pytestmark = pytest.mark.netns

CONFIG = """
global_defs {{
    vrrp_version 3
    {defs}
}}
{top}
vrrp_instance VI_1 {{
    state MASTER
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int 0.5
    garp_master_delay 2
    {extra}
    virtual_ipaddress {{
        {vips}
    }}
}}
"""
VIPS = ("192.168.1.100", "192.168.1.101", "192.168.1.102")
NEAR = 0.05
"""Seconds between the two daemons' times."""


def config(*, defs: str = "", top: str = "", extra: str = "", vips: tuple[str, ...] = VIPS, priority: int = 150) -> str:
    lines = "\n        ".join(vips)
    return CONFIG.format(defs=defs, top=top, extra=extra, vips=lines, priority=priority)


def run_keepalived(host: Host, text: str) -> Process:
    path = host.directory / "keepalived.conf"
    path.write_text(text)
    files = [f"--{kind}={host.directory}/{kind}" for kind in ("pid", "vrrp_pid")]
    return host.spawn(["keepalived", "-n", "-l", "-D", "-G", "-P", f"-f{path}", *files], log="keepalived.log")


def run_vrrpd(host: Host, text: str) -> Process:
    return StandIn(host, text).start()


DAEMONS: dict[str, Callable[[Host, str], Process]] = {"keepalived": run_keepalived, "vrrpd": run_vrrpd}


@contextmanager
def wire() -> Iterator[tuple[Lab, Capture]]:
    with Lab(routers=2, clients=0) as lab:
        yield lab, Capture(lab)


def announced(capture: Capture, since: int = 0) -> list[tuple[float, str]]:
    """Seconds since the first one, and the address."""
    found = capture.garps("r1", since=since)
    return [((item.time_ns - found[0].time_ns) / 1e9, item.address) for item in found]


def played(daemon: str, text: str, seconds: float) -> list[tuple[float, str]]:
    """What a master announces within ``seconds`` from its first announcement on."""
    with wire() as (lab, capture):
        lab["r1"].ip("link add net1 type veth peer name net2", "link set net1 up", "link set net2 up")
        lab["r1"].ip("addr add 10.9.9.1/24 dev net1")
        process = DAEMONS[daemon](lab["r1"], text)
        eventually(lambda: capture.garps("r1"), "a first announcement")
        time.sleep(seconds)
        process.stop()
        return announced(capture)


CASES = {
    "one address": config(defs="vrrp_garp_interval 0.3", vips=VIPS[:1]),
    "several addresses": config(defs="vrrp_garp_interval 0.2"),
    "a group": config(top="garp_group {\n    garp_interval 0.25\n    interface eth0\n}"),
    "a group that says nothing of it": config(
        defs="vrrp_garp_interval 0.2", top="garp_group {\n    gna_interval 0.25\n    interface eth0\n}"
    ),
    "IPv6": config(defs="vrrp_gna_interval 0.2", vips=("fd00:1::100/64", "fd00:1::101/64")),
    "no distance": config(),
    "again and again elsewhere": config(
        extra="vmac_garp_intvl all 1", vips=("192.168.1.100 dev eth0", "10.9.9.2 dev net1")
    ).replace("interface eth0", "interface net1"),
}


@pytest.mark.skipif(not AVAILABLE, reason="no keepalived here")
@pytest.mark.parametrize("case", CASES)
def test_frames_and_distances_as_keepalived(case: str) -> None:
    theirs, ours = (played(daemon, CASES[case], 3.5) for daemon in ("keepalived", "vrrpd"))
    assert [address for _, address in ours] == [address for _, address in theirs]
    assert all(abs(mine - its) < NEAR for (mine, _), (its, _) in zip(ours, theirs, strict=True)), (ours, theirs)


@pytest.mark.skipif(not AVAILABLE, reason="no keepalived here")
@pytest.mark.parametrize("daemon", DAEMONS)
def test_who_is_no_master_any_more_announces_no_more_as_keepalived(daemon: str) -> None:
    many = tuple(f"192.168.1.{number}" for number in range(100, 130))
    with wire() as (lab, capture):
        process = DAEMONS[daemon](lab["r1"], config(defs="vrrp_garp_interval 0.2", vips=many))
        eventually(lambda: len(capture.garps("r1")) > 3, "announcements")
        better = Node(lab["r2"], instance_text(priority=200, advert_int=0.5, virtual_ipaddress=list(many))).start()
        better.becomes("MASTER")
        eventually(lambda: capture.adverts("r2", 51), "an advert of the new master")
        first = capture.adverts("r2", 51)[0]
        time.sleep(1)
        late = [item for item in capture.garps("r1") if item.time_ns > first.time_ns + NEAR * 1e9]
        assert not late
        process.stop()


def test_adverts_do_not_wait_for_announcements() -> None:
    many = [f"192.168.1.{number}" for number in range(100, 120)]
    text = "[global_defs]\nvrrp_garp_interval = 0.05\n" + instance_text(virtual_ipaddress=many)
    with wire() as (lab, capture):
        node = Node(lab["r1"], text).start()
        eventually(lambda: {item.address for item in capture.garps("r1")} == set(many), "each address announced")
        begin, end = (capture.garps("r1")[place].time_ns for place in (0, -1))
        adverts = capture.adverts("r1", 51, since=begin, until=end)
        assert len(adverts) > 5, "one every 0.1 s, while the announcements take a second"
        node.stop()


def test_the_last_word_is_the_masters(lab: Lab) -> None:
    """The better node hears the other one and is not heard; then it is, and the other one yields without a word."""
    capture = Capture(lab)

    def node(host: str, priority: int) -> Node:
        quiet = {"garp_master_delay": 0, "garp_lower_prio_delay": 0, "garp_lower_prio_repeat": 0}
        extra = "\n".join(f"{keyword} = {value}" for keyword, value in quiet.items())
        return Node(lab[host], instance_text(priority=priority, advert_int=0.5, extra=extra)).start()

    better = node("r1", 150)
    better.becomes("MASTER")
    worse = node("r2", 100)
    worse.becomes("BACKUP")
    lab["r1"].isolate(sending=True, hearing=False)
    worse.becomes("MASTER")
    eventually(lambda: capture.garps("r2"), "the other one announces")
    joined = lab["r1"].join()
    worse.becomes("BACKUP")
    eventually(lambda: capture.garps("r1", since=joined), "the last word")
    assert better.state() == "MASTER"
    assert max(item.time_ns for item in capture.garps("r2")) < joined
