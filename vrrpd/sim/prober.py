"""Whether the masters' hosts live (fast_failover), as the daemon's prober finds out: by what their kernels answer.

One stream of requests for each host that a machine asks. While every packet arrives and the host answers, nothing can
come of another request: the stream rests until the next trouble, and then goes on in its rhythm.
"""

from collections.abc import Callable
from dataclasses import field
from typing import Final

from vrrpd.core.effects import Probe, StopProbing
from vrrpd.core.events import Event, HostAnswered, HostSilent
from vrrpd.records import dataclass
from vrrpd.sim.machine import Machine
from vrrpd.sim.network import Network
from vrrpd.units import Address, Instant, after

ACQUAINTANCE: Final = 1.0
"""Seconds between requests to a host that has not answered yet."""
EARLY: Final = 10
"""So many of them; then it is one every ``SELDOM`` seconds."""
SELDOM: Final = 60.0
MOST: Final = 4
"""Requests at once, after three that were missed."""


@dataclass(slots=True)
class Stream:
    """Requests of one machine to one host, as in vrrpd.daemon.prober.

    ``told``: the virtual routers that know of the silence. ``turn``: when the last one was; ``number`` is that of the
    next one, if ``running``. ``overdue``: it fell into a pause of the process. ``rests``: all would be answered.
    """

    host: Machine
    wanted: dict[str, Probe] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    known: bool = False
    waiting: bool = False
    missed: int = 0
    answers: list[Instant] = field(default_factory=list)
    turn: Instant = Instant(0.0)
    number: int = 0
    running: bool = False
    overdue: bool = False
    rests: bool = False

    @property
    def pace(self) -> float | None:
        """Half the shortest interval that is wanted; None: nobody wants to know at the moment."""
        return min((probe.interval / 2 for probe in self.wanted.values() if probe.continuous), default=None)


class Prober:
    """``at`` calls something later, ``tell`` delivers an event to a virtual router of a machine."""

    def __init__(
        self,
        machines: dict[str, Machine],
        network: Network,
        at: Callable[..., None],
        tell: Callable[[Machine, str, Event], None],
    ) -> None:
        self._machines = machines
        self._hosts: dict[Address, Machine] = {machine.address: machine for machine in machines.values()}
        self._streams: dict[str, dict[Address, Stream]] = {name: {} for name in machines}
        self._network = network
        self._at = at
        self._tell = tell

    def take(self, machine: Machine, router: str, effect: Probe | StopProbing, now: Instant) -> None:
        """What the election wants."""
        streams = self._streams[machine.name]
        keeps = effect.host if isinstance(effect, Probe) else None
        for host, old in tuple(streams.items()):
            if host != keeps and old.wanted.pop(router, None) is not None:
                old.told.discard(router)
                if not old.wanted:
                    del streams[host]
        if isinstance(effect, Probe):
            stream = streams.get(effect.host)
            if stream is None:
                stream = streams[effect.host] = Stream(self._hosts[effect.host])
            self._rouse(machine, stream, now)
            before = stream.pace
            stream.wanted[router] = effect
            if router in stream.told and not effect.continuous:
                self._heard_of(machine, stream, router, now)
            if stream.pace != before or not stream.running:
                self._begin(machine, stream, now)

    def _heard_of(self, machine: Machine, stream: Stream, router: str, now: Instant) -> None:
        """An advertisement came from a host that was silent: it lives, and must answer before silence counts again."""
        others = sorted(stream.told - {router})
        stream.told, stream.known, stream.missed = set(), False, 0
        for other in others:
            self._at(now, self._tell, machine, other, HostAnswered(stream.host.address))

    def forget(self, machine: Machine) -> None:
        self._streams[machine.name] = {}

    def disturb(self, now: Instant) -> None:
        """Something is about to happen: what could not be otherwise before may be from now on."""
        for name, streams in self._streams.items():
            for stream in streams.values():
                self._rouse(self._machines[name], stream, now)

    def resume(self, machine: Machine, now: Instant) -> None:
        """The process runs again; its timers have run out meanwhile."""
        for stream in tuple(self._streams[machine.name].values()):
            if stream.overdue:
                self._turn(machine, stream, stream.number, now)

    def _rouse(self, machine: Machine, stream: Stream, now: Instant) -> None:
        pace = stream.pace
        if not stream.rests or pace is None:
            return
        stream.rests = False
        passed = int((now - stream.turn) / pace)
        if passed % 2:  # there was a request, and its answer
            stream.waiting, stream.answers = True, [now]
        self._later(machine, stream, after(stream.turn, (passed + 1) * pace))

    def _begin(self, machine: Machine, stream: Stream, now: Instant) -> None:
        """At once: what came in while nobody asked is no answer."""
        if stream.pace is None and stream.known:
            stream.number += 1
            stream.running, stream.waiting, stream.missed = False, False, 0
            return
        if stream.waiting and stream.running:
            return  # the request that is under way has its time
        if not stream.waiting:
            stream.answers = [at for at in stream.answers if at > now]
        self._later(machine, stream, now)

    def _later(self, machine: Machine, stream: Stream, instant: float) -> None:
        stream.number += 1
        stream.running = True
        late = instant + machine.setup.lateness
        self._at(Instant(late), self._turn, machine, stream, stream.number, Instant(late))

    def _turn(self, machine: Machine, stream: Stream, number: int, now: Instant) -> None:
        """Judge the last request, and send the next one unless the last one was answered just now."""
        if self._streams[machine.name].get(stream.host.address) is not stream or stream.number != number:
            return
        if machine.paused:
            stream.overdue = True
            return
        stream.overdue, stream.running, stream.turn = False, False, now
        was_waiting = stream.waiting
        events = _judge(stream, now)
        if stream.waiting or not was_waiting:
            self._ask(machine, stream, now)
        pace = stream.pace
        if not stream.known:
            self._later(machine, stream, after(now, ACQUAINTANCE if stream.missed < EARLY else SELDOM))
        elif pace is not None:
            if was_waiting and not stream.waiting and self._is_certain(machine, stream, pace, now):
                stream.rests = stream.running = True
            else:
                self._later(machine, stream, after(now, pace))
        for router, event in events:
            self._tell(machine, router, event)

    def _ask(self, machine: Machine, stream: Stream, now: Instant) -> None:
        """A request that could not be sent is none that was missed."""
        stream.waiting = machine.link and machine.source
        if not (stream.waiting and machine.is_connected and stream.host.answers):
            return
        there, back = (machine.name, stream.host.name), (stream.host.name, machine.name)
        for _ in range(min(stream.missed + 1, MOST) if stream.known else 1):
            stream.answers += [
                again for at in self._network.passing(there, now) for again in self._network.passing(back, at)
            ]

    def _is_certain(self, machine: Machine, stream: Stream, pace: float, now: Instant) -> bool:
        prompt = 2 * self._network.delay < pace
        return prompt and self._network.is_clear(now) and machine.answers and stream.host.answers


def _judge(stream: Stream, now: Instant) -> list[tuple[str, Event]]:
    if not stream.waiting:
        return []
    late = [at for at in stream.answers if at > now]
    if len(late) < len(stream.answers):
        silent, stream.told = stream.told, set()
        stream.answers, stream.known, stream.waiting, stream.missed = late, True, False, 0
        return [(name, HostAnswered(stream.host.address)) for name in sorted(silent)]
    stream.missed += 1
    if not stream.known:
        return []
    news = {name for name, probe in stream.wanted.items() if probe.continuous and stream.missed >= probe.misses}
    news -= stream.told
    stream.told |= news
    return [(name, HostSilent(stream.host.address)) for name in sorted(news)]
