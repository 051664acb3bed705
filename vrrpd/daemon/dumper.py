"""keepalived's dump files on request: what they say is taken in the loop, they are made and written beside it."""

import logging
import os
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING

from vrrpd.daemon.service import Service
from vrrpd.daemon.signals import DATA, JSON, STATS, STATS_CLEAR, name_of
from vrrpd.errors import LinuxError
from vrrpd.loop import Loop

if TYPE_CHECKING:
    from vrrpd.observe.dump_facts import DumpFacts

log = logging.getLogger("vrrpd")


class Dumper:
    """One file at a time; a request that is already waiting is not queued twice.

    ``namespace``: the network namespace the daemon was told to run in.
    """

    def __init__(self, service: Service, loop: Loop, namespace: Callable[[], str]) -> None:
        self._service = service
        self._loop = loop
        self._namespace = namespace
        self._waiting: list[int] = []
        self._busy = False
        self._closed = False
        self._thread: Thread | None = None

    def request(self, number: int) -> None:
        """A signal of ``signals.DUMPS``."""
        if not self._closed:
            if number not in self._waiting:
                self._waiting.append(number)
            self._next()

    def close(self) -> None:
        """Wait for the file that is being written; the others are not begun."""
        self._closed = True
        self._waiting.clear()
        if self._thread is not None:
            self._thread.join()

    def _next(self) -> None:
        if self._waiting and not self._busy:
            self._busy = True
            self._service.when_quiet(self._begin)

    def _begin(self) -> None:
        if not self._waiting:
            return
        number = self._waiting.pop(0)
        facts = self._service.snapshot()
        if number == STATS_CLEAR:
            self._service.clear_statistics()
        self._thread = Thread(target=self._make, args=(number, facts, self._namespace()), name="dump")
        self._thread.start()

    def _make(self, number: int, facts: "DumpFacts", namespace: str) -> None:
        """In the thread."""
        defect = None
        try:
            _write(number, facts, namespace)
        except Exception as error:  # noqa: BLE001  # told by the loop, which goes on
            defect = error
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._free, defect)

    def _free(self, defect: Exception | None) -> None:
        self._busy = False
        if defect is not None:
            log.critical("defect in vrrpd: a dump file could not be made", exc_info=defect)
        self._next()


def _write(number: int, facts: "DumpFacts", namespace: str) -> None:
    from vrrpd.observe.dumps import Dump, dump_path, write_dump  # many daemons are never asked for one

    dump = {DATA: Dump.DATA, STATS: Dump.STATS, STATS_CLEAR: Dump.STATS, JSON: Dump.JSON}[number]
    path = dump_path(dump, facts.config, namespace, os.environ)
    try:
        written = write_dump(dump, facts, path)
    except LinuxError as error:
        log.error("%s: cannot %s", name_of(number), error)
        return
    log.info("%s: %s", name_of(number), f"{path} written" if written else "there are no instances, nothing to write")
