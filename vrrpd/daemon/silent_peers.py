"""Unicast peers that stopped being heard though their hosts live.

That a peer is silent says nothing: a BACKUP sends nothing. Only one that was master a moment ago and ended without a
farewell is a finding: its daemon died, or it is master still and is not heard, and then there are two of them.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Protocol

from vrrpd.core.effects import NotifyEvent, Reason, State
from vrrpd.daemon.plan import InstancePlan
from vrrpd.errors import LinuxError
from vrrpd.linux.clock import now as read_clock
from vrrpd.linux.echo import EchoProbe
from vrrpd.loop import Loop, TimerHandle
from vrrpd.records import dataclass
from vrrpd.units import Address, Instant, Seconds, between
from vrrpd.view import PeerView, VirtualRouterView

log = logging.getLogger("vrrpd.peers")

REQUESTS: Final = 3
PACE: Final = Seconds(0.5)
"""Seconds between two requests, and from the last one to the verdict."""
REST: Final = Seconds(60.0)
"""Seconds in which a peer is asked once at most, however often the instance becomes MASTER."""
RECENT: Final = 2
"""A peer heard within so many Master_Down_Intervals before the takeover was the master that we took over from."""

ADVICE: Final = (
    "its daemon has ended without a farewell, or it is still master and is not heard: look at packet filters for IP "
    "protocol 112 between the two, and there at unicast_peer, virtual_router_id and interface"
)


class Probe(Protocol):
    """linux.echo.EchoProbe."""

    def ask(self) -> None: ...
    def answered(self) -> bool: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class _Inquiry:
    """One peer that is being asked."""

    instance: str
    peer: PeerView
    probe: Probe
    left: int = REQUESTS


class SilentPeers:
    """``view_of`` tells how an instance is now, ``index_of`` the number of an interface, 0 when there is none."""

    def __init__(
        self,
        plans: Iterable[InstancePlan],
        view_of: Callable[[str], VirtualRouterView],
        index_of: Callable[[str], int],
        loop: Loop,
        probe: Callable[[Address, Address, int], Probe] = EchoProbe,
    ) -> None:
        self._plans: Mapping[str, InstancePlan] = {}
        self._view_of = view_of
        self._index_of = index_of
        self._loop = loop
        self._probe = probe
        self._inquiries: list[_Inquiry] = []
        self._timers: set[TimerHandle] = set()
        self._asked: dict[tuple[str, Address], Instant] = {}
        self._found: dict[tuple[str, Address], Instant] = {}
        self.replace(plans)

    def replace(self, plans: Iterable[InstancePlan]) -> None:
        """These are the instances from now on."""
        self._plans = {plan.name: plan for plan in plans}

    def notified(self, instance: str, event: NotifyEvent) -> None:
        """The instance has told its scripts that; called when its effects are done."""
        if event is NotifyEvent.MASTER:
            plan = self._plans.get(instance)
            if plan is not None and plan.config.unicast:
                self._later(self._begin, instance)

    def of(self, instance: str) -> tuple[PeerView, ...]:
        """The peers whose hosts answered, and that have not been heard since."""
        view = self._view_of(instance)
        if view.state is not State.MASTER:
            return ()
        return tuple(peer for peer in view.peers if self._found.get((instance, peer.address)) == peer.last_heard)

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        for inquiry in self._inquiries:
            inquiry.probe.close()
        self._timers.clear()
        self._inquiries.clear()

    def _later(self, callback: Callable[..., None], *args: object) -> None:
        def run() -> None:
            self._timers.discard(timer)
            callback(*args)

        timer = self._loop.call_later(PACE, run)
        self._timers.add(timer)

    def _begin(self, instance: str) -> None:
        if instance not in self._plans:
            return
        view, now = self._view_of(instance), read_clock()
        for peer in _former_masters(self._plans[instance], view):
            last = self._asked.get((instance, peer.address))
            if view.source is None or (last is not None and between(last, now) < REST):
                continue
            self._asked[instance, peer.address] = now
            try:
                probe = self._probe(view.source, peer.address, self._index_of(self._plans[instance].interface))
            except LinuxError as error:
                log.debug("%s", error)
                continue
            inquiry = _Inquiry(instance, peer, probe)
            self._inquiries.append(inquiry)
            self._go_on(inquiry)

    def _go_on(self, inquiry: _Inquiry) -> None:
        if inquiry.probe.answered():
            self._answered(inquiry)
        elif inquiry.left:
            inquiry.left -= 1
            try:
                inquiry.probe.ask()
            except LinuxError as error:
                log.debug("%s", error)
            self._later(self._go_on, inquiry)
            return
        inquiry.probe.close()
        self._inquiries.remove(inquiry)

    def _answered(self, inquiry: _Inquiry) -> None:
        name, peer = inquiry.instance, inquiry.peer
        if name not in self._plans:
            return
        view = self._view_of(name)
        if view.state is not State.MASTER or peer not in view.peers:
            return  # it has been heard meanwhile
        self._found[name, peer.address] = peer.last_heard
        silent = between(peer.last_heard, read_clock())
        text = f"{name} {peer.address} answers ping, but no advertisement has come from it for {silent:.1f} s: {ADVICE}"
        fields = {"instance": name, "peer": str(peer.address), "notice": "silent_peer", "silent_seconds": silent}
        log.warning("%s", text, extra={"fields": fields})


def _former_masters(plan: InstancePlan, view: VirtualRouterView) -> Iterator[PeerView]:
    """Whom we took over from, unless it resigned."""
    if view.state is not State.MASTER or view.reason is not Reason.MASTER_DOWN:
        return
    for peer in view.peers:
        interval = max(peer.interval, plan.parameters.advert_interval)
        recent = RECENT * (plan.parameters.down_timer_adverts + 1) * interval
        silent = between(peer.last_heard, view.since)
        if peer.address in plan.destinations and peer.priority > 0 and 0 <= silent <= recent:
            yield peer
