"""Before everything else on the machine: what is compared in milliseconds is not to wait for what is only starting."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_PRIORITY: Final = 1


@contextmanager
def children_ahead() -> Iterator[None]:
    """Threads and programs that are started within go before ordinary ones; this thread too, until the end."""
    before = os.sched_getscheduler(0)
    _set(0, os.SCHED_RR)
    try:
        yield
    finally:
        _set(0, before)


def put_ahead(pids: list[int], *, children: bool) -> None:
    """Processes that run; what they start is ordinary again unless ``children`` are to go before others too."""
    for pid in pids:
        _set(pid, os.SCHED_RR if children else os.SCHED_RR | os.SCHED_RESET_ON_FORK)


def thread_ahead(work: Callable[[], None]) -> threading.Thread:
    """A thread for ``work``, started; threads and programs that it starts are ordinary."""

    def body() -> None:
        _set(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK)
        work()

    thread = threading.Thread(target=body)
    thread.start()
    return thread


def _set(pid: int, policy: int) -> None:
    """A process that has ended, or a machine that does not allow it, is left as it is: then noise may show."""
    priority = 0 if policy == os.SCHED_OTHER else _PRIORITY
    try:
        os.sched_setscheduler(pid, policy, os.sched_param(priority))
    except OSError:
        return
