"""One client of the control socket: its bytes in, its replies out, and the bounds on both."""

import socket
import struct
from collections.abc import Callable
from typing import Final

from vrrpd.control.commands import Caller
from vrrpd.control.protocol import LINE_LIMIT, LineBuffer
from vrrpd.loop import Loop, TimerHandle
from vrrpd.records import dataclass

_SO_PEERGROUPS: Final = 59  # asm-generic/socket.h; Python has no name for it
_GROUPS_BYTES: Final = 1024  # the most that Python's getsockopt takes: 256 groups
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """``clients`` at once (a newcomer takes the place of the one silent longest), ``line`` bytes of a request,
    ``queued`` bytes of unread replies above which a client's requests wait, ``stall`` seconds without reading any of
    them after which it is dropped.
    """

    clients: int = 32
    line: int = LINE_LIMIT
    queued: int = 256 * 1024
    stall: float = 10.0


def caller_of(client: socket.socket) -> Caller:
    pid, uid, gid = struct.unpack("iII", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return Caller(pid, uid, gid, _peer_groups(client))


def _peer_groups(client: socket.socket) -> tuple[int, ...]:
    try:
        data = client.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _GROUPS_BYTES)
    except OSError:
        return ()  # ERANGE: more groups than that; ENOPROTOOPT: a kernel without it
    return struct.unpack(f"{len(data) // 4}I", data)


class Connection:
    """Callbacks on ``loop`` only; nothing here waits.

    ``on_request(connection)`` is called when a request may be taken; the answer is ``next_line`` followed by ``send``,
    and only that leads to the next call. ``on_end(connection, why)`` is called once, with "" for an ordinary end.
    """

    def __init__(
        self,
        loop: Loop,
        client: socket.socket,
        limits: Limits,
        on_request: Callable[["Connection"], None],
        on_end: Callable[["Connection", str], None],
    ) -> None:
        self.caller = caller_of(client)
        self.last_active = self._last_sent = loop.time()
        self._loop = loop
        self._socket = client
        self._limits = limits
        self._on_request = on_request
        self._on_end = on_end
        self._input = LineBuffer(limits.line)
        self._output = bytearray()
        self._reading = self._announced = self._ended = self._closing = self._closed = False
        self._stall_check: TimerHandle | None = None
        self._update()

    def next_line(self) -> bytes | None:
        """The next request. None: there is no whole one, or ``too_long`` says that there never will be."""
        self._announced = False
        return None if self._closed or self.too_long else self._input.next_line()

    @property
    def too_long(self) -> bool:
        return self._input.overflowing

    def send(self, line: bytes, *, last: bool = False) -> None:
        """Queue a reply and send what the client takes now; ``last``: close as soon as it has been read."""
        if self._closed:
            return
        if not self._output:
            self._last_sent = self._loop.time()
        self._output += line
        self._closing = self._closing or last
        self._flush()

    def close(self, why: str = "") -> None:
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        if self._stall_check is not None:
            self._stall_check.cancel()
        self._socket.close()
        self._on_end(self, why)

    def _read(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.close()
            return
        self.last_active = self._loop.time()
        self._input.feed(data)
        self._ended = not data
        self._update()

    def _update(self) -> None:
        """A request waits while too much is unread, reading waits while a request does: so both are bounded."""
        choked = self._closing or len(self._output) > self._limits.queued
        waiting = not choked and (self._input.has_line or self.too_long)
        if waiting and not self._announced:
            self._announced = True
            self._on_request(self)
        elif self._ended and not waiting and not self._output:
            self.close()
            return
        self._set_reading(not (choked or waiting or self._ended))

    def _set_reading(self, wanted: bool) -> None:
        if wanted and not self._reading:
            self._loop.add_reader(self._socket, self._read)
        elif self._reading and not wanted:
            self._loop.remove_reader(self._socket)
        self._reading = wanted

    def _flush(self) -> None:
        try:
            sent = self._socket.send(self._output) if self._output else 0
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self.close()
            return
        if sent:
            self.last_active = self._last_sent = self._loop.time()
            del self._output[:sent]
        if self._output:
            self._loop.add_writer(self._socket, self._flush)
            self._watch_for_stall()
            return
        self._loop.remove_writer(self._socket)
        if self._closing:
            self.close()
        else:
            self._update()

    def _watch_for_stall(self) -> None:
        if self._stall_check is None:
            self._stall_check = self._loop.call_later(self._limits.stall, self._check_stall)

    def _check_stall(self) -> None:
        self._stall_check = None
        if not self._output:
            return
        if self._loop.time() - self._last_sent >= self._limits.stall:
            self.close(f"has not read its reply for {self._limits.stall:g} s")
        else:
            self._watch_for_stall()
