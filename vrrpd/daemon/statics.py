"""``static_ipaddress``: addresses that are there for as long as the daemon runs, whoever is MASTER."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final, Protocol, TypeAlias

from vrrpd.config.model import Config, VirtualAddress
from vrrpd.daemon.kernel_form import Key, find, kernel_form, key_of
from vrrpd.daemon.losses import ANONYMOUS, SETTLING
from vrrpd.daemon.trackers import TrackerReport
from vrrpd.linux.addresses import PROTOCOL, AddressBatch, AddressFailure
from vrrpd.linux.clock import now as read_clock
from vrrpd.linux.interfaces import AddressEvent, InterfaceAddress, Link, describe_port
from vrrpd.linux.netlink import Netlink
from vrrpd.loop import Loop, TimerHandle
from vrrpd.records import dataclass
from vrrpd.units import Address, Instant

log = logging.getLogger("vrrpd.statics")

RETRY_DELAY: Final = 1.0
"""Seconds until an address that could not be added, or is taken away again and again, is tried again."""
LOSS_LIMIT: Final = 5
LOSS_WINDOW: Final = 10.0

_Place: TypeAlias = tuple[str, Key]


class Interfaces(Protocol):
    """What is known of this host's interfaces (linux.interfaces.InterfaceWatch)."""

    def link(self, name: str) -> Link | None: ...
    def addresses(self, index: int) -> Sequence[InterfaceAddress]: ...


@dataclass(slots=True)
class _Item:
    """``index`` is that of the interface it was put on, None: of none yet. ``ours``: it goes when we go.

    ``culprit`` took it away, says the kernel, and nobody has seen it since. ``paused``: it is not put
    back before the next retry.
    """

    vip: VirtualAddress
    device: str
    index: int | None = None
    ours: bool = False
    up: bool = False
    failing: str = ""
    culprit: str = ""
    paused: bool = False
    losses: list[Instant] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.vip.address}/{self.vip.prefix}"

    def contests(self, now: Instant) -> int:
        """How often it was lost lately, this time included."""
        self.losses = [*(at for at in self.losses if now - at < LOSS_WINDOW), now]
        return len(self.losses)


class Statics:
    """``changed`` hears that some address with a track_group came or went, and which: (text, whether it came).

    ``usable`` says whether an interface counts as up.
    """

    def __init__(
        self,
        config: Config,
        interfaces: Interfaces,
        usable: Callable[[str], bool],
        netlink: Netlink,
        loop: Loop,
        changed: Callable[[str, bool], None],
    ) -> None:
        self._interfaces = interfaces
        self._usable = usable
        self._netlink = netlink
        self._loop = loop
        self._changed = changed
        self._groups: Mapping[str, tuple[str, ...]] = {}
        self._items: dict[_Place, _Item] = {}
        self._installed = False
        self._retry: TimerHandle | None = None
        self._adopt(config)

    def _adopt(self, config: Config) -> None:
        old, self._items = self._items, {}
        self._groups = {group.name: group.group for group in config.track_groups}
        for vip in config.static_ipaddress:
            device = vip.device or config.global_defs.default_interface
            place = (device, key_of(vip))
            item = old.get(place, _Item(vip, device))
            if kernel_form(item.vip, 0) != kernel_form(vip, 0):
                item = _Item(vip, device)
            item.vip = vip
            self._items.setdefault(place, item)

    # --- what others ask --------------------------------------------------------------------------------------------

    def all(self) -> tuple[tuple[VirtualAddress, str], ...]:
        """Every one, with the interface where it belongs."""
        return tuple((item.vip, item.device) for item in self._items.values())

    def has(self, address: Address) -> bool:
        return any(item.vip.address == address for item in self._items.values())

    def reports(self, instance: str) -> Iterator[TrackerReport]:
        """Those whose absence is a fault of this instance."""
        for item in self._items.values():
            if not item.vip.no_track and instance in self._groups.get(item.vip.track_group or "", ()):
                detail = "" if item.up else f"it is not on {item.device}"
                yield TrackerReport(item.name, "static", item.up, detail, 0, reverse=False)

    # --- start, reload, stop ----------------------------------------------------------------------------------------

    def install(self) -> None:
        """Put them on their interfaces. ``changed`` hears nothing of that."""
        self._installed = True
        for item in self._items.values():
            self._review(item)
        self._say(self._items.values(), "there")

    def replace(self, config: Config) -> None:
        """These from now on: what is as it was is not touched. ``changed`` hears nothing of that."""
        before = self._items
        self._adopt(config)
        kept = set(map(id, self._items.values()))
        self._take_away([item for item in before.values() if id(item) not in kept])
        was_there = set(map(id, before.values()))
        fresh = [item for item in self._items.values() if id(item) not in was_there]
        for item in fresh:
            link = self._interfaces.link(item.device)
            if link is not None and (item.device, key_of(item.vip)) in before:
                self._add(item, link)  # what is known to be there is what was just removed
            else:
                self._review(item)
        self._say(fresh, "added")

    def remove(self) -> None:
        """All of ours; whatever happens to them afterwards does not matter."""
        self.close()
        self._installed = False
        self._take_away(self._items.values())

    def close(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _take_away(self, items: Iterable[_Item]) -> None:
        gone = [item for item in items if item.ours]
        if not gone:
            return
        batch = AddressBatch([kernel_form(item.vip, item.index) for item in gone if item.index is not None])
        for failure in batch.remove(self._netlink):
            log.error("static address not removed: %s", failure.describe())
        for item in gone:
            item.ours = item.up = False
        log.info("static addresses removed: %s", _enumerate(gone))

    def _say(self, items: Iterable[_Item], how: str) -> None:
        there = [item for item in items if item.index is not None and not item.failing]
        if there:
            log.info("static addresses %s: %s", how, _enumerate(there))

    # --- while it runs ----------------------------------------------------------------------------------------------

    def take(self, events: Iterable[AddressEvent]) -> None:
        """Take note of what happened to addresses: what is missing is put back."""
        for event in events if self._items and self._installed else ():
            items = [item for item in self._items.values() if _is_about(event, item)]
            if not items:
                continue
            if event.added:
                self._look(items)
            elif event.port_id in ANONYMOUS:  # perhaps the interface is going down: that is said next
                self._loop.call_later(SETTLING, self._gone, items, "the kernel")
            else:
                self._gone(items, describe_port(event.port_id))

    def links_changed(self, names: Collection[str]) -> None:
        """Something happened to these interfaces."""
        self._look([item for item in self._items.values() if item.device in names])

    def _gone(self, items: Sequence[_Item], culprit: str) -> None:
        for item in items:
            item.culprit = culprit
        self._look(items)

    def _look(self, items: Iterable[_Item]) -> None:
        if not self._installed:
            return
        for item in items:
            was_up = item.up
            self._review(item)
            if item.up is not was_up and item.vip.track_group is not None and not item.vip.no_track:
                state = "is there" if item.up else "is absent"
                self._changed(f"static address {item.name} on {item.device} {state}", item.up)

    def _review(self, item: _Item) -> None:
        """Bring it in line with its interface as that is now."""
        link = self._interfaces.link(item.device)
        entry = None if link is None else find(item.vip, self._interfaces.addresses(link.index))
        if link is None:
            self._await_interface(item)
        elif entry is not None:
            self._found(item, link, entry)
        elif item.index is None:
            self._add(item, link)
        else:
            self._missing(item, link)

    def _await_interface(self, item: _Item) -> None:
        item.up = False
        text = f"there is no interface {item.device}"
        if item.failing != text:
            log.warning("static address %s waits: %s", item.name, text)
        item.failing = text

    def _found(self, item: _Item, link: Link, entry: InterfaceAddress) -> None:
        if item.index is None:
            # Without a mark it is there for a reason of its own, and stays when we go (keepalived).
            item.ours = entry.protocol == PROTOCOL
            whose = "was left over there" if item.ours else "was there before and will stay"
            log.info("static address %s on %s %s", item.name, item.device, whose)
        if entry.duplicate and item.failing != "duplicate":
            log.error("static address %s: another host has it, the kernel does not use it on %s", item.name, link.name)
        item.failing = "duplicate" if entry.duplicate else ""
        item.index, item.culprit = link.index, ""
        item.up = entry.usable and self._usable(item.device)

    def _missing(self, item: _Item, link: Link) -> None:
        """It was put there, and is not there now, or not yet: the kernel takes its time with IPv6."""
        if not item.culprit and not item.failing and item.index == link.index:
            return
        item.up = False
        if item.vip.no_track or item.paused:
            return
        if item.index != link.index:
            self._add(item, link, f"is on {item.device} again: the interface came back")
        elif not link.admin_up and item.vip.address.version == 6:
            item.failing = f"{item.device} is switched off"  # IPv6 addresses go with that, and come back with it
        elif item.failing:
            self._add(item, link, f"is on {item.device} again")
        else:
            self._lost(item, link)

    def _lost(self, item: _Item, link: Link) -> None:
        by = item.culprit
        contests = item.contests(read_clock())
        if contests == LOSS_LIMIT:
            log.error("static address %s was removed %d times, last by %s: slower now", item.name, contests, by)
        if contests >= LOSS_LIMIT:
            item.failing, item.paused = "removed again and again", True
            self._try_later()
            return
        self._add(item, link, f"was removed from {item.device} by {by}, put back")

    def _add(self, item: _Item, link: Link, remark: str = "") -> None:
        failures = AddressBatch([kernel_form(item.vip, link.index)]).add(self._netlink)
        if failures:
            self._failed(item, failures[0])
            return
        if remark or item.failing:
            log.warning("static address %s %s", item.name, remark or f"is on {item.device} now")
        item.index, item.ours = link.index, True
        item.failing, item.culprit = "", ""
        examined = item.vip.dad and item.vip.address.version == 6
        item.up = self._usable(item.device) and not examined

    def _failed(self, item: _Item, failure: AddressFailure) -> None:
        item.up = False
        text = failure.describe()
        if item.failing != text:
            log.error("static address on %s: %s; trying again", item.device, text)
        item.failing = text
        self._try_later()

    def _try_later(self) -> None:
        if self._retry is None:
            self._retry = self._loop.call_later(RETRY_DELAY, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        for item in self._items.values():
            item.paused = False
        self._look([item for item in self._items.values() if item.failing])


def _is_about(event: AddressEvent, item: _Item) -> bool:
    return event.index == item.index and (event.address, event.prefix) == (item.vip.address, item.vip.prefix)


def _enumerate(items: Iterable[_Item]) -> str:
    return ", ".join(f"{item.name} on {item.device}" for item in items)
