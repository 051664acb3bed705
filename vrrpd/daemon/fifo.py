"""A named pipe that state changes are written to, whether somebody reads it or not (notify_fifo)."""

import logging
import os
import select
import signal
import stat
from collections.abc import Collection
from pathlib import Path

from vrrpd.config.model import Command, Fifo
from vrrpd.daemon.launcher import Launcher
from vrrpd.errors import LinuxError, VrrpdError
from vrrpd.linux.process import Child, Identity
from vrrpd.loop import Loop

log = logging.getLogger("vrrpd.notify")

MODE = 0o644


class NotifyFifo:
    """``open`` makes the pipe and starts ``script`` with the pipe's path behind its arguments; failures are logged.

    It is opened for reading too, so that no reader is needed, and without waiting, so that a full pipe loses lines
    instead of time. A pipe that was there is used if it belongs to this process's user or the configured one.
    """

    def __init__(self, fifo: Fifo, script: Command | None, launcher: Launcher, loop: Loop) -> None:
        self._path = Path(fifo.path)
        self._owner = launcher.account(fifo.user, fifo.group)
        self._script = script
        self._launcher = launcher
        self._loop = loop
        self._descriptor = -1
        self._created = False
        self._child: Child | None = None
        self._lost = 0

    def open(self) -> None:
        try:
            if isinstance(self._owner, VrrpdError):
                raise self._owner
            self._descriptor = self._open(self._owner)
        except VrrpdError as error:
            log.error("notify FIFO %s cannot be used: %s", self._path, error)
            return
        if self._script is not None:
            self._start(self._script)

    @property
    def pid(self) -> int | None:
        """Of its script, while that runs."""
        return None if self._child is None else self._child.pid

    @property
    def made(self) -> str | None:
        """The path, if the pipe goes when we do."""
        return str(self._path) if self._created else None

    def recall(self, made: Collection[str]) -> None:
        """A process before this one made those pipes."""
        self._created = self._created or str(self._path) in made

    @property
    def script_runs(self) -> bool:
        return self._child is not None

    def write(self, line: str) -> None:
        """One whole line, or none of it."""
        if self._descriptor < 0:
            return
        data = line.encode(errors="surrogateescape")
        try:
            if len(data) > select.PIPE_BUF:
                raise BlockingIOError  # longer ones might be written in part
            os.write(self._descriptor, data)
        except BlockingIOError:
            self._lose()
            return
        if self._lost:
            log.warning("notify FIFO %s is read again; %d lines were lost", self._path, self._lost)
            self._lost = 0

    def end(self) -> None:
        """Write nothing more: who reads it comes to its end. The pipe is removed if ``open`` made it."""
        if self._descriptor >= 0:
            self._remove()
            os.close(self._descriptor)
            self._descriptor = -1

    def close(self) -> None:
        """``end``, and tell the script to end as well; its end is still waited for, in the loop."""
        self.end()
        if self._child is not None:
            self._signal(self._child)

    # --- the pipe ---------------------------------------------------------------------------------------------------

    def _open(self, owner: Identity) -> int:
        try:
            self._created = self._make() or self._created
            _refuse_others(os.lstat(self._path), owner)
            descriptor = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise LinuxError("open", str(self._path), error.errno or 0) from error
        try:
            # It may be another one by now.
            _refuse_others(os.fstat(descriptor), owner)
            if self._created:
                self._give_away(descriptor, owner)
        except VrrpdError:
            self._descriptor = descriptor
            self.end()
            raise
        return descriptor

    def _give_away(self, descriptor: int, owner: Identity) -> None:
        try:
            os.fchown(descriptor, owner.uid, owner.gid)
        except OSError as error:
            whom = f"{owner.name or owner.uid} (this takes CAP_CHOWN)"
            raise LinuxError(f"give to {whom}", str(self._path), error.errno or 0) from error

    def _make(self) -> bool:
        try:
            os.mkfifo(self._path, MODE)
        except FileExistsError:
            return False
        return True

    def _remove(self) -> None:
        if not self._created:
            return
        ours = os.fstat(self._descriptor)
        try:
            found = os.lstat(self._path)
            if (found.st_dev, found.st_ino) == (ours.st_dev, ours.st_ino):
                self._path.unlink()
        except OSError as error:
            log.debug("notify FIFO %s could not be removed: %s", self._path, error)

    def _lose(self) -> None:
        if not self._lost:
            log.warning("notify FIFO %s is full, nobody reads it: lines are lost", self._path)
        self._lost += 1

    # --- its script -------------------------------------------------------------------------------------------------

    def _start(self, script: Command) -> None:
        try:
            child = self._launcher.start(script, (str(self._path),))
        except VrrpdError as error:
            log.error("script of notify FIFO %s cannot be started: %s", self._path, error)
            return
        self._child = child
        self._loop.add_reader(child.fileno(), self._ended, child)

    def _ended(self, child: Child) -> None:
        status = child.poll()
        if status is None:
            return
        level = logging.WARNING if self._descriptor >= 0 else logging.DEBUG
        log.log(level, "script of notify FIFO %s has ended: %s", self._path, status.describe())
        self._forget(child)

    def _forget(self, child: Child) -> None:
        self._loop.remove_reader(child.fileno())
        child.close()
        self._child = None

    def _signal(self, child: Child) -> None:
        try:
            child.signal_group(signal.SIGTERM)
        except LinuxError as error:
            log.error("%s", error)


def _refuse_others(found: os.stat_result, owner: Identity) -> None:
    """Before it is opened, because opening a device may do things: raises VrrpdError."""
    if not stat.S_ISFIFO(found.st_mode):
        raise VrrpdError("it exists and is no named pipe")
    if found.st_uid not in {os.geteuid(), owner.uid}:
        raise VrrpdError(f"it belongs to uid {found.st_uid}; remove it, or name its user behind the path")
