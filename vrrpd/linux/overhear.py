"""Hearing other hosts announce that an address is theirs now: gratuitous ARP, unsolicited Neighbour Advertisements."""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from vrrpd.errors import LinuxError
from vrrpd.linux import bpf
from vrrpd.linux.queues import set_receive_queue
from vrrpd.linux.raw_socket import raw_socket
from vrrpd.units import Address, Family

_ETHERTYPES: Final = {Family.IPV4: 0x0806, Family.IPV6: 0x86DD}
_FILTERS: Final = {Family.IPV4: bpf.GRATUITOUS_ARP, Family.IPV6: bpf.NEIGHBOUR_ADVERTISEMENTS}
_LARGEST: Final = 128
_QUEUE: Final = 4 * 1024 * 1024
"""A successor says it of a thousand addresses five times in a row."""
_SENDER: Final = slice(6, 12)
_ARP_ADDRESS: Final = slice(28, 32)
_ND_FLAGS: Final = 58
_SOLICITED: Final = 0x40
_ND_TARGET: Final = slice(62, 78)


class Overhear:
    """What is announced on one interface from now on. LinuxError when it cannot be listened to."""

    def __init__(self, index: int, family: Family) -> None:
        self._family = family
        with raw_socket(socket.AF_PACKET, 0, "overhear announcements on", f"interface {index}") as endpoint:
            bpf.attach(endpoint, _FILTERS[family])
            set_receive_queue(endpoint, _QUEUE)
            endpoint.bind((socket.if_indextoname(index), _ETHERTYPES[family]))
        self._socket = endpoint

    def fileno(self) -> int:
        return self._socket.fileno()

    def heard(self) -> Iterator[tuple[Address, bytes]]:
        """Each address that was announced since the last call, and the Ethernet address of who did it."""
        while True:
            try:
                frame = self._socket.recv(_LARGEST)
            except BlockingIOError:
                return
            except OSError as error:
                raise LinuxError("overhear announcements", "", error.errno or 0) from error
            if self._family is Family.IPV4:
                yield IPv4Address(frame[_ARP_ADDRESS]), frame[_SENDER]
            elif len(frame) >= _ND_TARGET.stop and not frame[_ND_FLAGS] & _SOLICITED:
                yield IPv6Address(frame[_ND_TARGET]), frame[_SENDER]

    def close(self) -> None:
        self._socket.close()
