"""``reload_time_file``: a file that says when to reload, for changes that several nodes make at the same moment."""

import logging
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from vrrpd.config.model import GlobalDefs
from vrrpd.loop import Loop, TimerHandle
from vrrpd.records import dataclass

log = logging.getLogger("vrrpd.reload")

BEAT: Final = 1.0
"""Seconds between two looks at the file and at the clock; the file knows no smaller unit."""
LONGEST: Final = 64
_TIME: Final = re.compile(r"(?:(?P<date>\d\d(?:\d\d)?-\d\d-\d\d) )?(?P<time>\d\d:\d\d:\d\d)(?P<utc>Z?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReloadTime:
    """``dated``: the file named a day, so that this comes only once."""

    at: datetime
    dated: bool


def parse(text: str, now: datetime) -> ReloadTime | None:
    """``HH:MM:SS``, with ``YY-MM-DD`` or ``YYYY-MM-DD`` before it, in local time or with ``Z`` in UTC. None: neither.

    A time of today that is over means tomorrow. ``now`` knows its zone.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    here = now.astimezone(UTC) if match["utc"] else now
    date = match["date"] or here.strftime("%Y-%m-%d")
    date = date if len(date) == len("YYYY-MM-DD") else f"20{date}"
    try:
        at = datetime.strptime(f"{date} {match['time']}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=here.tzinfo)
    except ValueError:
        return None
    if not match["date"] and at <= here:
        at += timedelta(days=1)
    return ReloadTime(at, dated=bool(match["date"]))


class ReloadClock:
    """``reload`` is called with the cause when the time has come."""

    def __init__(self, reload: Callable[[str], None], loop: Loop) -> None:
        self._reload = reload
        self._loop = loop
        self._path: Path | None = None
        self._repeat = False
        self._seen: tuple[int, int] | None = None
        self._next: ReloadTime | None = None
        self._timer: TimerHandle | None = None

    def configure(self, definitions: GlobalDefs) -> None:
        """Follow this file from now on, if there is one."""
        path = Path(definitions.reload_time_file) if definitions.reload_time_file else None
        self._repeat = definitions.reload_repeat
        if path != self._path:
            self._path, self._seen, self._next = path, None, None
            self.stop()
            self._beat()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _beat(self) -> None:
        if self._path is None:
            return
        self._timer = self._loop.call_later(BEAT, self._beat)
        now = datetime.now().astimezone()
        self._look(self._path, now)
        if self._next is not None and self._next.at <= now:
            self._strike(self._path, self._next)

    def _look(self, path: Path, now: datetime) -> None:
        """Read the file if it is another one than before."""
        try:
            found = path.stat()
        except OSError:
            if self._next is not None:
                log.info("reload_time_file %s is gone: no reload at %s", path, self._next.at)
            self._seen = self._next = None
            return
        if (found.st_ino, found.st_mtime_ns) == self._seen:
            return
        self._seen = (found.st_ino, found.st_mtime_ns)
        self._next = parse(_read(path), now)
        if self._next is None:
            log.warning("reload_time_file %s: expected HH:MM:SS, or YYYY-MM-DD HH:MM:SS, perhaps with a Z behind", path)
        elif self._next.at <= now:
            log.warning("reload_time_file %s: %s is over", path, self._next.at)
            self._next = None
        else:
            log.info("reload at %s, as reload_time_file %s says", self._next.at, path)

    def _strike(self, path: Path, time: ReloadTime) -> None:
        if self._repeat and not time.dated:
            self._next = ReloadTime(time.at + timedelta(days=1), dated=False)
        else:
            self._next = None
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                log.warning("cannot remove reload_time_file %s: %s", path, error.strerror)
        self._reload(f"reload_time_file {path}")


def _read(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(descriptor, LONGEST).decode("ascii", errors="replace")
    except OSError:
        return ""
    finally:
        os.close(descriptor)
