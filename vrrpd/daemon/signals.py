"""The signals that keepalived's operators and exporters send, by name and number."""

import signal
from collections.abc import Mapping
from typing import Final

RELOAD: Final = int(signal.SIGHUP)
STOP: Final = int(signal.SIGTERM)
DATA: Final = int(signal.SIGUSR1)
STATS: Final = int(signal.SIGUSR2)
STATS_CLEAR: Final = int(signal.SIGRTMAX) - 1
JSON: Final = int(signal.SIGRTMIN) + 2

NUMBERS: Final[Mapping[str, int]] = {
    "STOP": STOP,
    "RELOAD": RELOAD,
    "DATA": DATA,
    "STATS": STATS,
    "STATS_CLEAR": STATS_CLEAR,
    "JSON": JSON,
}
"""What ``--signum`` knows."""

DUMPS: Final = (DATA, STATS, STATS_CLEAR, JSON)
REQUESTS: Final = frozenset((RELOAD, *DUMPS))
"""Those that kill a process which is not prepared for them."""


_HELD: Final = REQUESTS | {signal.SIGXCPU}


def hold_requests() -> None:
    """Let them wait until ``admit_requests``: the pid file names this process before its handlers are in place. SIGXCPU
    too, with which the kernel speaks of ``vrrp_rlimit_rttime``.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)


def admit_requests() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)


def hold_for_good() -> None:
    """The process is about to end by itself, and without handlers: nothing that is asked of it now may kill it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _HELD | {signal.SIGTERM, signal.SIGINT})


def name_of(number: int) -> str:
    """``SIGUSR1``, ``SIGRTMIN+2``, ``SIGRTMAX-1``."""
    if number == JSON:
        return "SIGRTMIN+2"
    return "SIGRTMAX-1" if number == STATS_CLEAR else signal.Signals(number).name
