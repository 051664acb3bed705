"""One ``vrrp_script``: run on a fixed beat, judged by its exit status."""

import logging
import math
from collections.abc import Callable, Mapping

from vrrpd.config.model import VrrpScript
from vrrpd.daemon.job import Job, JobResult
from vrrpd.daemon.launcher import Launcher
from vrrpd.daemon.process_check import ProcessCheck
from vrrpd.daemon.process_watch import ProcessWatch
from vrrpd.errors import VrrpdError
from vrrpd.loop import Loop, TimerHandle
from vrrpd.plain import Plain
from vrrpd.tracking import Hysteresis

log = logging.getLogger("vrrpd.trackers")


class ScriptTracker:
    """``changed`` is called when ``status`` has become another one; ``detail`` then says why.

    ``skipped`` counts the beats that found the previous run still alive; ``noted`` is called when ``memory`` changes.
    """

    def __init__(
        self,
        script: VrrpScript,
        launcher: Launcher,
        loop: Loop,
        changed: Callable[["ScriptTracker"], None],
    ) -> None:
        self.script = script
        self.detail = "assumed failed until it succeeds (init_fail)" if script.init_fail else "no result yet"
        self.runs = 0
        self.skipped = 0
        self.noted: Callable[[], None] = _unnoted
        self._launcher = launcher
        self._loop = loop
        self._changed = changed
        self._hysteresis = Hysteresis(script.rise, script.fall, initially=False if script.init_fail else None)
        self._job: Job | None = None
        self._beat: TimerHandle | None = None
        self._once_more = False
        self._watch: ProcessWatch | None = None
        self._next = 0.0
        self._skip_reported = False
        self._start_error = ""

    @property
    def name(self) -> str:
        return self.script.name

    @property
    def level(self) -> int:
        """See ``Hysteresis.level``."""
        return self._hysteresis.level

    @property
    def runs_now(self) -> bool:
        return self._job is not None

    @property
    def status(self) -> bool | None:
        """None: no result yet."""
        return self._hysteresis.status

    def succeed(self, former: "ScriptTracker") -> None:
        """Take over the result of the tracker before a reload, if that ran the same command (keepalived)."""
        if former.script.command == self.script.command and former.status is not None:
            self._hysteresis = Hysteresis(self.script.rise, self.script.fall, initially=former.status)
            self.detail = former.detail

    def watch(self, check: ProcessCheck | None) -> None:
        """Run also when processes end or come back that it asks for, whatever the beat; None: only on its beat."""
        if (None if self._watch is None else self._watch.check) == check:
            return
        if self._watch is not None:
            self._watch.stop()
        self._watch = None if check is None else ProcessWatch(self.name, check, self._loop, self.hasten)

    @property
    def watched(self) -> str:
        """How its processes are watched, for people; empty: they are not."""
        return "" if self._watch is None else self._watch.describe()

    def hasten(self) -> None:
        """Run now, or once more when a run that has begun has ended; the next beat is an interval later."""
        if self._job is not None:
            self._once_more = True
        elif self._beat is not None:
            self._beat.cancel()
            self._next = self._loop.time()
            self._tick()

    @property
    def memory(self) -> dict[str, Plain]:
        """What ``resume`` takes."""
        status, run = self._hysteresis.memory
        return {
            "status": status,
            "run": run,
            "detail": self.detail,
            "runs": self.runs,
            "skipped": self.skipped,
            "next": self._next,
            "pid": None if self._job is None else self._job.pid,
        }

    def resume(self, memory: Mapping[str, Plain]) -> None:
        """Go on where the tracker of a process before stood; a run that it did not see the end of does not count."""
        status, run, begun = memory["status"], memory["run"], memory["next"]
        self._hysteresis.resume(None if status is None else bool(status), int(str(run)))
        self.detail = str(memory["detail"])
        self.runs, self.skipped = int(str(memory["runs"])), int(str(memory["skipped"]))
        if self.runs:
            self._next = min(float(str(begun)), self._loop.time() + self.script.interval)
            self._beat = self._loop.call_at(self._next, self._tick)

    def start(self) -> None:
        self._next = self._loop.time()
        self._tick()

    def stop(self) -> None:
        self.watch(None)
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None
        if self._job is not None:
            self._job.abandon()
            self._job = None

    def _tick(self) -> None:
        self._schedule()
        if self._job is None:
            self._run()
            return
        self.skipped += 1
        if not self._skip_reported:
            self._skip_reported = True
            log.info(
                "script %s takes longer than its interval of %g s: starts are skipped", self.name, self.script.interval
            )

    def _schedule(self) -> None:
        """The next beat that is still to come, counted from the first: a late loop does not shift the cadence."""
        behind = self._loop.time() - self._next
        self._next += self.script.interval * max(1, math.ceil(behind / self.script.interval))
        self._beat = self._loop.call_at(self._next, self._tick)

    def _run(self) -> None:
        self.runs += 1
        try:
            child = self._launcher.start(self.script.command)
        except VrrpdError as error:
            self._report_unstartable(str(error))
            self._judge(False, f"cannot be started: {error}")
            return
        self._start_error = ""
        self._job = Job(self._loop, child, self.script.timeout, self._ended)
        self.noted()

    def _report_unstartable(self, error: str) -> None:
        if error != self._start_error:
            self._start_error = error
            log.error("script %s cannot be started: %s", self.name, error)

    def _ended(self, result: JobResult) -> None:
        self._job = None
        again, self._once_more = self._once_more, False
        self._judge(result.ok, result.describe())
        if again:
            self.hasten()

    def _judge(self, ok: bool, detail: str) -> None:
        before = self.status
        self.detail = detail
        if self._hysteresis.report(ok) is not before:
            self._changed(self)
        if self._watch is not None:
            self._watch.judged(ok)
        self.noted()


def _unnoted() -> None:
    """Nobody keeps ``memory``."""
