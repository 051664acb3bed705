"""Asking one host whether it lives, by whatever its kernel answers: ARP, Neighbour Solicitation, or ICMP echo."""

import socket
import struct
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Protocol

from vrrpd.errors import LinuxError
from vrrpd.linux.arp import MAC_LENGTH
from vrrpd.linux.arp_probe import ArpProbe
from vrrpd.linux.echo import ICMP6_FILTER, EchoProbe, only_type
from vrrpd.linux.interfaces import Link
from vrrpd.linux.ndisc import solicitation
from vrrpd.linux.raw_socket import raw_socket
from vrrpd.units import Address

_ADVERTISEMENT: Final = 136
_TARGET: Final = slice(8, 24)
_SOLICITED_NODE: Final = int(IPv6Address("ff02::1:ff00:0"))
_HOP_LIMIT: Final = 255
_LARGEST: Final = 512


class HostProbe(Protocol):
    """Nothing here waits. ``ask`` raises LinuxError."""

    how: str

    def ask(self, *, everybody: bool) -> None:
        """Send one request: to the host that answered last, or to ``everybody`` on the link."""

    def answered(self) -> bool:
        """Whether an answer has come since the last call."""

    def close(self) -> None: ...


class ByArp:
    """On the link, IPv4."""

    how = "ARP"

    def __init__(self, link: Link, source: IPv4Address, host: IPv4Address, own: Collection[bytes]) -> None:
        self._probe = ArpProbe(link.index, link.mac, source, host, own)
        self._mac: bytes | None = None

    def ask(self, *, everybody: bool) -> None:
        self._probe.ask(None if everybody else self._mac)

    def answered(self) -> bool:
        mac = self._probe.answer()
        self._mac = self._mac if mac is None else mac
        return mac is not None

    def close(self) -> None:
        self._probe.close()


class BySolicitation:
    """On the link, IPv6 (RFC 4861 section 7.2.2)."""

    how = "Neighbour Solicitation"

    def __init__(self, link: Link, source: IPv6Address, host: IPv6Address) -> None:
        self._host = host
        self._index = link.index
        self._known = False
        self._message = solicitation(link.mac, host)
        low = int(host) & 0xFFFFFF
        self._group = IPv6Address(_SOLICITED_NODE | low)
        with raw_socket(socket.AF_INET6, socket.IPPROTO_ICMPV6, "ask", str(host)) as endpoint:
            endpoint.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, only_type(_ADVERTISEMENT))
            endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, _HOP_LIMIT)
            endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, _HOP_LIMIT)
            endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
            endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, struct.pack("i", link.index))
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.name.encode())
            endpoint.bind((str(source), 0, 0, link.index))
        self._socket = endpoint

    def ask(self, *, everybody: bool) -> None:
        destination = self._host if self._known and not everybody else self._group
        try:
            self._socket.sendto(self._message, (str(destination), 0, 0, self._index))
        except OSError as error:
            raise LinuxError("ask", str(self._host), error.errno or 0) from error

    def answered(self) -> bool:
        found = False
        while (message := self._next()) is not None:
            found |= message[:1] == bytes((_ADVERTISEMENT,)) and message[_TARGET] == self._host.packed
        self._known |= found
        return found

    def _next(self) -> bytes | None:
        try:
            return self._socket.recv(_LARGEST)
        except OSError:
            return None

    def close(self) -> None:
        self._socket.close()


class ByEcho:
    """Behind routers."""

    how = "ICMP echo"

    def __init__(self, source: Address, host: Address, index: int) -> None:
        self._probe = EchoProbe(source, host, index)

    def ask(self, *, everybody: bool) -> None:
        del everybody
        self._probe.ask()

    def answered(self) -> bool:
        return self._probe.answered()

    def close(self) -> None:
        self._probe.close()


def open_host_probe(
    link: Link, source: Address, host: Address, own: Collection[bytes], *, on_link: bool
) -> HostProbe:  # fmt: skip
    """``own``: the MAC addresses of this machine, whose answers are no answers. Raises LinuxError."""
    if on_link and len(link.mac) == MAC_LENGTH and link.arp:
        if isinstance(source, IPv4Address) and isinstance(host, IPv4Address):
            return ByArp(link, source, host, own)
        if isinstance(source, IPv6Address) and isinstance(host, IPv6Address):
            return BySolicitation(link, source, host)
    return ByEcho(source, host, link.index)
