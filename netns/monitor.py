"""Addresses and links inside the hosts, as the kernel reports them over rtnetlink."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from netns import kernel
from netns.lab import Lab
from netns.reader import Reader

_GROUPS: Final = 1 | 0x10 | 0x100  # RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR
_NEW_LINK: Final = 16
_NEW_ADDRESS: Final = 20
_DELETE_ADDRESS: Final = 21
_LOWER_UP: Final = 0x10000
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFLA_IFNAME: Final = 3


@dataclass(frozen=True, slots=True)
class AddressChange:
    """An address came to or left an interface of ``host``; read at ``time_ns`` (ns since the epoch)."""

    time_ns: int
    host: str
    address: str
    present: bool
    port_id: int


@dataclass(frozen=True, slots=True)
class LinkChange:
    """What the kernel said of a link: ``up`` is IFF_LOWER_UP."""

    time_ns: int
    host: str
    name: str
    up: bool


class Monitor:
    """Listens in every router of the lab until it is closed; ``told`` hears of addresses at once, in another thread."""

    def __init__(self, lab: Lab, told: Callable[[AddressChange], None] | None = None) -> None:
        self._told = told
        self._addresses: list[AddressChange] = []
        self._links: list[LinkChange] = []
        self._news = threading.Condition()
        self._sockets = {host.name: host.enter(_open) for host in lab.routers}
        reads = {sock.fileno(): partial(self._drain, name) for name, sock in self._sockets.items()}
        self._reader = Reader("monitor", reads)
        lab.on_close().callback(self.close)

    def addresses(self, host: str | None = None, address: str | None = None) -> list[AddressChange]:
        with self._news:
            changes = list(self._addresses)
        return [c for c in changes if host in {None, c.host} and address in {None, c.address}]

    def links(self, host: str | None = None, name: str | None = None) -> list[LinkChange]:
        with self._news:
            changes = list(self._links)
        return [c for c in changes if host in {None, c.host} and name in {None, c.name}]

    def wait_for_address(
        self, host: str, address: str, timeout: float, *, present: bool = True, since: int = 0
    ) -> AddressChange | None:
        """The first such change at or after ``since``; None after ``timeout`` seconds."""

        def matches(change: AddressChange) -> bool:
            wanted = (host, address, present)
            return (change.host, change.address, change.present) == wanted and change.time_ns >= since

        return self._wait(matches, timeout)

    def _wait(self, matches: Callable[[AddressChange], bool], timeout: float) -> AddressChange | None:
        end = time.monotonic() + timeout
        with self._news:
            while True:
                found = next(filter(matches, self._addresses), None)
                left = end - time.monotonic()
                if found is not None or left <= 0:
                    return found
                self._news.wait(left)

    def close(self) -> None:
        if not self._sockets:
            return
        self._reader.close()
        for sock in self._sockets.values():
            sock.close()
        self._sockets = {}

    def _drain(self, host: str) -> None:
        while True:
            try:
                data = self._sockets[host].recv(1 << 16)
            except BlockingIOError:
                return
            changes: list[AddressChange] = []
            with self._news:
                for change in _changes(time.time_ns(), host, data):
                    if isinstance(change, AddressChange):
                        self._addresses.append(change)
                        changes.append(change)
                    else:
                        self._links.append(change)
                self._news.notify_all()
            if self._told is not None:
                for change in changes:
                    self._told(change)


def _open() -> socket.socket:
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    sock.setsockopt(socket.SOL_SOCKET, kernel.SO_RCVBUFFORCE, 16 << 20)
    sock.bind((0, _GROUPS))
    sock.setblocking(False)
    return sock


def _changes(time_ns: int, host: str, data: bytes) -> Iterator[AddressChange | LinkChange]:
    offset = 0
    while offset + 16 <= len(data):
        length, kind, _, _, port_id = struct.unpack_from("IHHII", data, offset)
        message = data[offset + 16 : offset + length]
        if kind in {_NEW_ADDRESS, _DELETE_ADDRESS}:
            attributes = dict(_attributes(message[8:]))
            raw = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS)
            if raw:
                yield AddressChange(time_ns, host, _text(raw), kind == _NEW_ADDRESS, port_id)
        elif kind == _NEW_LINK:
            (flags,) = struct.unpack_from("I", message, 8)
            name = dict(_attributes(message[16:])).get(_IFLA_IFNAME, b"").rstrip(b"\0").decode()
            yield LinkChange(time_ns, host, name, bool(flags & _LOWER_UP))
        offset += max(16, (length + 3) & ~3)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset + 4 <= len(data):
        length, kind = struct.unpack_from("HH", data, offset)
        if length < 4:
            return
        yield kind, data[offset + 4 : offset + length]
        offset += (length + 3) & ~3


def _text(raw: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


def holding_times(changes: Sequence[AddressChange], until: int) -> list[tuple[int, int]]:
    """[from, to) in ns during which the address was there, from one host's changes of one address, in order."""
    spans: list[tuple[int, int]] = []
    since: int | None = None
    for change in changes:
        if change.present and since is None:
            since = change.time_ns
        elif not change.present and since is not None:
            spans.append((since, change.time_ns))
            since = None
    if since is not None:
        spans.append((since, until))
    return spans
