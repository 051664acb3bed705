"""Two masters that do not hear each other: another host answers for the address that we hold.

Unicast peers need not be on one network; where they are, ARP reaches a master that no advertisement comes from. A
BACKUP does not have the address, so it does not answer.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from ipaddress import IPv4Address
from typing import Final, Protocol

from vrrpd.core.effects import NotifyEvent, State
from vrrpd.daemon.plan import InstancePlan
from vrrpd.errors import LinuxError
from vrrpd.linux.arp_probe import ArpProbe
from vrrpd.linux.clock import now as read_clock
from vrrpd.linux.interfaces import Link
from vrrpd.loop import Loop, TimerHandle
from vrrpd.records import dataclass
from vrrpd.units import Seconds, between
from vrrpd.view import VirtualRouterView

log = logging.getLogger("vrrpd.peers")

SETTLING: Final = Seconds(3.0)
"""Seconds after a takeover in which the former master lets go."""
PATIENCE: Final = Seconds(1.0)
"""Seconds to an answer."""
REST: Final = Seconds(60.0)
"""Seconds between two looks."""
CONFIRMATIONS: Final = 2
"""Answers in a row that make a finding."""

ADVICE: Final = (
    "another node is master too, and is not heard: look at packet filters for IP protocol 112 between the two, and "
    "there at unicast_peer, virtual_router_id and interface"
)


class Probe(Protocol):
    """linux.arp_probe.ArpProbe."""

    def ask(self) -> None: ...
    def answer(self) -> bytes | None: ...
    def close(self) -> None: ...


class Interfaces(Protocol):
    """linux.interfaces.InterfaceWatch."""

    @property
    def links(self) -> tuple[Link, ...]: ...
    def link(self, name: str) -> Link | None: ...


@dataclass(slots=True)
class _Watch:
    """One MASTER: ``found`` is the rival that was named, or None."""

    timer: TimerHandle | None = None
    probe: Probe | None = None
    answers: int = 0
    found: bytes | None = None

    def stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.end()

    def end(self) -> None:
        if self.probe is not None:
            self.probe.close()
            self.probe = None


class Rivals:
    """``view_of`` tells how an instance is now."""

    def __init__(
        self,
        plans: Iterable[InstancePlan],
        view_of: Callable[[str], VirtualRouterView],
        interfaces: Interfaces,
        loop: Loop,
        probe: Callable[[int, bytes, IPv4Address, IPv4Address, Collection[bytes]], Probe] = ArpProbe,
    ) -> None:
        self._view_of = view_of
        self._interfaces = interfaces
        self._loop = loop
        self._probe = probe
        self._plans: Mapping[str, InstancePlan] = {}
        self._watches: dict[str, _Watch] = {}
        self.replace(plans)

    def replace(self, plans: Iterable[InstancePlan]) -> None:
        """These are the instances from now on."""
        self._plans = {plan.name: plan for plan in plans}
        for name in self._watches.keys() - self._plans.keys():
            self._watches.pop(name).stop()

    def notified(self, instance: str, event: NotifyEvent) -> None:
        """The instance has told its scripts that; called when its effects are done."""
        plan = self._plans.get(instance)
        if event is NotifyEvent.MASTER_RX_LOWER_PRI or plan is None or not plan.config.unicast:
            return
        if event is NotifyEvent.MASTER:
            self._forget(instance)
            self._watches[instance] = watch = _Watch()
            self._later(SETTLING, watch, self._look, instance)
        elif event not in {NotifyEvent.MASTER_PRIORITY, NotifyEvent.BACKUP_PRIORITY}:
            self._forget(instance)

    def of(self, instance: str) -> str | None:
        """The MAC address of another host that answers for our address; None: nobody does."""
        watch = self._watches.get(instance)
        return None if watch is None or watch.found is None else watch.found.hex(":")

    def close(self) -> None:
        for instance in tuple(self._watches):
            self._forget(instance)

    def _forget(self, instance: str) -> None:
        watch = self._watches.pop(instance, None)
        if watch is not None:
            watch.stop()

    def _later(self, delay: Seconds, watch: _Watch, callback: Callable[[str, _Watch], None], instance: str) -> None:
        watch.timer = self._loop.call_later(delay, callback, instance, watch)

    def _look(self, instance: str, watch: _Watch) -> None:
        view = self._view_of(instance)
        watch.answers = 0
        if view.state is State.MASTER and not _contested(view):
            watch.probe = self._open(self._plans[instance], view)
        if watch.probe is None:
            watch.found = None
            self._later(REST, watch, self._look, instance)
        else:
            self._ask(instance, watch, watch.probe)

    def _ask(self, instance: str, watch: _Watch, probe: Probe) -> None:
        try:
            probe.ask()
        except LinuxError as error:
            log.debug("%s", error)
        self._later(PATIENCE, watch, self._judge, instance)

    def _judge(self, instance: str, watch: _Watch) -> None:
        mac = None if watch.probe is None else watch.probe.answer()
        watch.answers = watch.answers + 1 if mac is not None else 0
        if watch.probe is not None and 0 < watch.answers < CONFIRMATIONS:
            self._ask(instance, watch, watch.probe)
            return
        watch.end()
        if mac != watch.found:
            watch.found = mac
            self._tell(instance, mac)
        self._later(REST, watch, self._look, instance)

    def _tell(self, instance: str, mac: bytes | None) -> None:
        address = self._plans[instance].vips[0].address
        if mac is None:
            log.info("%s nobody else answers for %s any more", instance, address)
            return
        fields = {"instance": instance, "notice": "rival", "mac": mac.hex(":")}
        text = "%s %s is at %s too: %s"
        log.warning(text, instance, address, mac.hex(":"), ADVICE, extra={"fields": fields})

    def _open(self, plan: InstancePlan, view: VirtualRouterView) -> Probe | None:
        """None: there is nothing to ask for, or no way to."""
        vip = plan.vips[0] if plan.vips else None
        link = None if vip is None else self._interfaces.link(plan.device_of(vip))
        source = view.source
        if vip is None or link is None or not link.arp or len(link.mac) != 6:
            return None
        if not isinstance(vip.address, IPv4Address) or not isinstance(source, IPv4Address):
            return None
        try:
            return self._probe(link.index, link.mac, source, vip.address, [item.mac for item in self._interfaces.links])
        except LinuxError as error:
            log.debug("%s", error)
            return None


def _contested(view: VirtualRouterView) -> bool:
    """Another master is heard: the election deals with it, and ``vrrpd status`` shows it."""
    now = read_clock()
    return any(
        peer.last_heard > view.since and between(peer.last_heard, now) < 3 * peer.interval for peer in view.peers
    )
