"""Every address that comes or goes, as lines in the log: for those who ask for it."""

import logging
from collections.abc import Callable, Iterable

from vrrpd.linux.interfaces import AddressEvent, InterfaceEvent, Link, describe_port

log = logging.getLogger("vrrpd")


def log_addresses(events: Iterable[InterfaceEvent], link_at: Callable[[int], Link | None], own_port: int) -> None:
    """``own_port`` is the netlink port id of this process, whose changes are logged as its own."""
    for event in events:
        if isinstance(event, AddressEvent):
            link = link_at(event.index)
            name = link.name if link is not None else f"interface {event.index}"
            who = "vrrpd" if event.port_id == own_port else describe_port(event.port_id)
            log.info(
                "%s/%d %s %s by %s",
                event.address,
                event.prefix,
                "set on" if event.added else "removed from",
                name,
                who,
            )
