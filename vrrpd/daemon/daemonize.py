"""Into the background: the caller gets its prompt back when the daemon runs, or the reason why it does not."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

_FAILED: Final = 1
_FIRST_OTHER: Final = 3


class Detached:
    """The daemon's end of the pipe on which the program that the user started waits."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def report(self, code: int) -> None:
        """The waiting program ends with ``code`` (0..255). Standard streams become /dev/null. Once only."""
        if self._descriptor < 0:
            return
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        for standard in range(_FIRST_OTHER):
            os.dup2(null, standard)
        os.close(null)
        try:
            os.write(self._descriptor, bytes((code,)))
        except BrokenPipeError:
            pass  # whoever started us did not wait
        finally:
            os.close(self._descriptor)
            self._descriptor = -1


def detach() -> Detached:
    """Go on in a process of a session of its own, in ``/``, with no descriptor but the standard ones.

    To be called before there are threads, sockets or an event loop: none of them survives a fork. The calling process
    does not return: it waits for ``report`` and exits with that code, or with 1 when the daemon died before. Until then
    the daemon's standard error is the caller's.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        os.waitpid(child, 0)
        os._exit(_wait_for_report(reading))
    os.setsid()
    if os.fork():
        os._exit(0)  # the daemon leads no session: no terminal that it opens becomes its own
    os.chdir("/")
    _close_all_but({writing})
    return Detached(writing)


def _wait_for_report(reading: int) -> int:
    told = os.read(reading, 1)
    return told[0] if told else _FAILED


def _close_all_but(kept: Collection[int]) -> None:
    for entry in list(Path("/proc/self/fd").iterdir()):
        descriptor = int(entry.name)
        if descriptor >= _FIRST_OTHER and descriptor not in kept:
            _close(descriptor)


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        return  # the one that listed the directory
