"""Announcements on their way out: at once, or one after the other where a least distance between them is configured."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace

from vrrpd.config.model import Config
from vrrpd.errors import LinuxError
from vrrpd.linux.announce import Announcer
from vrrpd.loop import Loop, TimerHandle
from vrrpd.records import dataclass
from vrrpd.units import Address, Seconds

log = logging.getLogger("vrrpd.links")

GARP, NA = 4, 6
"""What is announced with gratuitous ARP, and what with Neighbour Advertisements: the version of the address."""


@dataclass(frozen=True, slots=True)
class Burst:
    """One frame for each of ``addresses``, all on one interface, whose number is ``index``."""

    device: str
    index: int
    addresses: tuple[Address, ...]
    frames: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Distances:
    """Seconds between two announcements: on the interfaces of each group together, and on each other interface."""

    groups: tuple[tuple[frozenset[str], Mapping[int, Seconds]], ...] = ()
    others: Mapping[int, Seconds] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Frame:
    device: str
    index: int
    content: bytes


@dataclass(slots=True)
class _Lane:
    """What shares one distance. An address that waits already does not wait twice (keepalived)."""

    distance: Seconds
    free_at: float = 0.0
    waiting: dict[Address, _Frame] = field(default_factory=dict)
    timer: TimerHandle | None = None


def distances_of(config: Config) -> Distances:
    defs = config.global_defs
    return Distances(
        groups=tuple(
            (frozenset(group.interfaces), _distances(group.garp_interval, group.gna_interval))
            for group in config.garp_groups
        ),
        others=_distances(defs.vrrp_garp_interval, defs.vrrp_gna_interval),
    )


def _distances(garp: float, gna: float) -> Mapping[int, Seconds]:
    return {version: Seconds(value) for version, value in ((GARP, garp), (NA, gna)) if value > 0}


class Spacing:
    """Sends through ``announcer``'s, which raise LinuxError. Nothing here waits: timers of the loop send the rest."""

    def __init__(self, announcer: Callable[[int], Announcer], loop: Loop) -> None:
        self._announcer = announcer
        self._loop = loop
        self._distances = Distances()
        self._lanes: dict[tuple[str, int], _Lane | None] = {}

    def configure(self, distances: Distances) -> None:
        """Keep these distances from now on; what waits goes on waiting where there still is one."""
        if distances == self._distances:
            return
        self._distances = distances
        old, self._lanes = self._lanes, {}
        for lane in _different(old.values()):
            _stop(lane)
        for (device, version), former in old.items():
            new = self._lane(device, version)
            if new is not None and former is not None:
                new.free_at = max(new.free_at, former.free_at - former.distance + new.distance)
        for gone in _different(old.values()):
            for address, frame in gone.waiting.items():
                self._take_over(address, frame)

    def _take_over(self, address: Address, frame: _Frame) -> None:
        lane = self._lane(frame.device, address.version)
        if lane is None:
            self._send_late(frame)
        else:
            lane.waiting[address] = frame
            self._arm(lane)

    def close(self) -> None:
        """What waits is not sent any more."""
        for lane in _different(self._lanes.values()):
            _stop(lane)
            lane.waiting.clear()

    def waiting(self) -> int:
        """How many frames are to be sent yet."""
        return sum(len(lane.waiting) for lane in _different(self._lanes.values()))

    def next_at(self, device: str, version: int) -> float:
        """When the loop's clock lets the next one out; 0: none has been sent yet."""
        lane = self._lanes.get((device, version))
        return 0.0 if lane is None else lane.free_at

    def send(self, burst: Burst, rounds: int) -> int:
        """``rounds`` times each frame, in order; where there is a distance, the first at once and the rest by and by.

        Returns how many could not be sent because the interface's queue was full. Raises LinuxError.
        """
        lanes = {version: lane for version in (GARP, NA) if (lane := self._lane(burst.device, version)) is not None}
        if not lanes:
            return len(burst.frames) * rounds - self._announcer(burst.index).send(burst.frames, rounds)
        pairs = list(zip(burst.addresses, burst.frames, strict=True))
        rest = tuple(frame for address, frame in pairs if address.version not in lanes)
        missing = len(rest) * rounds - self._announcer(burst.index).send(rest, rounds) if rest else 0
        for version, lane in lanes.items():
            found = {a: _Frame(burst.device, burst.index, frame) for a, frame in pairs if a.version == version}
            if found:
                self._queue(lane, found, rounds)
        return missing

    def _queue(self, lane: _Lane, found: dict[Address, _Frame], rounds: int) -> None:
        """keepalived: however many rounds there are, each address waits for its turn once."""
        if not lane.waiting and self._loop.time() >= lane.free_at:
            first = next(iter(found))
            self._send_one(lane, found[first])
            if rounds == 1:
                del found[first]
        lane.waiting.update(found)
        self._arm(lane)

    def refresh(self, frames: Mapping[Address, tuple[int, bytes]]) -> None:
        """These are the frames for those addresses from now on, with the number of the interface."""
        for lane in _different(self._lanes.values()):
            for address in lane.waiting.keys() & frames.keys():
                index, content = frames[address]
                lane.waiting[address] = replace(lane.waiting[address], index=index, content=content)

    def cancel(self, addresses: Collection[Address]) -> None:
        """They are not ours any more: a frame that left now would come behind the new master's."""
        for lane in _different(self._lanes.values()):
            for address in addresses:
                lane.waiting.pop(address, None)

    def _lane(self, device: str, version: int) -> _Lane | None:
        key = (device, version)
        if key not in self._lanes:
            self._lanes[key] = self._find(device, version)
        return self._lanes[key]

    def _find(self, device: str, version: int) -> _Lane | None:
        """The general distance is for interfaces that are in no group, whatever the group says (keepalived)."""
        for members, distances in self._distances.groups:
            if device in members:
                shared = (self._lanes.get((member, version)) for member in members)
                return next((lane for lane in shared if lane is not None), None) or _new(distances.get(version))
        return _new(self._distances.others.get(version))

    def _arm(self, lane: _Lane) -> None:
        if lane.timer is None and lane.waiting:
            lane.timer = self._loop.call_at(lane.free_at, self._next, lane)

    def _next(self, lane: _Lane) -> None:
        lane.timer = None
        if lane.waiting:
            address = next(iter(lane.waiting))
            frame = lane.waiting.pop(address)
            lane.free_at = self._loop.time() + lane.distance
            self._send_late(frame)
        self._arm(lane)

    def _send_one(self, lane: _Lane, frame: _Frame) -> None:
        lane.free_at = self._loop.time() + lane.distance
        self._announcer(frame.index).send((frame.content,), 1)

    def _send_late(self, frame: _Frame) -> None:
        try:
            self._announcer(frame.index).send((frame.content,), 1)
        except LinuxError as error:
            log.warning("an announcement that had waited was not sent: %s", error)


def _new(distance: Seconds | None) -> _Lane | None:
    return None if distance is None else _Lane(distance)


def _stop(lane: _Lane) -> None:
    if lane.timer is not None:
        lane.timer.cancel()
        lane.timer = None


def _different(lanes: Iterable[_Lane | None]) -> Sequence[_Lane]:
    """Each once: those of a group share theirs."""
    return list({id(lane): lane for lane in lanes if lane is not None}.values())
