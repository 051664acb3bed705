"""A thread that reads what arrives at several descriptors, until it is told to end."""

import os
import select
import threading
from collections.abc import Callable, Mapping


class Reader:
    """Calls what stands with each descriptor whenever there is something to read, from now until it is closed."""

    def __init__(self, name: str, reads: Mapping[int, Callable[[], object]]) -> None:
        self._reads = dict(reads)
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        poll = select.poll()
        for descriptor in (*self._reads, self._wake_read):
            poll.register(descriptor, select.POLLIN)
        ready: set[int] = set()
        while self._wake_read not in ready:
            ready = {descriptor for descriptor, _ in poll.poll()}
            for descriptor in ready - {self._wake_read}:
                self._reads[descriptor]()

    def close(self) -> None:
        """When it returns nothing is read any more; what had arrived until then was. The descriptors stay open."""
        os.write(self._wake_write, b"x")
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)
