"""The supervisor's part of an upgrade: try the installed version out beside the worker, then become it."""

import os
import time
from collections.abc import Callable
from typing import Final, NoReturn

from vrrpd.daemon.bequest import Bequest, Program
from vrrpd.units import Seconds

PATIENCE: Final = Seconds(30.0)
"""For the trial: it loads the program, reads the configuration and what the running one has written down."""
_LONGEST: Final = 2000
_NOT_RUN: Final = 127


class Upgrade:
    """One attempt after the other. ``leave`` makes the bequest: everything that the installed version goes on with."""

    def __init__(self, program: Program, leave: Callable[[], Bequest]) -> None:
        self._program = program
        self._leave = leave
        self._trial = 0
        self._said = -1
        self._limit = 0.0

    @property
    def trial(self) -> int:
        """The process in which it is tried; 0: none is."""
        return self._trial

    @property
    def left(self) -> float | None:
        """Seconds that the trial may take; None: there is none."""
        return max(0.0, self._limit - time.monotonic()) if self._trial else None

    def begin(self, fork: Callable[[Callable[[], int]], int]) -> None:
        if not self._trial:
            self._said = os.memfd_create("vrrpd-trial", os.MFD_CLOEXEC)
            self._limit = time.monotonic() + PATIENCE
            self._trial = fork(self._try_out)

    def _try_out(self) -> int:
        """In the fork."""
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        for standard, descriptor in enumerate((null, null, self._said)):
            os.dup2(descriptor, standard)
        try:
            self._program.replace(self._leave(), trial=True)
        except OSError as error:
            os.write(2, f"cannot run {self._program.words[0]}: {error.strerror}".encode())
        return _NOT_RUN

    def verdict(self, status: int) -> str:
        """The trial has ended; why the installed version cannot take over, or ""."""
        code = os.waitstatus_to_exitcode(status)
        said = os.pread(self._said, _LONGEST, 0).decode(errors="replace").strip()
        os.close(self._said)
        self._trial, self._said = 0, -1
        if not code:
            return ""
        return said or (f"it ended with {code}" if code > 0 else f"it was killed by signal {-code}")

    def carry_out(self) -> NoReturn:
        """OSError: it cannot be run."""
        self._program.replace(self._leave())
