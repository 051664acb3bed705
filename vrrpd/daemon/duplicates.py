"""Virtual addresses that the kernel examines before it uses them (keepalived's ``-nodad``): passed, or somebody's."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

from vrrpd.config.model import VirtualAddress
from vrrpd.daemon.kernel_form import find
from vrrpd.daemon.vip_set import VipSet
from vrrpd.errors import LinuxError
from vrrpd.linux.interfaces import AddressEvent, InterfaceAddress

log = logging.getLogger("vrrpd.instance")


class Duplicates:
    """``addresses_on`` tells what is on an interface now."""

    def __init__(self, vips: Mapping[str, VipSet], addresses_on: Callable[[int], Iterable[InterfaceAddress]]) -> None:
        self._vips = vips
        self._addresses_on = addresses_on

    def examined(self, events: Iterable[AddressEvent]) -> None:
        """Announce those that passed; say which ones did not."""
        for event in events:
            if event.added and event.address.version == 6:
                for name, vip in self._ours(event):
                    self._look(name, vip, event.index)

    def _ours(self, event: AddressEvent) -> Iterator[tuple[str, VirtualAddress]]:
        for name, vips in self._vips.items():
            for vip in vips.on_index(event.index):
                if vip.dad and (vip.address, vip.prefix) == (event.address, event.prefix):
                    yield name, vip

    def _look(self, name: str, vip: VirtualAddress, index: int) -> None:
        entry = find(vip, self._addresses_on(index))
        if entry is None:
            return
        if entry.duplicate:
            log.error("%s another host has %s: the kernel does not use it here (-nodad)", name, vip.address)
        elif entry.usable:
            try:
                self._vips[name].passed(vip.address)
            except LinuxError as error:
                log.warning("%s could not announce %s: %s", name, vip.address, error)
