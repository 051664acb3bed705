"""Links and addresses as rtnetlink messages (linux/rtnetlink.h), encoded and decoded by pyroute2's classes."""

import importlib.util
import socket
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Final, TypeAlias

from vrrpd.linux import uapi
from vrrpd.records import dataclass
from vrrpd.units import Address


@contextmanager
def _without_the_rest_of_pyroute2() -> Iterator[None]:
    """While this lasts, modules of pyroute2 can be imported without running its ``__init__``.

    That imports every protocol that pyroute2 speaks: 12 MiB resident and 80 ms of CPU, where the classes used here need
    half a MiB. What was imported is ours alone: whoever imports pyroute2 afterwards gets it whole, from the beginning.
    """
    spec = importlib.util.find_spec("pyroute2")
    if "pyroute2" in sys.modules or spec is None:
        yield
        return
    sys.modules["pyroute2"] = importlib.util.module_from_spec(spec)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "pyroute2"]:
            del sys.modules[name]


with _without_the_rest_of_pyroute2():
    from pyroute2.netlink import nlmsg
    from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg

RTM_NEWLINK: Final = 16
RTM_DELLINK: Final = 17
RTM_GETLINK: Final = 18
RTM_NEWADDR: Final = 20
RTM_DELADDR: Final = 21
RTM_GETADDR: Final = 22

NLM_F_REQUEST: Final = 0x1
NLM_F_ACK: Final = 0x4
NLM_F_DUMP_INTR: Final = 0x10
NLM_F_DUMP: Final = 0x300

NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3

IFA_F_SECONDARY: Final = 0x01
IFA_F_NODAD: Final = 0x02
IFA_F_DADFAILED: Final = 0x08
IFA_F_HOMEADDRESS: Final = 0x10
IFA_F_DEPRECATED: Final = 0x20
IFA_F_TENTATIVE: Final = 0x40
IFA_F_MANAGETEMPADDR: Final = 0x100
IFA_F_NOPREFIXROUTE: Final = 0x200
IFA_F_MCAUTOJOIN: Final = 0x400

_LINK_KINDS: Final = (RTM_NEWLINK, RTM_DELLINK)
_ADDRESS_KINDS: Final = (RTM_NEWADDR, RTM_DELADDR)
_SKIP_STATISTICS: Final = 1 << 3  # RTEXT_FILTER_SKIP_STATS
_FOREVER: Final = 0xFFFFFFFF
_HEADER: Final = struct.Struct("=IHHII")
_ATTRIBUTE: Final = struct.Struct("=HH")
_IFADDRMSG: Final = struct.Struct("=BBBBI")
_UINT32: Final = struct.Struct("=I")
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFA_FLAGS: Final = 8
_IFA_PROTO: Final = 11
_IPV6_FLAGS: Final = IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR
_UNPACK: Final[Mapping[tuple[int, int], type[Address]]] = {
    (socket.AF_INET, 4): IPv4Address,
    (socket.AF_INET6, 16): IPv6Address,
}


class _LinkMessage(nlmsg):  # type: ignore[misc]  # pyroute2 has no types
    """What is needed of pyroute2's ``ifinfmsg``, which decodes forty attributes and knows thirty kinds of link."""

    prefix = "IFLA_"
    fields = (
        ("family", "B"),
        ("__align", "x"),
        ("ifi_type", "H"),
        ("index", "i"),
        ("flags", "I"),
        ("change", "I"),
    )
    nla_map = (
        (1, "IFLA_ADDRESS", "cdata"),
        (3, "IFLA_IFNAME", "asciiz"),
        (4, "IFLA_MTU", "uint32"),
        (29, "IFLA_EXT_MASK", "uint32"),
    )


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface. ``mac`` is empty or of another length than 6 where the interface is no Ethernet."""

    index: int
    name: str
    mac: bytes
    mtu: int
    admin_up: bool
    running: bool
    multicast: bool
    arp: bool

    @property
    def usable(self) -> bool:
        """Set up by the administrator, with carrier (keepalived's IFF_UP and IFF_RUNNING)."""
        return self.admin_up and self.running


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """An address of an interface; ``flags`` are IFA_F_*, ``scope`` RT_SCOPE_*, ``peer`` the far end if there is one.

    ``protocol`` is IFA_PROTO, the mark of who added it; 0: none.
    """

    index: int
    address: Address
    prefix: int
    flags: int = 0
    scope: int = 0
    peer: Address | None = None
    protocol: int = 0

    @property
    def usable(self) -> bool:
        """Duplicate address detection is not in progress, and did not find another one."""
        return not self.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)

    @property
    def duplicate(self) -> bool:
        """Duplicate address detection found somebody else who has it: the kernel does not use it."""
        return bool(self.flags & IFA_F_DADFAILED)


@dataclass(frozen=True, slots=True)
class LinkChange:
    link: Link
    deleted: bool


@dataclass(frozen=True, slots=True)
class AddressChange:
    """``port_id`` is the netlink port that asked for the change; 0: the kernel, and for IPv6 whoever it was."""

    address: InterfaceAddress
    deleted: bool
    port_id: int


Change: TypeAlias = LinkChange | AddressChange


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a datagram; ``offset`` is where its header starts."""

    kind: int
    flags: int
    sequence: int
    port_id: int
    offset: int
    length: int


def split(datagram: bytes) -> Iterator[Message]:
    """The messages of a datagram; stops at the first that does not fit into it."""
    offset = 0
    while offset + _HEADER.size <= len(datagram):
        length, kind, flags, sequence, port_id = _HEADER.unpack_from(datagram, offset)
        if length < _HEADER.size or offset + length > len(datagram):
            return
        yield Message(kind, flags, sequence, port_id, offset, length)
        offset += (length + 3) & ~3


def decode(datagram: bytes, message: Message) -> Change | None:
    """A link or address that came, changed or went; None when the message is about something else."""
    if message.kind in _LINK_KINDS:
        return _decode_link(datagram, message)
    if message.kind in _ADDRESS_KINDS:
        return _decode_address(datagram, message)
    return None


def _decode_link(datagram: bytes, message: Message) -> LinkChange | None:
    decoded = _LinkMessage(datagram, message.offset)
    decoded.decode()
    # A bridge reports its ports as links of family AF_BRIDGE: a deleted one has only left the bridge.
    if decoded["family"] != socket.AF_UNSPEC:
        return None
    flags = decoded["flags"]
    link = Link(
        index=decoded["index"],
        name=decoded.get_attr("IFLA_IFNAME") or "",
        mac=decoded.get_attr("IFLA_ADDRESS") or b"",
        mtu=decoded.get_attr("IFLA_MTU") or 0,
        admin_up=bool(flags & uapi.IFF_UP),
        running=bool(flags & uapi.IFF_RUNNING),
        multicast=bool(flags & uapi.IFF_MULTICAST),
        arp=not flags & uapi.IFF_NOARP,
    )
    return LinkChange(link, message.kind == RTM_DELLINK)


def _decode_address(datagram: bytes, message: Message) -> AddressChange | None:
    # By hand: after a takeover every address of ours comes back as an announcement, and pyroute2's class takes ten
    # times as long. The tests hold the two against each other.
    family, prefix, flags, scope, index = _IFADDRMSG.unpack_from(datagram, message.offset + _HEADER.size)
    start = message.offset + _HEADER.size + _IFADDRMSG.size
    attributes = _attributes(datagram, start, message.offset + message.length)
    other = attributes.get(_IFA_ADDRESS, b"")
    local = attributes.get(_IFA_LOCAL, other)
    unpack = _UNPACK.get((family, len(local)))
    if unpack is None:
        return None
    address = InterfaceAddress(
        index=index,
        address=unpack(local),
        prefix=prefix,
        flags=_UINT32.unpack(attributes[_IFA_FLAGS])[0] if _IFA_FLAGS in attributes else flags,
        scope=scope,
        peer=unpack(other) if other and other != local else None,
        protocol=(attributes.get(_IFA_PROTO) or b"\0")[0],
    )
    return AddressChange(address, message.kind == RTM_DELADDR, message.port_id)


def _attributes(datagram: bytes, start: int, end: int) -> dict[int, bytes]:
    attributes: dict[int, bytes] = {}
    while start + _ATTRIBUTE.size <= end:
        length, kind = _ATTRIBUTE.unpack_from(datagram, start)
        if length < _ATTRIBUTE.size or start + length > end:
            break
        attributes[kind] = datagram[start + _ATTRIBUTE.size : start + length]
        start += (length + 3) & ~3
    return attributes


_STAND_INS: Final[Mapping[int, Address]] = {
    4: IPv4Address("250.251.252.253"),
    6: IPv6Address("fafb:fcfd:fefa:fbfc:fdfe:fafb:fcfd:fefa"),
}
"""Addresses of no network, whose bytes are found nowhere else in a message."""


@dataclass(frozen=True, slots=True)
class AddressRequest:
    """What to add: see ``Vip``; ``protocol`` is IFA_PROTO, the mark of who added the address (None: no mark)."""

    index: int
    address: Address
    prefix: int
    scope: int = 0
    label: str | None = None
    broadcast: Address | None = None
    peer: Address | None = None
    flags: int = 0
    dad: bool = False
    preferred: int | None = None
    protocol: int | None = None


def encode_new_address(request: AddressRequest) -> bytes:
    """RTM_NEWADDR. IPv6, unless asked for otherwise: no duplicate address detection, and a /128 is deprecated."""
    attributes = _ends(request)
    flags = request.flags
    if isinstance(request.address, IPv6Address):
        flags |= 0 if request.dad else IFA_F_NODAD
        preferred = request.preferred
        if preferred is None:
            preferred = 0 if request.prefix == 128 else _FOREVER
        if preferred != _FOREVER:
            attributes.append(("IFA_CACHEINFO", {"ifa_preferred": preferred, "ifa_valid": _FOREVER}))
    else:
        flags &= ~_IPV6_FLAGS
    if flags:
        attributes.append(("IFA_FLAGS", flags))
    if request.broadcast is not None:
        attributes.append(("IFA_BROADCAST", str(request.broadcast)))
    if request.label is not None:
        attributes.append(("IFA_LABEL", request.label))
    if request.protocol is not None:
        attributes.append(("IFA_PROTO", request.protocol))
    return _encode_address(RTM_NEWADDR, request, attributes)


def encode_delete_address(request: AddressRequest) -> bytes:
    """RTM_DELADDR by address, peer, prefix and interface; whatever label or scope it was given."""
    return _encode_address(RTM_DELADDR, request, _ends(request))


def _ends(request: AddressRequest) -> list[tuple[str, object]]:
    far = request.address if request.peer is None else request.peer
    return [("IFA_LOCAL", str(request.address)), ("IFA_ADDRESS", str(far))]


def encode_addresses(encode: Callable[[AddressRequest], bytes], requests: Iterable[AddressRequest]) -> list[bytes]:
    """What ``encode``, one of the two above, makes of each; those that differ in their address only are encoded once.

    pyroute2 needs 60 us for a message, and there may be thousands.
    """
    encoded = []
    for request in requests:
        stand_in = _STAND_INS[request.address.version]
        pattern = replace(request, address=stand_in)
        if stand_in in (request.broadcast, request.peer):
            encoded.append(encode(request))
            continue
        encoded.append(_encoded_once(encode, pattern).replace(stand_in.packed, request.address.packed))
    return encoded


@lru_cache(maxsize=64)
def _encoded_once(encode: Callable[[AddressRequest], bytes], pattern: AddressRequest) -> bytes:
    return encode(pattern)


def _encode_address(kind: int, request: AddressRequest, attributes: list[tuple[str, object]]) -> bytes:
    message = ifaddrmsg()
    message["header"].update({"type": kind, "flags": NLM_F_REQUEST})
    message["family"] = socket.AF_INET if isinstance(request.address, IPv4Address) else socket.AF_INET6
    message["prefixlen"] = request.prefix
    message["scope"] = request.scope if kind == RTM_NEWADDR else 0
    message["index"] = request.index
    message["attrs"] = attributes
    message.encode()
    return bytes(message.data)


def encode_dump(kind: int) -> bytes:
    """RTM_GETLINK or RTM_GETADDR for all of them."""
    message = _LinkMessage() if kind == RTM_GETLINK else ifaddrmsg()
    message["header"].update({"type": kind, "flags": NLM_F_REQUEST | NLM_F_DUMP})
    if kind == RTM_GETLINK:
        message["attrs"] = [("IFLA_EXT_MASK", _SKIP_STATISTICS)]
    message.encode()
    return bytes(message.data)
