import os
import socket
import subprocess
from errno import EMSGSIZE, ENETDOWN, ENODEV, ENXIO
from ipaddress import IPv4Address, IPv6Address

import pytest

from tests.linux.namespaces import Cable, Namespace, Opened, open_descriptors
from vrrpd.errors import LinuxError
from vrrpd.linux import announce
from vrrpd.linux.announce import Announcer
from vrrpd.linux.arp import gratuitous_arp
from vrrpd.linux.ndisc import unsolicited_advertisement

pytestmark = pytest.mark.netns

MAC = bytes.fromhex("020000000001")
ETH_P_ARP = 0x0806
ETH_P_ALL = 0x0003


def frames(count: int) -> list[bytes]:
    return [gratuitous_arp(MAC, IPv4Address("10.0.0.1") + number) for number in range(count)]


def announcer(namespace: Namespace, opened: Opened) -> Announcer:
    return opened(namespace.call(Announcer, namespace.index("eth0")))


def tap(namespace: Namespace, opened: Opened, protocol: int) -> socket.socket:
    endpoint = opened(namespace.call(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol)))
    endpoint.settimeout(10)
    return endpoint


def test_round_by_round_as_keepalived_does(cable: Cable, opened: Opened) -> None:
    wire = tap(cable.right, opened, ETH_P_ARP)
    wanted = frames(3)
    assert announcer(cable.left, opened).send(wanted, 2) == 6
    assert [wire.recv(2048) for _ in range(6)] == wanted * 2


def test_neighbour_advertisements(cable: Cable, opened: Opened) -> None:
    wire = tap(cable.right, opened, ETH_P_ALL)
    frame = unsolicited_advertisement(MAC, IPv6Address("fd00:1::100"), router=False)
    assert announcer(cable.left, opened).send([frame], 1) == 1
    while wire.recv(2048) != frame:
        pass


def test_another_process_goes_on_with_it(cable: Cable, opened: Opened) -> None:
    wire, wanted = tap(cable.right, opened, ETH_P_ARP), frames(1)
    first = announcer(cable.left, opened)
    kept = os.dup(first.fileno())
    first.close()
    assert opened(cable.left.call(Announcer, first.interface_index, None, kept)).send(wanted, 1) == 1
    assert wire.recv(2048) == wanted[0]


def test_what_cannot_be_gone_on_with_is_closed(cable: Cable, opened: Opened) -> None:
    kept = os.dup(announcer(cable.left, opened).fileno())
    with pytest.raises(LinuxError, match="interface 77"):
        cable.left.call(Announcer, 77, None, kept)
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(kept)


def test_nothing_to_send(cable: Cable, opened: Opened) -> None:
    mouth = announcer(cable.left, opened)
    assert mouth.send([], 5) == 0
    assert mouth.send(frames(2), 0) == 0


def test_a_neighbour_believes_it(cable: Cable, opened: Opened) -> None:
    cable.right.sysctl("net/ipv4/conf/eth0/arp_accept", "1")
    announcer(cable.left, opened).send([gratuitous_arp(MAC, IPv4Address("192.168.1.100"))], 1)
    assert "192.168.1.100 lladdr 02:00:00:00:00:01" in cable.right.ip("neigh", "show", "dev", "eth0")


def test_a_full_queue_is_waited_for_a_little_and_no_longer(cable: Cable, opened: Opened) -> None:
    limit = ["tbf", "rate", "8kbit", "burst", "1600", "limit", "1000"]
    subprocess.run(["tc", "-n", cable.left.name, "qdisc", "add", "dev", "eth0", "root", *limit], check=True)
    sent = announcer(cable.left, opened).send(frames(1000), 5)
    assert 10 < sent < 200


def test_others_have_their_turn_between_many_frames_and_while_the_queue_is_full(cable: Cable, opened: Opened) -> None:
    turns: list[int] = []
    mouth = opened(cable.left.call(Announcer, cable.left.index("eth0"), lambda: turns.append(1)))
    assert mouth.send(frames(250), 2) == 500
    assert len(turns) == 6
    limit = ["tbf", "rate", "8kbit", "burst", "1600", "limit", "1000"]
    subprocess.run(["tc", "-n", cable.left.name, "qdisc", "add", "dev", "eth0", "root", *limit], check=True)
    turns.clear()
    assert mouth.send(frames(99), 1) < 99
    assert len(turns) > 1


def test_a_short_queue_gets_everything_through(cable: Cable, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announce, "_PATIENCE", 60)
    limit = ["tbf", "rate", "5mbit", "burst", "1600", "limit", "1000"]
    subprocess.run(["tc", "-n", cable.left.name, "qdisc", "add", "dev", "eth0", "root", *limit], check=True)
    assert announcer(cable.left, opened).send(frames(100), 2) == 200


def test_down_gone_and_too_long(cable: Cable, opened: Opened) -> None:
    mouth = announcer(cable.left, opened)
    with pytest.raises(LinuxError) as failure:
        mouth.send([bytes(9000)], 1)
    assert failure.value.errno == EMSGSIZE
    cable.left.ip("link", "set", "eth0", "down")
    with pytest.raises(LinuxError) as failure:
        mouth.send(frames(1), 1)
    assert failure.value.errno == ENETDOWN
    cable.left.ip("link", "set", "eth0", "up")
    assert mouth.send(frames(1), 1) == 1
    cable.left.ip("link", "del", "eth0")
    with pytest.raises(LinuxError) as failure:
        mouth.send(frames(1), 1)
    assert failure.value.errno in {ENXIO, ENODEV, ENETDOWN}


def test_an_interface_that_is_not_there(namespace: Namespace) -> None:
    before = open_descriptors()
    with pytest.raises(LinuxError, match="announce on interface 77: ENXIO"):
        namespace.call(Announcer, 77)
    assert open_descriptors() == before


def test_an_interface_that_was_swapped_meanwhile(cable: Cable, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "if_indextoname", lambda _: "lo")
    with pytest.raises(LinuxError, match="announce on lo: ENODEV"):
        announcer(cable.left, opened)


def test_nothing_is_received(cable: Cable, opened: Opened) -> None:
    mouth = announcer(cable.right, opened)
    wire = tap(cable.right, opened, ETH_P_ARP)
    announcer(cable.left, opened).send(frames(5), 1)
    for _ in range(5):
        wire.recv(2048)
    with pytest.raises(BlockingIOError):
        mouth._socket.recv(1)
