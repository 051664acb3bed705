"""One running program with a time limit."""

import logging
import math
import signal
from collections.abc import Callable

from vrrpd.errors import LinuxError
from vrrpd.linux.process import Child, ExitStatus
from vrrpd.loop import Loop
from vrrpd.records import dataclass
from vrrpd.units import Seconds

log = logging.getLogger("vrrpd.scripts")

FOREVER = Seconds(math.inf)
"""No time limit."""
KILL_GRACE = Seconds(2.0)
"""Between SIGTERM and SIGKILL (keepalived)."""
STALLED = Seconds(0.5)
"""A time limit that is noticed so much later is no fault of the program's."""


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a program ended; ``limit`` is set when it had to be stopped for taking longer than that."""

    status: ExitStatus
    limit: Seconds | None = None

    @property
    def ok(self) -> bool:
        return self.status.code == 0 and self.limit is None

    def describe(self) -> str:
        if self.limit is None:
            return self.status.describe()
        if self.limit == FOREVER:
            return f"told to end, {self.status.describe()}"
        return f"took longer than {self.limit:g} s, {self.status.describe()}"


class Job:
    """Watches a child until it ends. Past ``limit`` seconds its process group gets SIGTERM, then SIGKILL."""

    def __init__(self, loop: Loop, child: Child, limit: Seconds, ended: Callable[[JobResult], None]) -> None:
        self._loop = loop
        self._child = child
        self._limit = limit
        self._ended = ended
        self._overdue = False
        self._granted = False
        self._timer = loop.call_later(limit, self._time_is_over)
        loop.add_reader(child.fileno(), self._exited)

    @property
    def pid(self) -> int:
        """Also the number of its process group."""
        return self._child.pid

    def shorten(self, limit: Seconds) -> None:
        """From now on it has ``limit`` seconds at most."""
        if not self._overdue and self._timer.when() > self._loop.time() + limit:
            self._timer.cancel()
            self._limit = limit
            self._timer = self._loop.call_later(limit, self._time_is_over)

    def end(self) -> None:
        """Its time is over."""
        if not self._overdue:
            self._timer.cancel()
            self._expire()

    def abandon(self) -> None:
        """Kill it now and forget it; ``ended`` is not called. As long as the loop runs, it is still asked how it ended:
        nobody else would, and it stayed a zombie.
        """
        self._timer.cancel()
        self._overdue = True
        self._ended = _nobody
        self._signal(signal.SIGKILL)

    def _time_is_over(self) -> None:
        """When we were not running, the program may not have run either: it gets its time once more."""
        late = self._loop.time() - self._timer.when()
        if late > STALLED and not self._granted:
            self._granted = True
            self._timer = self._loop.call_later(self._limit, self._time_is_over)
        else:
            self._expire()

    def _expire(self) -> None:
        self._overdue = True
        self._signal(signal.SIGTERM)
        self._timer = self._loop.call_later(KILL_GRACE, self._kill)

    def _kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _exited(self) -> None:
        if self._overdue:
            # Before the exit status is fetched: until then the process group's number cannot be anybody else's.
            self._signal(signal.SIGKILL)
        status = self._child.poll()
        if status is None:
            return
        self._release()
        self._ended(JobResult(status, self._limit if self._overdue else None))

    def _signal(self, number: signal.Signals) -> None:
        try:
            self._child.signal_group(number)
        except LinuxError as error:
            log.error("%s", error)

    def _release(self) -> None:
        self._timer.cancel()
        self._loop.remove_reader(self._child.fileno())
        self._child.close()


def _nobody(_result: JobResult) -> None:
    """Nobody wants to know any more."""
