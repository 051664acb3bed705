"""The numbers that exporters and operators send, and what the log calls them."""

import os
import signal
import subprocess
import sys

import pytest

from vrrpd.daemon.signals import DUMPS, JSON, NUMBERS, REQUESTS, STATS_CLEAR, name_of


def test_numbers_of_glibc() -> None:
    """VyOS sends them by number."""
    assert (JSON, STATS_CLEAR) == (36, 63)
    assert NUMBERS["RELOAD"] == signal.SIGHUP
    assert set(NUMBERS.values()) == REQUESTS | {signal.SIGTERM}


def test_names_for_the_log() -> None:
    assert [name_of(number) for number in DUMPS] == ["SIGUSR1", "SIGUSR2", "SIGRTMAX-1", "SIGRTMIN+2"]


@pytest.mark.parametrize("number", sorted(REQUESTS))
def test_what_comes_before_the_handlers_waits_for_them(number: int) -> None:
    program = (
        "import os, signal, sys\n"
        "from vrrpd.daemon.signals import admit_requests, hold_requests\n"
        "hold_requests()\n"
        "os.kill(os.getpid(), int(sys.argv[1]))\n"
        "signal.signal(int(sys.argv[1]), lambda *_: print('handled'))\n"
        "admit_requests()\n"
    )
    argv = [sys.executable, "-c", program, str(number)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert done.stdout == "handled\n"
