"""Asking a network who has an IPv4 address (RFC 826), while this host has it too."""

import socket
from collections.abc import Collection
from ipaddress import IPv4Address
from typing import Final

from vrrpd.errors import LinuxError
from vrrpd.linux import bpf
from vrrpd.linux.arp import arp_request
from vrrpd.linux.raw_socket import raw_socket

_ETHERTYPE_ARP: Final = 0x0806
_LARGEST: Final = 128
_SENDER_MAC: Final = slice(22, 28)


class ArpProbe:
    """``source`` with ``mac`` asks for ``address`` on the interface; answers from ``own`` MAC addresses do not count.

    Nothing here waits. LinuxError from the constructor and ``ask``: it cannot be asked.
    """

    def __init__(
        self, index: int, mac: bytes, source: IPv4Address, address: IPv4Address, own: Collection[bytes]
    ) -> None:
        self._frame = arp_request(mac, source, address)
        self._own = frozenset(own)
        self._name = str(address)
        with raw_socket(socket.AF_PACKET, 0, "ask for", self._name) as endpoint:
            bpf.attach(endpoint, bpf.arp_replies(int(address)))
            endpoint.bind((socket.if_indextoname(index), _ETHERTYPE_ARP))
        self._socket = endpoint

    def ask(self, to: bytes | None = None) -> None:
        """Send one request, to everybody or to the host with one MAC address."""
        try:
            self._socket.send(self._frame if to is None else to + self._frame[len(to) :])
        except OSError as error:
            raise LinuxError("ask for", self._name, error.errno or 0) from error

    def answer(self) -> bytes | None:
        """The MAC address of another host that has answered since the last call."""
        found = None
        while True:
            try:
                frame = self._socket.recv(_LARGEST)
            except OSError:
                return found
            if frame[_SENDER_MAC] not in self._own:
                found = frame[_SENDER_MAC]

    def close(self) -> None:
        self._socket.close()
