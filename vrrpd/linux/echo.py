"""Asking one host whether it lives: ICMP and ICMPv6 echo (RFC 792, RFC 4443 section 4)."""

import os
import socket
import struct
from typing import Final

from vrrpd.errors import LinuxError
from vrrpd.linux.raw_socket import raw_socket
from vrrpd.proto.checksum import internet_checksum
from vrrpd.units import Address

_REQUEST: Final = {4: 8, 6: 128}
_REPLY: Final = {4: 0, 6: 129}
_NONCE: Final = 8
_HEADER: Final = struct.Struct("!BBHHH")
_LARGEST: Final = 2048
ICMP6_FILTER: Final = 1


class EchoProbe:
    """Asks ``destination`` from ``source``, an address of this host. ``index``: the interface of link-local addresses.

    Nothing here waits. LinuxError from the constructor and ``ask``: it cannot be asked.
    """

    def __init__(self, source: Address, destination: Address, index: int = 0) -> None:
        self._version = destination.version
        self._nonce = os.urandom(_NONCE)
        self._sequence = 0
        self._name = str(destination)
        family, protocol = (
            (socket.AF_INET, socket.IPPROTO_ICMP) if self._version == 4 else (socket.AF_INET6, socket.IPPROTO_ICMPV6)
        )
        with raw_socket(family, protocol, "ask", self._name) as endpoint:
            if self._version == 6:
                endpoint.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, only_type(_REPLY[6]))
            scope = (0, index) if self._version == 6 else ()
            endpoint.bind((str(source), 0, *scope))
            endpoint.connect((self._name, 0, *scope))  # the replies of others are not queued
        self._socket = endpoint

    def ask(self) -> None:
        """Send one request."""
        self._sequence += 1
        message = _HEADER.pack(_REQUEST[self._version], 0, 0, 0, self._sequence) + self._nonce
        if self._version == 4:  # of ICMPv6 the kernel computes it
            message = message[:2] + internet_checksum(message).to_bytes(2, "big") + message[4:]
        try:
            self._socket.send(message)
        except OSError as error:
            raise LinuxError("ask", self._name, error.errno or 0) from error

    def answered(self) -> bool:
        """Whether a reply to one of the requests has come since the last call."""
        found = False
        while (message := self._next()) is not None:
            kind = message[0] if message else None
            found |= kind == _REPLY[self._version] and message[_HEADER.size : _HEADER.size + _NONCE] == self._nonce
        return found

    def _next(self) -> bytes | None:
        """What came, behind the IP header; an error that somebody sent counts as nothing."""
        try:
            packet = self._socket.recv(_LARGEST)
        except OSError:
            return None
        return packet[(packet[0] & 15) * 4 :] if self._version == 4 and packet else packet

    def close(self) -> None:
        self._socket.close()


def only_type(kind: int) -> bytes:
    """struct icmp6_filter that lets one type in: a bit that is set keeps a type out."""
    words = [0xFFFFFFFF] * 8
    words[kind // 32] &= ~(1 << kind % 32)
    return struct.pack("8I", *words)
