"""Everything that a node is told and everything that it answers, for ``vrrpd replay``.

What only repeats itself - the advertisement that keeps coming, the one that keeps being sent - is one line with many
instants: on the packet path that costs an item in a list.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from vrrpd.core.directed import Directed
from vrrpd.core.effects import SendAdvertisement
from vrrpd.core.events import AdvertisementReceived, DeadlineReached, Event
from vrrpd.core.node import Node
from vrrpd.handover import capture
from vrrpd.observe.journal_codec import Gap, Happening, Header
from vrrpd.observe.journal_file import JournalFile
from vrrpd.units import Instant

HELD: Final = 30.0
"""Seconds that repetitions are collected at most; a process that is killed takes as much with it."""
_REPEATABLE: Final = frozenset({AdvertisementReceived, DeadlineReached})


class Journal:
    """Tells ``file`` of everything that ``node`` handles. ``read_clock`` is the clock that its events have.

    ``about``: the version of vrrpd and the name of the node.
    """

    def __init__(
        self, node: Node, file: JournalFile, about: tuple[str, str], read_clock: Callable[[], Instant], why: str
    ) -> None:
        self._node, self._file, self._about, self._read_clock = node, file, about, read_clock
        self._held: dict[str, Happening] = {}
        self._companions: Mapping[str, Sequence[str]] = {}
        self._number = 0
        self.begin(why)
        node.witness = self._took

    @property
    def lost(self) -> int:
        return self._file.lost

    def begin(self, why: str) -> None:
        """Write down all that the node knows: whoever replays begins here."""
        self._write_held()
        groups = self._node.groups.values()
        self._companions = {name: group.members for group in groups for name in group.members}
        self._file.write(Header(*self._about, why, self._read_clock(), time.time(), capture(self._node)))

    def pause(self) -> None:
        """What happens from now on is told, but only ``begin`` makes it possible to replay again."""
        self._write_held()
        self._file.write(Gap(0))

    def tidy(self) -> None:
        """To be called every second or so."""
        if self._file.is_full or self._file.has_gap:
            self.begin("the file was full" if self._file.is_full else "lines were lost")
            return
        latest = self._read_clock() - HELD
        for name in [name for name, held in self._held.items() if held.at < latest]:
            self._file.write(self._held.pop(name))

    def close(self, patience: float = 0.0) -> None:
        """Wait so many seconds at most until everything is written."""
        self._node.witness = None
        self._write_held()
        self._file.close(patience)

    def _took(self, name: str, event: Event, now: Instant, effects: tuple[Directed, ...]) -> None:
        held = self._held.get(name)
        if held is not None and (event is held.event or event == held.event) and effects == held.effects:
            held.again.append(now)
            return
        for companion in self._companions.get(name, (name,)):
            if companion in self._held:
                self._file.write(self._held.pop(companion))
        self._number += 1
        happening = Happening(self._number, now, time.time(), name, event, effects)
        if type(event) in _REPEATABLE and all(type(item.effect) is SendAdvertisement for item in effects):
            self._held[name] = happening
        else:
            self._file.write(happening)

    def _write_held(self) -> None:
        held, self._held = self._held, {}
        for happening in held.values():
            self._file.write(happening)
