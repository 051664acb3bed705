"""Every history of two nodes within small bounds: each packet lost or late, each node crashed, whenever it counts.

Breadth first over the real elections. The clock jumps from deadline to deadline; what differs only in when it happened
is one state. ``Bounds`` says how much may go wrong on one way through.
"""

import pickle
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from vrrpd.core.effects import SendAdvertisement, State
from vrrpd.core.events import AdvertisementReceived, DeadlineReached, Event, LinkChanged, PrimaryAddressChanged, Startup
from vrrpd.core.parameters import Parameters
from vrrpd.core.timers import master_down_interval
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.proto.advertisement import Advertisement
from vrrpd.records import dataclass
from vrrpd.units import Address, Instant, Priority, Seconds, Vrid

_DIGITS: Final = 6
_NEVER: Final = 1000.0
_SOURCES: Final = (IPv4Address("192.168.1.1"), IPv4Address("192.168.1.2"))
_VIP: Final = IPv4Address("192.168.1.100")


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


@dataclass(frozen=True, slots=True)
class Position:
    """The nodes are frozen; None is one without power. ``quiet``: seconds since something last went wrong."""

    nodes: tuple[bytes | None, bytes | None]
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


Key: TypeAlias = tuple[object, ...]
Pair: TypeAlias = list[VirtualRouter | None]


def explore(first: Parameters, second: Parameters, bounds: Bounds = Bounds()) -> Explored:
    """Both nodes start at once. Once quiet for Master_Down_Interval exactly one of those that live is MASTER."""
    settings = (first, second)
    patience = _patience(settings)
    start = _start(settings, bounds)
    seen: dict[Key, tuple[Key | None, str]] = {_key(start, patience): (None, "both start")}
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
    return Explored(len(seen), steps, complete=True)


def _way(seen: dict[Key, tuple[Key | None, str]], key: Key) -> tuple[str, ...]:
    told: list[str] = []
    at: Key | None = key
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
    now = Instant(0.0)
    nodes: Pair = []
    packets: list[Packet] = []
    for place in (0, 1):
        router, sent = _boot(settings, place, now)
        nodes.append(router)
        packets += sent
    return Position(_freeze(nodes), tuple(packets), now, bounds.losses, bounds.crashes, Seconds(0.0))


def _boot(settings: tuple[Parameters, Parameters], place: int, now: Instant) -> tuple[VirtualRouter, list[Packet]]:
    router = VirtualRouter("VI_1", settings[place])
    sent = []
    for event in (PrimaryAddressChanged(_SOURCES[place]), LinkChanged(up=True), Startup()):
        sent += _tell(router, place, event, now)
    return router, sent


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
    nodes = _thaw(position)
    router = nodes[packet.to]
    sent = [] if router is None else _tell(router, packet.to, packet.event, position.now)
    return text, replace(position, nodes=_freeze(nodes), packets=(*position.packets, *sent))


def _time_passes(position: Position) -> Iterator[tuple[str, Position]]:
    """To the next deadline. When both are due at once either may be first."""
    nodes = _thaw(position)
    due = [(node.deadline, place) for place, node in enumerate(nodes) if node is not None and node.deadline is not None]
    if not due:  # nobody waits for anything: so it stays
        later = Instant(position.now + _NEVER)
        yield f"{later:.3f} s: nothing is due", replace(position, packets=(), now=later, quiet=Seconds(_NEVER))
        return
    first = min(at for at, _ in due)
    for at, place in due:
        if at > first + 1e-9:
            continue
        now = Instant(max(first, position.now))
        again = _thaw(position)
        router = again[place]
        sent = [] if router is None else _tell(router, place, DeadlineReached(), Instant(max(now, at)))
        late = now > position.now + 1e-9 and bool(position.packets)
        older = tuple(replace(packet, passed=packet.passed + 1) for packet in position.packets)
        quiet = Seconds(0.0 if late else position.quiet + now - position.now)
        following = replace(position, nodes=_freeze(again), packets=(*older, *sent), now=now, quiet=quiet)
        yield f"{now:.3f} s: node {place + 1} is due", following


def _power(position: Position, settings: tuple[Parameters, Parameters]) -> Iterator[tuple[str, Position]]:
    for place, frozen in enumerate(position.nodes):
        nodes = _thaw(position)
        if frozen is not None and position.crashes:
            nodes[place] = None
            after_crash = replace(position, nodes=_freeze(nodes), crashes=position.crashes - 1, quiet=Seconds(0.0))
            yield f"{position.now:.3f} s: node {place + 1} crashes", after_crash
        elif frozen is None:
            nodes[place], sent = _boot(settings, place, position.now)
            packets = (*position.packets, *sent)
            returned = replace(position, nodes=_freeze(nodes), packets=packets, quiet=Seconds(0.0))
            yield f"{position.now:.3f} s: node {place + 1} returns", returned


def _wrong(position: Position, patience: Seconds) -> str | None:
    """Packets that are on their way at this very moment may still change it."""
    if position.quiet < patience or position.packets:
        return None
    alive = [node for node in _thaw(position) if node is not None]
    masters = sum(node.state is State.MASTER for node in alive)
    if alive and masters != 1:
        return f"{position.now:.3f} s: {masters} of {len(alive)} are MASTER, {position.quiet:.3f} s after all was well"
    return None


def _freeze(nodes: Pair) -> tuple[bytes | None, bytes | None]:
    first, second = (None if node is None else pickle.dumps(node, pickle.HIGHEST_PROTOCOL) for node in nodes)
    return first, second


def _thaw(position: Position) -> Pair:
    first, second = (None if frozen is None else pickle.loads(frozen) for frozen in position.nodes)  # noqa: S301  # ours
    return [first, second]


def _key(position: Position, patience: Seconds) -> Key:
    """Equal for positions from which the same can follow: times count from now on.

    What only log lines and announcements depend on is left out.
    """
    nodes = tuple(None if node is None else _outline(node, position.now) for node in _thaw(position))
    packets = tuple((packet.to, packet.event.advertisement.priority, packet.passed) for packet in position.packets)
    quiet = round(min(position.quiet, patience), _DIGITS)
    return (nodes, packets, position.losses, position.crashes, quiet)


def _outline(router: VirtualRouter, now: Instant) -> Key:
    view = router.view(now)
    timers = tuple(sorted((name, round(left, _DIGITS)) for name, left in view.timers.items()))
    following: Address | None = None if view.master is None else view.master.address
    priority = None if view.master is None else view.master.priority
    return (view.state, view.reason, view.effective_priority, timers, following, priority)


def pair_of(first: int, second: int, *, version: int = 3, preempt: bool = True) -> tuple[Parameters, Parameters]:
    """Two nodes with advert_int 1 and one address, without announcements that would only take time."""
    plain = Parameters(Vrid(51), version=version, addresses=(_VIP,), preempt=preempt)
    silent = replace(plain, announce=replace(plain.announce, delay=Seconds(0.0), lower_priority_delay=Seconds(0.0)))
    return replace(silent, base_priority=Priority(first)), replace(silent, base_priority=Priority(second))
