"""What a client writes down of its requests, a JSON object a line; times are seconds of the monotonic clock."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COUNT_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Outage:
    """From the start of the first failed request to the first answer to a later one; ``failed`` requests in it."""

    start: float
    end: float
    failed: int


class Judge:
    """Told of every request in the order in which they began, finds the outages."""

    def __init__(self) -> None:
        self.requests = 0
        self.errors = 0
        self.down_since: float | None = None
        self._failed = 0

    def judge(self, started: float, ended: float, *, ok: bool) -> Outage | None:
        """The outage that this answer ends."""
        self.requests += 1
        if not ok:
            self.errors += 1
            self._failed += 1
            if self.down_since is None:
                self.down_since = started
            return None
        if self.down_since is None:
            return None
        outage = Outage(self.down_since, ended, self._failed)
        self.down_since, self._failed = None, 0
        return outage


class Recorder:
    """One client's lines in ``file`` (several clients may share it): errors, outages, and counts now and then.

    With ``every_error`` false, an error that repeats within an outage is written once.
    """

    def __init__(self, client: str, file: Path, *, every_error: bool = True) -> None:
        self._client = client
        self._descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self._judge = Judge()
        self._every_error = every_error
        self._last_error = ""
        self._count_at = 0.0

    def attempt(self, started: float, ended: float, error: str | None) -> None:
        known_down = self._judge.down_since is not None
        outage = self._judge.judge(started, ended, ok=error is None)
        if error is not None:
            if not known_down:
                self._write(kind="down", at=started)
            if self._every_error or not known_down or error != self._last_error:
                self._write(kind="error", began=started, at=ended, what=error)
            self._last_error = error
        if outage is not None:
            self._write(kind="up", at=outage.start, end=outage.end, failed=outage.failed)
        if ended >= self._count_at:
            self._count_at = ended + COUNT_SECONDS
            self.count()

    def count(self) -> None:
        self._write(kind="count", at=self._count_at, requests=self._judge.requests, errors=self._judge.errors)

    def _write(self, **fields: object) -> None:
        os.write(self._descriptor, (json.dumps({"client": self._client, **fields}) + "\n").encode())
