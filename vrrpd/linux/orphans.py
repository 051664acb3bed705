"""Children of children: who is told of their end, and whose they are."""

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PR_SET_CHILD_SUBREAPER: Final = 36
_PARENT_FIELD: Final = 1


def adopt_orphans() -> None:
    """What the children of this process leave behind becomes its own, instead of init's."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def parent_of(pid: int) -> int | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    return int(text.rpartition(")")[2].split()[_PARENT_FIELD])


def reap() -> Iterator[tuple[int, int]]:
    """The children that have ended, with what wait(2) says of them."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        yield pid, status
