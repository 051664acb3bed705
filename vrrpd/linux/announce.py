"""Whole Ethernet frames, sent as they are: gratuitous ARP and unsolicited Neighbour Advertisements."""

import socket
import time
from collections.abc import Sequence
from errno import EAGAIN, EINTR, ENOBUFS, ENODEV
from typing import Final

from vrrpd.errors import LinuxError
from vrrpd.linux import clock, uapi

_QUEUE: Final = 4 * 1024 * 1024
_PATIENCE: Final = 0.02
"""Seconds that one call waits for a full queue, all frames together: the caller has other things to do."""
_PAUSE: Final = 0.001
_FULL: Final = (ENOBUFS, EAGAIN, EINTR)


class Announcer:
    """Sends frames out of one interface and receives none.

    It belongs to the interface, whatever its name becomes. LinuxError when the interface is gone or the privilege is
    missing.
    """

    def __init__(self, interface_index: int) -> None:
        self.interface_index: Final = interface_index
        try:
            self._name = socket.if_indextoname(interface_index)
            # Protocol 0: the kernel delivers nothing to this socket.
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        except OSError as error:
            raise LinuxError("announce on", f"interface {interface_index}", error.errno or 0) from error
        try:
            self._prepare()
        except OSError as error:
            self._socket.close()
            raise LinuxError("announce on", self._name, error.errno or 0) from error

    def _prepare(self) -> None:
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
        give_up: float | None = None
        for _ in range(rounds):
            for frame in frames:
                while not self._send_one(frame):
                    now = clock.now()
                    give_up = give_up or now + _PATIENCE
                    if now >= give_up:
                        return sent
                    # An interface's queue cannot be polled for room, so wait a little.
                    time.sleep(_PAUSE)
                sent += 1
        return sent

    def _send_one(self, frame: bytes) -> bool:
        """False when the queue is full."""
        try:
            self._socket.send(frame)
        except OSError as error:
            if error.errno in _FULL:
                return False
            raise LinuxError("announce on", self._name, error.errno or 0) from error
        return True

    def close(self) -> None:
        self._socket.close()
