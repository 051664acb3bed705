"""Signals for a process without an event loop: they wait as bytes in a socket, and are read when it has time."""

import contextlib
import select
import signal
import socket
from collections.abc import Collection, Iterator


class Wakeups:
    """Receives ``numbers``, which do nothing else any more. Call it in the main thread."""

    def __init__(self, numbers: Collection[int]) -> None:
        self._numbers = frozenset(numbers)
        self._reading, self._writing = socket.socketpair()
        for end in (self._reading, self._writing):
            end.setblocking(False)
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        for number in self._numbers:
            signal.signal(number, _nothing)
        before = signal.pthread_sigmask(signal.SIG_UNBLOCK, self._numbers)
        self._before = before - {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}  # held over an upgrade, until here

    def wait(self, other: socket.socket | None, seconds: float | None = None) -> tuple[int, ...]:
        """Until there are signals, or ``other`` is readable, or the time is over; the signals that came."""
        waiting = [self._reading] if other is None else [self._reading, other]
        select.select(waiting, (), (), seconds)
        try:
            return tuple(self._reading.recv(4096))
        except BlockingIOError:
            return ()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """They wait meanwhile."""
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, self._numbers)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def leave(self) -> None:
        """In a fork: the signals do what they do in any process, those that waited when this was made still wait."""
        signal.set_wakeup_fd(-1)
        for number in self._numbers:
            signal.signal(number, signal.SIG_DFL)
        self._reading.close()
        self._writing.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)


def _nothing(_number: int, _frame: object) -> None:
    """The byte in the socket is what counts."""
