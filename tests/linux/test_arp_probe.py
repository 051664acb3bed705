"""Who else has an address: a real question to a real network."""

from errno import ENODEV, ENXIO
from ipaddress import IPv4Address

import pytest

from tests.linux.namespaces import Cable, Opened, eventually
from vrrpd.errors import LinuxError
from vrrpd.linux.arp_probe import ArpProbe

pytestmark = pytest.mark.netns

LEFT, RIGHT, VIP = (IPv4Address(f"192.168.1.{number}") for number in (1, 2, 100))


def mac_of(cable: Cable, left: bool) -> bytes:
    side = cable.left if left else cable.right
    return bytes.fromhex(side.ip("-o", "link", "show", "eth0").split("link/ether ")[1][:17].replace(":", ""))


def probe(cable: Cable, own: bytes | None = None) -> ArpProbe:
    mac = mac_of(cable, True)
    return cable.left.call(ArpProbe, cable.left.index("eth0"), mac, LEFT, VIP, [own or mac])


def test_another_host_has_it_too(cable: Cable, opened: Opened) -> None:
    asking = opened(probe(cable))
    cable.left.ip("addr", "add", "192.168.1.100/32", "dev", "eth0")
    asking.ask()
    assert asking.answer() is None, "this host has it, and does not answer itself"
    cable.right.ip("addr", "add", "192.168.1.100/32", "dev", "eth0")
    asking.ask()
    answers: list[bytes] = []

    def heard() -> bool:
        answer = asking.answer()
        answers.extend(() if answer is None else (answer,))
        return bool(answers)

    assert eventually(heard)
    assert answers == [mac_of(cable, False)]
    assert asking.answer() is None, "told once"


def test_another_interface_of_this_host_does_not_count(cable: Cable, opened: Opened) -> None:
    cable.right.ip("addr", "add", "192.168.1.100/32", "dev", "eth0")
    counting, ignoring = opened(probe(cable)), opened(probe(cable, mac_of(cable, False)))
    counting.ask()
    assert eventually(lambda: counting.answer() is not None)
    assert ignoring.answer() is None, "it was the same answer"


def test_an_interface_that_is_not_there(cable: Cable) -> None:
    with pytest.raises(LinuxError) as failure:
        cable.left.call(ArpProbe, 999, bytes(6), LEFT, VIP, [])
    assert failure.value.errno in {ENODEV, ENXIO}
