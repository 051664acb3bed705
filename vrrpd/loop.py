"""An event loop for callbacks: descriptors, timers and signals. Nothing in the daemon awaits anything.

``Loop`` is the part of asyncio's loop that vrrpd uses, so that asyncio's fits too where one is asked for.
"""

import heapq
import itertools
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol, TypeAlias, TypeVarTuple, Unpack

_Arguments = TypeVarTuple("_Arguments")
_Signal = TypeVarTuple("_Signal")
_RESOLUTION: Final = 1e-9
_FEW: Final = 64
"""Timers that were cancelled and may wait for their time all the same."""


class _Described(Protocol):
    def fileno(self) -> int: ...


Descriptor: TypeAlias = int | _Described


class Handle(Protocol):
    """A callback that waits. It may be cancelled until it runs, and in vain afterwards."""

    def cancel(self) -> None: ...


class TimerHandle(Handle, Protocol):
    """``when`` is by the loop's clock."""

    def when(self) -> float: ...


class Loop(Protocol):
    """See ``EventLoop``."""

    def time(self) -> float: ...
    def call_soon(self, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments) -> Handle: ...
    def call_soon_threadsafe(self, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments) -> Handle: ...
    def call_later(
        self, delay: float, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments
    ) -> TimerHandle: ...
    def call_at(
        self, when: float, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments
    ) -> TimerHandle: ...
    def add_reader(
        self, fd: Descriptor, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments
    ) -> object: ...
    def remove_reader(self, fd: Descriptor) -> bool: ...
    def add_writer(
        self, fd: Descriptor, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments
    ) -> object: ...
    def remove_writer(self, fd: Descriptor) -> bool: ...
    def run_forever(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...
    def is_closed(self) -> bool: ...


class _Waiting:
    """``owed`` counts the cancelled ones among timers."""

    __slots__ = ("_owed", "_when", "args", "callback", "cancelled")

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[object, ...],
        when: float = 0.0,
        owed: list[int] | None = None,
    ) -> None:
        self.callback = callback
        self.args = args
        self.cancelled = False
        self._when = when
        self._owed = owed

    def cancel(self) -> None:
        if not self.cancelled:
            self.cancelled = True
            self.callback, self.args = _nothing, ()
            if self._owed is not None:
                self._owed[0] += 1

    def when(self) -> float:
        return self._when


class EventLoop:
    """``time`` is CLOCK_MONOTONIC. Callbacks of one turn: descriptors, then timers, then what they asked for is the
    next turn's. Not for several threads, but ``call_soon_threadsafe``.

    An exception in a callback goes to the exception handler, without one to whoever runs the loop.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._readers: dict[int, _Waiting] = {}
        self._writers: dict[int, _Waiting] = {}
        self._ready: deque[_Waiting] = deque()
        self._timers: list[tuple[float, int, _Waiting]] = []
        self._numbers = itertools.count()
        self._cancelled = [0]
        self._signals: dict[int, _Waiting] = {}
        self._stopping = self._closed = False
        self._failed: Callable[[EventLoop, dict[str, object]], object] | None = None
        self._waking, self._woken = socket.socketpair()
        for end in (self._waking, self._woken):
            end.setblocking(False)
        self.add_reader(self._woken, self._wake)

    def time(self) -> float:
        return time.monotonic()

    def set_exception_handler(self, handler: Callable[["EventLoop", dict[str, object]], object]) -> None:
        """``handler`` gets the loop, and ``message`` and ``exception``."""
        self._failed = handler

    def run_forever(self) -> None:
        """Until ``stop``, and the turn in which that was called to its end."""
        try:
            while True:
                self._turn()
                if self._stopping:
                    return
        finally:
            self._stopping = False

    def stop(self) -> None:
        self._stopping = True

    def is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Nothing is called any more; signals do again what they do in any process. May be called twice."""
        if self._closed:
            return
        self._closed = True
        for number in tuple(self._signals):
            self.remove_signal_handler(number)
        self._ready.clear()
        self._timers.clear()
        self._readers.clear()
        self._writers.clear()
        self._epoll.close()
        self._waking.close()
        self._woken.close()

    # --- what is to be called ---------------------------------------------------------------------------------------

    def call_soon(self, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments) -> _Waiting:
        waiting = _Waiting(callback, args)
        self._ready.append(waiting)
        return waiting

    def call_soon_threadsafe(self, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments) -> _Waiting:
        """From another thread, or from a signal handler. RuntimeError: the loop is closed."""
        if self._closed:
            raise RuntimeError("the loop is closed")
        waiting = self.call_soon(callback, *args)
        with suppress(BlockingIOError):  # it has been woken often enough
            self._waking.send(b"\0")
        return waiting

    def call_later(
        self, delay: float, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments
    ) -> _Waiting:
        return self.call_at(time.monotonic() + delay, callback, *args)

    def call_at(self, when: float, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments) -> _Waiting:
        waiting = _Waiting(callback, args, when, self._cancelled)
        heapq.heappush(self._timers, (when, next(self._numbers), waiting))
        return waiting

    def add_reader(self, fd: Descriptor, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments) -> None:
        """Whenever there is something to read, in place of the callback before. OSError: nobody can wait for it."""
        self._add(self._readers, fd, _Waiting(callback, args))

    def remove_reader(self, fd: Descriptor) -> bool:
        """Whether there was one. Do so before the descriptor is closed."""
        return self._remove(self._readers, fd)

    def add_writer(self, fd: Descriptor, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments) -> None:
        self._add(self._writers, fd, _Waiting(callback, args))

    def remove_writer(self, fd: Descriptor) -> bool:
        return self._remove(self._writers, fd)

    def add_signal_handler(self, sig: int, callback: Callable[[Unpack[_Signal]], object], *args: *_Signal) -> None:
        """Called in the main thread, which has to be where the loop runs."""
        signal.set_wakeup_fd(self._waking.fileno(), warn_on_full_buffer=False)
        self._signals[sig] = _Waiting(callback, args)
        signal.signal(sig, _interrupted)
        signal.siginterrupt(sig, False)

    def remove_signal_handler(self, sig: int) -> bool:
        if self._signals.pop(sig, None) is None:
            return False
        signal.signal(sig, signal.default_int_handler if sig == signal.SIGINT else signal.SIG_DFL)
        if not self._signals:
            signal.set_wakeup_fd(-1)
        return True

    # --- a turn -----------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        ready, timers = self._ready, self._timers
        self._forget_cancelled()
        timeout = 0.0
        if not ready and not self._stopping:
            timeout = max(0.0, timers[0][0] - time.monotonic()) if timers else -1.0
        for descriptor, mask in self._epoll.poll(timeout):
            if mask & ~select.EPOLLOUT and (reader := self._readers.get(descriptor)) is not None:
                ready.append(reader)
            if mask & ~select.EPOLLIN and (writer := self._writers.get(descriptor)) is not None:
                ready.append(writer)
        if timers:
            limit = time.monotonic() + _RESOLUTION
            while timers and timers[0][0] <= limit:
                ready.append(self._take_first())
        for _ in range(len(ready)):
            waiting = ready.popleft()
            if not waiting.cancelled:
                self._call(waiting)

    def _call(self, waiting: _Waiting) -> None:
        callback = waiting.callback
        try:
            callback(*waiting.args)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # the handler decides what becomes of it
            if self._failed is None:
                raise
            self._failed(self, {"message": f"Exception in callback {callback!r}", "exception": error})

    def _take_first(self) -> _Waiting:
        waiting = heapq.heappop(self._timers)[2]
        if waiting.cancelled:
            self._cancelled[0] -= 1
        waiting._owed = None
        return waiting

    def _forget_cancelled(self) -> None:
        """The first, so that nobody wakes up for it; all, when they are most."""
        timers = self._timers
        if self._cancelled[0] > _FEW and 2 * self._cancelled[0] > len(timers):
            timers[:] = [entry for entry in timers if not entry[2].cancelled]
            heapq.heapify(timers)
            self._cancelled[0] = 0
        while timers and timers[0][2].cancelled:
            self._take_first()

    def _wake(self) -> None:
        """A thread asks for a turn with a 0, a signal with its number."""
        try:
            numbers = self._woken.recv(4096)
        except BlockingIOError:
            return
        for number in numbers:
            waiting = self._signals.get(number)
            if waiting is not None:
                self._ready.append(waiting)

    def _add(self, among: dict[int, _Waiting], fd: Descriptor, waiting: _Waiting) -> None:
        descriptor = fd if isinstance(fd, int) else fd.fileno()
        known = descriptor in self._readers or descriptor in self._writers
        before = among.get(descriptor)
        among[descriptor] = waiting
        if before is not None:
            before.cancel()
            return
        try:
            self._watch(descriptor, known)
        except OSError:
            del among[descriptor]
            raise

    def _remove(self, among: dict[int, _Waiting], fd: Descriptor) -> bool:
        if self._closed:
            return False
        descriptor = fd if isinstance(fd, int) else fd.fileno()
        waiting = among.pop(descriptor, None)
        if waiting is None:
            return False
        waiting.cancel()
        if descriptor in self._readers or descriptor in self._writers:
            self._watch(descriptor, known=True)
        else:
            with suppress(OSError):  # it was closed before
                self._epoll.unregister(descriptor)
        return True

    def _watch(self, descriptor: int, known: bool) -> None:
        mask = select.EPOLLIN if descriptor in self._readers else 0
        mask |= select.EPOLLOUT if descriptor in self._writers else 0
        if known:
            self._epoll.modify(descriptor, mask)
        else:
            self._epoll.register(descriptor, mask)


def _interrupted(_number: int, _frame: object) -> None:
    """The byte in the socket is what counts."""


def _nothing() -> None:
    """What was to be called was cancelled."""
