"""What keepalived says of itself: it answers nobody, but writes files on a signal."""

import re
import signal
import time
from pathlib import Path
from typing import Final

from netns.process import Process

_PATIENCE: Final = 2.0
_TURN: Final = 0.01
_STATE: Final = re.compile(r"^\s*State = (\w+)$", re.MULTILINE)
_SENT: Final = re.compile(r"^\s*Sent: (\d+)$", re.MULTILINE)


def state(process: Process, directory: Path) -> str | None:
    """Of its only instance. ``directory`` is where it writes, its TMPDIR; None when it says nothing."""
    return _asked(process, signal.SIGUSR1, directory / "keepalived.data", _STATE)


def adverts_sent(process: Process, directory: Path) -> int | None:
    found = _asked(process, signal.SIGUSR2, directory / "keepalived.stats", _SENT)
    return None if found is None else int(found)


def _asked(process: Process, number: signal.Signals, file: Path, wanted: re.Pattern[str]) -> str | None:
    file.unlink(missing_ok=True)
    process.send(number)
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.running:
        found = wanted.search(file.read_text(errors="replace")) if file.exists() else None
        if found is not None:
            return found[1]
        time.sleep(_TURN)
    return None
