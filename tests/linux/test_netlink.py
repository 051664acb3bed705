import resource
import socket
import struct
import subprocess
import sys
from errno import EADDRNOTAVAIL, EEXIST, ENODEV, EPERM
from ipaddress import IPv4Address, ip_address

import pytest

from tests.linux.namespaces import Cable, Namespace, Opened
from vrrpd.errors import LinuxError
from vrrpd.linux import netlink as netlink_module
from vrrpd.linux import rtnl
from vrrpd.linux.netlink import Netlink
from vrrpd.linux.rtnl import AddressRequest

pytestmark = pytest.mark.netns


def additions(index: int, count: int) -> list[bytes]:
    first = int(IPv4Address("10.0.0.1"))
    requests = (AddressRequest(index, IPv4Address(first + number), 32) for number in range(count))
    return [rtnl.encode_new_address(request) for request in requests]


def test_every_request_has_its_own_answer(cable: Cable, opened: Opened) -> None:
    netlink = opened(cable.left.call(Netlink))
    index = cable.left.index("eth0")
    assert netlink.transact(additions(index, 250)) == (0,) * 250
    # Every third is new: the answers have to be told apart across the pieces that are sent.
    netlink.transact([rtnl.encode_delete_address(AddressRequest(index, ip_address("10.0.0.4"), 32))])
    netlink.transact([rtnl.encode_delete_address(AddressRequest(index, ip_address("10.0.0.223"), 32))])
    answers = netlink.transact(additions(index, 250))
    assert [position for position, errno in enumerate(answers) if errno == 0] == [3, 222]
    assert set(answers) == {0, EEXIST}
    assert netlink.transact([]) == ()


def test_the_kernel_explains_itself(cable: Cable, opened: Opened) -> None:
    netlink = opened(cable.left.call(Netlink))
    index = cable.left.index("eth0")
    wrong = rtnl.encode_new_address(AddressRequest(index, IPv4Address("10.0.0.1"), 99))
    answers = netlink.transact([*additions(index, 150), wrong, *additions(99, 1)])
    assert answers[:150] == (0,) * 150
    assert answers[151] == ENODEV
    assert netlink.explanations.keys() == {150, 151}
    assert "prefix" in netlink.explanations[150]
    netlink.transact(additions(index, 1))
    assert EEXIST in netlink.transact(additions(index, 1))
    assert 150 not in netlink.explanations


def test_the_last_failure_is_answered_once(cable: Cable, opened: Opened) -> None:
    netlink = opened(cable.left.call(Netlink))
    gone = rtnl.encode_delete_address(AddressRequest(cable.left.index("eth0"), IPv4Address("10.0.0.1"), 32))
    for _ in range(3):
        assert netlink.transact([gone]) == (EADDRNOTAVAIL,)


def test_port_ids_differ(namespace: Namespace, opened: Opened) -> None:
    sockets = [opened(namespace.call(Netlink)) for _ in range(3)]
    assert len({netlink.port_id for netlink in sockets}) == 3


def test_dumps(cable: Cable, opened: Opened) -> None:
    netlink = opened(cable.left.call(Netlink))
    netlink.transact(additions(cable.left.index("eth0"), 1500))
    assert [link.name for link in netlink.dump_links()] == ["lo", "eth0"]
    found = [str(entry.address) for entry in netlink.dump_addresses()]
    assert len(set(found)) == len(found)
    assert {"127.0.0.1", "192.168.1.1", "10.0.0.1", "10.0.5.220", "fd00:1::1"} <= set(found)


def test_sequence_numbers_start_again(cable: Cable, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netlink_module, "_LARGEST_SEQUENCE", 150)
    netlink = opened(cable.left.call(Netlink))
    index = cable.left.index("eth0")
    for expected in (0, EEXIST, EEXIST):
        assert set(netlink.transact(additions(index, 120))) == {expected}
    assert len(netlink.dump_links()) == 2


def test_a_closed_socket_says_so(namespace: Namespace) -> None:
    netlink = namespace.call(Netlink)
    netlink.close()
    with pytest.raises(LinuxError, match="send to netlink: EBADF"):
        netlink.transact(additions(1, 1))


def test_no_descriptor_left(namespace: Namespace) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        with pytest.raises(LinuxError, match="open netlink socket: EMFILE"):
            netlink_module.open_socket()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


UNPRIVILEGED = """
from errno import EPERM
from ipaddress import IPv4Address
from vrrpd.errors import LinuxError
from vrrpd.linux.addresses import AddressBatch, Vip
from vrrpd.linux.announce import Announcer
from vrrpd.linux.capabilities import missing_capabilities
from vrrpd.linux.interfaces import InterfaceWatch
from vrrpd.linux.netlink import Netlink
from vrrpd.linux.sockets import open_receiver
from vrrpd.units import Family, Vrid

assert missing_capabilities() == ("CAP_NET_ADMIN", "CAP_NET_RAW")
(failure,) = AddressBatch([Vip(IPv4Address("10.0.0.1"), 32, 1)]).add(Netlink())
assert failure.errno == EPERM, failure
assert InterfaceWatch().link("lo")
for opening in (lambda: open_receiver("lo", 1, Family.IPV4, [], [Vrid(51)]), lambda: Announcer(1)):
    try:
        opening()
    except LinuxError as error:
        assert error.errno == EPERM, error
    else:
        raise AssertionError("opened without privilege")
"""


def test_without_privilege_everything_says_so(namespace: Namespace) -> None:
    command = ["ip", "netns", "exec", namespace.name, "unshare", "--user", sys.executable, "-c", UNPRIVILEGED]
    subprocess.run(command, check=True)


def test_only_the_kernel_is_believed(cable: Cable, opened: Opened) -> None:
    """Another process that may send to our port forges the answer to the request that we have yet to send."""
    netlink = opened(cable.left.call(Netlink))
    forger = opened(cable.left.call(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE))
    answer = struct.pack("=IHHIIi16x", 36, rtnl.NLMSG_ERROR, 0, 1, netlink.port_id, -EPERM)
    forger.sendto(answer, (netlink.port_id, 0))
    assert netlink.transact(additions(cable.left.index("eth0"), 1)) == (0,)


def test_anonymous_changes_are_recognised_as_often_as_expected(namespace: Namespace, opened: Opened) -> None:
    netlink = opened(namespace.call(Netlink))
    vip = ip_address("fd00::1")
    for _ in range(2):
        netlink.expect_anonymous(2, vip, deleted=True)
    assert not netlink.recognise_anonymous(2, vip, deleted=False)
    assert not netlink.recognise_anonymous(3, vip, deleted=True)
    assert netlink.recognise_anonymous(2, vip, deleted=True)
    assert netlink.recognise_anonymous(2, vip, deleted=True)
    assert not netlink.recognise_anonymous(2, vip, deleted=True)
    netlink.expect_anonymous(2, vip, deleted=True)
    netlink.forget_anonymous()
    assert not netlink.recognise_anonymous(2, vip, deleted=True)
