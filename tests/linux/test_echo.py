"""Whether a host lives: a real question to a real kernel."""

import socket
from errno import EADDRNOTAVAIL, ENETUNREACH
from ipaddress import IPv4Address, ip_address

import pytest

from tests.linux.namespaces import Cable, Opened, eventually
from vrrpd.errors import LinuxError
from vrrpd.linux.echo import EchoProbe

pytestmark = pytest.mark.netns


def probe(cable: Cable, source: str, destination: str) -> EchoProbe:
    return cable.left.call(EchoProbe, ip_address(source), ip_address(destination), cable.left.index("eth0"))


@pytest.mark.parametrize("network", ["192.168.1.", "fd00:1::"])
def test_a_host_that_lives_and_one_that_does_not(cable: Cable, opened: Opened, network: str) -> None:
    living, missing = (opened(probe(cable, f"{network}1", f"{network}{number}")) for number in (2, 7))
    assert not living.answered(), "nobody was asked yet"
    living.ask()
    assert eventually(living.answered)
    assert not living.answered(), "told once"
    missing.ask()
    assert not missing.answered()
    cable.right.sysctl("net/ipv4/icmp_echo_ignore_all", "1")
    cable.right.sysctl("net/ipv6/icmp/echo_ignore_all", "1")
    living.ask()
    assert not living.answered()


def test_answers_to_others_do_not_count(cable: Cable, opened: Opened) -> None:
    first, second = (opened(probe(cable, "192.168.1.1", "192.168.1.2")) for _ in range(2))
    first.ask()
    assert eventually(first.answered)
    assert not second.answered()
    sender = opened(cable.right.call(socket.socket, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
    for junk in (bytes(2), bytes(8), bytes(16)):
        sender.sendto(junk, ("192.168.1.1", 0))
    assert not first.answered()


def test_who_cannot_be_asked(cable: Cable, opened: Opened) -> None:
    with pytest.raises(LinuxError) as failure:
        probe(cable, "192.168.1.99", "192.168.1.2")
    assert failure.value.errno == EADDRNOTAVAIL
    with pytest.raises(LinuxError) as failure:
        probe(cable, "192.168.1.1", str(IPv4Address("10.9.9.9"))).ask()
    assert failure.value.errno == ENETUNREACH
