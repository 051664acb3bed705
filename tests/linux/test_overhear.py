"""Hearing others' announcements, and nothing else."""

import time
from ipaddress import IPv4Address, IPv6Address

import pytest

from tests.linux.namespaces import Cable, Opened
from vrrpd.errors import LinuxError
from vrrpd.linux.announce import Announcer
from vrrpd.linux.arp import arp_request, gratuitous_arp
from vrrpd.linux.ndisc import unsolicited_advertisement
from vrrpd.linux.overhear import Overhear
from vrrpd.units import Address, Family

pytestmark = pytest.mark.netns

MAC = bytes.fromhex("020000000001")
VIP, VIP_6 = IPv4Address("192.168.1.100"), IPv6Address("fd00:1::100")


def heard(ear: Overhear, count: int) -> list[tuple[Address, bytes]]:
    """Until there are so many, and whatever comes with them."""
    found: list[tuple[Address, bytes]] = []
    end = time.monotonic() + 10
    while len(found) < count and time.monotonic() < end:
        found += ear.heard()
        time.sleep(0.005)
    return found


def test_both_forms_of_gratuitous_arp_and_no_request(cable: Cable, opened: Opened) -> None:
    ear = opened(cable.right.call(Overhear, cable.right.index("eth0"), Family.IPV4))
    mouth = opened(cable.left.call(Announcer, cable.left.index("eth0")))
    mouth.send([arp_request(MAC, VIP + 1, VIP), gratuitous_arp(MAC, VIP), gratuitous_arp(MAC, VIP, reply=True)], 1)
    assert heard(ear, 2) == [(VIP, MAC)] * 2


def test_neighbour_advertisements_but_no_answers(cable: Cable, opened: Opened) -> None:
    ear = opened(cable.right.call(Overhear, cable.right.index("eth0"), Family.IPV6))
    mouth = opened(cable.left.call(Announcer, cable.left.index("eth0")))
    frame = bytearray(unsolicited_advertisement(MAC, VIP_6 + 1, router=False))
    frame[58] |= 0x40  # as an answer to one host has it
    mouth.send([bytes(frame), unsolicited_advertisement(MAC, VIP_6, router=False)], 1)
    assert heard(ear, 1) == [(VIP_6, MAC)]


def test_our_own_are_not_heard(cable: Cable, opened: Opened) -> None:
    ear = opened(cable.left.call(Overhear, cable.left.index("eth0"), Family.IPV4))
    mouth = opened(cable.left.call(Announcer, cable.left.index("eth0")))
    other = opened(cable.right.call(Announcer, cable.right.index("eth0")))
    mouth.send([gratuitous_arp(MAC, VIP + 1)], 1)
    other.send([gratuitous_arp(MAC, VIP)], 1)
    assert heard(ear, 1) == [(VIP, MAC)]


def test_an_interface_that_is_gone(cable: Cable) -> None:
    with pytest.raises(LinuxError, match="overhear announcements on interface 4711"):
        cable.left.call(Overhear, 4711, Family.IPV4)
