"""The clocks of Linux, and one timer that fires on time."""

import ctypes
import math
import os
import sys
import time
from typing import Final

from vrrpd.errors import LinuxError
from vrrpd.units import Instant

_NANOSECONDS: Final = 1_000_000_000


def now() -> Instant:
    """CLOCK_MONOTONIC, which stands still while the machine is suspended; the event loop's clock too."""
    return Instant(time.monotonic())


def boot_now() -> Instant:
    """CLOCK_BOOTTIME: CLOCK_MONOTONIC and the time that the machine was suspended."""
    return Instant(time.clock_gettime(time.CLOCK_BOOTTIME))


if sys.version_info >= (3, 13):

    def _create() -> int:
        return os.timerfd_create(time.CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)

    def _set(descriptor: int, nanoseconds: int) -> None:
        os.timerfd_settime_ns(descriptor, flags=os.TFD_TIMER_ABSTIME, initial=nanoseconds)

else:
    _TFD_TIMER_ABSTIME: Final = 1

    class _Timespec(ctypes.Structure):
        _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))

    class _Itimerspec(ctypes.Structure):
        _fields_ = (("interval", _Timespec), ("value", _Timespec))

    _libc: Final = ctypes.CDLL(None, use_errno=True)

    def _checked(result: int) -> int:
        if result < 0:
            raise OSError(ctypes.get_errno(), "timerfd")
        return result

    def _create() -> int:
        # The kernel defines TFD_NONBLOCK and TFD_CLOEXEC as O_NONBLOCK and O_CLOEXEC.
        return _checked(_libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC))

    def _set(descriptor: int, nanoseconds: int) -> None:
        setting = _Itimerspec(value=_Timespec(*divmod(nanoseconds, _NANOSECONDS)))
        _checked(_libc.timerfd_settime(descriptor, _TFD_TIMER_ABSTIME, ctypes.byref(setting), None))


class DeadlineTimer:
    """A timerfd on CLOCK_MONOTONIC: readable from the deadline on, a fraction of a millisecond late.

    Never early: once it is readable, ``now()`` has reached the deadline. LinuxError when the kernel gives no timer.
    """

    __slots__ = ("_armed", "_descriptor")

    def __init__(self) -> None:
        try:
            self._descriptor = _create()
        except OSError as error:
            raise LinuxError("create", "timer", error.errno or 0) from error
        self._armed: Instant | None = None

    def fileno(self) -> int:
        return self._descriptor

    def arm(self, deadline: Instant | None) -> None:
        """Become readable at ``deadline``, at once when it has passed; None: not before the next ``arm``."""
        if deadline == self._armed:
            return
        # Zero would disarm. Rounding up keeps the timer from firing before the deadline.
        nanoseconds = 0 if deadline is None else max(1, math.ceil(deadline * _NANOSECONDS))
        _set(self._descriptor, nanoseconds)
        self._armed = deadline

    def acknowledge(self) -> None:
        """Take note that the timer fired: it is disarmed and not readable any more."""
        try:
            os.read(self._descriptor, 8)
        except BlockingIOError:
            return
        self._armed = None

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
