import itertools
import os
import select
import socket
import subprocess
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from tests.linux.namespaces import Cable, Namespace, Opened, eventually
from vrrpd.linux import rtnl, uapi
from vrrpd.linux.addresses import AddressBatch, Vip
from vrrpd.linux.interfaces import (
    UNKNOWN_PORT,
    AddressEvent,
    InterfaceEvent,
    InterfaceWatch,
    LinkEvent,
    describe_port,
    is_forwarding,
)
from vrrpd.linux.netlink import Netlink
from vrrpd.units import Family

netns = pytest.mark.netns
VIP = IPv4Address("192.168.1.100")
VIP6 = IPv6Address("fd00:1::100")


def watch_on(namespace: Namespace, opened: Opened) -> tuple[Netlink, InterfaceWatch]:
    netlink = opened(namespace.call(Netlink))
    return netlink, opened(namespace.call(InterfaceWatch, netlink))


def events_until(watch: InterfaceWatch, wanted: type[LinkEvent] | type[AddressEvent]) -> list[InterfaceEvent]:
    seen: list[InterfaceEvent] = []

    def found() -> bool:
        seen.extend(watch.read())
        return any(isinstance(event, wanted) for event in seen)

    assert eventually(found)
    return seen


def settle(watch: InterfaceWatch) -> list[InterfaceEvent]:
    """Everything until nothing has come for a while."""
    seen: list[InterfaceEvent] = []
    while select.select([watch], [], [], 0.3)[0]:
        seen.extend(watch.read())
    return seen


@netns
def test_the_truth_at_start(cable: Cable, opened: Opened) -> None:
    _, watch = watch_on(cable.left, opened)
    index = cable.left.index("eth0")
    eth0 = watch.link("eth0")
    assert eth0 is not None
    assert (eth0.index, eth0.mtu, eth0.multicast, eth0.arp, len(eth0.mac)) == (index, 1500, True, True, 6)
    assert watch.link_at(index) == eth0
    assert watch.link("eth1") is None
    assert {link.name for link in watch.links} == {"lo", "eth0"}
    assert ip_address("192.168.1.1") in [entry.address for entry in watch.addresses(index)]
    assert watch.primary_address(index, Family.IPV4) == ip_address("192.168.1.1")
    assert watch.primary_address(index, Family.IPV4, {ip_address("192.168.1.1")}) is None
    assert eventually(lambda: bool(watch.read()) or watch.primary_address(index, Family.IPV6) is not None)


@netns
def test_carrier_and_administrative_state(cable: Cable, opened: Opened) -> None:
    _, watch = watch_on(cable.left, opened)
    settle(watch)

    def usable() -> bool:
        watch.read()
        link = watch.link("eth0")
        return link is not None and link.usable

    assert usable()
    cable.right.ip("link", "set", "eth0", "down")
    assert eventually(lambda: not usable())
    link = watch.link("eth0")
    assert link
    assert link.admin_up
    assert not link.running
    cable.right.ip("link", "set", "eth0", "up")
    assert eventually(usable)
    cable.left.ip("link", "set", "eth0", "down")
    assert eventually(lambda: not usable())
    link = watch.link("eth0")
    assert link
    assert not link.admin_up


@netns
def test_deleted_and_made_again(cable: Cable, opened: Opened) -> None:
    _, watch = watch_on(cable.left, opened)
    settle(watch)
    before = watch.link("eth0")
    assert before
    cable.left.ip("link", "del", "eth0")
    events = settle(watch)
    assert watch.link("eth0") is None
    assert watch.link_at(before.index) is None
    gone = [event for event in events if isinstance(event, LinkEvent) and event.after is None]
    assert [event.name for event in gone] == ["eth0"]
    assert watch.addresses(before.index) == ()
    cable.connect()
    settle(watch)
    after = watch.link("eth0")
    assert after
    assert after.index != before.index
    assert watch.primary_address(after.index, Family.IPV4) == ip_address("192.168.1.1")


@netns
def test_renamed_away_and_back(cable: Cable, opened: Opened) -> None:
    _, watch = watch_on(cable.left, opened)
    settle(watch)
    cable.left.ip("link", "set", "eth0", "down")
    settle(watch)
    for old, new in (("eth0", "lan0"), ("lan0", "eth0")):
        cable.left.ip("link", "set", old, "name", new)
        events = [event for event in settle(watch) if isinstance(event, LinkEvent)]
        assert [(event.before.name if event.before else None, event.name) for event in events] == [(old, new)]
        assert watch.link(old) is None
        assert watch.link(new) is not None


@netns
def test_leaving_a_bridge_is_no_deletion(cable: Cable, opened: Opened) -> None:
    cable.left.ip("link", "add", "br0", "type", "bridge")
    cable.left.ip("link", "set", "eth0", "master", "br0")
    _, watch = watch_on(cable.left, opened)
    cable.left.ip("link", "set", "eth0", "nomaster")
    events = settle(watch)
    assert not [event for event in events if isinstance(event, LinkEvent) and event.after is None]
    assert watch.link("eth0") is not None


@netns
def test_moved_to_another_namespace(cable: Cable, opened: Opened) -> None:
    _, watch = watch_on(cable.left, opened)
    cable.left.ip("link", "set", "eth0", "netns", cable.right.name, "name", "eth9")
    assert eventually(lambda: bool(watch.read()) or watch.link("eth0") is None)


@netns
@pytest.mark.parametrize("vip", [VIP, VIP6])
def test_own_changes_carry_our_port_and_others_theirs(
    cable: Cable, opened: Opened, vip: IPv4Address | IPv6Address
) -> None:
    netlink, watch = watch_on(cable.left, opened)
    settle(watch)
    index = cable.left.index("eth0")
    batch = AddressBatch([Vip(vip, vip.max_prefixlen, index)])
    for _ in range(5):
        assert batch.add(netlink) == ()
        (added,) = events_until(watch, AddressEvent)
        assert added == AddressEvent(index, vip, vip.max_prefixlen, added=True, port_id=netlink.port_id)
        assert batch.remove(netlink) == ()
        (removed,) = events_until(watch, AddressEvent)
        assert removed == AddressEvent(index, vip, vip.max_prefixlen, added=False, port_id=netlink.port_id)
    batch.add(netlink)
    events_until(watch, AddressEvent)
    cable.left.ip("addr", "del", f"{vip}/{vip.max_prefixlen}", "dev", "eth0")
    (stolen,) = events_until(watch, AddressEvent)
    assert isinstance(stolen, AddressEvent)
    assert not stolen.added
    assert stolen.port_id != netlink.port_id


@netns
def test_the_culprit_is_named_while_it_lives(cable: Cable, opened: Opened) -> None:
    netlink, watch = watch_on(cable.left, opened)
    AddressBatch([Vip(VIP, 32, cable.left.index("eth0"))]).add(netlink)
    settle(watch)
    command = ["ip", "-n", cable.left.name, "-batch", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as culprit:
        assert culprit.stdin
        culprit.stdin.write(f"addr del {VIP}/32 dev eth0\n")
        culprit.stdin.flush()
        (event,) = events_until(watch, AddressEvent)
        assert isinstance(event, AddressEvent)
        assert describe_port(event.port_id) == f"ip (pid {culprit.pid})"
    assert describe_port(event.port_id) == f"pid {culprit.pid}"


@netns
def test_a_secondary_address_takes_the_place_of_the_primary_one(cable: Cable, opened: Opened) -> None:
    cable.left.sysctl("net/ipv4/conf/eth0/promote_secondaries", "1")
    cable.left.ip("addr", "add", "192.168.1.9/24", "dev", "eth0")
    _, watch = watch_on(cable.left, opened)
    index = cable.left.index("eth0")
    assert watch.primary_address(index, Family.IPV4) == ip_address("192.168.1.1")
    cable.left.ip("addr", "del", "192.168.1.1/24", "dev", "eth0")
    events = settle(watch)
    assert watch.primary_address(index, Family.IPV4) == ip_address("192.168.1.9")
    assert ip_address("192.168.1.9") in [event.address for event in events if isinstance(event, AddressEvent)]


@netns
def test_a_flapping_link_leaves_the_truth_behind(cable: Cable, opened: Opened) -> None:
    _, watch = watch_on(cable.left, opened)
    settle(watch)
    known = watch.link("eth0")
    for _, state in zip(range(100), itertools.cycle(["down", "up"])):
        cable.right.ip("link", "set", "eth0", state)
        for event in watch.read():
            if isinstance(event, LinkEvent):
                assert event.before == known
                known = event.after
    for event in settle(watch):
        if isinstance(event, LinkEvent):
            known = event.after
    assert known == watch.link("eth0")
    assert known
    assert known.usable


@netns
def test_lost_messages_are_made_good_from_a_new_dump(cable: Cable, opened: Opened) -> None:
    netlink, watch = watch_on(cable.left, opened)
    settle(watch)
    index = cable.left.index("eth0")
    watch._socket.setsockopt(socket.SOL_SOCKET, uapi.SO_RCVBUFFORCE, 4096)
    vips = [Vip(IPv4Address(f"10.0.{number // 250}.{number % 250 + 1}"), 32, index) for number in range(500)]
    batch = AddressBatch(vips)
    batch.add(netlink)
    batch.remove(netlink, {vip.address for vip in vips[:100]})
    events = [event for event in watch.read() if isinstance(event, AddressEvent)]
    assert UNKNOWN_PORT in {event.port_id for event in events}
    assert netlink.port_id in {event.port_id for event in events}
    present = {entry.address for entry in watch.addresses(index)}
    assert {vip.address for vip in vips[100:]} <= present
    assert not present & {vip.address for vip in vips[:100]}
    told = {event.address for event in events if event.added} - {event.address for event in events if not event.added}
    assert told == {vip.address for vip in vips[100:]}
    assert watch.read() == ()


@netns
def test_only_the_kernel_is_believed(cable: Cable, opened: Opened) -> None:
    _, watch = watch_on(cable.left, opened)
    settle(watch)
    forger = opened(cable.left.call(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE))
    forged = rtnl.encode_delete_address(rtnl.AddressRequest(cable.left.index("eth0"), ip_address("192.168.1.1"), 24))
    forger.sendto(forged, watch._socket.getsockname())
    assert select.select([watch], [], [], 10)[0]
    assert watch.read() == ()


@netns
def test_a_watch_of_its_own_needs_nobody(cable: Cable, opened: Opened) -> None:
    watch = opened(cable.left.call(InterfaceWatch))
    cable.left.ip("addr", "add", "10.0.0.1/32", "dev", "eth0")
    assert any(isinstance(event, AddressEvent) for event in events_until(watch, AddressEvent))


@netns
def test_forwarding(cable: Cable) -> None:
    for family in Family:
        path = f"net/ipv{family.value}/conf/eth0/forwarding"
        for value in (True, False):
            cable.left.sysctl(path, str(int(value)))
            assert cable.left.call(is_forwarding, "eth0", family) is value
    assert cable.left.call(is_forwarding, "eth7", Family.IPV4) is False


def test_ports_are_described() -> None:
    assert describe_port(0) == "the kernel"
    assert describe_port(os.getpid()).endswith(f"(pid {os.getpid()})")
    assert describe_port(os.getpid() + (3 << 22)) == describe_port(os.getpid())
    assert describe_port(UNKNOWN_PORT) == "an unknown process"
    assert describe_port(0xFFFFF001) == "an unknown process"
    finished = subprocess.Popen(["true"])
    finished.wait()
    assert describe_port(finished.pid) == f"pid {finished.pid}"
