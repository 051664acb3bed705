"""One run of the daemon: the loop, the signals, the control socket, the service manager."""

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Final

from vrrpd import __version__
from vrrpd.config.model import Config
from vrrpd.control.commands import command_table
from vrrpd.control.server import ControlServer
from vrrpd.control.status import RefusedUpgrade
from vrrpd.daemon.continuity import Continuity, Memory, end_scripts
from vrrpd.daemon.dumper import Dumper
from vrrpd.daemon.exit_codes import CRASHED, RELIEVED, ExitCode
from vrrpd.daemon.first_words import FirstWords
from vrrpd.daemon.ledger import Ledger
from vrrpd.daemon.options import DaemonOptions
from vrrpd.daemon.places import namespace_of
from vrrpd.daemon.post import LEAVE, ORDER, REFUSED, Post
from vrrpd.daemon.reading import Reading, pack
from vrrpd.daemon.recorder import read
from vrrpd.daemon.reload import Outcome, Reloader
from vrrpd.daemon.run_dir import RunDir
from vrrpd.daemon.service import Service
from vrrpd.daemon.signals import DUMPS, RELOAD, admit_requests, hold_for_good
from vrrpd.daemon.upgrader import Upgrader
from vrrpd.errors import LinuxError
from vrrpd.linux.clock import now as read_clock
from vrrpd.linux.proc_events import ProcessConnector
from vrrpd.linux.process import prepare_to_spawn
from vrrpd.linux.realtime import leave_real_time
from vrrpd.linux.sd_notify import ServiceManager
from vrrpd.loop import EventLoop, Loop, TimerHandle
from vrrpd.records import dataclass
from vrrpd.units import Instant, between

log = logging.getLogger("vrrpd")

REHEARSAL: Final = 1.0
"""Seconds after the start at which a reload is rehearsed."""
YIELD: Final = 0.0005
"""Seconds for which the loop waits at most for a thread (which writes a dump or reads a small file) to let it run."""

CONTROL: Final = "control socket"
"""Under which name the supervisor keeps it."""


@dataclass(frozen=True, slots=True)
class Superiors:
    """Who wants to know how the daemon is: the service manager, and whoever waits for it to go into the background.

    ``started`` is called with 0 once it listens and takes part. ``connector`` was opened where the process began.
    """

    manager: ServiceManager
    started: Callable[[int], None]
    connector: ProcessConnector


@dataclass(frozen=True, slots=True)
class Supervision:
    """``post`` leads to the supervisor; ``ledger`` is what it keeps, ``first`` the configuration that it knows.
    ``claim_main``: be the main process instead. ``words`` are said until the service is there.
    """

    first: Config
    post: Post
    ledger: Ledger
    claim_main: Callable[[], None]
    words: FirstWords


class Lifetime:
    """LinuxError from the constructor or ``run``: it cannot run here."""

    def __init__(
        self,
        config: Config,
        options: DaemonOptions,
        run_dir: RunDir,
        superiors: Superiors,
        supervision: Supervision | None = None,
    ) -> None:
        self._exit_code = ExitCode.FAILED
        self._stopping = False
        self._patience: TimerHandle | None = None
        self._failed = False
        self._options = options
        self._superiors = superiors
        self._loop = EventLoop()
        self._loop.set_exception_handler(self._fail)
        self._supervision = supervision
        self._stop_orders = 0
        self._serving = False
        self._left_with: int | None = None
        continuity = Continuity() if supervision is None else _continuity(supervision, config)
        self._memory = None if continuity.legacy is None else Memory.of(continuity.legacy.shell)
        self._service = Service(config, str(options.config), self._loop, superiors.connector, continuity)
        if supervision is not None:
            self._service.reporter.main_pid = supervision.post.supervisor
            self._service.reporter.deaths = supervision.post.deaths
        self._service.log_addresses = options.manners.log_addresses
        manager, service = superiors.manager, self._service
        self._dumper = Dumper(service, self._loop, lambda: namespace_of(options.manners, service.config.process))
        self._reloader = Reloader(
            service,
            config,
            options,
            self._loop,
            manager.reloading,
            lambda: manager.ready(service.summary),
            self._replaced,
        )
        self._upgrader = Upgrader(self._post, self._reloader, self._not_upgraded)
        commands = (*self._reloader.commands, *service.operator.commands, *self._upgrader.commands)
        commands = (service.reporter.command(), *commands)
        self._server = ControlServer(run_dir.control_socket, command_table(*commands))

    def run(self) -> int:
        try:
            self._listen_for_stop()
            prepare_to_spawn()
            if self._memory is None:
                self._service.run_startup_script()
            if not (self._stopping or self._failed):
                self._serve()
        finally:
            if self._left_with is None:
                self._end()
        return self._exit_code if self._left_with is None else self._left_with

    def _end(self) -> None:
        if self._exit_code is not ExitCode.STOPPED:
            self._service.release()
        self._server.close()
        self._reloader.close()
        self._dumper.close()
        self._service.close()
        self._service.run_shutdown_script()
        hold_for_good()
        self._loop.close()

    def _serve(self) -> None:
        self._listen_for_requests()
        sys.setswitchinterval(YIELD)
        if self._memory is None:
            self._service.start()
        else:
            self._adopt(self._memory)
        self._service.record()
        self._open_control()
        self._serving = True
        self._reloader.watch_clock()
        if self._memory is None:
            log.info("vrrpd %s is ready: %s", __version__, self._service.summary)
        self._tell_ready()
        self._loop.call_later(REHEARSAL, self._service.when_quiet, self._reloader.rehearse)
        self._service.when_quiet(_settle)
        self._loop.run_forever()

    def _adopt(self, memory: Memory) -> None:
        post = self._post
        if post is not None:
            end_scripts(memory, post.supervisor)
        version = "" if post is None else post.version_before
        why = f"version {version} made room" if version else "another worker died"
        self._service.adopt(memory, read_clock(), why)
        self._service.reporter.refused_upgrade = None if version else memory.refused

    @property
    def _post(self) -> Post | None:
        return None if self._supervision is None else self._supervision.post

    def _open_control(self) -> None:
        post = self._post
        if post is None:
            self._server.start(self._loop)
            return
        post.keep(CONTROL, self._server.start(self._loop, post.claim(CONTROL)))
        post.drop_unclaimed()
        gap = between(Instant(post.ended_at), read_clock()) * 1000
        if post.version_before:
            log.info("vrrpd %s goes on where %s stood, after %.0f ms", __version__, post.version_before, gap)
        elif self._memory is not None and post.deaths:
            death = post.deaths[-1]
            log.error("worker %d %s: this one goes on in its place after %.0f ms", death.pid, death.how, gap)

    def _replaced(self, config: Config) -> None:
        supervision = self._supervision
        if supervision is not None:
            supervision.ledger.config.write(pack(Reading(config), supervision.first.vrrp_instances))
            self._service.record()

    def _told(self, kind: bytes, content: bytes) -> None:
        """By the supervisor."""
        if kind == ORDER:
            self._ordered(content[0])
        elif kind == REFUSED:
            self._upgrader.refused(content.decode(errors="replace"))
        elif kind == LEAVE:
            self._service.when_told(lambda: self._service.when_quiet(self._leave))

    def _leave(self) -> None:
        """The installed version is there: it goes on with everything as it is."""
        if not self._stopping:
            log.info("making room for the installed version")
            self._service.write_down()
            self._left_with = RELIEVED
            self._loop.stop()

    def _ordered(self, number: int) -> None:
        """The supervisor passes a signal on."""
        self._stop_orders += 1
        if self._stopping and self._stop_orders == 1:
            return  # the same signal came to all processes
        self._asked_to_stop(signal.Signals(number))

    def _left_alone(self) -> None:
        log.error("the supervisor is gone: this worker, pid %d, goes on without", os.getpid())
        if self._supervision is not None:
            self._supervision.claim_main()
        self._service.reporter.main_pid = os.getpid()
        self._superiors.manager.lead()

    def _listen_for_stop(self) -> None:
        post = self._post
        if post is not None:
            post.listen(self._loop, self._told, self._left_alone)
            for number in (signal.SIGTERM, signal.SIGINT):
                self._loop.add_signal_handler(number, self._told_to_stop, number)
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._asked_to_stop, number)

    def _listen_for_requests(self) -> None:
        self._loop.add_signal_handler(RELOAD, self._asked_to_reload)
        for number in DUMPS:
            self._loop.add_signal_handler(number, self._dumper.request, number)
        signal.signal(signal.SIGXCPU, self._runs_long)
        admit_requests()

    def _tell_ready(self) -> None:
        self._superiors.manager.ready(self._service.summary)
        self._superiors.started(ExitCode.STOPPED)
        self._keep_alive()

    def _keep_alive(self) -> None:
        """Twice as often as the service manager asks for: from the loop, so that a loop that hangs is found out."""
        manager = self._superiors.manager
        if manager.watchdog is not None:
            manager.keep_alive()
            self._loop.call_later(manager.watchdog / 2, self._keep_alive)

    def _told_to_stop(self, number: signal.Signals) -> None:
        """A signal for this process: where there is a supervisor it has perhaps got it too, and passes it on."""
        post = self._post
        if not self._stopping or (post is not None and post.alone):
            self._asked_to_stop(number)

    def _asked_to_stop(self, number: signal.Signals) -> None:
        if self._stopping:
            log.info("%s again: stopping at once", number.name)
            self._service.hurry()
            self._stopped()
            return
        log.info("%s: stopping", number.name)
        self._superiors.manager.stopping()
        self._stopping = True
        self._reloader.close()
        self._upgrader.close()
        patience = self._service.config.process.child_wait_time
        self._patience = self._loop.call_later(patience, self._waited)
        if self._options.manners.keep_addresses:
            self._service.leave(self._stopped)
        else:
            self._service.stop(self._stopped)
        departure = self._service.departures.longest
        if departure:
            self._superiors.manager.extend(departure)
            self._patience.cancel()
            self._patience = self._loop.call_later(departure + patience, self._waited)

    def _waited(self) -> None:
        """keepalived kills what has not ended by then."""
        log.warning("scripts have not ended for %g s (child_wait_time)", self._service.config.process.child_wait_time)
        self._service.hurry()
        self._stopped()

    def _stopped(self) -> None:
        if self._patience is not None:
            self._patience.cancel()  # the shutdown script has a time of its own
        if not self._failed:
            self._exit_code = ExitCode.STOPPED
        self._loop.stop()

    def _asked_to_reload(self) -> None:
        if not self._stopping:
            self._reloader.reload("SIGHUP", self._reloaded)

    def _not_upgraded(self, refused: RefusedUpgrade) -> None:
        self._service.reporter.refused_upgrade = refused
        self._service.record()
        self._superiors.manager.ready(self._service.summary)

    def _reloaded(self, outcome: Outcome) -> None:
        if not outcome.errors and self._service.config.global_defs.upgrade_on_reload:
            self._upgrader.after_reload()

    def _runs_long(self, _number: int, _frame: object) -> None:
        """RLIMIT_RTTIME: other processes of this CPU have waited for as long. Not by the loop: it may be what hangs."""
        leave_real_time()
        self._loop.call_soon_threadsafe(self._service.ran_long)

    def _fail(self, loop: Loop, context: Mapping[str, object]) -> None:
        """An exception that nobody expected: without the callback that raised it the daemon would only seem to work."""
        error = context.get("exception")
        details = error if isinstance(error, LinuxError) else None
        if details is not None:
            log.error("cannot go on: %s", details)
        else:
            trace = error if isinstance(error, BaseException) else None
            log.critical("defect in vrrpd: %s", context.get("message"), exc_info=trace)
            if self._serving and not self._stopping and self._post is not None and not self._post.alone:
                self._left_with = CRASHED
                loop.stop()
                return
        self._superiors.manager.failed(details.errno if details is not None else 0, "failed; the log says why")
        self._failed = True
        self._exit_code = ExitCode.FAILED
        loop.stop()


def _settle() -> None:
    gc.collect()
    gc.freeze()  # what exists now lives as long as the process: no collection need look at it
    gc.enable()


def _continuity(supervision: Supervision, config: Config) -> Continuity:
    legacy = read(supervision.ledger, config)
    if legacy is None:
        supervision.words.close()
    return Continuity(supervision.ledger, legacy, supervision.post, supervision.words)
