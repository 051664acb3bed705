"""What counts of the interfaces: as the kernel says, or a while later, or as the network card says when asked."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from vrrpd.config.link_delays import LinkDelay
from vrrpd.errors import LinuxError
from vrrpd.linux.interfaces import InterfaceAddress, Link
from vrrpd.linux.linkbeat import LinkProbe, Method
from vrrpd.loop import Loop, TimerHandle
from vrrpd.records import dataclass
from vrrpd.units import Address, Family

log = logging.getLogger("vrrpd.links")

POLL_INTERVAL: Final = 1.0
"""Seconds, as keepalived has it."""


class Interfaces(Protocol):
    """What is known of this host's interfaces (linux.interfaces.InterfaceWatch)."""

    def link(self, name: str) -> Link | None: ...
    def link_with(self, address: Address) -> Link | None: ...
    def addresses(self, index: int) -> Sequence[InterfaceAddress]: ...
    def primary_address(self, index: int, family: Family, exclude: Collection[Address]) -> Address | None: ...


class Probe(Protocol):
    """How links are polled (linux.linkbeat.LinkProbe)."""

    def choose(self, interface: str, wanted: Method | None = None) -> Method: ...
    def is_up(self, interface: str, method: Method) -> bool: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class _Belief:
    """Whether the interface with this index counts as up; ``timer`` runs while it is about to count otherwise."""

    index: int
    up: bool
    timer: TimerHandle | None = None

    def stay(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


@dataclass(slots=True)
class _Polled:
    """``method`` is what the card answered to; None: it has not been asked since it exists."""

    wanted: Method | None
    method: Method | None = None


class LinkView:
    """``changed`` is told of interfaces that begin to count as up or down later than the kernel said so.

    An interface that is deleted, or made anew, counts as it is at once (keepalived).
    """

    def __init__(
        self,
        interfaces: Interfaces,
        loop: Loop,
        changed: Callable[[Collection[str]], None],
        probe: Callable[[], Probe] = LinkProbe,
    ) -> None:
        self._interfaces = interfaces
        self._loop = loop
        self._changed = changed
        self._make_probe = probe
        self._probe: Probe | None = None
        self._delays: Mapping[str, LinkDelay] = {}
        self._polled: dict[str, _Polled] = {}
        self._beliefs: dict[str, _Belief] = {}
        self._poll_timer: TimerHandle | None = None

    def configure(self, delays: Mapping[str, LinkDelay], polled: Mapping[str, str | None]) -> Collection[str]:
        """Slow and poll these from now on; the names of those that may count otherwise than before."""
        wanted = {name: Method(word) if word else None for name, word in polled.items()}
        if delays == self._delays and wanted == {name: item.wanted for name, item in self._polled.items()}:
            return ()
        before = self._delays.keys() | self._polled.keys()
        kept = {name: item for name, item in self._polled.items() if wanted.get(name, item) == item.wanted}
        self._delays, self._polled = delays, {name: kept.get(name) or _Polled(how) for name, how in wanted.items()}
        for name in self._beliefs.keys() - delays.keys() - wanted.keys():
            self._beliefs.pop(name).stay()
        self._start_polling()
        self.observe(delays.keys())
        return before | delays.keys() | wanted.keys()

    def close(self) -> None:
        if self._poll_timer is not None:
            self._poll_timer.cancel()
        for belief in self._beliefs.values():
            belief.stay()
        if self._probe is not None:
            self._probe.close()

    def link(self, name: str) -> Link | None:
        """The interface as it counts."""
        link, belief = self._interfaces.link(name), self._beliefs.get(name)
        if link is None or belief is None or belief.index != link.index or belief.up == link.usable:
            return link
        return replace(link, admin_up=True, running=True) if belief.up else replace(link, running=False)

    def link_with(self, address: Address) -> Link | None:
        """The interface that has this address, as it counts."""
        found = self._interfaces.link_with(address)
        return None if found is None else self.link(found.name)

    def addresses(self, index: int) -> Sequence[InterfaceAddress]:
        return self._interfaces.addresses(index)

    def primary_address(self, index: int, family: Family, exclude: Collection[Address]) -> Address | None:
        return self._interfaces.primary_address(index, family, exclude)

    def method(self, name: str) -> Method | None:
        """How the link is polled; None: it is not."""
        polled = self._polled.get(name)
        return None if polled is None else polled.method

    def delay(self, name: str) -> LinkDelay:
        return self._delays.get(name, LinkDelay())

    def is_pending(self, name: str) -> bool:
        """Whether it is about to count otherwise."""
        belief = self._beliefs.get(name)
        return belief is not None and belief.timer is not None

    # --- slowed ---------------------------------------------------------------------------------------------------

    def observe(self, names: Iterable[str]) -> None:
        """Something happened to these interfaces; to be called before anybody asks for them."""
        for name in self._delays.keys() & set(names):
            self._weigh(name)

    def _weigh(self, name: str) -> None:
        link, belief = self._interfaces.link(name), self._beliefs.get(name)
        if belief is not None and (link is None or belief.index != link.index):
            self._beliefs.pop(name).stay()
            belief = None
        if link is None:
            return
        if belief is None:
            self._beliefs[name] = _Belief(link.index, link.usable)
        elif belief.up == link.usable:
            belief.stay()
        elif belief.timer is None:
            self._postpone(name, belief)

    def _postpone(self, name: str, belief: _Belief) -> None:
        delay = self._delays[name].down if belief.up else self._delays[name].up
        if delay <= 0:
            belief.up = not belief.up
            return
        log.info("interface %s is %s: that counts in %g s if it lasts", name, "down" if belief.up else "up", delay)
        belief.timer = self._loop.call_later(delay, self._lasted, name, belief)

    def _lasted(self, name: str, belief: _Belief) -> None:
        belief.timer = None
        belief.up = not belief.up
        self._changed((name,))

    # --- polled ---------------------------------------------------------------------------------------------------

    def _start_polling(self) -> None:
        if not self._polled:
            if self._poll_timer is not None:
                self._poll_timer.cancel()
                self._poll_timer = None
            return
        if self._probe is None:
            self._probe = self._make_probe()
        for name in self._polled:
            self._poll(name, self._probe)
        if self._poll_timer is None:
            self._poll_timer = self._loop.call_later(POLL_INTERVAL, self._poll_all)

    def _poll_all(self) -> None:
        self._poll_timer = self._loop.call_later(POLL_INTERVAL, self._poll_all)
        if self._probe is not None:
            changed = [name for name in self._polled if self._poll(name, self._probe)]
            if changed:
                self._changed(changed)

    def _poll(self, name: str, probe: Probe) -> bool:
        """Whether it counts otherwise now."""
        link, polled, before = self._interfaces.link(name), self._polled[name], self._beliefs.get(name)
        if link is None:
            polled.method = None
            return self._beliefs.pop(name, None) is not None
        try:
            if polled.method is None or before is None or before.index != link.index:
                polled.method = self._choose(name, polled, probe)
            up = probe.is_up(name, polled.method)
        except LinuxError as error:
            log.debug("%s", error)  # it was deleted meanwhile; the kernel's message is on its way
            return False
        if before is not None:
            before.stay()
        self._beliefs[name] = _Belief(link.index, up)
        return before is None or before.up != up

    def _choose(self, name: str, polled: _Polled, probe: Probe) -> Method:
        method = probe.choose(name, polled.wanted)
        if polled.wanted not in {None, method}:
            word = polled.wanted.value if polled.wanted else ""
            log.warning("interface %s does not answer to %s: polled with %s", name, word, method.value)
        else:
            log.info("the link of interface %s is polled with %s", name, method.value)
        return method
