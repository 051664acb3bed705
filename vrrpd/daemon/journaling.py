"""The journal of this daemon, as the configuration says. Whatever is wrong with it: the failover goes on without it."""

import logging
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vrrpd import __version__
from vrrpd.config.model_global import GlobalDefs
from vrrpd.core.node import Node
from vrrpd.errors import VrrpdError
from vrrpd.linux.clock import now as read_clock
from vrrpd.loop import Loop, TimerHandle

if TYPE_CHECKING:
    from vrrpd.observe.journal import Journal

log = logging.getLogger("vrrpd")

_MEGABYTE: Final = 1024 * 1024
_TIDY: Final = 1.0
_PATIENCE: Final = 1.0


class Journaling:
    """``configure`` opens it, and may be called again; ``pause`` and ``go_on`` stand around a reload."""

    def __init__(self, node: Node, loop: Loop) -> None:
        self._node = node
        self._loop = loop
        self._journal: Journal | None = None
        self._settings: tuple[object, ...] = ()
        self._timer: TimerHandle | None = None
        self._lost = 0

    def configure(self, defs: GlobalDefs, why: str = "start") -> None:
        self._close()
        self._settings = _settings(defs)
        if defs.journal is None:
            return
        from vrrpd.observe.journal import Journal
        from vrrpd.observe.journal_file import JournalFile

        try:
            file = JournalFile(Path(defs.journal), defs.journal_size * _MEGABYTE, defs.journal_files)
        except VrrpdError as error:
            log.error("no journal is kept: %s", error)
            return
        self._journal = Journal(self._node, file, (__version__, socket.gethostname()), read_clock, why)
        self._lost = 0
        self._timer = self._loop.call_later(_TIDY, self._tidy)

    def pause(self) -> None:
        if self._journal is not None:
            self._journal.pause()

    def go_on(self, defs: GlobalDefs) -> None:
        """The reload is done."""
        if _settings(defs) != self._settings:
            self.configure(defs, "reloaded")
        elif self._journal is not None:
            self._journal.begin("reloaded")

    def close(self) -> None:
        """Wait for what is still to be written, for a second at most: there is nothing else left to do."""
        self._close(_PATIENCE)

    def _close(self, patience: float = 0.0) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._journal is not None:
            self._journal.close(patience)
            self._journal = None

    def _tidy(self) -> None:
        journal = self._journal
        if journal is None:
            return
        journal.tidy()
        if journal.lost and not self._lost:
            log.warning("the journal has a gap: its disk is full or too slow")
        self._lost = journal.lost
        self._timer = self._loop.call_later(_TIDY, self._tidy)


def _settings(defs: GlobalDefs) -> tuple[object, ...]:
    return defs.journal, defs.journal_size, defs.journal_files
