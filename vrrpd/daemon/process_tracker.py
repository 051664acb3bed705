"""``vrrp_track_process``: how many processes of a kind run, and whether that is as many as are wanted."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from vrrpd.config.model import TrackProcess
from vrrpd.daemon.process_census import Census, Pattern, Quorum
from vrrpd.daemon.process_source import EventSource, ScanSource, Source
from vrrpd.errors import LinuxError
from vrrpd.linux.proc_events import ProcessConnector
from vrrpd.linux.processes import command_of, has_ended, name_of, process_ids
from vrrpd.loop import Loop, TimerHandle
from vrrpd.units import Instant

log = logging.getLogger("vrrpd.trackers")


class ProcessTracker:
    """One ``vrrp_track_process``; ``changed`` is called when its status has become another one by passing of time."""

    def __init__(self, config: TrackProcess, loop: Loop, changed: Callable[["ProcessTracker"], None]) -> None:
        self.config = config
        self.quorum = Quorum(config.quorum, config.quorum_max, config.fork_delay, config.terminate_delay)
        self._loop = loop
        self._changed = changed
        self._timer: TimerHandle | None = None

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def status(self) -> bool:
        return self.quorum.status

    @property
    def detail(self) -> str:
        """As in ``1 running, at least 2 wanted``."""
        least, most = self.config.quorum, self.config.quorum_max
        if most is None:
            wanted = f"at least {least}"
        elif least == most:
            wanted = f"exactly {least}" if least else "none"
        else:
            wanted = f"{least} to {most}" if least else f"at most {most}"
        return f"{self.quorum.count} running, {wanted} wanted"

    def watches_as(self, config: TrackProcess) -> bool:
        """Whether all but the weight, which is no business of the count, is as it is."""
        return replace(config, weight=0, reverse=False) == replace(self.config, weight=0, reverse=False)

    def arm(self) -> None:
        """Wait until the quorum's deadline, if there is one."""
        self.disarm()
        if self.quorum.deadline is not None:
            self._timer = self._loop.call_at(self.quorum.deadline, self._due)

    def disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        before = self.status
        self.quorum.due(Instant(max(self._loop.time(), self.quorum.deadline or 0.0)))
        self.arm()
        if self.status is not before:
            self._changed(self)


class ProcessTrackers:
    """All of them; ``changed`` is called with each whose status has become another one."""

    def __init__(
        self,
        loop: Loop,
        changed: Callable[[ProcessTracker], None],
        connector: ProcessConnector | None = None,
    ) -> None:
        """``connector`` None: never listen to the kernel's process events."""
        self._loop = loop
        self._changed = changed
        self._connector = connector
        self._census = Census()
        self._trackers: dict[str, ProcessTracker] = {}
        self._source: Source | None = None
        self._settled = False

    @property
    def trackers(self) -> Mapping[str, ProcessTracker]:
        return self._trackers

    @property
    def method(self) -> str:
        """How news of processes are got, for people."""
        return "" if self._source is None else self._source.method

    def adopt(self, processes: Iterable[TrackProcess]) -> None:
        """Track these from now on. Those that are the same ones go on with what they know."""
        old, self._trackers = self._trackers, {}
        kept = set()
        for config in processes:
            tracker = old.get(config.name)
            if tracker is not None and tracker.watches_as(config):
                del old[config.name]
                tracker.config = config
                kept.add(config.name)
            else:
                tracker = ProcessTracker(config, self._loop, self._changed)
            self._trackers[config.name] = tracker
        for gone in old.values():
            gone.disarm()
        self._count(kept)

    def _count(self, kept: Collection[str]) -> None:
        before = set(self._census.counted)
        self._census.adopt({name: Pattern.of(tracker.config) for name, tracker in self._trackers.items()}, kept)
        if not self._trackers:
            self.stop()
            return
        if self._source is None:
            self._source = self._open()
        for pid in before - self._census.counted.keys():
            self._source.forget(pid)
        if kept != self._trackers.keys():
            self._settled = False
            self._look_at_all()
        self._settled = True

    def _open(self) -> Source:
        source: Source
        try:
            if self._connector is None:
                source = ScanSource(self._loop, self)
            else:
                source = EventSource(self._loop, self, self._connector)
                log.info("track_process: the kernel tells of processes (process events)")
        except LinuxError as error:
            source = ScanSource(self._loop, self)
            log.warning(
                "track_process: no process events here (%s): starts are found by %s, ends are seen at once",
                error, source.method,
            )  # fmt: skip
        source.start()
        return source

    def _look_at_all(self) -> None:
        try:
            for pid in process_ids():
                self.looked_at(pid)
        except LinuxError as error:
            log.error("track_process: %s", error)

    def stop(self) -> None:
        for tracker in self._trackers.values():
            tracker.disarm()
        if self._source is not None:
            self._source.stop()
            self._source = None

    # --- news of processes ------------------------------------------------------------------------------------------

    @property
    def known(self) -> Collection[int]:
        return self._census.counted

    def looked_at(self, pid: int) -> None:
        name = name_of(pid)
        if name is None:
            self.ended(pid)
            return
        command = (command_of(pid) or b"") if self._census.needs_commands else b""
        matching = self._census.matching(name, command)
        if matching and has_ended(pid):
            self.ended(pid)
        else:
            self._place(pid, matching)

    def forked(self, parent: int, child: int) -> None:
        self._place(child, self._census.counted.get(parent, frozenset()), by_fork=True)

    def renamed(self, pid: int, name: bytes) -> None:
        self._place(pid, self._census.renamed(pid, name))

    def ended(self, pid: int) -> None:
        self._place(pid, frozenset(), by_end=True)

    def _place(self, pid: int, names: frozenset[str], *, by_fork: bool = False, by_end: bool = False) -> None:
        was_known = pid in self._census.counted
        joined, left = self._census.place(pid, names)
        if not joined and not left:
            return
        if self._source is not None and was_known is not bool(names):
            (self._source.follow if names else self._source.forget)(pid)
        now = Instant(self._loop.time())
        for name in sorted(joined | left):
            tracker = self._trackers[name]
            before = tracker.status
            if name in joined:
                tracker.quorum.joined(now, by_fork=by_fork)
            else:
                tracker.quorum.left(now, by_end=by_end)
            tracker.arm()
            if tracker.status is not before and self._settled:
                self._changed(tracker)
