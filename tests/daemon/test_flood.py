"""Strangers' packets at a running pair: counted, told once, and otherwise without effect."""

import itertools
import socket
import time
from ipaddress import IPv4Address

import pytest

from netns.lab import Lab
from tests.daemon.nodes import Node, eventually, instance_text
from vrrpd.proto.advertisement import Advertisement, encode
from vrrpd.units import Priority, Seconds, Vrid

pytestmark = pytest.mark.netns

GROUP, STRANGER = IPv4Address("224.0.0.18"), IPv4Address("192.168.1.3")
PACKETS = 3000


def _bad_packets() -> list[bytes]:
    good = Advertisement(3, Vrid(51), Priority(250), Seconds(0.1), (IPv4Address("192.168.1.100"),))
    message = bytearray(encode(good, STRANGER, GROUP))
    wrong_checksum = bytes(message[:6] + b"\xff\xff" + message[8:])
    too_long = bytes(message) + b"1234"
    other_version = bytes([0x41]) + bytes(message[1:])
    return [wrong_checksum, too_long, other_version]


def _flood() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, 112) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        sender.bind((str(STRANGER), 0))
        for number, packet in enumerate(itertools.islice(itertools.cycle(_bad_packets()), PACKETS)):
            sender.sendto(packet, (str(GROUP), 0))
            if number % 50 == 0:
                time.sleep(0.005)  # a queue of the kernel holds about a hundred


def test_a_flood_changes_nothing_and_fills_no_log() -> None:
    with Lab(routers=3, clients=0) as large:
        first = Node(large["r1"], instance_text(priority=200)).start()
        second = Node(large["r2"], instance_text(priority=100)).start()
        first.becomes("MASTER")
        second.becomes("BACKUP")
        before = [len(node.lines("->")) for node in (first, second)]
        large["r3"].enter(_flood)
        eventually(lambda: all(_dropped(node) for node in (first, second)))
        assert [len(node.lines("->")) for node in (first, second)] == before
        assert (first.state(), second.state()) == ("MASTER", "BACKUP")
        for node in (first, second):
            told = node.lines("WARNING VI_1 ignored a packet from 192.168.1.3")
            assert len(told) == 3
            assert _dropped(node) <= {"bad_checksum", "bad_length", "bad_version"}


def _dropped(node: Node) -> set[str]:
    dropped = node.status()["statistics"]["dropped"]
    assert isinstance(dropped, dict)
    return set(dropped) - {"not_ready"} if sum(dropped.values()) >= PACKETS * 0.1 else set()
