"""What the sites of one process have in common: PostgreSQL's empty cluster, and the process that has PyKMIP loaded."""

import threading
from contextlib import ExitStack
from pathlib import Path

from netns import registry
from netns.kms.database import Template
from netns.kms.warm import Warm


class Shared:
    """Made with the first site, gone with the last one."""

    _lock = threading.Lock()
    _now: "Shared | None" = None

    def __init__(self) -> None:
        self._users = 0
        self._claim = registry.claim()
        self.warm = Warm()
        with ExitStack() as undo:
            undo.callback(self._end)
            self.template = Template(self._claim.directory)
            undo.pop_all()

    @classmethod
    def acquire(cls) -> "Shared":
        with cls._lock:
            if cls._now is None:
                cls._now = cls()
            cls._now._users += 1
            return cls._now

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                type(self)._now = None
                self._end()

    @property
    def directory(self) -> Path:
        return self._claim.directory

    def _end(self) -> None:
        self.warm.close()
        self._claim.release()
