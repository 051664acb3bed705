"""A running pair under packets that somebody damaged or forged on purpose.

The oracle is the codec, called here with the pair's own rules: what it says of each packet sent must be what the
daemons counted. A packet that it would accept is not sent: an accepted one may rightly change the election.
"""

import os
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from random import Random
from typing import Final, TypeAlias

import pytest

from netns.capture import Capture
from netns.host import Host
from netns.lab import Lab
from netns.peers.base import RunningNode
from netns.peers.spec import VIP, InstanceSpec, NodeSpec
from netns.peers.vrrpd import Vrrpd, status
from tests.fuzz.fuzz_decode import Mutator
from vrrpd.control.status import InstanceStatus, read_status
from vrrpd.linux.ipv4_packet import parse_ipv4
from vrrpd.proto.advertisement import Advertisement, Dropped, DropReason, ReceiveRules, decode, encode
from vrrpd.proto.auth import pass_key
from vrrpd.units import Family, Priority, Seconds, Vrid

pytestmark = pytest.mark.netns

PACKETS: Final = int(os.environ.get("VRRPD_HOSTILE_PACKETS", "20000"))
"""How many damaged packets the long run sends."""
WINDOW: Final = 256
"""Packets on their way at once: fewer than a receive queue holds, so that none is lost unseen."""
PASSWORD: Final = "SecretPassword"
GROUP: Final = IPv4Address("224.0.0.18")
STRANGER: Final = IPv4Address("192.168.1.11")
RULES: Final = ReceiveRules(Family.IPV4, 2, Vrid(51), Seconds(1.0), pass_key(PASSWORD))
GOOD: Final = Advertisement(2, Vrid(51), Priority(50), Seconds(1.0), (IPv4Address(VIP),))

Counters: TypeAlias = Counter[str]


class Pair:
    """Two vrrpd nodes in order, a stranger on their network, and what the two have counted."""

    def __init__(self, lab: Lab) -> None:
        self.hosts = lab.routers
        self.nodes = [self._start(host, priority) for host, priority in zip(lab.routers, (101, 100), strict=True)]
        self._socket = lab["b1"].enter(_raw_socket)
        lab.on_close().callback(self._socket.close)

    def _start(self, host: Host, priority: int) -> RunningNode:
        return Vrrpd().start(host, NodeSpec((InstanceSpec(priority=priority, auth=PASSWORD),)))

    def send(self, packet: bytes) -> None:
        self._socket.sendto(packet, (str(GROUP), 0))

    def states(self) -> list[str]:
        return [_instance(host)["state"] for host in self.hosts]

    def dropped(self) -> list[Counters]:
        return [_dropped(host) for host in self.hosts]

    def transitions(self) -> list[int]:
        return [node.log().count(" -> ") for node in self.nodes]

    def wait_until_counted(self, wanted: list[Counters], seconds: float = 20) -> list[Counters]:
        end = time.monotonic() + seconds
        while (found := self.dropped()) != wanted and time.monotonic() < end:
            time.sleep(0.002)
        return found


@pytest.fixture
def pair() -> Iterator[Pair]:
    with Lab(routers=2, clients=0, extra=1) as lab:
        capture = Capture(lab)
        built = Pair(lab)
        assert capture.wait_for_advert(15, host="r1", since=0), built.nodes[0].log()
        yield built
        for node in built.nodes:
            assert "Traceback" not in node.log()
            assert node.process.running, node.log()


@pytest.mark.slow
def test_damaged_packets_change_nothing_and_are_all_counted(pair: Pair) -> None:
    mutator = Mutator(Random(PACKETS), (b"\0" + _ipv4(encode(GOOD, STRANGER, GROUP, RULES.password)),))
    before, transitions = pair.dropped(), pair.transitions()
    expected: Counters = Counter()
    sent = 0
    while sent < PACKETS:
        for packet, reason in _window(mutator, min(WINDOW, PACKETS - sent)):
            pair.send(packet)
            expected[reason.value] += 1
        sent += min(WINDOW, PACKETS - sent)
        wanted = [counters + expected for counters in before]
        assert pair.wait_until_counted(wanted) == wanted
    print(f"{sent} damaged packets: {dict(expected.most_common())}")
    assert expected.total() == PACKETS
    assert pair.states() == ["MASTER", "BACKUP"]
    assert pair.transitions() == transitions


def _window(mutator: Mutator, size: int) -> Iterator[tuple[bytes, DropReason]]:
    """Damaged packets that reach the daemons for their VRID, each with the verdict that is due."""
    made = 0
    while made < size:
        payload = mutator.next_input()[21:]
        if len(payload) < 8 or payload[1] != RULES.vrid or len(payload) > 1400:
            continue  # the kernel's filter keeps it from the daemons, or no instance can be named
        packet = _ipv4(payload, ttl=255 if mutator.random.getrandbits(3) else mutator.random.getrandbits(8))
        verdict = _verdict(packet)
        if verdict is not None:
            made += 1
            yield packet, verdict


def _verdict(packet: bytes) -> DropReason | None:
    datagram = parse_ipv4(packet)
    result = datagram if isinstance(datagram, Dropped) else decode(datagram, RULES)
    return result.reason if isinstance(result, Dropped) else None


@pytest.mark.parametrize(
    ("payload", "ttl", "reason"),
    [
        pytest.param(encode(GOOD, STRANGER, GROUP, pass_key("guessed")), 255, DropReason.AUTH_FAILURE, id="password"),
        pytest.param(encode(GOOD, STRANGER, GROUP), 255, DropReason.AUTH_TYPE_MISMATCH, id="no-password"),
        pytest.param(encode(GOOD, STRANGER, GROUP, RULES.password), 254, DropReason.BAD_TTL, id="ttl"),
        pytest.param(encode(replace(GOOD, version=3), STRANGER, GROUP), 255, DropReason.BAD_VERSION, id="version"),
        pytest.param(
            encode(replace(GOOD, interval=Seconds(2.0)), STRANGER, GROUP, RULES.password),
            255,
            DropReason.INTERVAL_MISMATCH,
            id="interval",
        ),
        pytest.param(
            encode(GOOD, STRANGER, GROUP, RULES.password)[:6]
            + b"\x12\x34"
            + encode(GOOD, STRANGER, GROUP, RULES.password)[8:],
            255,
            DropReason.BAD_CHECKSUM,
            id="checksum",
        ),
        pytest.param(
            b"\x21\x33\x32\x02" + encode(GOOD, STRANGER, GROUP, RULES.password)[4:],
            255,
            DropReason.BAD_LENGTH,
            id="address-count",
        ),
    ],
)
def test_each_wrong_thing_has_its_own_counter(pair: Pair, payload: bytes, ttl: int, reason: DropReason) -> None:
    wanted = [counters + Counter({reason.value: 3}) for counters in pair.dropped()]
    for _ in range(3):
        pair.send(_ipv4(payload, ttl))
    assert pair.wait_until_counted(wanted) == wanted
    assert pair.states() == ["MASTER", "BACKUP"]
    said = [line for line in pair.nodes[0].log().splitlines() if reason.value in line]
    assert len(said) == 1, "said once, then only counted"


def test_other_addresses_are_counted_and_accepted(pair: Pair) -> None:
    """keepalived accepts an advert with other addresses; a lower one is answered by the master, so nothing moves."""
    advert = replace(GOOD, addresses=(IPv4Address("192.168.1.77"),))
    before = _count(pair.hosts[0], "lower_priority_received")  # both may have taken over at first, a moment apart
    pair.send(_ipv4(encode(advert, STRANGER, GROUP, RULES.password)))
    end = time.monotonic() + 20
    while time.monotonic() < end and not all(_count(host, "address_list_mismatches") for host in pair.hosts):
        time.sleep(0.01)
    assert [_count(host, "address_list_mismatches") for host in pair.hosts] == [1, 1]
    assert _count(pair.hosts[0], "lower_priority_received") == before + 1
    assert pair.states() == ["MASTER", "BACKUP"]


def test_another_virtual_router_is_not_ours(pair: Pair) -> None:
    """The kernel's filter keeps other VRIDs away; the packet behind it shows that it was not merely late."""
    before = pair.dropped()
    pair.send(_ipv4(encode(replace(GOOD, vrid=Vrid(52), priority=Priority(254)), STRANGER, GROUP, RULES.password)))
    pair.send(_ipv4(encode(GOOD, STRANGER, GROUP)))
    wanted = [counters + Counter({"auth_type_mismatch": 1}) for counters in before]
    assert pair.wait_until_counted(wanted) == wanted
    assert pair.states() == ["MASTER", "BACKUP"]


def _ipv4(payload: bytes, ttl: int = 255) -> bytes:
    """An IPv4 packet of protocol 112; the kernel fills in the header's checksum."""
    header = bytes([0x45, 0xC0]) + (20 + len(payload)).to_bytes(2, "big") + b"\0\1\0\0" + bytes([ttl, 112, 0, 0])
    return header + STRANGER.packed + GROUP.packed + payload


def _raw_socket() -> socket.socket:
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, STRANGER.packed)
    return raw


def _instance(host: Host) -> InstanceStatus:
    (instance,) = read_status(status(host))["instances"]
    return instance


def _count(host: Host, name: str) -> int:
    number = _instance(host)["statistics"][name]
    assert isinstance(number, int)
    return number


def _dropped(host: Host) -> Counters:
    counters = _instance(host)["statistics"]["dropped"]
    assert isinstance(counters, dict)
    return Counter(counters)
