"""What happens in all sites, as it is told: kept, and waited for."""

import threading
import time
from collections.abc import Callable

from netns.kernel import LabError
from netns.kms.record import Happening

TURN = 0.02


class StoppedError(LabError):
    """Somebody has asked to end."""


class Chronicle:
    """``clock``: seconds since all began. Several threads tell; ``stop()`` ends everybody's waiting."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._news = threading.Condition()  # woken for the end only
        self._happenings: list[Happening] = []
        self._stopped = False
        self._listeners: list[Callable[[Happening], object]] = []

    def listen(self, listener: Callable[[Happening], object]) -> None:
        """Called with every happening, in the thread that tells it."""
        self._listeners.append(listener)

    def clock(self) -> float:
        return time.monotonic() - self._began

    def told(self, happening: Happening) -> None:
        with self._news:
            self._happenings.append(happening)
        for listener in self._listeners:
            listener(happening)

    def note(self, site: int, kind: str, where: str, what: str, at: float | None = None) -> float:
        """Tell it; returns its time."""
        when = self.clock() if at is None else at
        self.told(Happening(when, site, kind, where, what))
        return when

    def stop(self) -> None:
        """Whoever waits, or will, gets StoppedError."""
        with self._news:
            self._stopped = True
            self._news.notify_all()

    @property
    def stopped(self) -> bool:
        return self._stopped

    @property
    def happenings(self) -> tuple[Happening, ...]:
        """In the order of their times."""
        with self._news:
            return tuple(sorted(self._happenings, key=lambda item: item.at))

    def of(self, site: int, kind: str, where: str | None = None, since: float = 0.0) -> list[Happening]:
        """Those of a kind in one site, in the order of their times."""
        return [
            item
            for item in self.happenings
            if item.site == site and item.kind == kind and item.at >= since and where in {None, item.where}
        ]

    def wait_for_holder(self, site: int, where: str, since: float, within: float) -> float | None:
        """When ``where`` began to hold the address, at or after ``since``; None: not within so many seconds of it."""
        self.wait_until(lambda: bool(self._held(site, where, since)), since + within - self.clock())
        return min(self._held(site, where, since), default=None)

    def _held(self, site: int, where: str, since: float) -> list[float]:
        return [item.at for item in self.of(site, "holder", where, since) if item.what == "holds"]

    def holding(self, site: int) -> list[str]:
        """Who has the address now."""
        last = {item.where: item.what for item in self.of(site, "holder")}
        return [where for where, what in last.items() if what == "holds"]

    def sleep(self, seconds: float) -> None:
        """StoppedError when it is to end."""
        with self._news:
            self._news.wait_for(lambda: self._stopped, max(0.0, seconds))
            if self._stopped:
                raise StoppedError("interrupted")

    def wait_until(self, condition: Callable[[], bool], within: float, turn: float = TURN) -> float | None:
        """When ``condition`` was first seen to hold; None: it did not within so many seconds."""
        end = self.clock() + within
        while True:
            if condition():
                return self.clock()
            if self.clock() >= end:
                return None
            self.sleep(turn)
