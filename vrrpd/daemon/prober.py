"""Asks the hosts of masters whether they live (fast_failover): one stream of requests for each host on an interface.

The master's kernel answers, so it may run anything. Timers of the loop pace the requests and answers are collected when
the next one is due: nothing here runs when adverts arrive or depart. A host that never answered is never called silent.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from ipaddress import ip_network
from typing import Final, Protocol

from vrrpd.core.effects import Probe, StopProbing
from vrrpd.core.events import Event, HostAnswered, HostSilent
from vrrpd.daemon.plan import InstancePlan
from vrrpd.errors import LinuxError
from vrrpd.linux.host_probe import HostProbe, open_host_probe
from vrrpd.linux.interfaces import InterfaceAddress, Link
from vrrpd.loop import Loop, TimerHandle
from vrrpd.plain import Plain
from vrrpd.records import dataclass
from vrrpd.units import Address, Seconds
from vrrpd.view import VirtualRouterView

log = logging.getLogger("vrrpd.prober")

ACQUAINTANCE: Final = Seconds(1.0)
"""Seconds between requests to a host that has not answered yet."""
EARLY: Final = 10
"""So many of them; then it is one every ``SELDOM`` seconds."""
SELDOM: Final = Seconds(60.0)
MOST: Final = 4
"""Requests at once, after three that were missed: of what a network loses at random the chance is soon forgotten."""


class Interfaces(Protocol):
    """linux.interfaces.InterfaceWatch."""

    @property
    def links(self) -> tuple[Link, ...]: ...
    def link(self, name: str) -> Link | None: ...
    def link_with(self, address: Address) -> Link | None: ...
    def addresses(self, index: int) -> tuple[InterfaceAddress, ...]: ...


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """``answers`` None: not known yet. ``answered_ago`` in seconds."""

    host: Address
    how: str
    answers: bool | None
    missed: int
    answered_ago: Seconds | None = None


@dataclass(slots=True)
class _Stream:
    """Requests to one host; ``wanted`` by instance, ``told`` those that know of its silence."""

    interface: str
    host: Address
    source: Address
    wanted: dict[str, Probe] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    link: Link | None = None
    probe: HostProbe | None = None
    known: bool = False
    waiting: bool = False
    missed: int = 0
    heard: float | None = None
    timer: TimerHandle | None = None

    @property
    def pace(self) -> Seconds | None:
        """Half the shortest interval that is wanted; None: nobody wants to know at the moment."""
        halves = [probe.interval / 2 for probe in self.wanted.values() if probe.continuous]
        return Seconds(min(halves)) if halves else None

    def rest(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def forget(self) -> None:
        if self.probe is not None:
            self.probe.close()
        self.probe, self.known, self.waiting, self.missed = None, False, False, 0
        self.told.clear()


_Key = tuple[str, Address, Address]


class Prober:
    """``view_of`` tells how an instance is now, ``deliver`` takes the events for the election. ``noted`` is called when
    ``memory`` says something else.
    """

    def __init__(
        self,
        plans: Iterable[InstancePlan],
        view_of: Callable[[str], VirtualRouterView],
        interfaces: Interfaces,
        loop: Loop,
        deliver: Callable[[Iterable[tuple[str, Event]]], None],
        open_probe: Callable[[Link, Address, Address, Collection[bytes], bool], HostProbe] | None = None,
    ) -> None:
        self._view_of = view_of
        self._interfaces = interfaces
        self._loop = loop
        self._deliver = deliver
        self._open_probe = open_probe or _open
        self._plans: Mapping[str, InstancePlan] = {}
        self._streams: dict[_Key, _Stream] = {}
        self._of: dict[str, _Stream] = {}
        self.noted: Callable[[], None] = lambda: None
        self.replace(plans)

    def replace(self, plans: Iterable[InstancePlan], former: Mapping[str, str] | None = None) -> None:
        """These are the instances from now on; ``former``: the names that those had which go on."""
        self._plans = {plan.name: plan for plan in plans}
        names = {old: name for name, old in (former or {}).items()}
        self._of = {names.get(old, old): stream for old, stream in self._of.items()}
        for stream in self._streams.values():
            stream.wanted = {names.get(old, old): probe for old, probe in stream.wanted.items()}
            stream.told = {names.get(old, old) for old in stream.told}
        for name in self._of.keys() - self._plans.keys():
            self._leave(name)

    def take(self, instance: str, effect: Probe | StopProbing) -> None:
        """What the election wants; called when all else is done. Nothing is sent before the loop turns."""
        if isinstance(effect, StopProbing):
            self._leave(instance)
            return
        source, plan = self._view_of(instance).source, self._plans.get(instance)
        if source is None or plan is None:
            return
        key = (plan.interface, effect.host, source)
        old = self._of.get(instance)
        if old is not None and (old.interface, old.host, old.source) != key:
            self._leave(instance)
        stream = self._streams.setdefault(key, _Stream(*key))
        paced = stream.pace
        stream.wanted[instance] = effect
        if instance in stream.told and not effect.continuous:
            self._heard_of(stream, instance)
        self._of[instance] = stream
        if stream.pace != paced or stream.timer is None:
            self._begin(stream)

    def memory(self) -> list[Plain]:
        """What ``resume`` takes: the hosts that have answered."""
        return [
            [stream.interface, str(stream.host), str(stream.source)]
            for stream in self._streams.values()
            if stream.known
        ]

    def resume(self, memory: Plain, wanted: Iterable[tuple[str, Probe]]) -> None:
        """Go on for an election that asked a process before this one, and need not get acquainted again."""
        for instance, effect in wanted:
            self.take(instance, effect)
        for stream in self._streams.values():
            stream.known = isinstance(memory, list) and _plain(stream) in memory

    def of(self, instance: str) -> ProbeReport | None:
        """The host that is asked for this instance."""
        stream = self._of.get(instance)
        if stream is None:
            return None
        answers = stream.missed < stream.wanted[instance].misses if stream.known else None
        ago = None if stream.heard is None else Seconds(self._loop.time() - stream.heard)
        how = "" if stream.probe is None else stream.probe.how
        return ProbeReport(stream.host, how, answers, stream.missed, ago)

    def look_again(self) -> None:
        """Before a deadline counts: a host that was called silent may have answered since, and we be late to look."""
        for stream in tuple(self._streams.values()):
            if stream.told and stream.probe is not None and stream.probe.answered():
                self._deliver(self._alive(stream))

    def close(self) -> None:
        for name in tuple(self._of):
            self._leave(name)

    def _leave(self, instance: str) -> None:
        stream = self._of.pop(instance, None)
        if stream is None:
            return
        del stream.wanted[instance]
        stream.told.discard(instance)
        if not stream.wanted:
            stream.rest()
            stream.forget()
            del self._streams[stream.interface, stream.host, stream.source]

    def _heard_of(self, stream: _Stream, instance: str) -> None:
        """An advertisement came from a host that was silent: it lives. It has to answer before silence counts again."""
        others = sorted(stream.told - {instance})
        stream.told, stream.known, stream.missed = set(), False, 0
        if others:
            self._loop.call_soon(self._deliver, [(name, HostAnswered(stream.host)) for name in others])

    # --- one stream -------------------------------------------------------------------------------------------------

    def _begin(self, stream: _Stream) -> None:
        """At once: what came in while nobody asked is no answer."""
        if stream.pace is None and stream.known:
            stream.rest()
            stream.waiting, stream.missed = False, 0
            return
        if stream.waiting and stream.timer is not None:
            return  # the request that is under way has its time
        if stream.probe is not None and not stream.waiting:
            stream.probe.answered()
        self._later(stream, Seconds(0.0))

    def _later(self, stream: _Stream, delay: Seconds) -> None:
        stream.rest()
        stream.timer = self._loop.call_later(delay, self._turn, stream)

    def _turn(self, stream: _Stream) -> None:
        """Judge the last request, and send the next one unless the last one was answered just now."""
        stream.timer = None
        events: list[tuple[str, Event]] = []
        was_waiting = stream.waiting
        if self._look_up(stream):
            events = self._judge(stream)
            if stream.waiting or not was_waiting:
                self._ask(stream)
        pace = stream.pace
        if not stream.known:
            self._later(stream, ACQUAINTANCE if stream.missed < EARLY else SELDOM)
        elif pace is not None:
            self._later(stream, pace if stream.waiting else self._until_next(stream, pace))
        if events:
            self._deliver(events)

    def _until_next(self, stream: _Stream, pace: Seconds) -> Seconds:
        """In step with all others that follow this master: counted from its advertisement, which they heard too."""
        first = min(stream.wanted, key=lambda name: self._plans[name].config.virtual_router_id)
        master = self._view_of(first).master
        since = 0.0 if master is None else self._loop.time() - master.last_heard + pace / 2
        return Seconds(pace / 2 + -since % (2 * pace)) if since else pace

    def _judge(self, stream: _Stream) -> list[tuple[str, Event]]:
        if stream.probe is None or not stream.waiting:
            return []
        if stream.probe.answered():
            return self._alive(stream)
        stream.missed += 1
        if not stream.known:
            return []
        news = {name for name, probe in stream.wanted.items() if probe.continuous and stream.missed >= probe.misses}
        news -= stream.told
        stream.told |= news
        return [(name, HostSilent(stream.host)) for name in sorted(news)]

    def _alive(self, stream: _Stream) -> list[tuple[str, Event]]:
        silent, stream.told = stream.told, set()
        if not stream.known:
            self.noted()
        stream.heard = self._loop.time()
        stream.known, stream.waiting, stream.missed = True, False, 0
        return [(name, HostAnswered(stream.host)) for name in sorted(silent)]

    def _ask(self, stream: _Stream) -> None:
        """A request that could not be sent is none that was missed. After misses more than one, in both ways."""
        if stream.probe is None:
            return
        missed = stream.missed if stream.known else 0
        try:
            for count in range(min(missed + 1, MOST)):
                stream.probe.ask(everybody=stream.missed > 0 and count % 2 == 0)
            stream.waiting = True
        except LinuxError as error:
            stream.waiting = False
            log.debug("%s", error)

    def _look_up(self, stream: _Stream) -> bool:
        """A probe for the interface as it is now."""
        name = stream.interface
        link = self._interfaces.link(name) if name else self._interfaces.link_with(stream.source)
        if link is None or link != stream.link or stream.probe is None:
            stream.forget()
            stream.link = link
            if link is not None:
                self._open(stream, link)
        return stream.probe is not None

    def _open(self, stream: _Stream, link: Link) -> None:
        multicast = any(not self._plans[name].config.unicast for name in stream.wanted)
        on_link = multicast or any(
            stream.host in ip_network((item.address, item.prefix), strict=False)
            for item in self._interfaces.addresses(link.index)
            if item.address.version == stream.host.version
        )
        own = [item.mac for item in self._interfaces.links]
        try:
            stream.probe = self._open_probe(link, stream.source, stream.host, own, on_link)
        except LinuxError as error:
            log.debug("%s", error)


def _plain(stream: _Stream) -> Plain:
    return [stream.interface, str(stream.host), str(stream.source)]


def _open(link: Link, source: Address, host: Address, own: Collection[bytes], on_link: bool) -> HostProbe:
    return open_host_probe(link, source, host, own, on_link=on_link)
