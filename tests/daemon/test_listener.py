"""What a listener makes of datagrams; the socket itself is a stand-in that hands out what a test puts in."""

from collections import deque
from ipaddress import IPv4Address

import pytest

from tests.daemon.builders import plans_of
from tests.daemon.nodes import instance_text
from vrrpd.core.events import AdvertisementReceived, PacketDropped
from vrrpd.daemon import listener as listener_module
from vrrpd.daemon.listener import DRAIN_LIMIT, Listener, Received
from vrrpd.errors import LinuxError
from vrrpd.linux.sockets import Known, Understand
from vrrpd.proto.advertisement import Advertisement, ChecksumForm, Datagram, Dropped, DropReason, encode
from vrrpd.units import Address, Family, Priority, Seconds, Vrid

GROUP = IPv4Address("224.0.0.18")
PEER = IPv4Address("192.168.1.2")
OURS = IPv4Address("192.168.1.1")
ADVERT = Advertisement(3, Vrid(51), Priority(100), Seconds(1.0), (IPv4Address("192.168.1.100"),))


class Socket:
    def __init__(self) -> None:
        self.queue: deque[Datagram | Dropped] = deque()
        self.broken = False
        self.opened: list[tuple[object, ...]] = []
        self.closed = 0

    def drain(
        self, limit: int, known: Known[tuple[str, Received]], understand: Understand[tuple[str, Received]]
    ) -> list[tuple[str, Received]]:
        if self.broken:
            raise LinuxError("receive on", "eth0", 100)
        heard = []
        for _ in range(min(limit, len(self.queue))):
            packet = self.queue.popleft()
            key = repr(packet).encode()
            meaning, lasting = (known[key][2], False) if key in known else understand(packet)
            if meaning is not None:
                heard.append(meaning)
            if meaning is not None and lasting:
                known[key] = (b"", b"", meaning)
        return heard

    def set_vrids(self, *arguments: object) -> None:
        self.opened.append(arguments)

    def fileno(self) -> int:
        return 99

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def socket(monkeypatch: pytest.MonkeyPatch) -> Socket:
    made = Socket()

    def open_receiver(*arguments: object) -> Socket:
        made.opened.append(arguments)
        return made

    monkeypatch.setattr(listener_module, "open_receiver", open_receiver)
    return made


@pytest.fixture
def listener(socket: Socket) -> Listener:
    text = instance_text("A") + instance_text("B", vrid=52, virtual_ipaddress=["192.168.1.101"])
    made = Listener("eth0", Family.IPV4, plans_of(text))
    made.open(7)
    return made


def datagram(vrid: int = 51, priority: int = 100, source: Address = PEER, hops: int = 255) -> Datagram:
    advert = Advertisement(3, Vrid(vrid), Priority(priority), Seconds(0.1), (IPv4Address("192.168.1.100"),))
    return Datagram(Family.IPV4, source, GROUP, hops, encode(advert, source, GROUP))


def test_one_socket_for_all_instances(socket: Socket, listener: Listener) -> None:
    assert socket.opened == [("eth0", 7, Family.IPV4, (GROUP,), (51, 52), False, 0)]
    socket.queue += [datagram(52), datagram(51)]
    assert [name for name, _ in listener.drain()] == ["B", "A"]
    assert listener.drain() == []


def test_a_repetition_is_not_decoded_again(socket: Socket, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    socket.queue += [datagram(), datagram(52)]
    first = dict(listener.drain())
    assert isinstance(first["A"], AdvertisementReceived)
    monkeypatch.setattr(listener_module, "decode", None)
    socket.queue += [datagram(), datagram(52), datagram()]
    assert listener.drain() == [("A", first["A"]), ("B", first["B"]), ("A", first["A"])]


@pytest.mark.parametrize(
    "changed", [datagram(priority=99), datagram(hops=64), datagram(source=IPv4Address("192.168.1.3"))]
)
def test_whatever_differs_is_looked_at(socket: Socket, listener: Listener, changed: Datagram) -> None:
    socket.queue += [datagram(), changed]
    (_, first), (_, second) = listener.drain()
    assert first != second
    if changed.hop_limit == 64:
        assert second == PacketDropped(DropReason.BAD_TTL, PEER, "TTL 64, 255 expected")


def test_a_rejected_packet_is_not_remembered(socket: Socket, listener: Listener) -> None:
    socket.queue += [datagram(hops=1), datagram(hops=1), datagram()]
    kinds = [type(event) for _, event in listener.drain()]
    assert kinds == [PacketDropped, PacketDropped, AdvertisementReceived]
    assert [event.reason for _, event in listener.dropped] == [DropReason.BAD_TTL] * 2


def test_the_form_of_a_peers_checksums_is_news_whenever_it_changes(socket: Socket) -> None:
    text = instance_text("A", version=3, unicast_src_ip="192.168.1.1", unicast_peer=["192.168.1.2"])
    listener = Listener("eth0", Family.IPV4, plans_of(text))
    listener.open(7)
    new, old = (Datagram(Family.IPV4, PEER, OURS, 255, encode(ADVERT, PEER, to)) for to in (OURS, GROUP))
    socket.queue += [new, new, old, old, new]
    assert len(listener.drain()) == 5
    assert [form for _, _, form in listener.forms] == [
        ChecksumForm.PSEUDO_HEADER,
        ChecksumForm.OLD_UNICAST,
        ChecksumForm.PSEUDO_HEADER,
    ]


def test_peers_do_not_fill_the_memory(socket: Socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener_module, "REMEMBERED", 4)
    peers = [f"10.0.0.{n}" for n in range(1, 20)]
    listener = Listener("eth0", Family.IPV4, plans_of(instance_text("A", version=3, unicast_peer=peers)))
    listener.open(7)
    for peer in map(IPv4Address, peers):
        socket.queue.append(Datagram(Family.IPV4, peer, OURS, 255, encode(ADVERT, peer, OURS)))
    listener.drain()
    assert 0 < len(listener._latest) <= 4


def test_what_is_known_means_the_same_until_the_instances_change(socket: Socket, listener: Listener) -> None:
    same = datagram()
    socket.queue += [same, same, same]
    first, second, third = listener.drain()
    assert first == second == third
    assert third[1] is first[1]
    listener.serve(plans_of(instance_text("C")))
    socket.queue += [same, same]
    assert [name for name, _ in listener.drain()] == ["C", "C"]


def test_a_flood_does_not_hold_it_for_ever(socket: Socket, listener: Listener) -> None:
    socket.queue += [datagram()] * (DRAIN_LIMIT + 5)
    assert len(listener.drain()) == DRAIN_LIMIT
    assert len(listener.drain()) == 5


def test_what_names_nobody_is_kept_for_the_log(socket: Socket, listener: Listener) -> None:
    broken = Dropped(DropReason.FRAGMENT, "a fragment")
    socket.queue += [broken, datagram(vrid=99), Datagram(Family.IPV4, PEER, GROUP, 255, b"123")]
    assert listener.drain() == []
    reasons = [item.reason for item in listener.unattributed]
    assert reasons == [DropReason.FRAGMENT, DropReason.TRUNCATED]
    assert listener.unknown == {99: PEER}


def test_closed_it_is_silent_and_a_failure_is_raised(socket: Socket, listener: Listener) -> None:
    socket.broken = True
    with pytest.raises(LinuxError):
        listener.drain()
    listener.close()
    listener.close()
    assert socket.closed == 1
    assert listener.drain() == []
    assert listener.index is None
    with pytest.raises(ValueError, match="not listening on eth0"):
        listener.fileno()
