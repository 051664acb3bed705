"""Between the supervisor and its worker: one pair of sockets that outlives every worker, one datagram for each message.

The worker deposits sockets with the supervisor under names; the next worker, a fork of the supervisor, then has them.
"""

from __future__ import annotations

import array
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Final

from vrrpd.loop import Loop
from vrrpd.records import dataclass

KEEP: Final = b"K"
DROP: Final = b"D"
NOTIFY: Final = b"N"
STARTED: Final = b"S"
UPGRADE: Final = b"U"
"""From the worker: have the installed version take over."""

ORDER: Final = b"O"
"""From the supervisor: a signal that passed on, by its number."""
LEAVE: Final = b"L"
"""The installed version waits: end, and leave everything as it is."""
REFUSED: Final = b"F"
"""There is no upgrade: why."""
LONGEST: Final = 4096
_ROOM: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Death:
    """A worker ended: when (seconds since the epoch), its process id, and how, for people."""

    at: float
    pid: int
    how: str


@dataclass(slots=True)
class Estate:
    """What the workers before left: sockets by name, how they died, when (CLOCK_MONOTONIC) the last one ended.
    ``version``: it did not die, but made room for this version; "" otherwise.
    """

    sockets: dict[str, int] = field(default_factory=dict)
    deaths: list[Death] = field(default_factory=list)
    ended_at: float = 0.0
    version: str = ""


def pair() -> tuple[socket.socket, socket.socket]:
    """The supervisor's end and the worker's."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ROOM)
    return ends


def adopt(descriptors: tuple[int, int]) -> tuple[socket.socket, socket.socket]:
    """Those of a program that was here before."""
    supervisors, workers = (socket.socket(fileno=descriptor) for descriptor in descriptors)
    return supervisors, workers


def receive(end: socket.socket) -> tuple[bytes, list[int]] | None:
    """The next message with its descriptors; None when there is none now. b"": the other side is gone."""
    try:
        message, control, _, _ = end.recvmsg(LONGEST, socket.CMSG_SPACE(array.array("i").itemsize))
    except BlockingIOError:
        return None
    except ConnectionResetError:
        return b"", []
    descriptors = array.array("i")
    for level, kind, data in control:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return message, list(descriptors)


class Post:
    """The worker's side. ``supervisor`` is its process id; ``alone``: it is gone."""

    def __init__(self, end: socket.socket, supervisor: int, estate: Estate) -> None:
        self._end = end
        self._unclaimed = dict(estate.sockets)
        self.supervisor = supervisor
        self.deaths: Sequence[Death] = tuple(estate.deaths)
        self.ended_at = estate.ended_at
        self.version_before = estate.version
        self.alone = False

    def listen(self, loop: Loop, told: Callable[[bytes, bytes], None], left: Callable[[], None]) -> None:
        """``told`` gets the kind of each message and the rest; ``left`` is called when the supervisor is gone."""

        def readable() -> None:
            while (found := receive(self._end)) is not None:
                if not found[0]:
                    loop.remove_reader(self._end)
                    self.alone = True
                    left()
                    return
                told(found[0][:1], found[0][1:])

        loop.add_reader(self._end, readable)

    def keep(self, name: str, descriptor: int) -> None:
        """Have this socket kept for the next worker, instead of the one of that name."""
        rights = array.array("i", [descriptor])
        self._send(KEEP + name.encode(), [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])

    def drop(self, name: str) -> None:
        self._send(DROP + name.encode())

    def claim(self, name: str) -> int | None:
        """The descriptor that a worker before deposited under this name: the caller's from now on."""
        return self._unclaimed.pop(name, None)

    def drop_unclaimed(self) -> None:
        for name, descriptor in self._unclaimed.items():
            os.close(descriptor)
            self.drop(name)
        self._unclaimed.clear()

    def notify(self, message: bytes) -> bool:
        """For the service manager, from the main process; False: it cannot be passed on."""
        return not self.alone and self._send(NOTIFY + message)

    def started(self, code: int) -> None:
        self._send(STARTED + bytes((code,)))

    def upgrade(self) -> None:
        """Answered by REFUSED, or in the end by LEAVE."""
        self._send(UPGRADE)

    def _send(self, message: bytes, ancillary: Sequence[tuple[int, int, array.array[int]]] = ()) -> bool:
        try:
            self._end.sendmsg([message[:LONGEST]], ancillary)
        except OSError:
            return False  # it is gone or does not read: what is not kept is opened anew
        return True
