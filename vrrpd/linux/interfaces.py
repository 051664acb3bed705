"""The live view of interfaces and their addresses."""

import itertools
from collections.abc import Collection, Iterator
from dataclasses import replace
from errno import ENOBUFS
from pathlib import Path
from typing import Final

from vrrpd.errors import LinuxError
from vrrpd.linux import rtnl
from vrrpd.linux.netlink import LARGEST_DATAGRAM, QUEUE, Netlink, open_socket
from vrrpd.linux.queues import set_receive_queue
from vrrpd.linux.rtnl import AddressChange, Change, InterfaceAddress, Link
from vrrpd.linux.table import UNKNOWN_PORT, AddressEvent, InterfaceEvent, InterfaceTable, LinkEvent
from vrrpd.units import Address, Family

__all__ = [
    "UNKNOWN_PORT",
    "AddressEvent",
    "InterfaceAddress",
    "InterfaceEvent",
    "InterfaceWatch",
    "Link",
    "LinkEvent",
    "describe_port",
    "is_forwarding",
]

_GROUPS: Final = 0x1 | 0x10 | 0x100  # RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR
_KERNEL: Final = 0
_LARGEST_PID: Final = 1 << 22


class InterfaceWatch:
    """Knows every link and address, and hears of every change.

    It listens before it asks, so nothing falls between the first dump and the first event. ``requests`` is the socket
    through which this process changes addresses: their events carry its port id, in IPv6 as well, where the kernel
    names nobody. Without it the watch has a request socket of its own.
    """

    def __init__(self, requests: Netlink | None = None) -> None:
        self._table = InterfaceTable()
        self._shared = requests is not None
        self._requests = requests or Netlink()
        self._socket = open_socket(_GROUPS)
        try:
            self._socket.setblocking(False)
            self._resynchronise()
            # What was announced while the dump was being made is in it already, or is newer.
            self.read()
        except (OSError, LinuxError):
            self.close()
            raise

    def fileno(self) -> int:
        return self._socket.fileno()

    def enlarge(self, queue: int) -> None:
        """Hold at least so many bytes of news."""
        set_receive_queue(self._socket, max(QUEUE, queue))

    def read(self, limit: int | None = None) -> tuple[InterfaceEvent, ...]:
        """Every change since the last call, in order; reads until nothing is left, or ``limit`` messages.

        When changes came faster than they were read, the kernel drops some: then all is read anew and the differences
        are returned behind what did get through, with UNKNOWN_PORT. LinuxError when the kernel refuses that: then this
        watch is of no more use, and another one has to be made.
        """
        events: list[InterfaceEvent] = []
        lost = False
        for _ in itertools.count() if limit is None else range(limit):
            try:
                datagram, sender = self._socket.recvfrom(LARGEST_DATAGRAM)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != ENOBUFS:
                    raise LinuxError("watch", "interfaces", error.errno or 0) from error
                lost = True
                continue
            if sender[0] == _KERNEL:
                events += self._take(datagram)
        if lost:
            events += self._resynchronise()
        return tuple(events)

    def _take(self, datagram: bytes) -> Iterator[InterfaceEvent]:
        for message in rtnl.split(datagram):
            change = rtnl.decode(datagram, message)
            if change:
                yield from self._table.apply(self._attribute(change))

    def _attribute(self, change: Change) -> Change:
        if not isinstance(change, AddressChange) or change.port_id:
            return change
        entry = change.address
        ours = self._requests.recognise_anonymous(entry.index, entry.address, deleted=change.deleted)
        return replace(change, port_id=self._requests.port_id) if ours else change

    def _resynchronise(self) -> tuple[InterfaceEvent, ...]:
        self._requests.forget_anonymous()
        links = self._requests.dump_links()
        return self._table.replace(links, self._requests.dump_addresses())

    @property
    def links(self) -> tuple[Link, ...]:
        return self._table.links

    def link(self, name: str) -> Link | None:
        return self._table.link(name)

    def link_with(self, address: Address) -> Link | None:
        """See ``InterfaceTable.link_with``."""
        return self._table.link_with(address)

    def index_of(self, name: str) -> int:
        """0: there is no such interface."""
        link = self._table.link(name)
        return 0 if link is None else link.index

    def link_at(self, index: int) -> Link | None:
        return self._table.link_at(index)

    def addresses(self, index: int) -> tuple[InterfaceAddress, ...]:
        return self._table.addresses(index)

    def primary_address(self, index: int, family: Family, exclude: Collection[Address] = ()) -> Address | None:
        """See ``InterfaceTable.primary_address``."""
        return self._table.primary_address(index, family, exclude)

    def close(self) -> None:
        self._socket.close()
        if not self._shared:
            self._requests.close()


def describe_port(port_id: int) -> str:
    """Who stands behind a netlink port, for people: ``ip (pid 1234)``.

    The kernel gives a process's first socket the number of the process, and libraries keep that in the low 22 bits. A
    process that has ended has no name any more, so ask soon. Numbers from the upper half mean nothing.
    """
    if port_id == _KERNEL:
        return "the kernel"
    if not 0 < port_id < 1 << 31:
        return "an unknown process"
    pid = port_id & (_LARGEST_PID - 1)
    try:
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return f"pid {pid}"
    return f"{name} (pid {pid})"


def is_forwarding(interface: str, family: Family) -> bool:
    """Whether this host routes packets that arrive on the interface; False when it is gone."""
    try:
        text = Path(f"/proc/sys/net/ipv{family.value}/conf/{interface}/forwarding").read_text(encoding="ascii")
    except OSError:
        return False
    return text.strip() != "0"
