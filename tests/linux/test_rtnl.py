"""Messages of the real kernel, taken apart by us and by pyroute2."""

import socket
import subprocess
import sys
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from tests.linux.namespaces import Cable
from vrrpd.linux import rtnl
from vrrpd.linux.rtnl import AddressChange, AddressRequest, LinkChange
from vrrpd.units import Address

WISHES = (
    rtnl.IFA_F_HOMEADDRESS,
    rtnl.IFA_F_MANAGETEMPADDR,
    rtnl.IFA_F_NOPREFIXROUTE,
    rtnl.IFA_F_MCAUTOJOIN,
)
ONLY_IPV6 = rtnl.IFA_F_HOMEADDRESS | rtnl.IFA_F_MANAGETEMPADDR
flags = st.sets(st.sampled_from(WISHES)).map(sum)
ipv4 = st.ip_addresses(v=4)
ipv6 = st.ip_addresses(v=6)
requests = st.one_of(
    st.builds(
        AddressRequest,
        index=st.integers(1, 2**31 - 1),
        address=ipv4,
        prefix=st.integers(0, 32),
        scope=st.integers(0, 255),
        label=st.none() | st.text("abc:0", min_size=1, max_size=15),
        broadcast=st.none() | ipv4,
        peer=st.none() | ipv4,
        flags=flags,
        protocol=st.none() | st.integers(0, 255),
    ),
    st.builds(
        AddressRequest,
        index=st.integers(1, 2**31 - 1),
        address=ipv6,
        prefix=st.integers(0, 128),
        peer=st.none() | ipv6,
        flags=flags,
        dad=st.booleans(),
        preferred=st.none() | st.integers(0, 0xFFFFFFFF),
        protocol=st.none() | st.integers(0, 255),
    ),
)


def by_pyroute2(datagram: bytes, offset: int) -> tuple[int, Address, int, int, int]:
    message = ifaddrmsg(datagram, offset)
    message.decode()
    text = message.get_attr("IFA_LOCAL") or message.get_attr("IFA_ADDRESS")
    flags = message.get_attr("IFA_FLAGS")
    return (
        message["index"],
        ip_address(text),
        message["prefixlen"],
        message["flags"] if flags is None else flags,
        message["scope"],
    )


@given(requests)
def test_what_is_encoded_is_decoded_and_pyroute2_agrees(request: AddressRequest) -> None:
    datagram = rtnl.encode_new_address(request)
    (message,) = rtnl.split(datagram)
    change = rtnl.decode(datagram, message)
    assert isinstance(change, AddressChange)
    assert not change.deleted
    entry = change.address
    flags = request.flags & ~ONLY_IPV6
    if isinstance(request.address, IPv6Address):
        flags = request.flags | (0 if request.dad else rtnl.IFA_F_NODAD)
    assert entry.peer == (None if request.peer == request.address else request.peer)
    assert entry.protocol == (request.protocol or 0)
    assert (entry.index, entry.address, entry.prefix) == (request.index, request.address, request.prefix)
    assert (entry.flags, entry.scope) == (flags, request.scope)
    assert by_pyroute2(datagram, 0) == (entry.index, entry.address, entry.prefix, entry.flags, entry.scope)


@given(requests)
def test_a_removal_names_address_peer_prefix_and_interface_only(request: AddressRequest) -> None:
    message = ifaddrmsg(rtnl.encode_delete_address(request))
    message.decode()
    assert [name for name, _ in message["attrs"]] == ["IFA_LOCAL", "IFA_ADDRESS"]
    assert ip_address(message.get_attr("IFA_LOCAL")) == request.address
    assert ip_address(message.get_attr("IFA_ADDRESS")) == (request.peer or request.address)
    assert (message["index"], message["prefixlen"], message["scope"]) == (request.index, request.prefix, 0)


def test_attributes_of_a_full_request() -> None:
    request = AddressRequest(
        2, IPv4Address("10.0.0.1"), 24, label="eth0:1", broadcast=IPv4Address("10.0.0.255"), protocol=18
    )
    message = ifaddrmsg(rtnl.encode_new_address(request))
    message.decode()
    assert message.get_attr("IFA_LABEL") == "eth0:1"
    assert message.get_attr("IFA_BROADCAST") == "10.0.0.255"
    assert message.get_attr("IFA_PROTO") == 18
    assert message.get_attr("IFA_CACHEINFO") is None


@pytest.mark.parametrize(
    ("prefix", "wish", "preferred"),
    [(128, None, 0), (64, None, None), (128, 0xFFFFFFFF, None), (64, 0, 0), (64, 3600, 3600), (128, 60, 60)],
)
def test_an_ipv6_host_address_is_deprecated_unless_a_lifetime_is_given(
    prefix: int, wish: int | None, preferred: int | None
) -> None:
    request = AddressRequest(2, IPv6Address("fd00::1"), prefix, preferred=wish)
    message = ifaddrmsg(rtnl.encode_new_address(request))
    message.decode()
    lifetimes = message.get_attr("IFA_CACHEINFO")
    assert (lifetimes["ifa_preferred"] if lifetimes else None) == preferred
    assert lifetimes is None or lifetimes["ifa_valid"] == 0xFFFFFFFF


@given(st.binary(max_size=64))
def test_rubbish_has_an_end(datagram: bytes) -> None:
    assert sum(message.length for message in rtnl.split(datagram)) <= len(datagram)


def dump(kind: int) -> list[bytes]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as endpoint:
        endpoint.send(rtnl.encode_dump(kind))
        datagrams = []
        while True:
            datagrams.append(endpoint.recv(65536))
            if any(message.kind == rtnl.NLMSG_DONE for message in rtnl.split(datagrams[-1])):
                return datagrams


@pytest.mark.netns
def test_a_real_dump_means_the_same_to_pyroute2(cable: Cable) -> None:
    cable.left.ip("addr", "add", "10.0.0.1", "peer", "10.0.0.2/30", "dev", "eth0")
    cable.left.ip("addr", "add", "192.168.1.9/24", "brd", "+", "label", "eth0:x", "dev", "eth0")
    seen = []
    for datagram in cable.left.call(dump, rtnl.RTM_GETADDR):
        for message in rtnl.split(datagram):
            change = rtnl.decode(datagram, message)
            if isinstance(change, AddressChange):
                entry = change.address
                ours = (entry.index, entry.address, entry.prefix, entry.flags, entry.scope)
                assert by_pyroute2(datagram, message.offset) == ours
                seen.append(entry)
    assert IPv4Address("10.0.0.2") in [entry.peer for entry in seen]
    secondary = [entry.address for entry in seen if entry.flags & rtnl.IFA_F_SECONDARY]
    assert secondary == [IPv4Address("192.168.1.9")]


@pytest.mark.netns
def test_links_mean_the_same_to_pyroute2(cable: Cable) -> None:
    cable.left.ip("link", "set", "eth0", "mtu", "1400")
    names = []
    for datagram in cable.left.call(dump, rtnl.RTM_GETLINK):
        for message in rtnl.split(datagram):
            change = rtnl.decode(datagram, message)
            if isinstance(change, LinkChange):
                oracle = ifinfmsg(datagram, message.offset)
                oracle.decode()
                link = change.link
                assert (link.index, link.name) == (oracle["index"], oracle.get_attr("IFLA_IFNAME"))
                assert (link.mtu, link.mac.hex(":")) == (oracle.get_attr("IFLA_MTU"), oracle.get_attr("IFLA_ADDRESS"))
                names.append((link.name, link.mtu))
    assert sorted(names) == [("eth0", 1400), ("lo", 65536)]


PROBE = """
import sys
import vrrpd.linux.rtnl
assert "asyncio" not in sys.modules, "pyroute2 was loaded whole"
import pyroute2
assert pyroute2.IPRoute.__name__ == "IPRoute"
from pyroute2 import NDB
"""


def test_only_what_is_needed_of_pyroute2_is_loaded_and_the_rest_on_demand() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", PROBE], check=True)


def test_pyroute2_loaded_before_is_used_as_it_is() -> None:
    program = "import pyroute2, vrrpd.linux.rtnl as r; assert pyroute2.IPRoute and r.encode_dump(18)"
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
