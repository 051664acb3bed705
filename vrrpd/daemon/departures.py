"""Instances that have resigned and keep their addresses until their successor has announced them."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, TypeAlias

from vrrpd.core.effects import Linger
from vrrpd.core.events import Event, LetGo
from vrrpd.core.node import Node
from vrrpd.core.timers import Timer
from vrrpd.daemon.executor import Means
from vrrpd.errors import LinuxError
from vrrpd.linux.clock import now as read_clock
from vrrpd.linux.overhear import Overhear
from vrrpd.loop import Loop
from vrrpd.units import Address, Family, Seconds, family_of
from vrrpd.view import view_of

log = logging.getLogger("vrrpd")

PAUSE: Final = 0.005
"""Seconds between two looks at what is announced: whoever woke up for each of thousands would be in the way."""

_Place: TypeAlias = tuple[int, Address]
"""An address, and the index of the interface that it is announced on."""


class Departures:
    """Whoever hears an announcement sends to the successor from then on: ours are of no more use, and in the way.

    Where announcements cannot be heard the election's own timers end the waiting.
    """

    def __init__(
        self,
        node: Node,
        means: Mapping[str, Means],
        loop: Loop,
        deliver: Callable[[Iterable[tuple[str, Event]]], None],
    ) -> None:
        self._node = node
        self._means = means
        self._loop = loop
        self._deliver = deliver
        self._awaited: dict[str, set[_Place]] = {}
        self._ears: dict[tuple[int, Family], Overhear] = {}
        self._done: Callable[[], None] | None = None

    def take(self, name: str, effect: Linger) -> None:
        """Listen for its successor."""
        places = set(self._means[name].vips.places(effect.addresses))
        self._awaited[name] = places
        for index, family in {(index, family_of(address)) for index, address in places} - self._ears.keys():
            try:
                ear = self._ears[index, family] = Overhear(index, family)
            except LinuxError as error:
                log.info("%s: the successor's first advertisement has to do", error)
            else:
                self._listen(index, ear)

    def when_over(self, done: Callable[[], None]) -> None:
        """Call it once nobody waits for a successor any more."""
        self._done = done
        self.settled()

    @property
    def longest(self) -> Seconds:
        """How long addresses stay yet for a successor that is not heard."""
        now = read_clock()
        left = (view_of(self._node.router(name), now).timers[Timer.LINGER.value] for name in self._node.lingering)
        return max(left, default=Seconds(0.0))

    def let_go(self, why: str, among: Collection[str] | None = None) -> bool:
        """Wait for no successor any more (None: nobody does); whether anybody did."""
        waiting = [name for name in self._node.lingering if among is None or name in among]
        if waiting:
            self._deliver([(name, LetGo(why)) for name in waiting])
        return bool(waiting)

    def settled(self) -> None:
        """Something has happened: see who does not wait any more."""
        lingering = self._node.lingering if self._awaited or self._done else ()
        if self._awaited:
            self._awaited = {name: places for name, places in self._awaited.items() if name in lingering}
            if not self._awaited:
                self.close()
        if self._done is not None and not lingering:
            done, self._done = self._done, None
            self._loop.call_soon(done)

    def close(self) -> None:
        ears, self._ears = self._ears, {}
        for ear in ears.values():
            self._loop.remove_reader(ear.fileno())
            ear.close()

    def _listen(self, index: int, ear: Overhear) -> None:
        if ear in self._ears.values():
            self._loop.add_reader(ear.fileno(), self._readable, index, ear)

    def _readable(self, index: int, ear: Overhear) -> None:
        self._loop.remove_reader(ear.fileno())
        self._loop.call_later(PAUSE, self._listen, index, ear)
        try:
            heard = {(index, address): mac for address, mac in ear.heard()}
        except LinuxError as error:
            log.info("%s: the successor's first advertisement has to do", error)
            self.close()
            return
        left = []
        for name, places in self._awaited.items():
            if places:
                places.difference_update(heard)
                if not places:
                    left.append((name, LetGo(f"announced by {_text(next(reversed(heard.values())))}")))
        self._deliver(left)


def _text(mac: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in mac)
