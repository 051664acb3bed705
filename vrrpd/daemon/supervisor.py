"""The main process: it starts the worker, which does everything, and replaces it at once when it dies.

It has no event loop, no thread and no sockets of its own, so that there is next to nothing in it that could fail.
"""

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final, Protocol

from vrrpd.daemon.exit_codes import CRASHED, ExitCode
from vrrpd.daemon.post import DROP, KEEP, NOTIFY, STARTED, Death, Estate, Post, pair, receive
from vrrpd.daemon.signals import REQUESTS, STOP
from vrrpd.linux.orphans import adopt_orphans, reap
from vrrpd.linux.wakeups import Wakeups

SOON: Final = 3.0
"""Seconds: a worker that dies so soon after its predecessor did is not replaced."""
BURIAL: Final = 10.0
"""Seconds that giving everything up may take."""
DEATHS_KEPT: Final = 16
STOPS: Final = frozenset((STOP, int(signal.SIGINT)))


class Work(Protocol):
    """What runs in the worker. ``run`` returns an exit code; ``hand_over`` gives up what a dead worker held."""

    def run(self, post: Post) -> int: ...
    def hand_over(self, deaths: Collection[Death]) -> int: ...


class Supervisor:
    """``tell`` passes a message on to the service manager, ``started`` is called when the worker is ready or has
    failed. Not ``respawn``: a worker that dies is not replaced.
    """

    def __init__(
        self, work: Work, tell: Callable[[bytes], None], started: Callable[[int], None], *, respawn: bool = True
    ) -> None:
        self._work = work
        self._tell = tell
        self._started = started
        self._respawn = respawn
        self._end, self._workers_end = pair()
        self._wakeups = Wakeups(REQUESTS | STOPS | {int(signal.SIGCHLD)})
        self._estate = Estate()
        self._worker = 0
        self._stop_asked = False

    def run(self) -> int:
        """Until the worker has ended in an orderly way, or one too many has died; an exit code."""
        adopt_orphans()
        gc.collect()
        gc.freeze()  # shared with every worker, as long as nobody touches it
        while True:
            self._worker = self._fork(self._be_worker)
            status = self._attend()
            self._take_messages()
            code = os.waitstatus_to_exitcode(status)
            if code >= 0 and code != CRASHED:
                return code
            if not self._mourn(code):
                return self._give_up()

    # --- the worker -------------------------------------------------------------------------------------------------

    def _fork(self, child: Callable[[], int]) -> int:
        with self._wakeups.held():
            pid = os.fork()
            if pid:
                return pid
            code: int = CRASHED
            try:
                self._wakeups.leave()
                self._end.close()
                code = child()
                sys.stdout.flush()
                sys.stderr.flush()
            except BaseException:  # noqa: BLE001  # it goes no further: this process ends here, whatever it was
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(code)

    def _be_worker(self) -> int:
        return self._work.run(Post(self._workers_end, os.getppid(), self._estate))

    def _attend(self) -> int:
        """Pass on what comes, until the worker has ended: what wait(2) says of it."""
        while True:
            for number in self._wakeups.wait(self._end):
                self._pass_on(number)
            self._take_messages()
            status = dict(reap()).get(self._worker)
            if status is not None:
                return status

    def _pass_on(self, number: int) -> None:
        if number in STOPS:
            self._stop_asked = True
            with suppress(OSError):  # full: it has not read the ones before
                self._end.send(bytes((number,)))
        elif number in REQUESTS:
            with suppress(ProcessLookupError):
                os.kill(self._worker, number)

    def _take_messages(self) -> None:
        while (found := receive(self._end)) is not None:
            self._understand(*found)

    def _understand(self, message: bytes, descriptors: list[int]) -> None:
        kind, content = message[:1], message[1:]
        if kind in (KEEP, DROP):
            name = content.decode()
            old = self._estate.sockets.pop(name, None)
            if old is not None:
                os.close(old)
            if kind == KEEP and descriptors:
                self._estate.sockets[name] = descriptors.pop()
        elif kind == NOTIFY:
            self._tell(content)
        elif kind == STARTED:
            self._started(content[0])
        for descriptor in descriptors:
            os.close(descriptor)

    # --- its end ----------------------------------------------------------------------------------------------------

    def _mourn(self, code: int) -> bool:
        """Note it down; whether there is to be another one."""
        how = "stopped because of a defect" if code >= 0 else f"was killed by {_name_of(-code)}"
        now, before = time.monotonic(), self._estate.died_at
        self._estate.died_at = now
        self._estate.deaths = [*self._estate.deaths[1 - DEATHS_KEPT :], Death(time.time(), self._worker, how)]
        again = bool(before) and now - before < SOON
        return self._respawn and not self._stop_asked and not again

    def _give_up(self) -> int:
        """Somebody else is to be the master: a process that has nothing of the dead one's state sees to that."""
        pid = self._fork(lambda: self._work.hand_over(self._estate.deaths))
        limit = time.monotonic() + BURIAL
        while time.monotonic() < limit:
            if any(pid == ended for ended, _ in reap()):
                return ExitCode.FAILED
            self._wakeups.wait(None, 0.1)
        os.kill(pid, signal.SIGKILL)
        return ExitCode.FAILED


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
