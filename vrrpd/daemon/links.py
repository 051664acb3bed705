"""Keeps every instance on its interfaces, as those come, go, change and come back under the same name."""

import logging
import operator
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import field
from functools import cache, cached_property
from typing import Final, Protocol

from vrrpd.core.events import Event, LinkChanged, OperatorAction, OperatorRequest, PrimaryAddressChanged
from vrrpd.daemon.custody import Custody
from vrrpd.daemon.executor import Means
from vrrpd.daemon.link_view import Interfaces
from vrrpd.daemon.listener import Listener
from vrrpd.daemon.plan import InstancePlan
from vrrpd.errors import LinuxError
from vrrpd.linux.clock import now as read_clock
from vrrpd.linux.interfaces import Link
from vrrpd.loop import Loop, TimerHandle
from vrrpd.records import dataclass
from vrrpd.units import Address, Family, Instant

log = logging.getLogger("vrrpd.links")

RETRY_DELAY: Final = 0.5
"""Seconds until a socket that could not be opened is tried again."""


class Shell(Protocol):
    """What the engine does for us."""

    def deliver(self, events: Iterable[tuple[str, Event]]) -> None: ...
    def listen(self, listener: Listener) -> None: ...
    def ignore(self, listener: Listener) -> None: ...


@dataclass(slots=True)
class _Standing:
    """What one instance was last told, and the links that it is bound to."""

    problem: str = "not looked at yet"
    source: Address | None = None
    absent: Address | None = None
    """The configured source while it is not on the interface."""
    bound: Mapping[str, Link] = field(default_factory=dict)


class Links:
    """``review`` brings sockets, addresses and the election in line with the interfaces as they are now."""

    def __init__(
        self,
        plans: Collection[InstancePlan],
        means: Mapping[str, Means],
        interfaces: Interfaces,
        loop: Loop,
        shell: Shell,
        custody: Custody | None = None,
    ) -> None:
        self._custody = custody
        self._plans: Collection[InstancePlan] = ()
        self._means = means
        self._interfaces = interfaces
        self._loop = loop
        self._shell = shell
        self._standings: dict[str, _Standing] = {}
        self._listeners: dict[tuple[str, Family], Listener] = {}
        self._unheard: dict[tuple[str, Family], str] = {}
        self._retry: TimerHandle | None = None
        self._no_source: dict[str, frozenset[Address]] = {}
        self.listening_since: Instant | None = None
        self.replace(plans, {})

    def replace(
        self, plans: Collection[InstancePlan], former: Mapping[str, str], changed: Collection[str] = ()
    ) -> None:
        """These are the instances from now on; ``review`` then brings up what is new.

        ``former``: the names that those had which go on; ``changed``: those of them that have other means now.
        """
        standings = {plan.name: self._standings.get(former.get(plan.name, ""), _Standing()) for plan in plans}
        for name in changed:
            standings[name].bound = {}
        # Addresses that are about to be removed are no sources either.
        new, old = _Sources(plans), _Sources(self._plans)
        either: Callable[..., frozenset[Address]] = cache(operator.or_)  # one set for all to whom the same applies
        self._no_source = {
            plan.name: either(new.none_for(plan), old.none_for(plan, former.get(plan.name, ""))) for plan in plans
        }
        self._plans, self._standings = plans, standings
        self._listen_for(plans)

    def forget_former(self) -> None:
        """What was replaced is gone."""
        sources = _Sources(self._plans)
        self._no_source = {plan.name: sources.none_for(plan) for plan in self._plans}

    def _listen_for(self, plans: Collection[InstancePlan]) -> None:
        shared: dict[tuple[str, Family], list[InstancePlan]] = {}
        for plan in plans:
            shared.setdefault((plan.place, plan.family), []).append(plan)
        for key in self._listeners.keys() - shared.keys():
            self._close(self._listeners.pop(key))
            self._unheard.pop(key, None)
        for key, members in shared.items():
            listener = self._listeners.get(key)
            if listener is None:
                self._listeners[key] = Listener(*key, members, self._custody)
            elif not listener.serve(members):
                self._close(listener)

    @property
    def listeners(self) -> Collection[Listener]:
        return self._listeners.values()

    def recall(self, sources: Mapping[str, Address | None], well: Collection[str]) -> None:
        """Before ``review``: have everything ready, as it was for a process before this one.

        ``sources``: the addresses that it sent from, which stay the same where they can; ``well``: who had no problem.
        """
        for plan in self._plans:
            standing, links = self._standings[plan.name], self._links_of(plan)
            standing.source = sources.get(plan.name)
            standing.problem = "" if plan.name in well else standing.problem
            standing.bound = links
            self._means[plan.name].vips.bind(links)
            if standing.source is not None and plan.interface in links:
                with suppress(LinuxError):  # it is looked into later
                    self._means[plan.name].speaker.open(links[plan.interface].index, standing.source)

    def usable(self, name: str) -> bool:
        link = self._interfaces.link(name)
        return link is not None and link.usable

    def review(self, names: Collection[str] | None = None) -> None:
        """Look at the instances on these interfaces (None: at all)."""
        plans = [
            plan
            for plan in self._plans
            if names is None or not plan.interface or not set(plan.devices).isdisjoint(names)
        ]
        self._take_down(plans)
        self._follow({plan.place for plan in plans})
        self.listening_since = self.listening_since or read_clock()
        self._bring_up(plans)

    def lost(self, listener: Listener, error: LinuxError) -> None:
        """Its socket is of no more use: open another one; as long as that fails its instances are faulted."""
        log.warning("%s: listening anew", error)
        self._close(listener)
        self.review({listener.interface})

    def close(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
        for listener in self._listeners.values():
            self._close(listener)
        for means in self._means.values():
            means.speaker.close()

    # --- down: told while the old sockets and interface numbers still stand -------------------------------------

    def _take_down(self, plans: Iterable[InstancePlan]) -> None:
        down = []
        for plan in plans:
            standing = self._standings[plan.name]
            problem = self._problem(plan) or self._replaced(plan, standing)
            if problem and problem != standing.problem:
                standing.problem = problem
                down.append(plan)
        self._shell.deliver([(plan.name, LinkChanged(False, self._standings[plan.name].problem)) for plan in down])
        for plan in down:
            self._means[plan.name].speaker.close()

    def _problem(self, plan: InstancePlan) -> str:
        """Why this instance cannot take part now; empty when it can."""
        if plan.flaw:
            return plan.flaw
        for device in plan.required:
            link = self._interfaces.link(device)
            if link is None:
                return f"interface {device} does not exist"
            tolerated = device == plan.interface and plan.config.dont_track_primary
            if not link.usable and not tolerated:
                return _unusable(link)
            if device == plan.interface and not link.multicast and not plan.config.unicast:
                return f"interface {device} cannot multicast"
        own = self._own_link(plan)
        if not plan.interface and own is not None and not own.usable and not plan.config.dont_track_primary:
            return _unusable(own)
        return self._unheard.get((plan.place, plan.family), "")

    def _own_link(self, plan: InstancePlan) -> Link | None:
        """Its interface; for an instance without one that which has the source address."""
        if plan.interface or plan.source is None:
            return self._interfaces.link(plan.interface)
        return self._interfaces.link_with(plan.source)

    def _replaced(self, plan: InstancePlan, standing: _Standing) -> str:
        if standing.problem:
            return ""
        for name, link in self._links_of(plan).items():
            known = name in plan.required and name in standing.bound
            if known and standing.bound[name].index != link.index:
                return f"interface {name} was replaced by another one of that name"
        return ""

    def _links_of(self, plan: InstancePlan) -> dict[str, Link]:
        """By name; without an interface of its own, that with the source address under the name "" as well."""
        found = {device: self._interfaces.link(device) for device in plan.devices}
        found[plan.interface] = self._own_link(plan)
        return {device: link for device, link in found.items() if link is not None}

    # --- the listening sockets ----------------------------------------------------------------------------------

    def _follow(self, interfaces: Collection[str]) -> None:
        for key, listener in self._listeners.items():
            if listener.interface not in interfaces:
                continue
            if listener.source is not None:
                if not listener.is_open:
                    self._open(key, listener, None)
                continue
            link = self._interfaces.link(listener.interface)
            if listener.is_open and (link is None or link.index != listener.index):
                self._close(listener)
            if link is not None and not listener.is_open:
                self._open(key, listener, link)

    def _open(self, key: tuple[str, Family], listener: Listener, link: Link | None) -> None:
        """``link`` None: on whichever interface (unicast without one)."""
        try:
            if link is None:
                listener.open(0)
            else:
                listener.open(link.index, link.mtu)
        except LinuxError as error:
            self._unheard[key] = str(error)
            self._try_later()
            return
        self._unheard.pop(key, None)
        self._shell.listen(listener)

    def _close(self, listener: Listener) -> None:
        if listener.is_open:
            self._shell.ignore(listener)
            listener.close()

    def _try_later(self) -> None:
        if self._retry is None:
            self._retry = self._loop.call_later(RETRY_DELAY, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self.review()

    # --- up: everything is bound anew before the election hears of it ----------------------------------------------

    def _bring_up(self, plans: Iterable[InstancePlan]) -> None:
        events: list[tuple[str, Event]] = []
        speechless = []
        for plan in plans:
            standing = self._standings[plan.name]
            problem = self._problem(plan)
            if problem:
                if problem != standing.problem:  # it cannot listen
                    standing.problem = problem
                    events.append((plan.name, LinkChanged(False, problem)))
                continue
            links = self._links_of(plan)
            events += ((plan.name, event) for event in self._bind(plan, standing, links))
            source = self._find_source(plan, links.get(plan.interface))
            if source is None:
                speechless.append(plan)
            if source != standing.source:
                standing.source = source
                events.append((plan.name, PrimaryAddressChanged(source)))
            if standing.problem:
                standing.problem = ""
                events.append((plan.name, LinkChanged(True)))
        self._shell.deliver(events)
        for plan in speechless:
            self._means[plan.name].speaker.close()

    def _bind(self, plan: InstancePlan, standing: _Standing, links: Mapping[str, Link]) -> Iterable[Event]:
        old, standing.bound = standing.bound, links
        if old == links:
            return
        self._means[plan.name].vips.bind(links)
        if not standing.problem and any(
            old[name].mac != link.mac for name, link in links.items() if name and name in old
        ):
            yield OperatorRequest(OperatorAction.ANNOUNCE, "the interface has another MAC address")

    def _find_source(self, plan: InstancePlan, link: Link | None) -> Address | None:
        """The source address with a socket that sends from it; None when there is no such address or no such socket."""
        if link is None:
            return None
        speaker = self._means[plan.name].speaker
        wanted = self._choose_source(plan, link, speaker.source or self._standings[plan.name].source)
        if wanted is None or wanted == speaker.source:
            return wanted
        try:
            speaker.open(link.index, wanted)
        except LinuxError as error:
            log.warning("%s cannot send from %s: %s", plan.name, wanted, error)
            self._try_later()
            return None
        return wanted

    def _choose_source(self, plan: InstancePlan, link: Link, current: Address | None) -> Address | None:
        """As configured; else the present one for as long as it exists; else the interface's primary address."""
        if plan.source is not None:
            absent = not self._is_on(link, plan.source)
            self._tell_absence(plan, plan.source if absent else None)
            return None if absent and plan.config.track_src_ip else plan.source
        if current is not None and self._is_on(link, current):
            return current
        return self._interfaces.primary_address(link.index, plan.family, self._no_source[plan.name])

    def _tell_absence(self, plan: InstancePlan, address: Address | None) -> None:
        standing = self._standings[plan.name]
        if address != standing.absent and not plan.config.track_src_ip:
            if address is not None:
                text = "%s: %s is not on %s: advertisements carry it all the same (track_src_ip makes it a FAULT)"
                log.warning(text, plan.name, address, plan.interface)
            else:
                log.info("%s: %s is on %s now", plan.name, standing.absent, plan.interface)
        standing.absent = address

    def _is_on(self, link: Link, address: Address) -> bool:
        return any(item.address == address for item in self._interfaces.addresses(link.index))


def _unusable(link: Link) -> str:
    if not link.admin_up:
        return f"interface {link.name} is switched off"
    return f"interface {link.name} has no carrier"


class _Sources:
    """The virtual addresses of some instances, which move and so are nobody's source."""

    def __init__(self, plans: Iterable[InstancePlan]) -> None:
        self._plans = {plan.name: plan for plan in plans}
        self._all = frozenset[Address]().union(*(plan.addresses for plan in self._plans.values()))

    def none_for(self, plan: InstancePlan, own: str | None = None) -> frozenset[Address]:
        """``own`` is the name that ``plan`` has among them, its own if None.

        An owner's virtual address may be the only one the interface has, and is then its source too.
        """
        before = self._plans.get(plan.name if own is None else own)
        if before is None or not plan.parameters.is_owner:
            return self._all
        return self._all - {address for address in before.addresses if self._holders[address] == 1}

    @cached_property
    def _holders(self) -> Counter[Address]:
        return Counter(address for plan in self._plans.values() for address in plan.addresses)
