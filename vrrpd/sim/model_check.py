"""Every history of two nodes within small bounds: each packet lost or late, each node crashed, whenever it counts.

Breadth first over the real elections. The clock jumps from deadline to deadline; what differs only in when it happened
is one state. ``Bounds`` says how much may go wrong on one way through; scripts/model-check tries larger ones.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum
from hashlib import blake2b
from ipaddress import IPv4Address
from typing import Any, Final, TypeAlias, cast

from vrrpd.core.effects import SendAdvertisement, State
from vrrpd.core.events import AdvertisementReceived, DeadlineReached, Event, LinkChanged, PrimaryAddressChanged, Startup
from vrrpd.core.parameters import Parameters
from vrrpd.core.timers import master_down_interval
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.proto.advertisement import Advertisement
from vrrpd.records import dataclass
from vrrpd.units import Instant, Priority, Seconds, Vrid
from vrrpd.view import view_of

_DIGITS: Final = 6
_NEVER: Final = 1000.0
_REPORT: Final = 10_000
_BEGIN: Final = Instant(0.0)
_SOURCES: Final = (IPv4Address("192.168.1.1"), IPv4Address("192.168.1.2"))
_VIP: Final = IPv4Address("192.168.1.100")


Key: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """``losses`` and ``crashes`` on one way; ``late``: deadlines that overtake a packet; ``states`` at most."""

    losses: int = 3
    crashes: int = 1
    late: int = 1
    states: int = 200_000


@dataclass(frozen=True, slots=True)
class Packet:
    """On its way to node ``to``; ``passed``: how many deadlines it has been overtaken by."""

    to: int
    event: AdvertisementReceived
    passed: int = 0


class Still:
    """One node at one moment, told nothing any more: whoever goes on from here takes a copy."""

    __slots__ = ("_router", "deadline", "state", "timers", "traits")

    def __init__(self, router: VirtualRouter) -> None:
        view = view_of(router, _BEGIN)  # so that what is left of each timer is when it runs out
        self._router = router
        self.state = router.state
        self.deadline = router.deadline
        self.timers = sorted(view.timers.items())
        followed = ("", 0) if view.master is None else (str(view.master.address), view.master.priority)
        self.traits = (view.state.value, view.reason.value, view.effective_priority, *followed)

    def copy(self) -> VirtualRouter:
        return duplicate(self._router)

    def outline(self, now: Instant) -> Key:
        """Equal for nodes that do the same from now on. What only log lines and announcements depend on is left out."""
        return (self.traits, tuple((name, round(at - now, _DIGITS)) for name, at in self.timers))


@dataclass(frozen=True, slots=True)
class Position:
    """None is a node without power. ``quiet``: seconds since something last went wrong."""

    nodes: tuple[Still | None, Still | None]
    packets: tuple[Packet, ...]
    now: Instant
    losses: int
    crashes: int
    quiet: Seconds


@dataclass(frozen=True, slots=True)
class Explored:
    """``complete``: there is nothing further within the bounds. ``wrong``: the shortest way to a fault, by step."""

    states: int
    steps: int
    complete: bool
    wrong: tuple[str, ...] = ()


def explore(
    first: Parameters, second: Parameters, bounds: Bounds = Bounds(), progress: Callable[[int, int], None] | None = None
) -> Explored:
    """Both nodes start at once. Once quiet for Master_Down_Interval exactly one of those that live is MASTER.

    ``progress`` is told now and then how many states are known, and how many of them are still to be gone on from.
    """
    settings = (first, second)
    patience = _patience(settings)
    start = _start(settings, bounds)
    seen: dict[bytes, tuple[bytes | None, str]] = {_key(start, patience): (None, "both start")}
    todo, steps = deque([start]), 0
    while todo:
        position = todo.popleft()
        here = _key(position, patience)
        for told, following in _following(position, settings, bounds):
            steps += 1
            key = _key(following, patience)
            if key in seen:
                continue
            seen[key] = (here, told)
            wrong = _wrong(following, patience)
            if wrong is not None:
                return Explored(len(seen), steps, complete=False, wrong=(*_way(seen, key), wrong))
            if len(seen) >= bounds.states:
                return Explored(len(seen), steps, complete=False)
            todo.append(following)
            if progress is not None and len(seen) % _REPORT == 0:
                progress(len(seen), len(todo))
    return Explored(len(seen), steps, complete=True)


def _way(seen: dict[bytes, tuple[bytes | None, str]], key: bytes) -> tuple[str, ...]:
    told: list[str] = []
    at: bytes | None = key
    while at is not None:
        at, step = seen[at]
        told.append(step)
    return tuple(reversed(told))


def _patience(settings: tuple[Parameters, Parameters]) -> Seconds:
    """An advert of the other may have been the last before it crashed; then the wait, and an interval."""
    waits = (
        master_down_interval(one.version, Priority(1), one.advert_interval, one.down_timer_adverts)
        + one.advert_interval
        for one in settings
    )
    return Seconds(max(waits))


def _start(settings: tuple[Parameters, Parameters], bounds: Bounds) -> Position:
    first, first_sent = _boot(settings, 0, _BEGIN)
    second, second_sent = _boot(settings, 1, _BEGIN)
    packets = (*first_sent, *second_sent)
    return Position((first, second), packets, _BEGIN, bounds.losses, bounds.crashes, Seconds(0.0))


def _boot(settings: tuple[Parameters, Parameters], place: int, now: Instant) -> tuple[Still, list[Packet]]:
    router = VirtualRouter("VI_1", settings[place])
    sent = []
    for event in (PrimaryAddressChanged(_SOURCES[place]), LinkChanged(up=True), Startup()):
        sent += _tell(router, place, event, now)
    return Still(router), sent


def _tell(router: VirtualRouter, place: int, event: Event, now: Instant) -> list[Packet]:
    """What it sends to the other node."""
    own = router.parameters
    return [
        Packet(
            1 - place,
            AdvertisementReceived(
                Advertisement(own.version, own.vrid, effect.priority, own.advert_interval, own.addresses),
                _SOURCES[place],
            ),
        )
        for effect in router.handle(event, now)
        if isinstance(effect, SendAdvertisement)
    ]


def _following(
    position: Position, settings: tuple[Parameters, Parameters], bounds: Bounds
) -> Iterator[tuple[str, Position]]:
    """Everything that may happen next."""
    for index, packet in enumerate(position.packets):
        others = position.packets[:index] + position.packets[index + 1 :]
        if all(before.to != packet.to for before in position.packets[:index]):
            yield _delivered(replace(position, packets=others), packet)
        if position.losses:
            text = f"{position.now:.3f} s: an advert to node {packet.to + 1} is lost"
            yield text, replace(position, packets=others, losses=position.losses - 1, quiet=Seconds(0.0))
    if all(packet.passed < bounds.late for packet in position.packets):
        yield from _time_passes(position)
    yield from _power(position, settings)


def _delivered(position: Position, packet: Packet) -> tuple[str, Position]:
    priority = packet.event.advertisement.priority
    text = f"{position.now:.3f} s: node {packet.to + 1} hears priority {priority}"
    still = position.nodes[packet.to]
    if still is None:
        return text, position
    router = still.copy()
    sent = _tell(router, packet.to, packet.event, position.now)
    nodes = _with(position, packet.to, Still(router))
    return text, replace(position, nodes=nodes, packets=(*position.packets, *sent))


def _time_passes(position: Position) -> Iterator[tuple[str, Position]]:
    """To the next deadline. When both are due at once either may be first."""
    due = [
        (still.deadline, place, still)
        for place, still in enumerate(position.nodes)
        if still is not None and still.deadline is not None
    ]
    if not due:  # nobody waits for anything: so it stays
        later = Instant(position.now + _NEVER)
        yield f"{later:.3f} s: nothing is due", replace(position, packets=(), now=later, quiet=Seconds(_NEVER))
        return
    first = min(at for at, _, _ in due)
    for at, place, still in due:
        if at > first + 1e-9:
            continue
        now = Instant(max(first, position.now))
        router = still.copy()
        sent = _tell(router, place, DeadlineReached(), Instant(max(now, at)))
        late = now > position.now + 1e-9 and bool(position.packets)
        older = tuple(replace(packet, passed=packet.passed + 1) for packet in position.packets)
        quiet = Seconds(0.0 if late else position.quiet + now - position.now)
        nodes = _with(position, place, Still(router))
        following = replace(position, nodes=nodes, packets=(*older, *sent), now=now, quiet=quiet)
        yield f"{now:.3f} s: node {place + 1} is due", following


def _power(position: Position, settings: tuple[Parameters, Parameters]) -> Iterator[tuple[str, Position]]:
    for place, still in enumerate(position.nodes):
        if still is not None and position.crashes:
            nodes = _with(position, place, None)
            after_crash = replace(position, nodes=nodes, crashes=position.crashes - 1, quiet=Seconds(0.0))
            yield f"{position.now:.3f} s: node {place + 1} crashes", after_crash
        elif still is None:
            booted, sent = _boot(settings, place, position.now)
            packets = (*position.packets, *sent)
            nodes = _with(position, place, booted)
            yield (
                f"{position.now:.3f} s: node {place + 1} returns",
                replace(position, nodes=nodes, packets=packets, quiet=Seconds(0.0)),
            )


def _with(position: Position, place: int, still: Still | None) -> tuple[Still | None, Still | None]:
    return (still, position.nodes[1]) if place == 0 else (position.nodes[0], still)


def _wrong(position: Position, patience: Seconds) -> str | None:
    """Packets that are on their way at this very moment may still change it."""
    if position.quiet < patience or position.packets:
        return None
    alive = [still for still in position.nodes if still is not None]
    masters = sum(still.state is State.MASTER for still in alive)
    if alive and masters != 1:
        return f"{position.now:.3f} s: {masters} of {len(alive)} are MASTER, {position.quiet:.3f} s after all was well"
    return None


def _key(position: Position, patience: Seconds) -> bytes:
    """Equal for positions from which the same can follow: times count from now on."""
    nodes = [None if still is None else still.outline(position.now) for still in position.nodes]
    packets = [(packet.to, packet.event.advertisement.priority, packet.passed) for packet in position.packets]
    quiet = round(min(position.quiet, patience), _DIGITS)
    whole = repr((nodes, packets, position.losses, position.crashes, quiet))
    return blake2b(whole.encode(), digest_size=16).digest()


def duplicate(router: VirtualRouter) -> VirtualRouter:
    """Another one in the same state. What cannot change is shared, and what was one thing stays one thing."""
    return cast("VirtualRouter", _duplicate(router, {}))


def _duplicate(value: Any, memo: dict[int, object]) -> object:
    kind = type(value)
    if kind is dict:
        return {key: _duplicate(item, memo) for key, item in value.items()}
    if kind is list:
        return [_duplicate(item, memo) for item in value]
    if kind is set:
        return set(value)
    names = _WRITTEN.get(kind)
    if names is None:
        names = _WRITTEN[kind] = _written(value)
    if not names:
        return value
    twin: object | None = memo.get(id(value))
    if twin is None:
        twin = memo[id(value)] = object.__new__(kind)
        for name in names:
            setattr(twin, name, _duplicate(getattr(value, name), memo))
    return twin


_WRITTEN: Final[dict[type, tuple[str, ...]]] = {}
"""By type, the names of the attributes that may be written."""


def _written(value: object) -> tuple[str, ...]:
    if not type(value).__module__.startswith("vrrpd.core") or isinstance(value, Enum):
        return ()
    if type(value).__setattr__ is not object.__setattr__:
        return ()  # it is frozen
    slots = [name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())]
    return (*slots, *getattr(value, "__dict__", ()))


def pair_of(first: int, second: int, *, version: int = 3, preempt: bool = True) -> tuple[Parameters, Parameters]:
    """Two nodes with advert_int 1 and one address, without announcements that would only take time."""
    plain = Parameters(Vrid(51), version=version, addresses=(_VIP,), preempt=preempt)
    silent = replace(plain, announce=replace(plain.announce, delay=Seconds(0.0), lower_priority_delay=Seconds(0.0)))
    return replace(silent, base_priority=Priority(first)), replace(silent, base_priority=Priority(second))


PAIRS: Final = {
    "higher and lower": pair_of(101, 100),
    "equal": pair_of(100, 100),
    "nopreempt": pair_of(100, 101, preempt=False),
    "owner": pair_of(255, 100),
    "version 2": pair_of(101, 100, version=2),
}
