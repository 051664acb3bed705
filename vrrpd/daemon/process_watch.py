"""Sees at once when the processes end that a script asks for, so that it need not wait for its beat.

Nothing is polled while they run: a descriptor of each tells of its end. All processes are looked at when one ended, to
find those that were started meanwhile, and then ever more rarely until the check is met again.
"""

import logging
import math
from collections.abc import Callable, Collection
from typing import Final

from vrrpd.daemon.process_check import ProcessCheck
from vrrpd.daemon.process_source import Ends, Round
from vrrpd.errors import LinuxError
from vrrpd.linux.processes import has_ended, name_of
from vrrpd.loop import Loop, TimerHandle
from vrrpd.units import Seconds

log = logging.getLogger("vrrpd.trackers")

FIRST_PAUSE: Final = Seconds(0.02)
"""Between an end and the first look; from look to look it doubles."""
LONGEST_PAUSE: Final = Seconds(60.0)
INSISTENCE: Final = Seconds(1.0)
"""While the pause is shorter, a script that sees what nobody else sees is asked again: ``killall -0`` sees zombies."""
SETTLING: Final = Seconds(1.0)
"""Processes that run for less than this tell nothing, neither by their start nor by their end."""
MOST: Final = 16
"""Processes of a name that are followed, each by a descriptor; when they are gone, others are looked for."""


class ProcessWatch:
    """``ask`` is called when the script had better run now."""

    def __init__(self, script: str, check: ProcessCheck, loop: Loop, ask: Callable[[], None]) -> None:
        self.check = check
        self._script = script
        self._loop = loop
        self._ask = ask
        self._ends = Ends(loop, self._ended)
        self._followed: dict[int, frozenset[bytes]] = {}
        self._said: bool | None = None
        self._news = ""
        self._met_since = math.inf
        self._from_the_start = True
        self._pause = INSISTENCE
        self._timer: TimerHandle | None = None
        self._round: Round | None = None
        self._look()

    @property
    def met(self) -> bool:
        """Whether as many are known as the script wants."""
        return self.check.met_by(frozenset().union(*self._followed.values()))

    @property
    def known(self) -> Collection[int]:
        return self._followed

    def describe(self) -> str:
        """As in ``the end of haproxy (2 processes) is seen at once``."""
        if self.met:
            count = len(self._followed)
            more = "" if any(map(self._wants, self.check.names)) else " or more"
            return f"the end of {self.check} ({count}{more} process{'es' if count > 1 else ''}) is seen at once"
        return f"no process {self.check} is seen"

    def stop(self) -> None:
        self._wait_no_more()
        self._ends.close()

    def judged(self, ok: bool) -> None:
        """The script has said so."""
        found_by_script = ok and not self._said and not self.met
        self._said = ok
        if not ok and self._news:
            log.info("script %s: %s", self._script, self._news)
            self._news = ""
        if found_by_script:
            self._look()

    # --- what is seen -----------------------------------------------------------------------------------------------

    def looked_at(self, pid: int) -> None:
        name = name_of(pid)
        if name is None:
            return  # if it was followed, its descriptor says so in a moment
        names = self.check.asks_for(name)
        if pid in self._followed:
            if not names:  # it runs another program
                self._ends.forget(pid)
                del self._followed[pid]
        elif any(map(self._wants, names)) and not has_ended(pid) and self._ends.follow(pid):
            self._followed[pid] = names

    def _wants(self, name: bytes) -> bool:
        return sum(name in names for names in self._followed.values()) < MOST

    def _ended(self, pid: int) -> None:
        names = self._followed.pop(pid)
        if self.met or (self._met_since == math.inf and not self._from_the_start):
            return
        settled = self._from_the_start or self._loop.time() - self._met_since >= SETTLING
        self._met_since, self._from_the_start = math.inf, False
        self._news = f"the last process {b', '.join(sorted(names)).decode('utf-8', 'replace')} (pid {pid}) has ended"
        self._wait_no_more()
        if settled:
            self._pause = FIRST_PAUSE
        self._wait()
        if settled:
            self._ask()

    def _look(self) -> None:
        self._wait_no_more()
        try:
            self._round = Round(self._loop, self, self._looked)
        except LinuxError as error:
            log.debug("script %s: %s", self._script, error)
            self._wait()

    def _looked(self) -> None:
        self._round = None
        at_the_start, self._from_the_start = self._from_the_start, False
        if not self.met:
            self._met_since = math.inf
            self._wait()
            if self._said and self._pause <= INSISTENCE:
                self._ask()
            return
        if self._met_since == math.inf:
            # Those that the first look finds have run before.
            self._met_since = -math.inf if at_the_start else self._loop.time()
        self._news = ""
        if self._said is False:
            self._timer = self._loop.call_later(SETTLING, self._settled)

    def _settled(self) -> None:
        """They have gone on running: an end would have called this off."""
        self._timer = None
        if self._said is False:
            self._ask()

    def _wait(self) -> None:
        self._timer = self._loop.call_later(self._pause, self._look)
        self._pause = min(Seconds(2 * self._pause), LONGEST_PAUSE)

    def _wait_no_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._round is not None:
            self._round.stop()
        self._timer = self._round = None
