"""What scripts, files, processes and interfaces mean for each instance: results in, events for the election out."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from vrrpd.config.model import Config, VrrpInstance
from vrrpd.core.events import Event, FaultsChanged, PriorityChanged
from vrrpd.daemon.file_tracker import FileTracker, FileTrackers
from vrrpd.daemon.launcher import Launcher
from vrrpd.daemon.process_check import process_check
from vrrpd.daemon.process_tracker import ProcessTracker, ProcessTrackers
from vrrpd.daemon.script_tracker import ScriptTracker
from vrrpd.linux.proc_events import ProcessConnector
from vrrpd.loop import Loop
from vrrpd.plain import Plain
from vrrpd.records import dataclass
from vrrpd.tracking import Contribution, FileContribution, TrackingResult, evaluate
from vrrpd.units import Priority

log = logging.getLogger("vrrpd.trackers")

Deliver: TypeAlias = Callable[[Sequence[tuple[str, Event]]], None]
"""Takes events by name of instance; returns when their effects are done."""


@dataclass(frozen=True, slots=True)
class TrackerReport:
    """One tracker as one instance uses it; ``status`` None: no result yet."""

    name: str
    kind: Literal["script", "interface", "file", "process", "static"]
    status: bool | None
    detail: str
    weight: int
    reverse: bool


def _none(_instance: str) -> Iterable[TrackerReport]:
    return ()


class Trackers:
    """``link_up`` says whether an interface is usable now. One run of a script serves every instance that tracks it.

    ``statics`` are the static addresses whose absence is a fault of an instance. ``noted`` is called when ``memory``
    says something else.
    """

    def __init__(
        self,
        config: Config,
        launcher: Launcher,
        link_up: Callable[[str], bool],
        loop: Loop,
        deliver: Deliver,
        connector: ProcessConnector | None = None,
        statics: Callable[[str], Iterable[TrackerReport]] = _none,
    ) -> None:
        self.noted: Callable[[], None] = lambda: None
        self._launcher = launcher
        self._statics = statics
        self._loop = loop
        self._deliver = deliver
        self._link_up = link_up
        self._instances: tuple[VrrpInstance, ...] = ()
        self._scripts: dict[str, ScriptTracker] = {}
        self._files = FileTrackers(loop, self._file_changed)
        self._processes = ProcessTrackers(loop, self._process_changed, connector)
        self._links: dict[str, bool] = {}
        self._results: dict[str, TrackingResult] = {}
        self._adopt(config)

    def replace(
        self, config: Config, launcher: Launcher, former: Mapping[str, str], *, same_account: bool
    ) -> list[tuple[str, Event]]:
        """Judge by this configuration from now on; ``start`` then starts what is new.

        ``former``: the names that those instances had which go on. Scripts that did not change keep their results,
        others wait for their first one; not ``same_account``: another user runs them, so all did change. What the
        instances that go on have to be told.
        """
        before, self._launcher = self._results, launcher
        if not same_account:
            for script in self._scripts.values():
                script.stop()
            self._scripts = {}
        self._adopt(config)
        return [
            (name, event)
            for name, result in self._results.items()
            if former.get(name) in before
            for event in _events(before[former[name]], result)
        ]

    def _adopt(self, config: Config) -> None:
        self._instances = config.vrrp_instances
        self._adopt_scripts(config)
        used = {track.name for instance in self._instances for track in instance.track_file}
        self._files.adopt(file for file in config.track_files if file.name in used)
        self._processes.adopt(config.track_processes if self._instances else ())
        watched = {track.name for instance in self._instances for track in instance.track_interface}
        self._links = {name: self._link_up(name) for name in watched}
        self._results = {instance.name: self._evaluate(instance) for instance in self._instances}

    def _adopt_scripts(self, config: Config) -> None:
        used = {track.name for instance in self._instances for track in instance.track_script}
        old, self._scripts = self._scripts, {}
        for script in config.vrrp_scripts:
            if script.name in used:
                known = old.pop(script.name, None)
                if known is None or known.script != script:
                    former, known = known, ScriptTracker(script, self._launcher, self._loop, self._script_changed)
                    if former is not None:
                        former.stop()
                        known.succeed(former)
                known.noted = self._note
                self._scripts[script.name] = known
        for gone in old.values():
            gone.stop()
        fast = (instance for instance in self._instances if instance.fast_failover is not None)
        hurried = {track.name for instance in fast for track in instance.track_script}
        for name, tracker in self._scripts.items():
            tracker.watch(process_check(tracker.script.command.argv) if name in hurried else None)

    def _note(self) -> None:
        self.noted()

    @property
    def scripts(self) -> Iterable[ScriptTracker]:
        """Those that some instance uses."""
        return self._scripts.values()

    @property
    def numbers(self) -> Mapping[str, int]:
        """What tracked files hold now, by name."""
        return {name: file.value for name, file in self._files.trackers.items()}

    @property
    def processes(self) -> Mapping[str, ProcessTracker]:
        """All that are defined, by name."""
        return self._processes.trackers

    def effective_priority(self, instance: str) -> Priority:
        return self._results[instance].effective_priority

    def scene(self, instance: str) -> tuple[Event, ...]:
        """What holds now, for a virtual router that has not been told anything yet."""
        result = self._results[instance]
        return (
            PriorityChanged(result.effective_priority),
            FaultsChanged(result.faults, result.waiting_for),
        )

    def start(self) -> None:
        """Run every script that has not run yet. Results may be delivered before this returns."""
        for script in tuple(self._scripts.values()):
            if not script.runs:
                script.start()

    def memory(self) -> dict[str, Plain]:
        """What ``resume`` takes."""
        return {script.name: script.memory for script in self._scripts.values()}

    def resume(self, memory: Mapping[str, Plain]) -> None:
        """Scripts go on where a process before was with them; nobody is told."""
        for name in self._scripts.keys() & memory.keys():
            found = memory[name]
            if isinstance(found, dict):
                self._scripts[name].resume(found)
        self.look_again()

    def stop(self) -> None:
        self._files.stop()
        self._processes.stop()
        for script in self._scripts.values():
            script.stop()

    def links_changed(self, names: Collection[str]) -> None:
        """Something happened to these interfaces: look whether their status is another one now."""
        for name in sorted(self._links.keys() & set(names)):
            up = self._link_up(name)
            if up is not self._links[name]:
                self._links[name] = up
                self._reconsider(f"interface {name} is {'up' if up else 'down'}", up)

    def reports(self, instance: VrrpInstance) -> tuple[TrackerReport, ...]:
        scripts = (
            TrackerReport(track.name, "script", script.status, _full_detail(script), track.weight, track.reverse)
            for track in instance.track_script
            if (script := self._scripts.get(track.name)) is not None
        )
        links = (
            TrackerReport(track.name, "interface", up, "" if up else "not usable", track.weight, track.reverse)
            for track in instance.track_interface
            if (up := self._links[track.name]) is not None
        )
        files = (
            TrackerReport(item.name, "file", not item.is_fault, f"holds {item.value}", item.weight, item.reverse)
            for item in self._numbers(instance)
        )
        processes = (
            TrackerReport(
                track.name, "process", found.status, f"{found.detail}; {self._processes.method}", track.weight,
                track.reverse,
            )
            for track in instance.track_process
            if (found := self._processes.trackers.get(track.name)) is not None
        )  # fmt: skip
        return (*scripts, *links, *files, *processes, *self._statics(instance.name))

    def look_again(self) -> None:
        """The static addresses are on their interfaces now: nobody has been told anything yet."""
        self._results = {instance.name: self._evaluate(instance) for instance in self._instances}

    def statics_changed(self, cause: str, good: bool) -> None:
        """A static address came or went."""
        self._reconsider(cause, good)

    def _numbers(self, instance: VrrpInstance) -> Iterable[FileContribution]:
        for track in instance.track_file:
            file = self._files.trackers.get(track.name)
            if file is not None:
                yield FileContribution(track.name, track.weight, track.reverse, file.value)

    def _evaluate(self, instance: VrrpInstance) -> TrackingResult:
        contributions = (
            Contribution(report.name, report.weight, report.reverse, report.status)
            for report in self.reports(instance)
            if report.kind != "file"
        )
        return evaluate(instance.priority, (*contributions, *self._numbers(instance)))

    def _file_changed(self, file: FileTracker, before: int) -> None:
        self._reconsider(f"file {file.config.file}: {before} -> {file.value}", True)

    def _process_changed(self, process: ProcessTracker) -> None:
        gained = "has its quorum" if process.status else "lost its quorum"
        self._reconsider(f"process {process.name} {gained} ({process.detail})", process.status)

    def _script_changed(self, script: ScriptTracker) -> None:
        if script.status:
            self._reconsider(f"script {script.name} succeeded", True)
        else:
            self._reconsider(f"script {script.name} failed ({script.detail})", False)

    def _reconsider(self, cause: str, good: bool) -> None:
        """Evaluate every instance anew, tell the election of what changed, then log the cause with its consequences."""
        events: list[tuple[str, Event]] = []
        consequences: list[str] = []
        for instance in self._instances:
            old, new = self._results[instance.name], self._evaluate(instance)
            self._results[instance.name] = new
            events += ((instance.name, event) for event in _events(old, new))
            consequences += _consequences(instance.name, old, new)
        self._deliver(events)
        text = f"{cause}: {', '.join(consequences)}" if consequences else cause
        log.log(logging.INFO if good else logging.WARNING, "%s", text)


def _full_detail(script: ScriptTracker) -> str:
    return f"{script.detail}; {script.watched}" if script.watched else script.detail


def _events(old: TrackingResult, new: TrackingResult) -> Iterable[Event]:
    if old.effective_priority != new.effective_priority:
        yield PriorityChanged(new.effective_priority)
    if (old.faults, old.waiting_for) != (new.faults, new.waiting_for):
        yield FaultsChanged(new.faults, new.waiting_for)


def _consequences(name: str, old: TrackingResult, new: TrackingResult) -> Iterable[str]:
    if old.effective_priority != new.effective_priority:
        yield f"{name} priority {old.effective_priority} -> {new.effective_priority}"
    if new.faults and not old.faults:
        yield f"{name} may not take part"
    elif old.faults and not new.faults:
        yield f"{name} may take part again"
