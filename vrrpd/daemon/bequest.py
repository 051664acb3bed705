"""What a program leaves to the installed version of itself, which goes on in its process: descriptors, mostly."""

import json
import os
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import Final, NoReturn

from vrrpd.daemon.post import Death
from vrrpd.errors import VrrpdError
from vrrpd.plain import PlainError, codec_of
from vrrpd.records import dataclass

_VARIABLE: Final = "VRRPD_BEQUEST"
_TRIAL: Final = "VRRPD_TRIAL"


@dataclass(frozen=True, slots=True)
class Bequest:
    """All numbers of descriptors are those of this process. A later version may add fields that have defaults.

    ``version`` is that of the program that leaves it. ``worker`` goes on meanwhile; ``post`` are the supervisor's end
    and the worker's. ``pages`` and ``beats`` are the ledger's, ``configuration`` the number of its configuration.
    ``policy``: see ``inherit_policy``.
    """

    version: str
    worker: int
    post: tuple[int, int]
    pages: tuple[int, ...]
    beats: int
    configuration: int
    pid_files: dict[str, int]
    run_dir: str
    run_dir_lock: int
    run_dir_created: bool
    connector: int
    sockets: dict[str, int] = field(default_factory=dict)
    deaths: tuple[Death, ...] = ()
    manager: str | None = None
    watchdog: float | None = None
    policy: tuple[int, int] = (0, 0)

    @property
    def descriptors(self) -> Iterator[int]:
        yield from self.post
        yield from self.pages
        yield from self.pid_files.values()
        yield from self.sockets.values()
        yield from (self.beats, self.run_dir_lock)
        if self.connector >= 0:
            yield self.connector


_CODEC: Final = codec_of(Bequest)


class UnknownBequestError(VrrpdError):
    """Left by a version that is too different from this one."""


@dataclass(frozen=True, slots=True)
class Program:
    """How this process was started: with what, and in which directory."""

    words: tuple[str, ...]
    directory: str

    @classmethod
    def of_this_process(cls) -> "Program":
        return cls((sys.executable, *sys.orig_argv[1:]), str(Path.cwd()))

    def replace(self, bequest: Bequest, *, trial: bool = False) -> NoReturn:
        """Run it anew in this process. ``trial``: it only finds out whether it could. OSError: it is not there."""
        before = Path.cwd()
        with _inheritable(bequest) as (number, environment):
            try:
                os.chdir(self.directory)
                extra = {_VARIABLE: str(number)} | ({_TRIAL: "1"} if trial else {})
                os.execve(self.words[0], self.words, environment | extra)  # noqa: S606  # what this process was started with
            finally:
                os.chdir(before)


@contextmanager
def _inheritable(bequest: Bequest) -> Iterator[tuple[int, dict[str, str]]]:
    """The descriptor of the written bequest, and this process's environment."""
    number = os.memfd_create("vrrpd-bequest", 0)
    descriptors: Sequence[int] = tuple(bequest.descriptors)
    try:
        os.write(number, json.dumps(_CODEC.write(bequest)).encode())
        for descriptor in descriptors:
            os.set_inheritable(descriptor, True)
        yield number, dict(os.environ)
    finally:
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        os.close(number)


def take_from(environment: MutableMapping[str, str]) -> tuple[Bequest | None, bool]:
    """What was left to this process, and whether this is a trial only. Raises UnknownBequestError."""
    number = environment.pop(_VARIABLE, "")
    trial = bool(environment.pop(_TRIAL, ""))
    if not number.isdecimal():
        return None, False
    try:
        content = os.pread(int(number), os.fstat(int(number)).st_size, 0)
        os.close(int(number))
        bequest: Bequest = _CODEC.read(json.loads(content))
    except (OSError, ValueError, PlainError) as error:
        raise UnknownBequestError(f"what the running version leaves cannot be understood: {error}") from error
    for descriptor in bequest.descriptors:
        os.set_inheritable(descriptor, False)
    return bequest, trial
