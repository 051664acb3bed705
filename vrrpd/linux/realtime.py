"""How the kernel schedules this process and keeps its memory, and what it is called in lists of processes."""

import contextlib
import ctypes
import os
import resource
from collections.abc import Callable, Iterator
from errno import EPERM
from functools import cache
from pathlib import Path
from typing import Final

from vrrpd.errors import LinuxError
from vrrpd.linux.capabilities import has_capability
from vrrpd.records import dataclass

_PR_SET_NAME: Final = 15
_PR_SET_TIMERSLACK: Final = 29
_EXACT: Final = 1
_USUAL: Final = 0
_LONGEST_NAME: Final = 15
_MCL_CURRENT: Final = 1
_MCL_FUTURE: Final = 2
_MCL_ONFAULT: Final = 4


@dataclass(frozen=True, slots=True)
class Scheduling:
    """``nice`` -20..19, ``rt_priority`` 1..99 of SCHED_RR or 0, ``cpus`` the only ones to run on or empty for any,
    ``no_swap``: memory stays in RAM, ``rttime`` in microseconds: how long it may run under ``rt_priority`` without
    waiting for anything before the kernel sends SIGXCPU. ``tuned``: ``tune`` as well.
    """

    nice: int = 0
    rt_priority: int = 0
    cpus: frozenset[int] = frozenset()
    no_swap: bool = False
    rttime: int | None = None
    tuned: bool = False


def apply(scheduling: Scheduling) -> tuple[LinuxError, ...]:
    """As much of it as the kernel grants; the rest comes back as errors. Programs started later run as usual:
    neither a real-time policy nor a raised nice value is handed down, and what else is they get back in ``as_usual``.
    """
    if scheduling.tuned:
        tune()
    return tuple(error for step in _steps(scheduling) if (error := _attempt(step)) is not None)


_Step = tuple[str, Callable[[], None]]


def _steps(scheduling: Scheduling) -> Iterator[_Step]:
    if scheduling.cpus:
        cpus = ",".join(map(str, sorted(scheduling.cpus)))
        yield f"CPUs {cpus}", lambda: _bind(scheduling.cpus)
    if scheduling.nice:
        yield f"nice value {scheduling.nice}", lambda: _set_nice(scheduling.nice)
    if scheduling.rttime is not None:
        limit = scheduling.rttime
        yield f"RLIMIT_RTTIME {limit}", lambda: _limit_rttime(limit)
    if scheduling.rt_priority:
        yield f"SCHED_RR {scheduling.rt_priority}", lambda: _set_policy(os.SCHED_RR, scheduling.rt_priority)
    if scheduling.no_swap:
        yield "memory locked in RAM", _lock_memory


def _attempt(step: _Step) -> LinuxError | None:
    target, do = step
    try:
        do()
    except OSError as error:
        return LinuxError("set", target, error.errno or 0)
    return None


def _set_nice(value: int) -> None:
    os.setpriority(os.PRIO_PROCESS, 0, value)
    # sched(7): a negative nice value is reset too.
    _set_policy(os.SCHED_OTHER, 0)


def set_rt_priority(priority: int) -> None:
    """Run under SCHED_RR with this priority, 1..99, from now on. Raises LinuxError."""
    try:
        _set_policy(os.SCHED_RR, priority)
    except OSError as error:
        raise LinuxError("set", f"SCHED_RR {priority}", error.errno or 0) from error


def inherit_policy(policy: int, priority: int) -> LinuxError | None:
    """Run under the real-time policy of the process that this one was forked from; programs do not inherit it."""
    plain = policy & ~os.SCHED_RESET_ON_FORK
    if plain not in {os.SCHED_RR, os.SCHED_FIFO}:
        return None
    return _attempt((f"real-time priority {priority}", lambda: _set_policy(plain, priority)))


def own_policy() -> tuple[int, int]:
    """What ``inherit_policy`` takes."""
    return os.sched_getscheduler(0), os.sched_getparam(0).sched_priority


def rt_priority() -> int:
    """1..99 while this process runs in real time, whoever has arranged that; else 0."""
    return os.sched_getparam(0).sched_priority


def leave_real_time() -> None:
    """Run as usual again, at once; does nothing that could fail where ``set_rt_priority`` did not."""
    with contextlib.suppress(OSError):
        _set_policy(os.SCHED_OTHER, 0)


def limit_rttime(microseconds: int) -> None:
    """How long to run in real time without a pause before SIGXCPU comes. Raises LinuxError."""
    try:
        _limit_rttime(microseconds)
    except (OSError, ValueError) as error:
        raise LinuxError("set", f"RLIMIT_RTTIME {microseconds}", EPERM) from error


def describe() -> str:
    """How this process is scheduled now, for people: ``real time 1, memory stays in RAM``."""
    real_time = rt_priority()
    found = [f"real time {real_time}" if real_time else f"nice {os.getpriority(os.PRIO_PROCESS, 0)}"]
    if _Usual.cpus is not None:
        found.append("CPUs " + ",".join(map(str, sorted(os.sched_getaffinity(0)))))
    if _locked():
        found.append("memory stays in RAM")
    return ", ".join(found)


def _locked() -> bool:
    with contextlib.suppress(OSError):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return any(line.startswith("VmLck:") and line.split()[1] != "0" for line in lines)
    return False


def _set_policy(policy: int, priority: int) -> None:
    os.sched_setscheduler(0, policy | os.SCHED_RESET_ON_FORK, os.sched_param(priority))


def _limit_rttime(microseconds: int) -> None:
    """The soft limit only: past the hard one the kernel kills, and with it goes the master."""
    _, hard = resource.getrlimit(resource.RLIMIT_RTTIME)
    resource.setrlimit(resource.RLIMIT_RTTIME, (microseconds, hard))


def _lock_memory(*steps: int) -> None:
    """What is there now at once; what comes later as it is used, or the stack of each thread would take 8 MiB."""
    for flags in steps or (_MCL_CURRENT, _MCL_FUTURE | _MCL_ONFAULT):
        if _libc().mlockall(flags):
            raise OSError(ctypes.get_errno(), "mlockall")


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


class _Usual:
    """What programs that this process starts are to have instead of what it has itself."""

    cpus: frozenset[int] | None = None
    timers: bool = False


def _bind(cpus: frozenset[int]) -> None:
    before = frozenset(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cpus)
    _Usual.cpus = _Usual.cpus or before


def tune() -> tuple[str, ...]:
    """What costs nobody anything, as far as the kernel grants it; what was got, for people.

    Memory that was used once stays in RAM; what never was takes none. Waits end on time instead of up to 50 us late.
    """
    got = []
    if has_capability("CAP_IPC_LOCK"):  # without it each allocation beyond RLIMIT_MEMLOCK failed from then on
        with contextlib.suppress(OSError):
            _lock_memory(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT)
            got.append("memory stays in RAM")
    if _libc().prctl(_PR_SET_TIMERSLACK, _EXACT, 0, 0, 0) == 0:
        _Usual.timers = True
        got.append("timers are exact")
    return tuple(got)


@contextlib.contextmanager
def as_usual() -> Iterator[None]:
    """A program that is started inside runs on all CPUs and with the kernel's usual timers."""
    if _Usual.cpus is None and not _Usual.timers:
        yield
        return
    own = os.sched_getaffinity(0)
    try:
        if _Usual.cpus is not None:
            os.sched_setaffinity(0, _Usual.cpus)
        if _Usual.timers:
            _libc().prctl(_PR_SET_TIMERSLACK, _USUAL, 0, 0, 0)
        yield
    finally:
        if _Usual.cpus is not None:
            os.sched_setaffinity(0, own)
        if _Usual.timers:
            _libc().prctl(_PR_SET_TIMERSLACK, _EXACT, 0, 0, 0)


def set_process_name(name: str) -> None:
    """What ps(1) and killall(1) call this process: the first 15 bytes of ``name``. Call it in the main thread."""
    _libc().prctl(_PR_SET_NAME, name.encode(errors="replace")[:_LONGEST_NAME], 0, 0, 0)


def allow_core_dumps() -> None:
    """As far as the hard limit goes; beyond it where that can be raised."""
    unlimited = resource.RLIM_INFINITY
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (unlimited, unlimited))
