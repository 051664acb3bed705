"""Whole Ethernet frames, sent as they are: gratuitous ARP and unsolicited Neighbour Advertisements."""

import socket
import time
from collections.abc import Callable, Sequence
from errno import EAGAIN, EINTR, ENOBUFS, ENODEV
from typing import Final

from vrrpd.errors import LinuxError
from vrrpd.linux import clock, uapi

_QUEUE: Final = 4 * 1024 * 1024
_PATIENCE: Final = 0.02
"""Seconds that one call waits for a full queue, all frames together: the caller has other things to do."""
_PAUSE: Final = 0.001
_PART: Final = 100
"""Frames; they take about a millisecond."""
_FULL: Final = (ENOBUFS, EAGAIN, EINTR)


class Announcer:
    """Sends frames out of one interface and receives none.

    It belongs to the interface, whatever its name becomes. LinuxError when the interface is gone or the privilege is
    missing. ``between`` is called whenever a part of many frames is sent, and while the queue is full. ``inherited`` is
    the descriptor of one that another process opened for this interface: this object's from now on.
    """

    def __init__(
        self, interface_index: int, between: Callable[[], None] | None = None, inherited: int | None = None
    ) -> None:
        self.interface_index: Final = interface_index
        self._between = between or _nothing
        self._name = f"interface {interface_index}"
        try:
            # Protocol 0: the kernel delivers nothing to this socket.
            kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK
            self._socket = socket.socket(socket.AF_PACKET, kind, 0, fileno=inherited)
        except OSError as error:
            raise LinuxError("announce on", self._name, error.errno or 0) from error
        try:
            self._prepare()
        except OSError as error:
            self._socket.close()
            raise LinuxError("announce on", self._name, error.errno or 0) from error

    def _prepare(self) -> None:
        self._name = socket.if_indextoname(self.interface_index)
        self._socket.bind((self._name, 0))
        # Another interface may have taken the name since it was looked up.
        if socket.if_nametoindex(self._name) != self.interface_index:
            raise OSError(ENODEV, "the interface was replaced")
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, uapi.SO_SNDBUFFORCE, _QUEUE // 2)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, uapi.TC_PRIO_CONTROL)
        except PermissionError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _QUEUE // 2)

    def send(self, frames: Sequence[bytes], rounds: int) -> int:
        """Send all frames, then all of them again, ``rounds`` times in total (keepalived's order).

        Returns how many were sent: fewer than ``rounds * len(frames)`` when the interface's queue stayed full for
        20 ms. LinuxError: ENETDOWN while the interface is down, ENXIO when it is gone, EMSGSIZE for too long a frame.
        """
        sent = 0
        transmit, patience = self._socket.send, _Patience()
        for _ in range(rounds):
            for start in range(0, len(frames), _PART):
                for frame in frames[start : start + _PART]:
                    try:
                        transmit(frame)
                    except OSError as error:
                        if error.errno not in _FULL:
                            raise LinuxError("announce on", self._name, error.errno or 0) from error
                        if not self._send_later(frame, patience):
                            return sent
                    sent += 1
                self._between()
        return sent

    def _send_later(self, frame: bytes, patience: "_Patience") -> bool:
        """False when the queue stayed full. An interface's queue cannot be polled for room, so wait a little."""
        while patience.lasts():
            self._between()
            time.sleep(_PAUSE)
            try:
                self._socket.send(frame)
            except OSError as error:
                if error.errno not in _FULL:
                    raise LinuxError("announce on", self._name, error.errno or 0) from error
            else:
                return True
        return False

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()


class _Patience:
    """Begins when it is first asked for."""

    def __init__(self) -> None:
        self._ends: float | None = None

    def lasts(self) -> bool:
        now = clock.now()
        if self._ends is None:
            self._ends = now + _PATIENCE
        return now < self._ends


def _nothing() -> None:
    """Nobody else has anything to do meanwhile."""
