"""A second witness: what the C library says of interfaces (through netifaces) and what InterfaceWatch believes."""

import importlib.util
import os
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from tests.linux.namespaces import Cable, Namespace, Opened, eventually
from vrrpd.linux.addresses import AddressBatch, Vip
from vrrpd.linux.interfaces import InterfaceWatch
from vrrpd.linux.netlink import Netlink

pytestmark = [
    pytest.mark.netns,
    pytest.mark.skipif(
        importlib.util.find_spec("netifaces") is None,
        reason=os.environ.get("VRRPD_NO_WITNESS") or "netifaces is not installed (pip install -e '.[witness]')",
    ),
]

Testimony = dict[str, tuple[str, frozenset[str]]]
"""The MAC address and the addresses with prefix of each interface, by name."""


def getifaddrs() -> Testimony:
    """What netifaces says of the namespace in which this runs."""
    import netifaces

    said: dict[str, tuple[str, set[str]]] = {}
    for name in netifaces.interfaces():
        entries = netifaces.ifaddresses(name)
        # An IPv4 address with a label is shown as an interface of that name: eth0:1.
        mac, addresses = said.setdefault(name.partition(":")[0], ("", set()))
        mac = next((entry["addr"] for entry in entries.get(netifaces.AF_PACKET, [])), mac)
        for family in (netifaces.AF_INET, netifaces.AF_INET6):
            addresses |= {with_prefix(entry["addr"], entry["netmask"]) for entry in entries.get(family, [])}
        said[name.partition(":")[0]] = mac, addresses
    return {name: (mac, frozenset(addresses)) for name, (mac, addresses) in said.items()}


def with_prefix(address: str, netmask: str) -> str:
    """IPv6 addresses come with a zone, and some versions write their netmask as ffff::/16."""
    bare = ip_address(address.partition("%")[0])
    mask = netmask.partition("/")[0]
    length = ip_network(f"0.0.0.0/{mask}").prefixlen if bare.version == 4 else int(IPv6Address(mask)).bit_count()
    return f"{bare}/{length}"


def believed(watch: InterfaceWatch) -> Testimony:
    watch.read()
    return {
        link.name: (
            ":".join(f"{byte:02x}" for byte in link.mac),
            frozenset(f"{item.address}/{item.prefix}" for item in watch.addresses(link.index)),
        )
        for link in watch.links
    }


@pytest.fixture
def agree(cable: Cable, opened: Opened) -> Callable[[], Testimony]:
    """Wait until both say the same of the left machine, and return it."""
    watch = opened(cable.left.call(InterfaceWatch, opened(cable.left.call(Netlink))))

    def compare() -> Testimony:
        same = eventually(lambda: believed(watch) == cable.left.call(getifaddrs))
        assert same, f"InterfaceWatch: {believed(watch)}\nnetifaces: {cable.left.call(getifaddrs)}"
        return believed(watch)

    return compare


def batch_on(namespace: Namespace) -> AddressBatch:
    index = namespace.index("eth0")
    vips = [
        Vip(IPv4Address("192.168.1.100"), 32, index, None, 0, None),
        Vip(IPv4Address("192.168.1.101"), 24, index, "eth0:1", 0, IPv4Address("192.168.1.255")),
        Vip(IPv6Address("fd00:1::100"), 128, index, None, 0, None),
    ]
    return AddressBatch(vips)


def test_both_see_a_machine_as_it_is(agree: Callable[[], Testimony]) -> None:
    said = agree()
    assert set(said) == {"lo", "eth0"}
    assert "127.0.0.1/8" in said["lo"][1]
    assert {"192.168.1.1/24", "fd00:1::1/64"} <= said["eth0"][1]
    assert len(said["eth0"][0]) == len("02:00:00:00:00:01")


def test_both_see_virtual_addresses_come_and_go(cable: Cable, opened: Opened, agree: Callable[[], Testimony]) -> None:
    before = agree()
    netlink, batch = opened(cable.left.call(Netlink)), batch_on(cable.left)
    assert batch.add(netlink) == ()
    added = agree()["eth0"][1] - before["eth0"][1]
    assert added == {"192.168.1.100/32", "192.168.1.101/24", "fd00:1::100/128"}
    assert batch.remove(netlink) == ()
    assert agree() == before


def test_both_see_what_others_do(cable: Cable, agree: Callable[[], Testimony]) -> None:
    agree()
    cable.left.ip("addr", "add", "10.0.0.1/8", "dev", "lo")
    assert "10.0.0.1/8" in agree()["lo"][1]
    cable.left.ip("link", "set", "eth0", "address", "02:00:00:00:00:99")
    assert agree()["eth0"][0] == "02:00:00:00:00:99"
    cable.left.ip("link", "set", "eth0", "down")
    cable.left.ip("link", "set", "eth0", "name", "eth9")
    assert set(agree()) == {"lo", "eth9"}
    cable.left.ip("link", "del", "eth9")
    assert set(agree()) == {"lo"}
