"""Packets that no daemon sent."""

import socket
import struct
from ipaddress import ip_address

from netns.comparison.work import Inject
from netns.host import Host
from vrrpd.proto.advertisement import Advertisement, encode
from vrrpd.proto.auth import pass_key
from vrrpd.units import Priority, Seconds, Vrid


def send(host: Host, step: Inject) -> None:
    """Let it leave from ``host``, with the source and the TTL that ``step`` says."""
    source, destination = ip_address(step.source), ip_address(step.destination)
    advertisement = Advertisement(
        step.version,
        Vrid(step.vrid),
        Priority(step.priority),
        Seconds(step.interval),
        tuple(ip_address(address) for address in step.addresses),
    )
    password = None if step.password is None else pass_key(step.password)
    payload = encode(advertisement, source, destination, password)
    if source.version == 4:
        host.enter(_send4, source.packed, str(destination), step.ttl, payload)
    else:
        host.enter(_send6, str(source), str(destination), step.ttl, payload)


def _send4(source: bytes, destination: str, ttl: int, payload: bytes) -> None:
    target = socket.inet_aton(destination)
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0xC0, 20 + len(payload), 1, 0, ttl, 112, 0, source, target)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0\0")
        sock.sendto(header + payload, (destination, 0))


def _send6(source: str, destination: str, hops: int, payload: bytes) -> None:
    index = socket.if_nametoindex("eth0")
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, 112) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0\0")
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, hops)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, hops)
        sock.setsockopt(socket.IPPROTO_IPV6, 7, 6)  # IPV6_CHECKSUM: at offset 6
        sock.bind((source, 0, 0, index))
        sock.sendto(payload, (destination, 0, 0, index))
