"""The main process: it starts the worker, which does everything, and replaces it at once when it dies.

It has no event loop, no thread and no sockets of its own, so that there is next to nothing in it that could fail.
"""

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Final, Protocol

from vrrpd.daemon.bequest import Bequest, Program
from vrrpd.daemon.exit_codes import CRASHED, RELIEVED, ExitCode
from vrrpd.daemon.post import (
    DROP,
    KEEP,
    LEAVE,
    NOTIFY,
    ORDER,
    REFUSED,
    STARTED,
    UPGRADE,
    Death,
    Estate,
    Post,
    adopt,
    pair,
    receive,
)
from vrrpd.daemon.signals import REQUESTS, STOP
from vrrpd.daemon.upgrade import Upgrade
from vrrpd.linux.orphans import adopt_orphans, reap
from vrrpd.linux.wakeups import Wakeups
from vrrpd.records import dataclass

SOON: Final = 3.0
"""Seconds: a worker that dies so soon after its predecessor did is not replaced."""
BURIAL: Final = 10.0
"""Seconds that giving everything up may take."""
DEATHS_KEPT: Final = 16
LONGEST_REASON: Final = 2000
STOPS: Final = frozenset((STOP, int(signal.SIGINT)))


@dataclass(frozen=True, slots=True)
class Own:
    """What the supervisor leaves; see ``Bequest``."""

    worker: int
    post: tuple[int, int]
    estate: Estate


class Work(Protocol):
    """What runs in the worker. ``run`` returns an exit code; ``hand_over`` gives up what a dead worker held.
    ``bequeath`` is told what the supervisor leaves to the installed version, and adds what is the worker's.
    """

    def run(self, post: Post) -> int: ...
    def hand_over(self, deaths: Collection[Death]) -> int: ...
    def bequeath(self, own: Own) -> Bequest: ...


class Supervisor:
    """``tell`` passes a message on to the service manager, ``started`` is called when the worker is ready or has
    failed. Not ``respawn``: a worker that dies is not replaced. ``bequest``: another version was here, and its worker
    goes on until this one is there. ``program`` is what an upgrade runs.
    """

    def __init__(
        self,
        work: Work,
        tell: Callable[[bytes], None],
        started: Callable[[int], None],
        program: Program,
        *,
        respawn: bool = True,
        bequest: Bequest | None = None,
    ) -> None:
        self._work = work
        self._tell = tell
        self._started = started
        self._respawn = respawn
        self._end, self._workers_end = pair() if bequest is None else adopt(bequest.post)
        self._wakeups = Wakeups(REQUESTS | STOPS | {int(signal.SIGCHLD)})
        self._estate = Estate()
        self._worker = 0
        self._last_death = 0.0
        self._stop_asked = False
        self._upgrade = Upgrade(program, self._bequeath)
        if bequest is not None:
            self._worker = bequest.worker
            self._estate = Estate(dict(bequest.sockets), list(bequest.deaths), version=bequest.version)

    def run(self) -> int:
        """Until the worker has ended in an orderly way, or one too many has died; an exit code."""
        adopt_orphans()
        gc.collect()
        gc.freeze()  # shared with every worker, as long as nobody touches it
        if self._worker:
            self._say(LEAVE)
        while True:
            self._worker = self._worker or self._fork(self._be_worker)
            status = self._attend()
            self._take_messages()
            code = os.waitstatus_to_exitcode(status)
            if code >= 0 and code not in {CRASHED, RELIEVED}:
                return code
            if code == RELIEVED:
                self._estate.ended_at = time.monotonic()
            elif not self._mourn(code):
                return self._give_up()
            self._worker = 0

    # --- the worker -------------------------------------------------------------------------------------------------

    def _fork(self, child: Callable[[], int], *, worker: bool = True) -> int:
        with self._wakeups.held():
            pid = os.fork()
            if pid:
                return pid
            code: int = CRASHED
            try:
                self._wakeups.leave()
                if worker:
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
            for number in self._wakeups.wait(self._end, self._upgrade.left):
                self._pass_on(number)
            self._take_messages()
            ended = dict(reap())
            if self._worker in ended:
                return ended[self._worker]
            self._watch_trial(ended)

    def _pass_on(self, number: int) -> None:
        if number in STOPS:
            self._stop_asked = True
            with suppress(OSError):  # full: it has not read the ones before
                self._end.send(ORDER + bytes((number,)))
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
            self._estate.version = ""
        elif kind == UPGRADE:
            self._upgrade.begin(lambda child: self._fork(child, worker=False))
        for descriptor in descriptors:
            os.close(descriptor)

    # --- another version ---------------------------------------------------------------------------------------------

    def _watch_trial(self, ended: Mapping[int, int]) -> None:
        trial = self._upgrade.trial
        if trial in ended:
            refusal = self._upgrade.verdict(ended[trial]) or self._become_another()
            self._say(REFUSED + refusal.encode()[:LONGEST_REASON])
        elif self._upgrade.left == 0:
            os.kill(trial, signal.SIGKILL)

    def _become_another(self) -> str:
        """Returns only if it cannot: why."""
        if self._stop_asked:
            return "vrrpd is stopping"
        with self._wakeups.held():
            for number in self._wakeups.wait(None, 0):
                self._pass_on(number)
            try:
                self._upgrade.carry_out()
            except OSError as error:
                return f"it cannot be run: {error.strerror}"

    def _bequeath(self) -> Bequest:
        ends = (self._end.fileno(), self._workers_end.fileno())
        return self._work.bequeath(Own(self._worker, ends, self._estate))

    def _say(self, message: bytes) -> None:
        with suppress(OSError):  # gone, or it has not read the ones before
            self._end.send(message)

    # --- its end ----------------------------------------------------------------------------------------------------

    def _mourn(self, code: int) -> bool:
        """Note it down; whether there is to be another one."""
        how = "stopped because of a defect" if code >= 0 else f"was killed by {_name_of(-code)}"
        now, before = time.monotonic(), self._last_death
        self._last_death = self._estate.ended_at = now
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
