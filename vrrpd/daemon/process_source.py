"""Where news of processes come from: the kernel's events, or looking at /proc again and again."""

import logging
import os
from collections.abc import Callable, Collection, Iterator
from errno import ESRCH
from typing import Final, Protocol

from vrrpd.errors import LinuxError
from vrrpd.linux.proc_events import EventsLost, Executed, Exited, Forked, ProcessConnector, ProcessEvent, Renamed
from vrrpd.linux.processes import open_process, process_ids
from vrrpd.loop import Handle, Loop, TimerHandle

log = logging.getLogger("vrrpd.trackers")

PERIOD: Final = 1.0
"""Seconds from one look at all processes to the next, where there are no events."""
SETTLING: Final = 1.0
"""Seconds at least from one look after lost events to the next."""
SLICE: Final = 50
"""Processes looked at before the loop has its turn."""


class Looker(Protocol):
    """Who looks at processes. ``looked_at``: read again what this process is."""

    @property
    def known(self) -> Collection[int]:
        """The processes that matter: births by them and their ends are told."""

    def looked_at(self, pid: int) -> None: ...


class Observer(Looker, Protocol):
    """Who wants the news."""

    def forked(self, parent: int, child: int) -> None: ...

    def renamed(self, pid: int, name: bytes) -> None: ...

    def ended(self, pid: int) -> None: ...


class Source(Protocol):
    """``method`` names it for people. ``follow``: from now on this process matters; ``forget``: no more."""

    method: str

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def follow(self, pid: int) -> None: ...

    def forget(self, pid: int) -> None: ...


class Round:
    """One look at every process, in slices; ``done`` is called behind the last."""

    def __init__(self, loop: Loop, observer: Looker, done: Callable[[], None]) -> None:
        """LinuxError when /proc is not there."""
        self._loop = loop
        self._observer = observer
        self._done = done
        self._left: Iterator[int] = iter(sorted(process_ids() | set(observer.known)))
        self._next: Handle | None = loop.call_soon(self._slice)

    def stop(self) -> None:
        if self._next is not None:
            self._next.cancel()

    def _slice(self) -> None:
        for _ in range(SLICE):
            pid = next(self._left, None)
            if pid is None:
                self._next = None
                self._done()
                return
            self._observer.looked_at(pid)
        # Not call_soon: what else is ready shall come first.
        self._next = self._loop.call_later(0, self._slice)


class Ends:
    """``ended`` is called with each process that is followed, once, when it has ended: its descriptor says so."""

    def __init__(self, loop: Loop, ended: Callable[[int], None]) -> None:
        self._loop = loop
        self._told = ended
        self._descriptors: dict[int, int] = {}

    def follow(self, pid: int) -> bool:
        """Whether its end will be told; if not, it is gone already, or there are no descriptors left."""
        try:
            descriptor = open_process(pid)
        except LinuxError as error:
            if error.errno != ESRCH:
                log.debug("%s; its end is seen at the next look", error)
            return False
        self._descriptors[pid] = descriptor
        self._loop.add_reader(descriptor, self._ended, pid)
        return True

    def forget(self, pid: int) -> None:
        descriptor = self._descriptors.pop(pid, None)
        if descriptor is not None:
            self._loop.remove_reader(descriptor)
            os.close(descriptor)

    def close(self) -> None:
        for pid in tuple(self._descriptors):
            self.forget(pid)

    def _ended(self, pid: int) -> None:
        self.forget(pid)
        self._told(pid)


class EventSource:
    """What the process connector tells; after lost events every process is looked at."""

    method = "process events"

    def __init__(self, loop: Loop, observer: Observer, connector: ProcessConnector) -> None:
        """LinuxError: the connector does not answer here."""
        self._loop = loop
        self._observer = observer
        self._connector = connector
        self._round: Round | None = None
        self._settling: TimerHandle | None = None
        self._lost = False
        connector.listen()

    def start(self) -> None:
        self._loop.add_reader(self._connector.fileno(), self._readable)

    def stop(self) -> None:
        self._loop.remove_reader(self._connector.fileno())
        self._connector.pause()
        if self._round is not None:
            self._round.stop()
        if self._settling is not None:
            self._settling.cancel()

    def follow(self, pid: int) -> None:
        """Its end will be told anyway."""

    def forget(self, pid: int) -> None:
        """As ``follow``."""

    def _readable(self) -> None:
        for event in self._connector.read(self._observer.known):
            self._take(event)
        if self._lost and self._settling is None:
            log.warning("track_process: process events were lost; looking at every process")
            self._look_at_all()

    def _take(self, event: ProcessEvent) -> None:
        match event:
            case Forked(parent, child):
                self._observer.forked(parent, child)
            case Executed(pid):
                self._observer.looked_at(pid)
            case Renamed(pid, name):
                self._observer.renamed(pid, name)
            case Exited(pid):
                self._observer.ended(pid)
            case EventsLost():
                self._lost = True

    def _look_at_all(self) -> None:
        """At once, and then no sooner again than a while later: where so much happens, a look takes its time too."""
        self._lost = False
        if self._round is not None:
            self._round.stop()
        self._round = Round(self._loop, self._observer, lambda: None)
        self._settling = self._loop.call_later(SETTLING, self._settled)

    def _settled(self) -> None:
        self._settling = None
        if self._lost:
            self._look_at_all()


class ScanSource:
    """Looks at every process once in a while; the ends of those that matter are heard of at once."""

    method = f"a look at every process each {PERIOD:g} s"

    def __init__(self, loop: Loop, observer: Observer) -> None:
        self._loop = loop
        self._observer = observer
        self._round: Round | None = None
        self._timer: TimerHandle | None = None
        self._ends = Ends(loop, observer.ended)

    def start(self) -> None:
        self._timer = self._loop.call_later(PERIOD, self._begin)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._round is not None:
            self._round.stop()
        self._ends.close()

    def follow(self, pid: int) -> None:
        """What cannot be followed is gone already: the next look finds out."""
        self._ends.follow(pid)

    def forget(self, pid: int) -> None:
        self._ends.forget(pid)

    def _begin(self) -> None:
        self._timer = self._loop.call_later(PERIOD, self._begin)
        if self._round is not None:
            self._round.stop()
        self._round = Round(self._loop, self._observer, lambda: None)
