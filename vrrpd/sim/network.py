"""The wires between the nodes: what is lost, late, doubled or out of order on the way from one to another."""

from random import Random
from typing import Final

from vrrpd.records import dataclass
from vrrpd.units import Instant, Seconds

_APART: Final = 1e-9
"""What one node sends arrives at another one after what it sent before."""


@dataclass(frozen=True, slots=True)
class Weather:
    """Shares of 1 for ``loss``, ``doubled`` and ``reordered``; ``delay``: up to so many seconds more on the way."""

    loss: float = 0.0
    delay: Seconds = Seconds(0.0)
    doubled: float = 0.0
    reordered: float = 0.0

    def __str__(self) -> str:
        shares = f"doubled {self.doubled:.0%}, reordered {self.reordered:.0%}"
        return f"(loss {self.loss:.0%}, delay {self.delay:g} s, {shares})"


CLEAR: Final = Weather()


class Network:
    """One broadcast domain; each direction between two nodes can be cut, or have weather of its own."""

    def __init__(self, delay: Seconds, random: Random) -> None:
        self.delay = delay
        self._random = random
        self._everywhere = CLEAR
        self._weather: dict[tuple[str, str], Weather] = {}
        self._cuts: set[tuple[str, str]] = set()
        self._last: dict[tuple[str, str], float] = {}
        self.latest = Instant(0.0)
        """When the last of the packets arrives that are later than they should be."""

    def is_clear(self, now: Instant) -> bool:
        """Packets arrive in time, and no late ones are still on their way."""
        return not self._cuts and not self._weather and self._everywhere == CLEAR and now >= self.latest

    def set_weather(self, weather: Weather, source: str = "", target: str = "") -> None:
        """From ``source`` to ``target``, or everywhere; clear weather everywhere ends all other weather too."""
        if source:
            self._weather[source, target] = weather
            if weather == CLEAR:
                del self._weather[source, target]
        else:
            self._everywhere = weather
            if weather == CLEAR:
                self._weather.clear()

    def cut(self, source: str, target: str) -> None:
        self._cuts.add((source, target))

    def mend(self, source: str, target: str) -> None:
        self._cuts.discard((source, target))

    def arrivals(self, source: str, target: str, now: Instant) -> tuple[Instant, ...]:
        """When a packet that is sent now arrives: not at all, once or twice."""
        way = (source, target)
        if way in self._cuts:
            return ()
        weather = self._weather.get(way, self._everywhere)
        if weather is CLEAR:
            return (self._in_order(way, now + self.delay),)
        random = self._random.random
        if random() < weather.loss:
            return ()
        at = now + self.delay + weather.delay * random()
        first = Instant(at) if random() < weather.reordered else self._in_order(way, at)
        self.latest = max(self.latest, first)
        if random() < weather.doubled:
            second = Instant(first + self.delay + weather.delay * random())
            self.latest = max(self.latest, second)
            return (first, second)
        return (first,)

    def passing(self, way: tuple[str, str], now: Instant) -> tuple[Instant, ...]:
        """When a request or an answer arrives that nobody waits for in any order: not at all, or once."""
        if way in self._cuts:
            return ()
        weather = self._weather.get(way, self._everywhere)
        if weather is CLEAR:
            return (Instant(now + self.delay),)
        random = self._random.random
        return () if random() < weather.loss else (Instant(now + self.delay + weather.delay * random()),)

    def _in_order(self, way: tuple[str, str], at: float) -> Instant:
        before = self._last.get(way, 0.0)
        if at <= before:
            at = before + _APART
            self.latest = max(self.latest, Instant(at))
        self._last[way] = at
        return Instant(at)
