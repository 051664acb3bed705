"""Crashes in turn on one stage, each measured."""

import time
from dataclasses import dataclass
from typing import Final

from netns.kernel import LabError
from netns.peers.spec import InstanceSpec, NodeSpec
from netns.stage import Stage
from netns.wire import Advert
from vrrpd.sim.scenario import Protocol

_QUIET_INTERVALS: Final = 5


@dataclass(frozen=True, slots=True)
class Takeover:
    """One crash, in ms: first advert after Master_Down_Interval, VIP answering after that advert, client's outage."""

    late: float
    answer: float
    outage: float


class Series:
    """Two nodes that do not preempt: whoever holds crashes, the other takes over, and the crashed one comes back.

    ``strays`` counts how often the other node held although nobody had crashed, as on an overloaded machine.
    """

    def __init__(self, stage: Stage, protocol: Protocol, settle: float) -> None:
        self.stage = stage
        self.protocol = protocol
        self.settle = settle
        self.taken: list[Takeover] = []
        self.strays = 0
        self._expected = "r1"
        self._patience = protocol.master_down_interval(1) + 10

    def start(self) -> None:
        self._start("r1")
        self.stage.await_advert("r1", self._patience)
        self._start("r2")

    def round(self, phase: float) -> None:
        """One crash at ``phase`` (0..1) of the holder's advert interval, and the way back."""
        time.sleep(self.settle)
        advert = self._next_advert()
        holder, heir = ("r1", "r2") if advert.host == "r1" else ("r2", "r1")
        self.strays += holder != self._expected
        self.taken.append(self._crash(advert, heir, phase))
        self.stage.restore(holder)
        self._start(holder)
        self._expected = heir

    def _next_advert(self) -> Advert:
        """Of whoever holds; the nodes may change their minds until it is sent."""
        end = time.monotonic() + self._patience
        while time.monotonic() < end:
            holder = self._settled_holder()
            advert = self.stage.capture.wait_for_advert(2 * self.protocol.advert_interval, host=holder)
            if advert is not None:
                return advert
        raise LabError("the nodes do not agree who is MASTER")

    def _settled_holder(self) -> str:
        """Who alone has advertised for some intervals."""
        quiet = _QUIET_INTERVALS * self.protocol.advert_interval
        end = time.monotonic() + self._patience + quiet
        while time.monotonic() < end:
            since = time.time_ns() - round(quiet * 1e9)
            hosts = {advert.host for advert in self.stage.capture.adverts(since=since)}
            if len(hosts) == 1:
                return hosts.pop()
            time.sleep(self.protocol.advert_interval)
        raise LabError("the nodes do not agree who is MASTER")

    def _start(self, name: str) -> None:
        instance = InstanceSpec(
            priority=101 if name == "r1" else 100,
            version=self.protocol.version,
            advert_int=self.protocol.advert_interval,
            nopreempt=True,
        )
        self.stage.start(name, NodeSpec((instance,))).wait_ready()

    def _crash(self, advert: Advert, heir: str, phase: float) -> Takeover:
        """The phase is the same for every daemon that is compared, for it decides how long the outage is."""
        stage, victim = self.stage, advert.host
        time.sleep(max(0.0, (advert.time_ns - time.time_ns()) / 1e9 + phase * self.protocol.advert_interval))
        crashed_at = stage.crash(victim)
        first = stage.await_advert(heir, self._patience, since=crashed_at)
        last = stage.capture.adverts(victim, until=first.time_ns)[-1]
        due = self.protocol.master_down_interval(first.priority)
        answer, outage = 0.0, 0.0
        if stage.pings is not None:
            reply = stage.pings.wait_for_reply(self._patience, host=heir, since=crashed_at)
            answer = float("inf") if reply is None else (reply.time_ns - first.time_ns) / 1e6
            outage = stage.pings.outage(crashed_at, first.time_ns).ms
        return Takeover((first.time_ns - last.time_ns) / 1e6 - due * 1e3, answer, outage)
