"""What the supervisor has done in a process of its own: the daemon's work, or the end of it."""

import logging
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from vrrpd import __version__
from vrrpd.config.model import Config
from vrrpd.daemon.bequest import Bequest
from vrrpd.daemon.continuity import Memory, config_of
from vrrpd.daemon.exit_codes import ExitCode
from vrrpd.daemon.first_words import FirstWords
from vrrpd.daemon.ledger import Ledger
from vrrpd.daemon.lifetime import Lifetime, Superiors, Supervision
from vrrpd.daemon.options import DaemonOptions
from vrrpd.daemon.pid_files import PidFiles
from vrrpd.daemon.post import Death, Post
from vrrpd.daemon.recorder import read
from vrrpd.daemon.rehearsal import rehearse
from vrrpd.daemon.run_dir import RunDir
from vrrpd.daemon.service import Service
from vrrpd.daemon.supervisor import Own
from vrrpd.errors import LinuxError, VrrpdError
from vrrpd.loop import EventLoop
from vrrpd.records import dataclass

log = logging.getLogger("vrrpd")


@dataclass(slots=True)
class Outcome:
    code: int = ExitCode.FAILED


@contextmanager
def failures_told(options: DaemonOptions, superiors: Superiors) -> Iterator[Outcome]:
    """An error that it cannot go on with is told to all who want to know; the outcome is then FAILED."""
    outcome = Outcome()
    try:
        yield outcome
    except VrrpdError as error:
        log.error("%s", error)
        if options.manners.background:
            sys.stderr.write(f"{error}\n")  # to whoever still waits, and not for the log
        superiors.manager.failed(error.errno if isinstance(error, LinuxError) else 0, str(error))


class Logs(Protocol):
    """See main. ``policy``: how the process was scheduled when it began."""

    policy: tuple[int, int]

    def open(self) -> AbstractContextManager[None]: ...
    def begin(self) -> None: ...
    def follow(self) -> None: ...


class Worker:
    """``config`` is what the first one runs; later ones run what the last reload brought."""

    def __init__(
        self,
        config: Config,
        options: DaemonOptions,
        run_dir: RunDir,
        pid_files: PidFiles,
        superiors: Superiors,
        logs: Logs,
        ledger: Ledger,
    ) -> None:
        self._first = config
        self._options = options
        self._run_dir = run_dir
        self._pid_files = pid_files
        self._superiors = superiors
        self._logs = logs
        self._ledger = ledger
        rehearse(config)

    def run(self, post: Post) -> int:
        """In the worker's process."""
        words = FirstWords(self._ledger)
        words.begin()

        def started(code: int) -> None:  # both processes let go of the terminal
            post.started(code)
            self._superiors.started(code)

        superiors = Superiors(self._superiors.manager, started, self._superiors.connector)
        superiors.manager.speak_through(post.notify, post.supervisor)
        supervision = Supervision(self._first, post, self._ledger, self._claim_main, words)
        with self._logs.open(), failures_told(self._options, superiors) as outcome:
            if post.deaths or post.version_before:
                self._logs.follow()
            else:
                self._logs.begin()
            config = config_of(self._ledger, self._first)
            outcome.code = Lifetime(config, self._options, self._run_dir, superiors, supervision).run()
        if post.alone:
            self._pid_files.release()
            self._run_dir.release()
        return outcome.code

    def hand_over(self, deaths: Collection[Death]) -> int:
        """In another process: let others be the masters, and remove what is ours."""
        superiors = self._superiors
        with self._logs.open(), failures_told(self._options, superiors) as outcome:
            for death in list(deaths)[-2:]:
                log.critical("worker %d %s", death.pid, death.how)
            log.critical("there is no other worker: handing over, and ending")
            superiors.manager.failed(0, "the worker died; the log says why")
            self._surrender(config_of(self._ledger, self._first))
            outcome.code = ExitCode.STOPPED
        return outcome.code

    def bequeath(self, own: Own) -> Bequest:
        """For the installed version."""
        manager, ledger = self._superiors.manager, self._ledger
        return Bequest(
            version=__version__,
            worker=own.worker,
            post=own.post,
            pages=ledger.pages,
            beats=ledger.beats.descriptor,
            configuration=ledger.config.number,
            pid_files=self._pid_files.held,
            run_dir=str(self._run_dir.path),
            run_dir_lock=self._run_dir.lock,
            run_dir_created=self._run_dir.created,
            connector=self._superiors.connector.fileno(),
            sockets=dict(own.estate.sockets),
            deaths=tuple(own.estate.deaths),
            manager=manager.named,
            watchdog=manager.watchdog,
            policy=self._logs.policy,
        )

    def _surrender(self, config: Config) -> None:
        legacy = read(self._ledger, config)
        loop = EventLoop()
        service = Service(config, str(self._options.config), loop, self._superiors.connector)
        try:
            service.surrender(None if legacy is None else Memory.of(legacy.shell))
        finally:
            service.close()
            loop.close()
            self._run_dir.control_socket.unlink(missing_ok=True)

    def _claim_main(self) -> None:
        self._pid_files.rewrite()
        self._run_dir.rewrite()
        log.info("pid files name process %d now", os.getpid())
