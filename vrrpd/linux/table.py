"""What is known of links and addresses, and what changes it. No system calls here: messages in, events out."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from vrrpd.linux import rtnl
from vrrpd.linux.rtnl import AddressChange, Change, InterfaceAddress, Link
from vrrpd.records import dataclass
from vrrpd.units import Address, Family, family_of

UNKNOWN_PORT: Final = -1
"""Who made a change is not known: the message about it was lost, or the address went with its interface."""

_WORTH_AN_EVENT: Final = rtnl.IFA_F_SECONDARY | rtnl.IFA_F_TENTATIVE | rtnl.IFA_F_DADFAILED | rtnl.IFA_F_DEPRECATED
_SCOPE_HOST: Final = 254

_Key: TypeAlias = tuple[Address, int, Address | None]


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """An interface appeared (``before`` None), went (``after`` None) or changed.

    ``name`` is the name now, or the last one. After a rename ``before.name`` is another; an interface that was deleted
    and made again under its old name has another ``index``, and two events.
    """

    index: int
    name: str
    before: Link | None
    after: Link | None


@dataclass(frozen=True, slots=True)
class AddressEvent:
    """An address is there now (new, or with other flags) or not any more.

    ``port_id`` is the netlink port of who did it; 0: the kernel by itself or, for IPv6, anybody but ourselves.
    """

    index: int
    address: Address
    prefix: int
    added: bool
    port_id: int


InterfaceEvent: TypeAlias = LinkEvent | AddressEvent


class InterfaceTable:
    """The links and addresses of one network namespace."""

    def __init__(self) -> None:
        self._links: dict[int, Link] = {}
        self._names: dict[str, int] = {}
        self._addresses: dict[int, dict[_Key, InterfaceAddress]] = {}

    def link(self, name: str) -> Link | None:
        index = self._names.get(name)
        return None if index is None else self._links[index]

    def link_at(self, index: int) -> Link | None:
        return self._links.get(index)

    def link_with(self, address: Address) -> Link | None:
        """The link that has this address, a usable one if there are several."""
        found = [
            self._links[index]
            for index, entries in self._addresses.items()
            if any(entry.address == address for entry in entries.values())
        ]
        return next((link for link in found if link.usable), found[0] if found else None)

    @property
    def links(self) -> tuple[Link, ...]:
        return tuple(self._links.values())

    def addresses(self, index: int) -> tuple[InterfaceAddress, ...]:
        """In the kernel's order; of IPv4 the first one that is not secondary is what the kernel sends from."""
        return tuple(self._addresses.get(index, {}).values())

    def primary_address(self, index: int, family: Family, exclude: Collection[Address]) -> Address | None:
        """The source address of advertisements; ``exclude`` are the addresses that move between routers.

        IPv4: the first primary address, else the first secondary one (a virtual address of the same network that was
        there first makes our own one secondary). IPv6: a link-local address (RFC 9568 section 5.1.2.1) that has passed
        duplicate address detection.
        """
        candidates = [
            entry
            for entry in self.addresses(index)
            if family_of(entry.address) is family and entry.address not in exclude
        ]
        return _choose_ipv4(candidates) if family is Family.IPV4 else _choose_ipv6(candidates)

    def apply(self, change: Change) -> tuple[InterfaceEvent, ...]:
        """Take over one message of the kernel; what it changes comes out."""
        if isinstance(change, AddressChange):
            return tuple(self._apply_address(change))
        return tuple(self._remove_link(change.link.index) if change.deleted else self._put_link(change.link))

    def replace(self, links: Iterable[Link], addresses: Iterable[InterfaceAddress]) -> tuple[InterfaceEvent, ...]:
        """Become what a dump says; the differences come out, addresses that went first, ones that came last."""
        present = {link.index: link for link in links}
        wanted = [entry for entry in addresses if entry.index in present]
        events = tuple(self._differences(present, wanted))
        self._restore_order(wanted)
        return events

    def _differences(self, present: Mapping[int, Link], wanted: list[InterfaceAddress]) -> Iterator[InterfaceEvent]:
        keys = {(entry.index, *_key(entry)) for entry in wanted}
        known = [entry for entries in self._addresses.values() for entry in entries.values()]
        for entry in known:
            if (entry.index, *_key(entry)) not in keys:
                yield from self._apply_address(AddressChange(entry, deleted=True, port_id=UNKNOWN_PORT))
        for index in self._links.keys() - present.keys():
            yield from self._remove_link(index)
        for link in present.values():
            yield from self._put_link(link)
        for entry in wanted:
            yield from self._apply_address(AddressChange(entry, deleted=False, port_id=UNKNOWN_PORT))

    def _restore_order(self, entries: Iterable[InterfaceAddress]) -> None:
        self._addresses = {}
        for entry in entries:
            self._addresses.setdefault(entry.index, {})[_key(entry)] = entry

    def _put_link(self, link: Link) -> Iterator[LinkEvent]:
        before = self._links.get(link.index)
        if before == link:
            return
        if before and self._names.get(before.name) == link.index:
            del self._names[before.name]
        self._links[link.index] = link
        self._names[link.name] = link.index
        yield LinkEvent(link.index, link.name, before, link)

    def _remove_link(self, index: int) -> Iterator[InterfaceEvent]:
        for entry in self.addresses(index):
            yield from self._apply_address(AddressChange(entry, deleted=True, port_id=UNKNOWN_PORT))
        before = self._links.pop(index, None)
        if before is None:
            return
        if self._names.get(before.name) == index:
            del self._names[before.name]
        yield LinkEvent(index, before.name, before, None)

    def _apply_address(self, change: AddressChange) -> Iterator[AddressEvent]:
        entry = change.address
        entries = self._addresses.setdefault(entry.index, {})
        before = entries.get(_key(entry))
        if change.deleted:
            entries.pop(_key(entry), None)
            if not entries:
                del self._addresses[entry.index]
            # The kernel names a new IPv6 address only once nobody else turned out to have it.
            worth = before is not None or bool(entry.flags & rtnl.IFA_F_TENTATIVE)
        else:
            entries[_key(entry)] = entry
            worth = before is None or bool((before.flags ^ entry.flags) & _WORTH_AN_EVENT)
        if worth:
            yield AddressEvent(entry.index, entry.address, entry.prefix, not change.deleted, change.port_id)


def _key(entry: InterfaceAddress) -> _Key:
    return entry.address, entry.prefix, entry.peer


def _choose_ipv4(candidates: list[InterfaceAddress]) -> Address | None:
    usable = [entry for entry in candidates if entry.scope < _SCOPE_HOST]
    primary = [entry for entry in usable if not entry.flags & rtnl.IFA_F_SECONDARY]
    return next((entry.address for entry in (*primary, *usable)), None)


def _choose_ipv6(candidates: list[InterfaceAddress]) -> Address | None:
    usable = (entry.address for entry in candidates if entry.address.is_link_local and entry.usable)
    return next(usable, None)
