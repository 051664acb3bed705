import socket
from errno import EINVAL, ENOBUFS, ENODEV
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from tests.linux.namespaces import Cable, Namespace, Opened, open_descriptors
from vrrpd.linux import rtnl
from vrrpd.linux.addresses import AddressBatch, AddressFailure, Vip
from vrrpd.linux.interfaces import AddressEvent, InterfaceWatch
from vrrpd.linux.netlink import QUEUE, Netlink

pytestmark = pytest.mark.netns

VIP = IPv4Address("192.168.1.100")
VIP6 = IPv6Address("fd00:1::100")


def shown(namespace: Namespace, address: str) -> str:
    return next(
        (line for line in namespace.ip("-o", "addr", "show", "dev", "eth0").splitlines() if address in line), ""
    )


def test_keepalived_s_defaults(cable: Cable, opened: Opened) -> None:
    netlink = opened(cable.left.call(Netlink))
    index = cable.left.index("eth0")
    batch = AddressBatch([Vip(VIP, 32, index), Vip(VIP6, 128, index), Vip(ip_address("fd00:1::200"), 64, index)])
    assert batch.add(netlink) == ()
    line = shown(cable.left, "192.168.1.100")
    assert "192.168.1.100/32 scope global" in line
    assert "proto keepalived" in line or "proto" not in line
    assert "brd" not in line
    assert "nodad deprecated" in shown(cable.left, "fd00:1::100/128")
    assert "deprecated" not in shown(cable.left, "fd00:1::200/64")
    assert batch.remove(netlink) == ()
    for address in ("192.168.1.100", "fd00:1::100", "fd00:1::200"):
        assert not shown(cable.left, address)


def test_every_option(cable: Cable, opened: Opened) -> None:
    netlink = opened(cable.left.call(Netlink))
    address = IPv4Address("10.0.0.100")
    vip = Vip(address, 24, cable.left.index("eth0"), "eth0:vip", 253, IPv4Address("10.0.0.255"))
    batch = AddressBatch([vip])
    assert batch.add(netlink) == ()
    line = shown(cable.left, "10.0.0.100")
    assert "10.0.0.100/24 brd 10.0.0.255 scope link" in line
    assert "eth0:vip" in line
    assert batch.remove(netlink) == ()
    assert not shown(cable.left, "10.0.0.100")


def test_what_is_so_already_is_no_failure(cable: Cable, opened: Opened) -> None:
    netlink = opened(cable.left.call(Netlink))
    index = cable.left.index("eth0")
    batch = AddressBatch([Vip(VIP, 32, index), Vip(VIP6, 128, index)])
    assert batch.remove(netlink) == ()
    for _ in range(2):
        assert batch.add(netlink) == ()
    for _ in range(2):
        assert batch.remove(netlink) == ()
    cable.left.ip("link", "del", "eth0")
    assert batch.remove(netlink) == ()
    assert [failure.errno for failure in batch.add(netlink)] == [ENODEV, ENODEV]


def test_added_by_somebody_else_with_a_label_and_removed_by_us(cable: Cable, opened: Opened) -> None:
    netlink = opened(cable.left.call(Netlink))
    cable.left.ip("addr", "add", "192.168.1.100/32", "dev", "eth0", "label", "eth0:mine", "scope", "link")
    assert AddressBatch([Vip(VIP, 32, cable.left.index("eth0"))]).remove(netlink) == ()
    assert not shown(cable.left, "192.168.1.100")


def test_some_of_them(cable: Cable, opened: Opened) -> None:
    netlink = opened(cable.left.call(Netlink))
    index = cable.left.index("eth0")
    batch = AddressBatch([Vip(VIP, 32, index), Vip(VIP6, 128, index)])
    assert batch.add(netlink, [VIP6]) == ()
    assert not shown(cable.left, "192.168.1.100")
    assert shown(cable.left, "fd00:1::100")
    assert batch.add(netlink, ()) == ()
    assert batch.remove(netlink, [VIP]) == ()
    assert shown(cable.left, "fd00:1::100")


def test_one_failure_does_not_keep_the_others_out(cable: Cable, opened: Opened) -> None:
    netlink = opened(cable.left.call(Netlink))
    index = cable.left.index("eth0")
    wrong = Vip(IPv4Address("10.9.9.9"), 40, index)
    batch = AddressBatch([Vip(VIP, 32, index), wrong, Vip(VIP6, 128, index)])
    (failure,) = batch.add(netlink)
    assert (failure.vip, failure.errno) == (wrong, EINVAL)
    assert failure.describe().startswith("10.9.9.9/40: EINVAL (")
    assert shown(cable.left, "192.168.1.100")
    assert shown(cable.left, "fd00:1::100")
    assert AddressFailure(wrong, EINVAL).describe() == "10.9.9.9/40: EINVAL"


def test_a_kernel_that_minds_the_mark(cable: Cable, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in for an old kernel: what carries IFA_PROTO is encoded so that the present one refuses it too."""
    encode = rtnl.encode_new_address

    def refused_when_marked(request: rtnl.AddressRequest) -> bytes:
        return encode(request) if request.protocol is None else encode(request).replace(b"\x20", b"\x63", 1)

    monkeypatch.setattr(rtnl, "encode_new_address", refused_when_marked)
    netlink = opened(cable.left.call(Netlink))
    vips = [Vip(VIP, 32, cable.left.index("eth0")), Vip(ip_address("10.0.0.1"), 32, 99)]
    batch = AddressBatch(vips)
    assert [(failure.vip, failure.errno) for failure in batch.add(netlink)] == [(vips[1], ENODEV)]
    assert shown(cable.left, "192.168.1.100")


def test_a_socket_that_fails_is_a_failure_of_every_address(cable: Cable, monkeypatch: pytest.MonkeyPatch) -> None:
    netlink = cable.left.call(Netlink)
    netlink.close()
    batch = AddressBatch([Vip(VIP, 32, 2), Vip(VIP6, 128, 2)])
    assert [failure.vip for failure in batch.add(netlink)] == list(batch.vips)
    assert [failure.vip for failure in batch.remove(netlink)] == list(batch.vips)


def test_lost_answers_are_failures_of_every_address_and_trying_again_mends_it(cable: Cable, opened: Opened) -> None:
    """A queue too short for the answers (ENOBUFS): nobody knows what was done, and doing it twice does no harm."""
    netlink = opened(cable.left.call(Netlink))
    index = cable.left.index("eth0")
    vips = [Vip(IPv4Address("10.0.0.0") + number, 32 if number % 2 else 99, index) for number in range(1, 401)]
    batch = AddressBatch(vips)
    netlink._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    failures = batch.add(netlink)
    assert [failure.vip for failure in failures] == vips
    assert {failure.errno for failure in failures} == {ENOBUFS}
    netlink.enlarge(QUEUE)
    assert [failure.vip for failure in batch.add(netlink)] == vips[1::2], "only what the kernel refuses is left"
    assert {failure.errno for failure in batch.add(netlink)} == {EINVAL}
    assert cable.left.ip("-o", "addr", "show", "dev", "eth0").count(" 10.0.") == 200


def test_a_long_batch_lets_others_have_their_turn(cable: Cable, opened: Opened) -> None:
    netlink = opened(cable.left.call(Netlink))
    index = cable.left.index("eth0")
    seen: list[int] = []
    netlink.between = lambda: seen.append(cable.left.ip("-o", "addr", "show", "dev", "eth0").count(" 10.0."))
    batch = AddressBatch([Vip(IPv4Address("10.0.0.0") + number, 32, index) for number in range(1, 251)])
    assert not batch.add(netlink)
    assert not batch.remove(netlink)
    assert seen == [100, 200, 250, 150, 50, 0]


def test_two_thousand_times_and_nothing_is_left_over(cable: Cable, opened: Opened) -> None:
    netlink = opened(cable.left.call(Netlink))
    watch = opened(cable.left.call(InterfaceWatch, netlink))
    index = cable.left.index("eth0")
    cable.left.ip("addr", "show")
    batch = AddressBatch([Vip(VIP, 32, index), Vip(VIP6, 128, index)])
    before = open_descriptors()
    strangers = []
    told = 0
    for _ in range(2000):
        assert batch.add(netlink) == ()
        assert batch.remove(netlink) == ()
        for event in watch.read():
            if isinstance(event, AddressEvent) and event.address in (VIP, VIP6):
                told += 1
                if event.port_id != netlink.port_id:
                    strangers.append(event)
    assert strangers == []
    assert told >= 4000  # IPv4: two each; an IPv6 address removed at once may be announced in one piece
    assert open_descriptors() == before
    assert not {entry.address for entry in watch.addresses(index)} & {VIP, VIP6}


def test_opening_and_closing_leaves_no_descriptor(namespace: Namespace) -> None:
    def cycle() -> None:
        netlink = Netlink()
        InterfaceWatch(netlink).close()
        InterfaceWatch().close()
        netlink.close()

    namespace.call(cycle)
    before = open_descriptors()
    for _ in range(20):
        namespace.call(cycle)
    assert open_descriptors() == before
