"""``track_file``: the number in a file, and its changes."""

import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from vrrpd.config.model import TrackFile
from vrrpd.errors import LinuxError
from vrrpd.linux.inotify import DirectoryWatch
from vrrpd.loop import Loop, TimerHandle

log = logging.getLogger("vrrpd.trackers")

LONGEST: Final = 127
"""Bytes of a file that are looked at (keepalived)."""
RETRY_DELAY: Final = 1.0
"""Seconds until a directory that is not there is looked for again."""

_NUMBER: Final = re.compile(rb"[ \t\n\v\f\r]*([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))")


def number_in(text: bytes) -> int:
    """What strtol(3) with base 0 makes of it: 0 where no number begins."""
    match = _NUMBER.match(text)
    if match is None:
        return 0
    sign, hexadecimal, octal, decimal = match.groups()
    value = int(hexadecimal, 16) if hexadecimal else int(octal, 8) if octal else int(decimal)
    return -value if sign == b"-" else value


class FileTracker:
    """One file; ``value`` is 0 while it is missing, empty or no number. ``place``: its directory and its name there."""

    def __init__(self, config: TrackFile) -> None:
        self.config = config
        self.value = 0
        path = Path(config.file)
        self.place = (str(path.parent), path.name)

    @property
    def name(self) -> str:
        return self.config.name

    def prepare(self) -> None:
        """Make the file where ``init_file`` asks for it; never through a symbolic link, never waiting for a reader."""
        if self.config.init_file is None:
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        flags |= os.O_TRUNC if self.config.overwrite else os.O_EXCL
        try:
            descriptor = os.open(self.config.file, flags, 0o640)
            with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123  # a descriptor has no path
                file.write(f"{self.config.init_file}\n")
        except FileExistsError:
            return
        except OSError as error:
            log.error("track_file %s: cannot make %s: %s", self.name, self.config.file, error.strerror)

    def look(self) -> bool:
        """Read the file again; whether its number is another one. A number beyond 32 bits is ignored (keepalived)."""
        found = number_in(self._read())
        if found == self.value or not -(2**31) <= found < 2**31:
            return False
        self.value = found
        return True

    def _read(self) -> bytes:
        # O_NONBLOCK: somebody may have put a FIFO there, and nobody here waits for it.
        try:
            descriptor = os.open(self.config.file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return b""
        try:
            return os.read(descriptor, LONGEST)
        except OSError:
            return b""
        finally:
            os.close(descriptor)


class FileTrackers:
    """All tracked files; ``changed`` is called with each whose number has become another one, and the old number."""

    def __init__(self, loop: Loop, changed: Callable[[FileTracker, int], None]) -> None:
        self._loop = loop
        self._changed = changed
        self._trackers: dict[str, FileTracker] = {}
        self._watch: DirectoryWatch | None = None
        self._retry: TimerHandle | None = None

    @property
    def trackers(self) -> Mapping[str, FileTracker]:
        return self._trackers

    def adopt(self, files: Iterable[TrackFile]) -> None:
        """Track these from now on. Files that are the same ones keep their number until they change."""
        self.stop()
        old, self._trackers = self._trackers, {}
        for config in files:
            tracker = old.get(config.name)
            if tracker is None or tracker.config != config:
                tracker = FileTracker(config)
                tracker.prepare()
            self._trackers[config.name] = tracker
        if self._trackers:
            self._open()
        for tracker in self._trackers.values():
            tracker.look()

    def stop(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._watch is not None:
            self._loop.remove_reader(self._watch.fileno())
            self._watch.close()
            self._watch = None

    def _open(self) -> None:
        try:
            self._watch = DirectoryWatch()
        except LinuxError as error:
            log.error("track_file: %s; looking every second instead", error)
            self._poll()
            return
        self._loop.add_reader(self._watch.fileno(), self._readable)
        for failure in self._watch_directories():
            log.warning("track_file: %s; looking again every second", failure)

    def _poll(self) -> None:
        self._retry = self._loop.call_later(RETRY_DELAY, self._poll)
        self._look(self._trackers.values())

    def _watch_directories(self) -> list[LinuxError]:
        """Watch them all; those that cannot be are tried again. Naming one that is watched already changes nothing."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        failed = []
        for directory in {tracker.place[0] for tracker in self._trackers.values()}:
            try:
                if self._watch is not None:
                    self._watch.add(directory)
            except LinuxError as error:
                failed.append(error)
        if failed:
            self._retry = self._loop.call_later(RETRY_DELAY, self._try_again)
        return failed

    def _try_again(self) -> None:
        self._watch_directories()
        self._look(self._trackers.values())

    def _readable(self) -> None:
        if self._watch is None:
            return
        changes = frozenset(self._watch.read())
        if any(not name for _, name in changes):  # a directory is gone, or events are lost
            self._try_again()
        else:
            self._look(tracker for tracker in self._trackers.values() if tracker.place in changes)

    def _look(self, trackers: Iterable[FileTracker]) -> None:
        for tracker in tuple(trackers):
            before = tracker.value
            if tracker.look():
                self._changed(tracker, before)
