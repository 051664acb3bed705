"""The options of addresses and static addresses: the same file under keepalived and under vrrpd, the kernel's word."""

import json
import signal
from collections.abc import Callable
from typing import TypeAlias

import pytest

from netns.host import Host
from netns.lab import Lab
from netns.process import Process
from tests.daemon.keepalived import AVAILABLE
from tests.daemon.nodes import eventually
from tests.daemon.standing_in import StandIn

pytestmark = [pytest.mark.netns, pytest.mark.skipif(not AVAILABLE, reason="needs keepalived")]

CONFIG = """
global_defs {
    default_interface eth0
}
static_ipaddress {
    10.5.0.1/24
    10.5.1.2/24 brd + dev eth0 scope link label eth0:st
    10.5.2.1 peer 10.5.2.9 dev eth0
    10.5.3.1/24 noprefixroute home preferred_lft 100
    10.5.4.1/24 mngtmpaddr -nodad scope site
    10.5.5.1/24 broadcast -
    10.5.6.2/24 broadcast 10.5.6.77 scope 77
    10.5.7.1/24 scope nowhere no_track
    fd05:1::1/64
    fd05:2::1/64 preferred_lft 1000000
    fd05:3::1 no_track
    fd05:4::1/64 -nodad
    fd05:5::1 peer fd05:5::9
    fd05:6::1/64 mngtmpaddr noprefixroute home
    fd05:7::1/128 preferred_lft forever
    fd05:8::1/120 preferred_lft 0
    10.5.8.1/24 dev eth1
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    state MASTER
    virtual_ipaddress {
        10.6.0.1/24
        10.6.1.2/24 brd + dev eth0 scope link label eth0:vi
        10.6.2.1 peer 10.6.2.9
        10.6.3.1/24 noprefixroute
        10.6.4.1/24 dev eth1 no_track
    }
    virtual_ipaddress_excluded {
        fd06:1::1/64
        fd06:2::1/64 preferred_lft 1000000
        fd06:4::1/64 -nodad
        fd06:5::1 peer fd06:5::9
        fd06:6::1/64 mngtmpaddr noprefixroute home
        fd06:7::1 preferred_lft forever
        10.6.5.1/24 brd -
    }
}
"""
CONFIG = CONFIG.replace("        fd06:8::1/64 autojoin\n", "")

Address: TypeAlias = dict[str, object]


def addresses(host: Host) -> dict[str, Address]:
    """As ``ip`` shows them, but for who added them; lifetimes that run down in rough; none that a link gave itself."""
    found = {}
    for link in json.loads(host.run(["ip", "-details", "-json", "addr"])):
        for item in link.get("addr_info", ()):
            if item["local"].startswith("fe80:"):
                continue
            item.pop("protocol", None)
            if 0 < item["preferred_life_time"] < 0xFFFFFFFF:
                item["preferred_life_time"] //= 1000
            found[f"{link['ifname']} {item['local']}/{item['prefixlen']}"] = item
    return found


def settled(host: Host) -> dict[str, Address]:
    """Once no address is being examined any more."""
    eventually(lambda: not any("tentative" in item for item in addresses(host).values()))
    return addresses(host)


def with_eth1(host: Host) -> Host:
    host.ip("link add eth1 type veth peer name other", "link set other up", "link set eth1 up")
    return host


def keepalived(host: Host, config: str = CONFIG) -> Process:
    path = host.directory / "real.conf"
    path.write_text(config)
    files = [f"--{kind}={host.directory}/{kind}" for kind in ("pid", "vrrp_pid")]
    argv = ["keepalived", "-n", "-l", "-D", "-G", "-P", f"-f{path}", *files]
    log = host.directory / "real.log"
    before = log.read_text().count("Startup complete") if log.exists() else 0
    process = host.spawn(argv, log=log.name, env={"TMPDIR": str(host.directory / "tmp")})
    eventually(lambda: log.read_text().count("Startup complete") > before)
    return process


def vrrpd(host: Host, config: str = CONFIG) -> Process:
    return StandIn(host, config).start(env={"TMPDIR": str(host.directory / "tmp")})


def test_every_option_is_as_with_keepalived(lab: Lab) -> None:
    shown, left = [], []
    for host, start_daemon in ((lab["r1"], keepalived), (lab["r2"], vrrpd)):
        with_eth1(host)
        before = addresses(host)
        process = start_daemon(host)
        eventually(lambda: host.holds("10.6.5.1"), "master")  # noqa: B023 - used at once
        there = settled(host)
        shown.append({name: item for name, item in there.items() if name not in before})
        assert process.stop() == 0
        left.append(addresses(host).keys() - before.keys())
    theirs, ours = shown
    assert len(theirs) == 17 + 5 + 7
    assert ours == theirs
    # keepalived 2.2.7 forgets IPv4 addresses that have a peer.
    assert left == [{"eth0 10.5.2.1/32", "eth0 10.6.2.1/32"}, set()]


TIED = """
track_group uplink {
    group {
        VI_1
    }
}
static_ipaddress {
    10.5.0.1/24 dev eth1 track_group uplink
    10.5.1.1/24 dev eth1 no_track
    10.5.2.1/24 label eth0:x
    fd05:1::1/64 dev eth1 track_group uplink
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.1
    virtual_ipaddress {
        10.6.0.1/24
    }
}
"""
FAULTY = {"eth0 10.5.2.1/24", "eth1 10.5.0.1/24"}
TRACKED = {*FAULTY, "eth0 10.6.0.1/24", "eth1 fd05:1::1/64"}


def known(host: Host) -> set[str]:
    """Which of the file's addresses are there."""
    return {name for name in addresses(host) if name.split()[1].startswith(("10.", "fd05"))}


@pytest.mark.parametrize("start", [keepalived, vrrpd])
def test_losses_of_static_addresses_and_their_interface(lab: Lab, start: Callable[[Host, str], Process]) -> None:
    host = with_eth1(lab["r1"])
    process = start(host, TIED)
    steps = [
        ((), {*TRACKED, "eth1 10.5.1.1/24"}),
        (("addr del 10.5.0.1/24 dev eth1", "addr del 10.5.1.1/24 dev eth1", "addr del 10.5.2.1/24 dev eth0"), TRACKED),
        (("addr del fd05:1::1/64 dev eth1",), TRACKED),
        (("link set eth1 down",), FAULTY),
        (("link set eth1 up",), TRACKED),
        (("link del eth1",), {"eth0 10.5.2.1/24"}),
    ]
    for commands, wanted in steps:
        if commands:
            host.ip(*commands)
        # keepalived puts the IPv6 address on an interface that is down.
        either = {"eth1 fd05:1::1/64"} if wanted is FAULTY else set()
        eventually(lambda: known(host) - either == wanted - either, f"{commands}")  # noqa: B023 - used at once
    with_eth1(host)
    eventually(lambda: known(host) == TRACKED, "a new eth1")
    assert process.stop() == 0
    assert known(host) == set()


@pytest.mark.parametrize("start", [keepalived, vrrpd])
def test_what_a_killed_one_left_is_removed_by_the_next(lab: Lab, start: Callable[[Host, str], Process]) -> None:
    host = with_eth1(lab["r1"])
    process = start(host, TIED)
    eventually(lambda: known(host) == {*TRACKED, "eth1 10.5.1.1/24"})
    process.kill()
    for name in ("pid", "vrrp_pid", "keepalived.pid", "vrrp.pid"):
        (host.directory / name).unlink(missing_ok=True)  # the number may be somebody else's by now
    process = start(host, TIED)
    assert process.stop() == 0
    assert known(host) == set()


def test_sections_of_the_dump_file(lab: Lab) -> None:
    sections = []
    for host, start in ((lab["r1"], keepalived), (lab["r2"], vrrpd)):
        with_eth1(host)
        (host.directory / "tmp").mkdir()
        start(host, TIED + CONFIG.partition("vrrp_instance")[0])
        eventually(lambda: "10.5.8.1" in host.run(["ip", "addr"]))  # noqa: B023 - used at once
        settled(host)
        numbers = ("pid", "keepalived.pid")
        pid = next(path for name in numbers if (path := host.directory / name).exists()).read_text().strip()
        host.run(["kill", f"-{signal.SIGUSR1.value}", pid])
        path = host.directory / "tmp" / "keepalived.data"
        eventually(lambda: path.exists() and "VRRP Topology" in path.read_text())  # noqa: B023 - used at once
        text = path.read_text()
        sections.append(text[text.index("------< Static Addresses") : text.index("------< VRRP Topology")].splitlines())
    theirs, ours = sections
    assert len(theirs) == 1 + 4 + 17 + 1 + 3
    assert ours == theirs
