"""Packets that no daemon sent."""

import socket
import struct
import time
from ipaddress import ip_address
from typing import Final

from netns.comparison.work import Inject
from netns.host import Host
from vrrpd.proto.advertisement import Advertisement, encode
from vrrpd.proto.auth import pass_key
from vrrpd.units import Priority, Seconds, Vrid

_VRRP: Final = 112
_IPV6_CHECKSUM: Final = 7


class Injector:
    """Sends from ``host``, whatever the source of a packet says; its sockets are there before they are needed."""

    def __init__(self, host: Host) -> None:
        self._socket4, self._socket6, self._index = host.enter(_opened)

    def send(self, step: Inject) -> int:
        """Let it leave, with the source and the TTL that ``step`` says; returns when (ns)."""
        payload = _payload(step)
        if ip_address(step.source).version == 4:
            packet = _header4(step, len(payload)) + payload
            at = time.time_ns()
            self._socket4.sendto(packet, (step.destination, 0))
            return at
        hops = [(socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, struct.pack("i", step.ttl))]
        source = socket.inet_pton(socket.AF_INET6, step.source) + struct.pack("I", self._index)
        at = time.time_ns()
        self._socket6.sendmsg(
            [payload],
            [*hops, (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, source)],
            0,
            (step.destination, 0, 0, self._index),
        )
        return at

    def close(self) -> None:
        self._socket4.close()
        self._socket6.close()


def _opened() -> tuple[socket.socket, socket.socket, int]:
    first = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    second = socket.socket(socket.AF_INET6, socket.SOCK_RAW, _VRRP)
    for sock in (first, second):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0\0")
    second.setsockopt(socket.IPPROTO_IPV6, _IPV6_CHECKSUM, 6)
    return first, second, socket.if_nametoindex("eth0")


def _payload(step: Inject) -> bytes:
    advertisement = Advertisement(
        step.version,
        Vrid(step.vrid),
        Priority(step.priority),
        Seconds(step.interval),
        tuple(ip_address(address) for address in step.addresses),
    )
    password = None if step.password is None else pass_key(step.password)
    return encode(advertisement, ip_address(step.source), ip_address(step.destination), password)


def _header4(step: Inject, size: int) -> bytes:
    source, destination = socket.inet_aton(step.source), socket.inet_aton(step.destination)
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0xC0, 20 + size, 1, 0, step.ttl, _VRRP, 0, source, destination)
