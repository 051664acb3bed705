"""Raw sockets for IP protocol 112: one kind that only listens, one that only speaks."""

import socket
import struct
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from errno import ENODEV
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final, TypeAlias, TypeVar

from vrrpd.errors import LinuxError
from vrrpd.linux import bpf, uapi
from vrrpd.linux.ipv4_packet import parse_ipv4
from vrrpd.linux.queues import set_receive_queue, set_send_queue
from vrrpd.linux.raw_socket import raw_socket
from vrrpd.proto.advertisement import MULTICAST_HOP_LIMIT, Datagram, Dropped, DropReason
from vrrpd.units import Address, Family, Vrid, family_of

_LARGEST_PACKET: Final = 8192  # 255 IPv6 addresses make 4088 bytes
_PACKETS_PER_VRID: Final = 16
_COST_OF_A_PACKET: Final = 2304  # sk_buff and a page fragment of 2 KiB
_SMALLEST_QUEUE: Final = 256 * 1024
_LARGEST_QUEUE: Final = 4 * 1024 * 1024
_KERNELS_OWN: Final = -1
_REMEMBERED: Final = 1024
"""Packets that are kept taken apart, so that strangers' packets cannot fill the memory."""
_CONTROL_SPACE: Final = socket.CMSG_SPACE(20) + socket.CMSG_SPACE(4)

Meaning = TypeVar("Meaning")
Known: TypeAlias = dict[bytes, tuple[object, object, Meaning]]
"""Meanings of packets by their constant part, with what else must be the same."""
Understand: TypeAlias = Callable[[Datagram | Dropped], tuple[Meaning | None, bool]]
"""What a packet means, if anything, and whether an equal one always means the same."""

_FAMILIES: Final = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}


class Receiver:
    """Hears the advertisements of some virtual routers on one interface.

    Bound to the interface, not to its name: it goes on hearing when the interface is renamed, and falls silent for
    good, without an error, when the interface is deleted. Whoever sees the interface come back opens another one.
    """

    __slots__ = ("_socket", "family", "index", "interface")

    def __init__(self, endpoint: socket.socket, interface: str, index: int, family: Family) -> None:
        self._socket = endpoint
        self.interface = interface
        self.index = index
        self.family = family

    @classmethod
    def inherited(cls, descriptor: int, interface: str, index: int, family: Family) -> "Receiver":
        """One that another process opened, with whatever is queued; the descriptor is this object's from now on."""
        return cls(socket.socket(fileno=descriptor), interface, index, family)

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> Datagram | Dropped | None:
        """The next packet; None when there is none now.

        LinuxError (ENETDOWN, ENODEV, EBADF ...) when the socket is of no more use: close it, and open another one when
        the interface is usable again. Nothing that a packet contains leads to an exception.
        """
        try:
            if self.family is Family.IPV4:
                return parse_ipv4(self._socket.recv(_LARGEST_PACKET))
            payload, control, flags, sender = self._socket.recvmsg(_LARGEST_PACKET, _CONTROL_SPACE)
        except BlockingIOError:
            return None
        except OSError as error:
            raise LinuxError("receive on", self.interface, error.errno or 0) from error
        return _ipv6_datagram(payload, control, flags, sender[0])

    def drain(self, limit: int, known: Known[Meaning], understand: Understand[Meaning]) -> list[Meaning]:
        """What all that waits means, ``limit`` packets at most. LinuxError as in ``receive``.

        ``understand`` is asked about a packet unless it is in ``known``, which this method fills and the caller clears
        when things get another meaning: a master repeats itself.
        """
        heard: list[Meaning] = []
        try:
            if self.family is Family.IPV4:
                self._drain_ipv4(limit, known, understand, heard)
            else:
                self._drain_ipv6(limit, known, understand, heard)
        except BlockingIOError:
            pass
        except OSError as error:
            raise LinuxError("receive on", self.interface, error.errno or 0) from error
        return heard

    def _drain_ipv4(
        self, limit: int, known: Known[Meaning], understand: Understand[Meaning], heard: list[Meaning]
    ) -> None:
        """Between two equal packets only identification and header checksum differ: bytes 4-5 and 10-11."""
        receive, recall, hear = self._socket.recv, known.get, heard.append
        for _ in range(limit):
            packet = receive(_LARGEST_PACKET)
            same = recall(packet[12:])
            if same is not None and packet[:4] == same[0] and packet[6:10] == same[1]:
                hear(same[2])
                continue
            meaning, lasting = understand(parse_ipv4(packet))
            if meaning is not None:
                hear(meaning)
                if lasting:
                    _remember(known, packet[12:], (packet[:4], packet[6:10], meaning))

    def _drain_ipv6(
        self, limit: int, known: Known[Meaning], understand: Understand[Meaning], heard: list[Meaning]
    ) -> None:
        for _ in range(limit):
            payload, control, flags, sender = self._socket.recvmsg(_LARGEST_PACKET, _CONTROL_SPACE)
            same = known.get(payload)
            if same is not None and control == same[0] and sender == same[1]:
                heard.append(same[2])
                continue
            meaning, lasting = understand(_ipv6_datagram(payload, control, flags, sender[0]))
            if meaning is not None:
                heard.append(meaning)
                if lasting:
                    _remember(known, payload, (control, sender, meaning))

    def set_vrids(self, vrids: Collection[Vrid], others: bool = False, queue: int = 0) -> None:
        """Hear these virtual routers from now on; nothing that is queued is lost. LinuxError as in ``receive``."""
        try:
            bpf.attach(self._socket, _filter(self.family, vrids, others))
            _set_queue(self._socket, len(vrids), queue)
        except OSError as error:
            raise LinuxError("listen on", self.interface, error.errno or 0) from error

    def close(self) -> None:
        self._socket.close()


class Sender:
    """Sends advertisements from one source address to one destination, and never queues anything that comes in."""

    __slots__ = ("_address", "_grouped", "_socket", "destination", "index", "interface", "source")

    def __init__(
        self, endpoint: socket.socket, interface: str, index: int, source: Address, destination: Address
    ) -> None:
        self._socket = endpoint
        self.interface = interface
        self.index = index
        self.source = source
        self.destination = destination
        scope = (0, index) if destination.version == 6 else ()
        self._address = (str(destination), 0, *scope)
        self._grouped = destination.is_multicast  # asked once: the answer takes as long as half an advertisement
        if self._grouped:
            endpoint.connect(self._address)

    def send(self, payload: bytes) -> None:
        """Send the bytes behind the IP header. A group needs no route; the way to a single router is found each time.

        LinuxError: ENETUNREACH or ENETDOWN while the interface is down (the same socket sends again when it is up);
        ENODEV, ENXIO or ENETUNREACH when it is gone, for good; EPERM when a packet filter forbids it.
        """
        try:
            if self._grouped:
                self._socket.send(payload)
            else:
                self._socket.sendto(payload, self._address)
        except OSError as error:
            raise LinuxError("send on", self.interface, error.errno or 0) from error

    def close(self) -> None:
        self._socket.close()


def open_receiver(
    interface: str,
    index: int,
    family: Family,
    groups: Sequence[Address],
    vrids: Collection[Vrid],
    others: bool = False,
    queue: int = 0,
) -> Receiver:
    """Listen for the given virtual routers in multicast groups (and on unicast) on one interface.

    The queue holds a burst of all of them, and at least ``queue`` bytes. ``others``: hear all other virtual routers
    too. LinuxError when the interface is gone, has no IP of this family (EADDRNOTAVAIL, ENODEV), or the privilege is
    missing (EPERM).
    """
    with _vrrp_socket(family, "listen on", interface) as endpoint:
        _bind_to_interface(endpoint, interface, index)
        _set_queue(endpoint, len(vrids), queue)
        if family is Family.IPV4:
            _join_ipv4(endpoint, index, groups)
        else:
            _join_ipv6(endpoint, index, groups)
        # What arrived from elsewhere between socket() and the first filter is thrown away before anything can pass.
        _drain(endpoint)
        bpf.attach(endpoint, _filter(family, vrids, others))
    return Receiver(endpoint, interface, index, family)


def open_unicast_receiver(source: Address, vrids: Collection[Vrid], others: bool = False, queue: int = 0) -> Receiver:
    """Listen for what is sent to ``source``, whatever the interface; the address may come later.

    Otherwise as ``open_receiver``; the receiver's ``interface`` is the address, its ``index`` 0.
    """
    family = family_of(source)
    with _vrrp_socket(family, "listen on", str(source)) as endpoint:
        _set_queue(endpoint, len(vrids), queue)
        if family is Family.IPV4:
            _join_ipv4(endpoint, 0, ())
            endpoint.setsockopt(socket.IPPROTO_IP, uapi.IP_TRANSPARENT, 1)
        else:
            _join_ipv6(endpoint, 0, ())
            endpoint.setsockopt(socket.IPPROTO_IPV6, uapi.IPV6_TRANSPARENT, 1)
        endpoint.bind((str(source), 0))
        _drain(endpoint)
        bpf.attach(endpoint, _filter(family, vrids, others))
    return Receiver(endpoint, str(source), 0, family)


def open_sender(
    interface: str,
    index: int,
    family: Family,
    source: Address,
    destination: Address,
    hop_limit: int | None = MULTICAST_HOP_LIMIT,
) -> Sender:
    """Speak to ``destination`` (a group or one router) from ``source``, an address of the interface, for any number of
    virtual routers.

    ``interface`` "": the routes decide where it leaves; ``index`` then counts for link-local addresses only.
    ``hop_limit`` 0..255 counts for a single router only (None: the kernel's default); a group always gets 255.
    ``source`` need not be on the interface (any more): a farewell goes out from an address that was just removed.
    LinuxError: ENETUNREACH while the interface is down. No route is needed for a group.
    """
    with _vrrp_socket(family, "send on", interface or str(source)) as endpoint:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
        if interface:
            _bind_to_interface(endpoint, interface, index)
        if family is Family.IPV4:
            _prepare_ipv4_sender(endpoint, destination, hop_limit)
            endpoint.bind((str(source), 0))
        else:
            _prepare_ipv6_sender(endpoint, hop_limit)
            endpoint.bind((str(source), 0, 0, index))
        _raise_priority(endpoint)
        set_send_queue(endpoint, _LARGEST_QUEUE)
        _drain(endpoint)
        return Sender(endpoint, interface or str(source), index, source, destination)


def _filter(family: Family, vrids: Collection[Vrid], others: bool) -> Sequence[bpf.Instruction]:
    return bpf.ACCEPT_ALL if others else bpf.accept_vrids(family, vrids)


@contextmanager
def _vrrp_socket(family: Family, operation: str, interface: str) -> Iterator[socket.socket]:
    """A deaf raw socket, closed again when what is done to it fails."""
    with raw_socket(_FAMILIES[family], uapi.IPPROTO_VRRP, operation, interface) as endpoint:
        bpf.attach(endpoint, bpf.DROP_ALL)
        yield endpoint


def _bind_to_interface(endpoint: socket.socket, interface: str, index: int) -> None:
    endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    # The kernel keeps the index. Another interface may have taken the name since the caller looked it up.
    if socket.if_nametoindex(interface) != index:
        raise OSError(ENODEV, "the interface was replaced")


def _set_queue(endpoint: socket.socket, vrids: int, least: int) -> None:
    burst = min(_LARGEST_QUEUE, max(_SMALLEST_QUEUE, vrids * _PACKETS_PER_VRID * _COST_OF_A_PACKET))
    set_receive_queue(endpoint, max(burst, least))


def _join_ipv4(endpoint: socket.socket, index: int, groups: Sequence[Address]) -> None:
    endpoint.setsockopt(socket.IPPROTO_IP, uapi.IP_MULTICAST_ALL, 0)
    endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    for group in groups:
        endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("4s4xi", group.packed, index))


def _join_ipv6(endpoint: socket.socket, index: int, groups: Sequence[Address]) -> None:
    # IPV6_CHECKSUM stays off: the kernel would drop wrong checksums silently; decoding drops and counts them.
    endpoint.setsockopt(socket.IPPROTO_IPV6, uapi.IPV6_MULTICAST_ALL, 0)
    endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
    endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    for group in groups:
        endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, struct.pack("16si", group.packed, index))


def _prepare_ipv4_sender(endpoint: socket.socket, destination: Address, hop_limit: int | None) -> None:
    options = (
        (socket.IP_TOS, uapi.IPTOS_INTERNETCONTROL),
        (socket.IP_TTL, _KERNELS_OWN if hop_limit is None else hop_limit),
        (socket.IP_MULTICAST_TTL, MULTICAST_HOP_LIMIT),
        (socket.IP_MULTICAST_LOOP, 0),
        (uapi.IP_MULTICAST_ALL, 0),
        (uapi.IP_MTU_DISCOVER, uapi.IP_PMTUDISC_DONT),  # DF 0
        (uapi.IP_TRANSPARENT, 1),
    )
    for option, value in options:
        endpoint.setsockopt(socket.IPPROTO_IP, option, value)
    if destination.is_multicast:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_DONTROUTE, 1)


def _prepare_ipv6_sender(endpoint: socket.socket, hop_limit: int | None) -> None:
    options = (
        (socket.IPV6_TCLASS, uapi.IPTOS_INTERNETCONTROL),
        (socket.IPV6_UNICAST_HOPS, _KERNELS_OWN if hop_limit is None else hop_limit),
        (socket.IPV6_MULTICAST_HOPS, MULTICAST_HOP_LIMIT),
        (socket.IPV6_MULTICAST_LOOP, 0),
        (uapi.IPV6_MULTICAST_ALL, 0),
        (socket.IPV6_CHECKSUM, 6),
        (uapi.IPV6_TRANSPARENT, 1),
    )
    for option, value in options:
        endpoint.setsockopt(socket.IPPROTO_IPV6, option, value)


def _raise_priority(endpoint: socket.socket) -> None:
    # After IP_TOS, which sets a priority of its own. The highest needs CAP_NET_ADMIN.
    try:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, uapi.TC_PRIO_CONTROL)
    except PermissionError:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, uapi.TC_PRIO_INTERACTIVE)


def _drain(endpoint: socket.socket) -> None:
    try:
        while True:
            endpoint.recv(1)
    except BlockingIOError:
        return


def _ipv6_datagram(
    payload: bytes, control: list[tuple[int, int, bytes]], flags: int, sender: str
) -> Datagram | Dropped:
    destination, hop_limit = b"", 0
    for _, kind, value in control:
        if kind == socket.IPV6_PKTINFO:
            destination = value[:16]
        elif kind == socket.IPV6_HOPLIMIT:
            (hop_limit,) = struct.unpack("i", value)
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) or not destination:
        return Dropped(DropReason.TRUNCATED, f"more than {len(payload)} bytes, or no destination")
    return Datagram(Family.IPV6, _ipv6_address(sender), _ipv6_address(destination), hop_limit, payload)


def _remember(known: Known[Meaning], key: bytes, entry: tuple[object, object, Meaning]) -> None:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = entry


@lru_cache(maxsize=256)
def _ipv6_address(value: str | bytes) -> IPv6Address:
    return IPv6Address(value)
