"""Notices that somebody else took one of our addresses away, and who it was."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from vrrpd.config.model import VirtualAddress
from vrrpd.core.effects import State
from vrrpd.core.events import AddressLost, Event
from vrrpd.daemon.kernel_form import find
from vrrpd.daemon.vip_set import VipSet
from vrrpd.linux.interfaces import UNKNOWN_PORT, AddressEvent, InterfaceAddress, describe_port
from vrrpd.loop import Loop

ANONYMOUS: Final = (0, UNKNOWN_PORT)
"""Ports of removals that the kernel did by itself, or of which it does not say who asked for them."""
SETTLING: Final = 0.005
"""Seconds until the message follows that may explain the removal: the interface went down."""


class Losses:
    """``state_of`` tells an instance's state, ``addresses_on`` what is on an interface now; ``own_port`` is ours."""

    def __init__(
        self,
        vips: Mapping[str, VipSet],
        own_port: int,
        state_of: Callable[[str], State],
        addresses_on: Callable[[int], Iterable[InterfaceAddress]],
        loop: Loop,
        deliver: Callable[[Iterable[tuple[str, Event]]], None],
    ) -> None:
        self._vips = vips
        self._own_port = own_port
        self._state_of = state_of
        self._addresses_on = addresses_on
        self._loop = loop
        self._deliver = deliver

    def removed(self, events: Iterable[AddressEvent]) -> None:
        """Take note of removals, after everything else that was read with them has been acted upon."""
        for event in events:
            if event.added:
                continue
            if event.port_id == self._own_port:
                # With an address that we removed the kernel removes the secondary ones of its network (IPv4 only).
                if event.address.version == 4:
                    self._look(event, "this daemon, with the primary address of its network")
            elif event.port_id in ANONYMOUS:
                self._loop.call_later(SETTLING, self._look, event)
            else:
                self._look(event)

    def _look(self, event: AddressEvent, culprit: str = "") -> None:
        lost = [(name, vip) for name, vip in self._masters_of(event) if not self._is_present(vip, event.index)]
        if lost:
            culprit = culprit or describe_port(event.port_id)
            self._deliver([(name, AddressLost(vip.address, culprit)) for name, vip in lost])

    def _masters_of(self, event: AddressEvent) -> Iterable[tuple[str, VirtualAddress]]:
        for name, vips in self._vips.items():
            if self._state_of(name) is State.MASTER:
                for vip in vips.on_index(event.index):
                    if (vip.address, vip.prefix) == (event.address, event.prefix) and not vip.no_track:
                        yield name, vip

    def _is_present(self, vip: VirtualAddress, index: int) -> bool:
        return find(vip, self._addresses_on(index)) is not None
