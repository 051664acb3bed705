import errno
import fcntl
import os
import select
import socket
import struct
import threading
from errno import EBADF, ENETUNREACH, ENODEV
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from tests.linux.namespaces import Cable, Namespace, Opened, eventually, open_descriptors
from vrrpd.errors import LinuxError
from vrrpd.linux import sockets
from vrrpd.linux.queues import receive_queue
from vrrpd.linux.sockets import Known, Receiver, Sender, open_receiver, open_sender
from vrrpd.proto.advertisement import Datagram, Dropped, DropReason
from vrrpd.proto.checksum import internet_checksum
from vrrpd.units import Address, Family, Vrid

pytestmark = pytest.mark.netns

GROUP4 = IPv4Address("224.0.0.18")
GROUP6 = IPv6Address("ff02::12")
LEFT = IPv4Address("192.168.1.1")
RIGHT = IPv4Address("192.168.1.2")
VRID = Vrid(51)
FIONREAD = 0x541B
ETH_P_ALL = 0x0003
ETH_P_IP = 0x0800


def payload(vrid: int, length: int = 20) -> bytes:
    return bytes([0x21, vrid]) + bytes(length - 2)


def receiver(namespace: Namespace, family: Family = Family.IPV4, *vrids: int) -> Receiver:
    groups = [GROUP4 if family is Family.IPV4 else GROUP6]
    wanted = [Vrid(vrid) for vrid in vrids or (VRID,)]
    return namespace.call(open_receiver, "eth0", namespace.index("eth0"), family, groups, wanted)


def sender(namespace: Namespace, source: Address, destination: Address = GROUP4) -> Sender:
    family = Family.IPV4 if source.version == 4 else Family.IPV6
    return namespace.call(open_sender, "eth0", namespace.index("eth0"), family, source, destination)


def link_local(namespace: Namespace) -> IPv6Address:
    def found() -> list[str]:
        listing = namespace.ip("-6", "-o", "addr", "show", "dev", "eth0", "scope", "link", "-tentative")
        return [word.split("/")[0] for word in listing.split() if word.startswith("fe80")]

    assert eventually(lambda: bool(found()))
    return IPv6Address(found()[0])


def heard(endpoint: Receiver) -> Datagram | Dropped:
    assert select.select([endpoint], [], [], 10)[0], "nothing was heard"
    packet = endpoint.receive()
    assert packet is not None
    return packet


def heard_vrids(endpoint: Receiver, last: int) -> list[int]:
    """The VRIDs in order of arrival, up to ``last``."""
    vrids: list[int] = []
    while last not in vrids:
        packet = heard(endpoint)
        assert isinstance(packet, Datagram)
        vrids.append(packet.payload[1])
    return vrids


def test_ipv4_there_and_back(cable: Cable, opened: Opened) -> None:
    ears, mouth = opened(receiver(cable.right)), opened(sender(cable.left, LEFT))
    assert ears.receive() is None
    mouth.send(payload(VRID))
    assert heard(ears) == Datagram(Family.IPV4, LEFT, GROUP4, 255, payload(VRID))
    assert ears.receive() is None


def drained(
    endpoint: Receiver, known: Known[Datagram | Dropped], asked: list[Datagram | Dropped], count: int
) -> list[Datagram | Dropped]:
    def understand(packet: Datagram | Dropped) -> tuple[Datagram | Dropped, bool]:
        asked.append(packet)
        return packet, isinstance(packet, Datagram)

    found: list[Datagram | Dropped] = []

    def complete() -> bool:
        found.extend(endpoint.drain(3, known, understand))
        return len(found) >= count

    assert eventually(complete)
    return found


@pytest.mark.parametrize("family", Family)
def test_a_repetition_is_understood_once_and_whatever_differs_anew(
    cable: Cable, opened: Opened, family: Family
) -> None:
    ears = opened(receiver(cable.right, family, VRID, VRID + 1))
    index = cable.left.index("eth0")
    ipv4 = family is Family.IPV4
    source, target = (LEFT, RIGHT) if ipv4 else (link_local(cable.left), link_local(cable.right))
    mouth = opened(sender(cable.left, source, GROUP4 if ipv4 else GROUP6))
    near = opened(cable.left.call(open_sender, "eth0", index, family, source, target, 64))
    far = opened(cable.left.call(open_sender, "eth0", index, family, source, target, 63))
    order = ((mouth, VRID), (mouth, VRID), (mouth, VRID + 1), (near, VRID), (far, VRID), (near, VRID), (far, VRID))
    for endpoint, vrid in order:
        endpoint.send(payload(vrid))
    known: Known[Datagram | Dropped] = {}
    asked: list[Datagram | Dropped] = []
    packets = [packet for packet in drained(ears, known, asked, len(order)) if isinstance(packet, Datagram)]
    assert [packet.payload[1] for packet in packets] == [vrid for _, vrid in order]
    assert [packet.hop_limit for packet in packets] == [255, 255, 255, 64, 63, 64, 63]
    assert packets[1] is packets[0]
    assert asked == [packets[0], packets[2], packets[3], packets[4], packets[5], packets[6]], "the last of each counts"


def test_strangers_do_not_fill_the_memory(cable: Cable, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_REMEMBERED", 4)
    ears, mouth = opened(receiver(cable.right)), opened(sender(cable.left, LEFT))
    known: Known[Datagram | Dropped] = {}
    for length in range(20, 30):
        mouth.send(payload(VRID, length))
    assert len(drained(ears, known, [], 10)) == 10
    assert 0 < len(known) <= 4


def test_ipv6_there_and_back_with_the_kernels_checksum(cable: Cable, opened: Opened) -> None:
    source = link_local(cable.left)
    ears, mouth = opened(receiver(cable.right, Family.IPV6)), opened(sender(cable.left, source, GROUP6))
    mouth.send(payload(VRID))
    packet = heard(ears)
    assert isinstance(packet, Datagram)
    assert (packet.source, packet.destination, packet.hop_limit) == (source, GROUP6, 255)
    assert packet.payload[:6] == payload(VRID)[:6]
    assert packet.payload[6:8] != b"\0\0"


@pytest.mark.parametrize("family", Family)
def test_the_kernel_drops_what_nobody_wants(cable: Cable, opened: Opened, family: Family) -> None:
    wanted = (1, 31, 32, 51, 128, 255)
    source = LEFT if family is Family.IPV4 else link_local(cable.left)
    ears = opened(receiver(cable.right, family, *wanted))
    mouth = opened(sender(cable.left, source, GROUP4 if family is Family.IPV4 else GROUP6))
    for vrid in range(256):
        mouth.send(payload(vrid))
    assert heard_vrids(ears, 255) == list(wanted)


def test_a_burst_of_all_virtual_routers_is_queued_whole(cable: Cable, opened: Opened) -> None:
    ears = opened(receiver(cable.right, Family.IPV4, *range(1, 256)))
    mouth = opened(sender(cable.left, LEFT))
    for _ in range(4):
        for vrid in range(1, 256):
            mouth.send(payload(vrid))
    assert sum(len(heard_vrids(ears, 255)) for _ in range(4)) == 4 * 255


def test_the_bytes_on_the_wire(cable: Cable, opened: Opened) -> None:
    wire = opened(cable.right.call(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)))
    wire.settimeout(10)
    mouth = opened(sender(cable.left, LEFT))
    mouth.send(payload(VRID))
    frame = next(frame for frame in iter(lambda: wire.recv(2048), b"") if frame[12:14] == b"\x08\x00")
    mac = bytes.fromhex(cable.left.ip("link", "show", "dev", "eth0").split("link/ether ")[1][:17].replace(":", ""))
    assert frame[:6] == bytes.fromhex("01005e000012")
    assert frame[6:12] == mac
    version_ihl, tos, total, _, fragment, ttl, protocol = struct.unpack_from("!BBHHHBB", frame, 14)
    assert (version_ihl, tos, total) == (0x45, 0xC0, 40)
    assert (fragment, ttl, protocol) == (0, 255, 112)
    assert frame[26:34] == LEFT.packed + GROUP4.packed
    assert frame[34:] == payload(VRID)


def test_the_bytes_on_the_wire_ipv6(cable: Cable, opened: Opened) -> None:
    wire = opened(cable.right.call(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)))
    wire.settimeout(10)
    source = link_local(cable.left)
    mouth = opened(sender(cable.left, source, GROUP6))
    mouth.send(payload(VRID))
    frames = iter(lambda: wire.recv(2048), b"")
    frame = next(frame for frame in frames if frame[12:14] == b"\x86\xdd" and frame[20] == 112)
    assert frame[:6] == bytes.fromhex("333300000012")
    assert struct.unpack_from("!I", frame, 14)[0] >> 20 & 0xFF == 0xC0
    assert frame[21] == 255
    assert frame[22:54] == source.packed + GROUP6.packed


@pytest.mark.parametrize("group", ["224.0.0.18", "239.1.2.3"])
def test_no_route_is_needed(cable: Cable, opened: Opened, group: str) -> None:
    cable.left.ip("route", "flush", "table", "main")
    index = cable.right.index("eth0")
    groups = [ip_address(group)]
    ears = opened(cable.right.call(open_receiver, "eth0", index, Family.IPV4, groups, [VRID]))
    opened(sender(cable.left, LEFT, ip_address(group))).send(payload(VRID))
    packet = heard(ears)
    assert isinstance(packet, Datagram)
    assert packet.destination == ip_address(group)


def test_own_packets_are_not_heard(cable: Cable, opened: Opened) -> None:
    source = link_local(cable.left)
    ears4, ears6 = opened(receiver(cable.left)), opened(receiver(cable.left, Family.IPV6))
    far4, far6 = opened(receiver(cable.right)), opened(receiver(cable.right, Family.IPV6))
    opened(sender(cable.left, LEFT)).send(payload(VRID))
    opened(sender(cable.left, source, GROUP6)).send(payload(VRID))
    heard(far4), heard(far6)
    assert ears4.receive() is None
    assert ears6.receive() is None


def test_another_group_is_not_heard(cable: Cable, opened: Opened) -> None:
    ears = opened(receiver(cable.right))
    other = IPv4Address("239.1.1.1")
    index = cable.right.index("eth0")
    # Somebody else on this host has joined it, so the interface takes it in.
    neighbour = opened(cable.right.call(open_receiver, "eth0", index, Family.IPV4, [other], [VRID]))
    opened(sender(cable.left, LEFT, other)).send(payload(VRID))
    heard(neighbour)
    assert ears.receive() is None


def test_another_interface_is_not_heard(cable: Cable, opened: Opened) -> None:
    cable.left.ip("link", "add", "eth1", "type", "veth", "peer", "name", "eth1", "netns", cable.right.name)
    for namespace, host in ((cable.left, "10.1.0.1/24"), (cable.right, "10.1.0.2/24")):
        namespace.ip("addr", "add", host, "dev", "eth1")
        namespace.ip("link", "set", "eth1", "up")
    index = cable.right.index("eth1")
    there = opened(cable.right.call(open_receiver, "eth1", index, Family.IPV4, [GROUP4], [VRID]))
    here = opened(receiver(cable.right))
    source = IPv4Address("10.1.0.1")
    mouth = cable.left.call(open_sender, "eth1", cable.left.index("eth1"), Family.IPV4, source, GROUP4)
    opened(mouth).send(payload(VRID))
    heard(there)
    assert here.receive() is None


def test_opening_never_lets_a_stranger_in(cable: Cable, opened: Opened) -> None:
    """While packets of many kinds pour in, a socket that is just being opened delivers what it should, or nothing."""
    neighbour = opened(receiver(cable.right))  # keeps the group joined: everything reaches this host
    mouth = opened(sender(cable.left, LEFT))
    enough = threading.Event()

    def pour() -> None:
        while not enough.is_set():
            for vrid in (VRID - 1, VRID + 1, VRID + 2):
                mouth.send(payload(vrid))

    index = cable.right.index("eth0")

    def open_many() -> list[int]:
        heard = []
        for _ in range(500):
            ears = open_receiver("eth0", index, Family.IPV4, [GROUP4], [VRID])
            while packet := ears.receive():
                assert isinstance(packet, Datagram)
                heard.append(packet.payload[1])
            ears.close()
        return heard

    pouring = threading.Thread(target=pour)
    pouring.start()
    try:
        assert cable.right.call(open_many) == []
    finally:
        enough.set()
        pouring.join()
    assert neighbour.receive() is None


def test_a_sender_never_queues_anything(cable: Cable, opened: Opened) -> None:
    mouths = [opened(sender(cable.right, RIGHT)), opened(sender(cable.right, RIGHT, LEFT))]
    ears = opened(receiver(cable.right))
    for destination in (GROUP4, RIGHT):
        opened(sender(cable.left, LEFT, destination)).send(payload(VRID))
        heard(ears)
    for mouth in mouths:
        queued = fcntl.ioctl(mouth._socket.fileno(), FIONREAD, bytes(4))
        assert queued == bytes(4)


def protocol_unreachable(source: IPv4Address, destination: IPv4Address) -> bytes:
    """An ICMP message as from a router that could not deliver a packet of protocol 112."""
    refused = struct.pack("!BBHHHBBH4s4s", 0x45, 0xC0, 40, 1, 0, 255, 112, 0, source.packed, destination.packed)
    quoted = refused + payload(VRID)[:8]
    checksum = internet_checksum(struct.pack("!BBHI", 3, 2, 0, 0) + quoted)
    return struct.pack("!BBHI", 3, 2, checksum, 0) + quoted


def test_a_strangers_icmp_error_costs_no_advertisement(cable: Cable, opened: Opened) -> None:
    ears, mouth = opened(receiver(cable.right)), opened(sender(cable.left, LEFT))
    stranger = opened(cable.right.call(socket.socket, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
    witness = opened(cable.left.call(socket.socket, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
    for _ in range(3):
        stranger.sendto(protocol_unreachable(LEFT, GROUP4), (str(LEFT), 0))
        witness.settimeout(10)
        assert witness.recv(2048)[20:22] == b"\x03\x02"
        assert mouth._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ENOPROTOOPT
        stranger.sendto(protocol_unreachable(LEFT, GROUP4), (str(LEFT), 0))
        witness.recv(2048)
        mouth.send(payload(VRID))
        assert isinstance(heard(ears), Datagram)


def test_a_link_that_goes_down_and_up(cable: Cable, opened: Opened) -> None:
    ears, mouth = opened(receiver(cable.right)), opened(sender(cable.left, LEFT))
    cable.left.ip("link", "set", "eth0", "down")
    with pytest.raises(LinuxError) as failure:
        mouth.send(payload(VRID))
    assert failure.value.errno == ENETUNREACH
    assert str(failure.value) == "send on eth0: ENETUNREACH"
    cable.left.ip("link", "set", "eth0", "up")
    mouth.send(payload(VRID))
    assert isinstance(heard(ears), Datagram)


@pytest.mark.parametrize("destination", [GROUP4, RIGHT], ids=["multicast", "unicast"])
def test_a_farewell_from_an_address_that_was_taken_away(cable: Cable, opened: Opened, destination: Address) -> None:
    ears, mouth = opened(receiver(cable.right)), opened(sender(cable.left, LEFT, destination))
    mouth.send(payload(VRID))
    assert isinstance(heard(ears), Datagram)
    cable.left.ip("addr", "flush", "dev", "eth0")
    mouth.send(payload(VRID))
    packet = heard(ears)
    assert isinstance(packet, Datagram)
    assert packet.source == LEFT


def test_a_farewell_from_an_ipv6_address_that_was_taken_away(cable: Cable, opened: Opened) -> None:
    source = link_local(cable.left)
    ears, mouth = opened(receiver(cable.right, Family.IPV6)), opened(sender(cable.left, source, GROUP6))
    cable.left.ip("addr", "flush", "dev", "eth0", "scope", "link")
    mouth.send(payload(VRID))
    packet = heard(ears)
    assert isinstance(packet, Datagram)
    assert packet.source == source


def test_an_interface_deleted_and_made_again(cable: Cable, opened: Opened) -> None:
    ears, mouth = opened(receiver(cable.right)), opened(sender(cable.left, LEFT))
    cable.left.ip("link", "del", "eth0")
    assert ears.receive() is None
    with pytest.raises(LinuxError) as failure:
        mouth.send(payload(VRID))
    assert failure.value.errno in {ENODEV, ENETUNREACH}
    cable.connect()
    again, mouth = opened(receiver(cable.right)), opened(sender(cable.left, LEFT))
    mouth.send(payload(VRID))
    assert isinstance(heard(again), Datagram)
    assert ears.receive() is None


def test_a_renamed_interface_goes_on(cable: Cable, opened: Opened) -> None:
    ears, mouth = opened(receiver(cable.right)), opened(sender(cable.left, LEFT))
    for namespace in (cable.left, cable.right):
        namespace.ip("link", "set", "eth0", "down")
        namespace.ip("link", "set", "eth0", "name", "lan0")
        namespace.ip("link", "set", "lan0", "up")
    assert eventually(lambda: "LOWER_UP" in cable.right.ip("link", "show", "lan0"))
    mouth.send(payload(VRID))
    assert isinstance(heard(ears), Datagram)


@pytest.mark.parametrize("family", Family)
def test_opening_on_what_is_not_there(namespace: Namespace, family: Family) -> None:
    groups, source = ([GROUP4], LEFT) if family is Family.IPV4 else ([GROUP6], IPv6Address("fe80::1"))
    before = open_descriptors()
    with pytest.raises(LinuxError, match="listen on eth7: ENODEV"):
        namespace.call(open_receiver, "eth7", 7, family, groups, [VRID])
    with pytest.raises(LinuxError, match="listen on lo: ENODEV"):
        namespace.call(open_receiver, "lo", 7, family, groups, [VRID])
    with pytest.raises(LinuxError, match="send on eth7: ENODEV"):
        namespace.call(open_sender, "eth7", 7, family, source, groups[0])
    assert open_descriptors() == before


def test_an_interface_that_was_swapped_meanwhile(cable: Cable) -> None:
    index = cable.left.index("eth0")
    with pytest.raises(LinuxError, match="listen on lo: ENODEV"):
        cable.left.call(open_receiver, "lo", index, Family.IPV4, [GROUP4], [VRID])


def test_a_gateway_gets_no_multicast(cable: Cable, opened: Opened) -> None:
    cable.left.ip("route", "add", "239.0.0.0/8", "via", str(RIGHT))
    wire = opened(cable.right.call(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP)))
    wire.settimeout(10)
    opened(sender(cable.left, LEFT, IPv4Address("239.1.2.3"))).send(payload(VRID))
    assert wire.recv(2048)[:6] == bytes.fromhex("01005e010203")


def test_sending_from_an_address_that_is_not_ours(cable: Cable, opened: Opened) -> None:
    """As keepalived does with a configured source."""
    stranger = IPv4Address("192.168.1.88")
    ears = opened(receiver(cable.right))
    opened(sender(cable.left, stranger)).send(payload(VRID))
    packet = heard(ears)
    assert isinstance(packet, Datagram)
    assert packet.source == stranger


def test_a_closed_receiver_says_so(cable: Cable) -> None:
    ears = receiver(cable.right)
    ears.close()
    with pytest.raises(LinuxError) as failure:
        ears.receive()
    assert failure.value.errno == EBADF


def test_too_large_a_packet_is_dropped_not_cut(cable: Cable, opened: Opened) -> None:
    source = link_local(cable.left)
    ears4, ears6 = opened(receiver(cable.right)), opened(receiver(cable.right, Family.IPV6))
    opened(sender(cable.left, LEFT)).send(payload(VRID, 9000))
    opened(sender(cable.left, source, GROUP6)).send(payload(VRID, 9000))
    for ears in (ears4, ears6):
        packet = heard(ears)
        assert isinstance(packet, Dropped)
        assert packet.reason is DropReason.TRUNCATED


def test_the_queue_holds_what_was_asked_for_and_a_burst_in_any_case(cable: Cable, opened: Opened) -> None:
    index = cable.right.index("eth0")

    def queue(endpoint: Receiver) -> int:
        with socket.socket(fileno=os.dup(endpoint.fileno())) as same:
            return receive_queue(same)

    ears = opened(cable.right.call(open_receiver, "eth0", index, Family.IPV4, [GROUP4], [VRID], False, 6_000_000))
    assert queue(ears) == 6_000_000
    ears.set_vrids([VRID], False, 7_000_000)
    assert queue(ears) == 7_000_000
    ears.set_vrids([VRID], False, 1000)
    assert queue(ears) == 256 * 1024
    ears.set_vrids([VRID], False, 2**40)
    assert queue(ears) == 2**31 - 2
