"""Notify scripts of one instance or sync group: one at a time, in the order of its events."""

import logging
from collections import deque
from collections.abc import Callable

from vrrpd.config.model import Command, NotifyScripts
from vrrpd.core.effects import NotifyEvent
from vrrpd.daemon.job import FOREVER, Job, JobResult
from vrrpd.daemon.launcher import Launcher
from vrrpd.errors import VrrpdError
from vrrpd.loop import Loop, TimerHandle
from vrrpd.records import dataclass
from vrrpd.units import Priority, Seconds

log = logging.getLogger("vrrpd.notify")

_NO_SCRIPTS = NotifyScripts()

PATIENCE = Seconds(60.0)
"""How long one script may hold up the next; then both run."""
SIDE_BY_SIDE = 8
"""Scripts of one instance that may run at a time for longer than that; then the oldest is ended."""
STOP_LIMIT = Seconds(1.0)
"""How long a script may run while the daemon stops (keepalived)."""
QUEUE_LIMIT = 32
"""Events that may wait for one instance; beyond that only the newest is kept."""

STATES = frozenset((NotifyEvent.MASTER, NotifyEvent.BACKUP, NotifyEvent.FAULT, NotifyEvent.STOP, NotifyEvent.DELETED))
"""What generic scripts and mails are about; the rest are no states."""


@dataclass(frozen=True, slots=True)
class _Run:
    event: NotifyEvent
    command: Command
    arguments: tuple[str, ...] = ()


class Turns:
    """One step in each turn of the loop: to start a program may take a while, and many must not delay packets."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._waiting: deque[Callable[[], None]] = deque()

    def add(self, step: Callable[[], None]) -> None:
        self._waiting.append(step)
        if len(self._waiting) == 1:
            self._loop.call_soon(self._take)

    def _take(self) -> None:
        step = self._waiting[0]
        try:
            step()
        finally:
            self._waiting.popleft()
            if self._waiting:
                self._loop.call_soon(self._take)


class NotifyQueue:
    """The scripts of one instance or, with the kind GROUP, sync group. ``started`` counts them."""

    def __init__(
        self,
        name: str,
        scripts: NotifyScripts,
        launcher: Launcher,
        loop: Loop,
        turns: Turns,
        kind: str = "INSTANCE",
    ) -> None:
        self._name = name
        self._kind = kind
        self._scripts = scripts
        self._launcher = launcher
        self._look_up_accounts()
        self._loop = loop
        self._turns = turns
        # Lists, short ones: an empty deque takes as much memory as all else here, once for each instance.
        self._waiting: list[tuple[NotifyEvent, tuple[_Run, ...]]] = []
        self._runs: list[_Run] = []
        self._job: Job | None = None
        self._slow: list[Job] = []
        self._patience: TimerHandle | None = None
        self._has_turn = False
        self._stopping = False
        self.started = 0

    @property
    def busy(self) -> bool:
        return self._job is not None or bool(self._slow or self._runs or self._waiting)

    def reconfigure(self, scripts: NotifyScripts, launcher: Launcher) -> None:
        """What happens from now on is told by these; what runs or waits to be started goes on."""
        self._scripts = scripts
        self._launcher = launcher
        self._look_up_accounts()

    def put(self, event: NotifyEvent, priority: Priority) -> None:
        runs = self._runs_for(event, priority)
        if not runs or self._is_repetition(event):
            return
        self._waiting.append((event, runs))
        if len(self._waiting) > QUEUE_LIMIT:
            newest = self._waiting.pop()
            self._skip_waiting(f"more than {QUEUE_LIMIT} events wait for a notify script to end")
            self._waiting.append(newest)
        self._advance()

    def begin_stop(self) -> None:
        """What waits is skipped, what runs or comes has STOP_LIMIT seconds."""
        self._stopping = True
        self._skip_waiting("vrrpd stops")
        self._runs.clear()
        for job in self._running():
            job.shorten(STOP_LIMIT)

    def abandon(self) -> None:
        """Kill what runs, forget what waits."""
        self._waiting.clear()
        self._runs.clear()
        for job in self._running():
            job.abandon()
        self._job = None
        self._slow.clear()
        self._lose_no_patience()

    def _running(self) -> tuple[Job, ...]:
        return (*self._slow, *(() if self._job is None else (self._job,)))

    def _is_repetition(self, event: NotifyEvent) -> bool:
        """Another master may be heard with every advert; once is enough while that waits to be told."""
        return event is NotifyEvent.MASTER_RX_LOWER_PRI and any(event is waiting for waiting, _ in self._waiting)

    def _look_up_accounts(self) -> None:
        """It may take a while: not in the middle of a failover."""
        if self._scripts == _NO_SCRIPTS:
            return
        for command in (self._scripts.generic, *(_own_script(self._scripts, event) for event in NotifyEvent)):
            if command is not None:
                self._launcher.resolve(command)

    def _skip_waiting(self, why: str) -> None:
        if self._waiting:
            words = ", ".join(event.value for event, _ in self._waiting)
            log.warning("%s notify scripts not run for %s: %s", self._name, words, why)
            self._waiting.clear()

    def _runs_for(self, event: NotifyEvent, priority: Priority) -> tuple[_Run, ...]:
        """The script of that state, then the generic one with its four arguments (keepalived)."""
        own = _own_script(self._scripts, event)
        runs = [_Run(event, own)] if own is not None else []
        if self._scripts.generic is not None and event in STATES:
            arguments = (self._kind, self._name, event.value, str(priority))
            runs.append(_Run(event, self._scripts.generic, arguments))
        return tuple(runs)

    def _advance(self) -> None:
        """When it is our turn, start the next script that can be started; nothing while one runs."""
        if self._job is None and (self._runs or self._waiting) and not self._has_turn:
            self._has_turn = True
            self._turns.add(self._take_turn)

    def _take_turn(self) -> None:
        self._has_turn = False
        if self._job is not None:
            return
        if not self._runs and self._waiting:
            self._runs.extend(self._waiting.pop(0)[1])
        if self._runs:
            self._start(self._runs.pop(0))
        self._advance()

    def _start(self, run: _Run) -> None:
        try:
            child = self._launcher.start(run.command, run.arguments)
        except VrrpdError as error:
            log.error("%s notify script for %s cannot be started: %s", self._name, run.event.value, error)
            return

        def ended(result: JobResult) -> None:
            self._over(job)
            self._report(run, result)
            self._advance()

        self.started += 1
        job = Job(self._loop, child, STOP_LIMIT if self._stopping else FOREVER, ended)
        self._job = job
        self._patience = self._loop.call_later(PATIENCE, self._wait_no_longer, run, job)

    def _over(self, job: Job) -> None:
        if job in self._slow:
            self._slow.remove(job)
        else:
            self._job = None
            self._lose_no_patience()

    def _wait_no_longer(self, run: _Run, job: Job) -> None:
        """keepalived waits for no script at all: one that takes its time must not be ended because of that."""
        program, event = run.command.argv[0], run.event.value
        log.warning("%s notify script %s for %s takes long: others run beside it", self._name, program, event)
        self._job, self._patience = None, None
        self._slow.append(job)
        if len(self._slow) > SIDE_BY_SIDE:
            self._slow[0].end()
        self._advance()

    def _lose_no_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _report(self, run: _Run, result: JobResult) -> None:
        level = logging.DEBUG if result.ok else logging.WARNING
        log.log(
            level, "%s notify script %s for %s: %s", self._name, run.command.argv[0], run.event.value, result.describe()
        )


def _own_script(scripts: NotifyScripts, event: NotifyEvent) -> Command | None:
    match event:
        case NotifyEvent.MASTER:
            return scripts.master
        case NotifyEvent.BACKUP:
            return scripts.backup
        case NotifyEvent.FAULT:
            return scripts.fault
        case NotifyEvent.STOP:
            return scripts.stop
        case NotifyEvent.DELETED:
            return scripts.deleted
        case NotifyEvent.MASTER_RX_LOWER_PRI:
            return scripts.master_rx_lower_pri
        case NotifyEvent.MASTER_PRIORITY | NotifyEvent.BACKUP_PRIORITY:
            return None
