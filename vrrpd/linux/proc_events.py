"""Births, new programs, new names and ends of processes, as the kernel's process connector tells them.

It answers only in the initial network namespace, to a process that is in the initial PID and user namespaces. A socket
that was opened there goes on hearing after this process has entered another network namespace.
"""

import os
import select
import socket
import struct
import time
from collections.abc import Container, Iterator
from errno import ENOBUFS, EOPNOTSUPP, ETIMEDOUT
from typing import Final, TypeAlias

from vrrpd.errors import LinuxError
from vrrpd.linux import uapi
from vrrpd.linux.bpf import PROCESS_EVENTS, attach
from vrrpd.linux.queues import set_receive_queue
from vrrpd.records import dataclass

QUEUE: Final = 4 * 1024 * 1024
"""Bytes of the receive queue: some five thousand events."""
MOST: Final = 200
"""Events that ``read`` takes at once; the loop has other things to do."""

_KERNEL: Final = 0
_ANSWER_TIMEOUT: Final = 0.5
_LARGEST: Final = 512
_HEADER: Final = struct.Struct("=IHHII")  # struct nlmsghdr
_CONNECTOR: Final = struct.Struct("=IIIIHH")  # struct cn_msg: idx, val, seq, ack, len, flags
_OPERATION: Final = struct.Struct("=I")
_EVENT: Final = struct.Struct("=I12xIIII")  # struct proc_event: what, cpu and timestamp, then what depends on it
_EVENT_OFFSET: Final = _HEADER.size + _CONNECTOR.size
_NAME: Final = slice(_EVENT_OFFSET + 24, _EVENT_OFFSET + 40)
_SMALLEST: Final = _EVENT_OFFSET + _EVENT.size


@dataclass(frozen=True, slots=True)
class Forked:
    """``child`` is a copy of ``parent``; new threads are not told."""

    parent: int
    child: int


@dataclass(frozen=True, slots=True)
class Executed:
    """``pid`` runs another program, with another name and command line."""

    pid: int


@dataclass(frozen=True, slots=True)
class Renamed:
    """``pid`` gave itself another name (of at most 15 bytes)."""

    pid: int
    name: bytes


@dataclass(frozen=True, slots=True)
class Exited:
    """``pid`` has ended, though it may be there as a zombie yet."""

    pid: int


@dataclass(frozen=True, slots=True)
class EventsLost:
    """The queue was too short: nobody knows what happened meanwhile."""


ProcessEvent: TypeAlias = Forked | Executed | Renamed | Exited | EventsLost


class ProcessConnector:
    """Open it before another network namespace is entered; until ``listen`` it costs nothing. ``inherited``: the
    descriptor of one that a program before this one had.
    """

    def __init__(self, inherited: int = -1) -> None:
        self._error: LinuxError | None = None
        self._socket: socket.socket | None = None
        self._queue = QUEUE
        if inherited >= 0:
            self._socket = socket.socket(fileno=inherited)
            return
        try:
            # 11: NETLINK_CONNECTOR, which Python's module does not have.
            kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
            self._socket = socket.socket(socket.AF_NETLINK, kind, uapi.NETLINK_CONNECTOR)
        except OSError as error:
            self._error = _failure(error)

    def fileno(self) -> int:
        return -1 if self._socket is None else self._socket.fileno()

    def enlarge(self, queue: int) -> None:
        """Hold at least so many bytes of events."""
        self._queue = max(QUEUE, queue)
        if self._socket is not None:
            set_receive_queue(self._socket, self._queue)

    def listen(self) -> None:
        """Events from now on can be read. LinuxError: this kernel has none for us.

        ECONNREFUSED in another network namespace, EOPNOTSUPP in another PID or user one, EPERM without CAP_NET_ADMIN.
        """
        if self._socket is None:
            raise self._error or LinuxError("listen to", "process events", 0)
        if not _in_initial_namespaces():
            raise LinuxError("listen to", "process events", EOPNOTSUPP)  # there would be no answer, and a wait for it
        try:
            attach(self._socket, PROCESS_EVENTS)
            set_receive_queue(self._socket, self._queue)
            self._socket.setsockopt(uapi.SOL_NETLINK, uapi.NETLINK_ADD_MEMBERSHIP, uapi.CN_IDX_PROC)
            token = int.from_bytes(os.urandom(4)) >> 1
            self._tell(uapi.PROC_CN_MCAST_LISTEN, token)
            self._await(token)
        except OSError as error:
            raise _failure(error) from error

    def pause(self) -> None:
        """Hear nothing until ``listen`` is called again."""
        if self._socket is None:
            return
        try:
            self._tell(uapi.PROC_CN_MCAST_IGNORE, 0)
            self._socket.setsockopt(uapi.SOL_NETLINK, uapi.NETLINK_DROP_MEMBERSHIP, uapi.CN_IDX_PROC)
        except OSError:
            return  # it does not listen

    def close(self) -> None:
        if self._socket is not None:
            self.pause()
            self._socket.close()
            self._socket = None

    def _tell(self, operation: int, token: int) -> None:
        message = _OPERATION.pack(operation)
        connector = _CONNECTOR.pack(uapi.CN_IDX_PROC, uapi.CN_VAL_PROC, token, token, len(message), 0)
        length = _HEADER.size + len(connector) + len(message)
        header = _HEADER.pack(length, uapi.NLMSG_DONE, 0, 0, os.getpid())
        if self._socket is not None:
            self._socket.send(header + connector + message)

    def _await(self, token: int) -> None:
        """Until the kernel has answered: others may listen, so that events alone do not prove that it heard us."""
        give_up = time.monotonic() + _ANSWER_TIMEOUT
        while self._socket is not None:
            readable, _, _ = select.select([self._socket], [], [], max(0.0, give_up - time.monotonic()))
            if not readable:
                raise OSError(ETIMEDOUT, "no answer")
            try:
                datagram = self._socket.recv(_LARGEST)
            except OSError as error:
                if error.errno == ENOBUFS:
                    continue
                raise
            if len(datagram) < _SMALLEST:
                continue
            what, failure, *_ = _EVENT.unpack_from(datagram, _EVENT_OFFSET)
            if what == uapi.PROC_EVENT_NONE and _CONNECTOR.unpack_from(datagram, _HEADER.size)[3] == token + 1:
                if failure:
                    raise OSError(failure, "refused")
                return

    def read(self, known: Container[int], most: int = MOST) -> Iterator[ProcessEvent]:
        """What has happened, one by one, at most ``most``; births by and ends of processes not ``known`` are left out.

        ``known`` is asked when the event is taken, so that what the one before has changed counts.
        """
        for _ in range(most):
            try:
                datagram, sender = self._receive()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != ENOBUFS:
                    raise _failure(error) from error
                yield EventsLost()
                continue
            if sender[0] == _KERNEL and len(datagram) >= _SMALLEST:
                event = _decode(datagram, known)
                if event is not None:
                    yield event

    def _receive(self) -> tuple[bytes, tuple[int, int]]:
        if self._socket is None:
            raise BlockingIOError
        return self._socket.recvfrom(_LARGEST)


def _in_initial_namespaces() -> bool:
    try:
        pid, user = (os.stat(f"/proc/self/ns/{kind}").st_ino for kind in ("pid", "user"))  # noqa: PTH116  # no Path needed
    except OSError:
        return True  # nobody knows: ask and see
    return (pid, user) == (uapi.PROC_PID_INIT_INO, uapi.PROC_USER_INIT_INO)


def _failure(error: OSError) -> LinuxError:
    return LinuxError("listen to", "process events", error.errno or 0)


def _decode(datagram: bytes, known: Container[int]) -> ProcessEvent | None:
    """The filter lets through only what is of whole processes, so the thread's number need not be looked at."""
    what, _, process, child, _ = _EVENT.unpack_from(datagram, _EVENT_OFFSET)
    if what == uapi.PROC_EVENT_FORK:
        return Forked(process, child) if process in known else None
    if what == uapi.PROC_EVENT_EXIT:
        return Exited(process) if process in known else None
    if what == uapi.PROC_EVENT_EXEC:
        return Executed(process)
    if what == uapi.PROC_EVENT_COMM:
        return Renamed(process, datagram[_NAME].split(b"\0", 1)[0])
    return None
