"""sd_notify(3) without libsystemd: the service manager is told when the daemon is ready, reloads, stops or fails."""

import os
import socket
import time
from collections.abc import Callable, MutableMapping
from typing import Final, Self

from vrrpd.units import Seconds

_SOCKET: Final = "NOTIFY_SOCKET"
_WATCHDOG_TIME: Final = "WATCHDOG_USEC"
_WATCHDOG_PID: Final = "WATCHDOG_PID"
_MICROSECONDS: Final = 1_000_000
_ORDINARY: Final = 10.0
"""Seconds for what else there is to do; less than systemd's own limit (90 s) changes nothing."""


class ServiceManager:
    """``address`` is where it listens, a path or ``@name``; None: nobody wants to know, and nothing is sent.

    ``watchdog`` seconds without ``keep_alive`` and it takes the daemon for hung; None: it does not look. Sending never
    waits; a manager that cannot be reached is no reason to stop, so failures are not reported.
    """

    def __init__(self, address: str | None = None, watchdog: Seconds | None = None) -> None:
        self.named = address
        self._address = _socket_name(address)
        self._pid: int | None = None
        self._relay: Callable[[bytes], bool] | None = None
        self.watchdog = watchdog if self._address is not None else None

    @classmethod
    def take_from(cls, environment: MutableMapping[str, str]) -> Self:
        """As the environment says. The variables are removed: what the daemon starts must not speak in its name."""
        address = environment.pop(_SOCKET, None)
        pid = environment.pop(_WATCHDOG_PID, str(os.getpid()))
        limit = environment.pop(_WATCHDOG_TIME, "")
        meant = pid == str(os.getpid()) and limit.isascii() and limit.isdecimal() and int(limit) > 0
        return cls(address, Seconds(int(limit) / _MICROSECONDS) if meant else None)

    def speak_through(self, relay: Callable[[bytes], bool], main_pid: int) -> None:
        """Have the main process send everything: managers believe no other one. What it cannot is sent from here."""
        self._relay, self._pid = relay, main_pid

    def lead(self) -> None:
        """This is the main process from now on."""
        self._relay = self._pid = None
        self._send(f"MAINPID={os.getpid()}")

    def ready(self, status: str) -> None:
        self._send("READY=1", f"MAINPID={self._pid or os.getpid()}", f"STATUS={status}")

    def reloading(self) -> None:
        """To be followed by ``ready``. The time is what Type=notify-reload asks for."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=reading the configuration")

    def stopping(self, status: str = "stopping") -> None:
        self._send("STOPPING=1", f"STATUS={status}")

    def extend(self, seconds: Seconds) -> None:
        """Stopping takes as long, and then as long as it may without that."""
        self._send(f"EXTEND_TIMEOUT_USEC={int((seconds + _ORDINARY) * _MICROSECONDS)}")

    def failed(self, errno: int, status: str) -> None:
        self._send(f"ERRNO={errno}", f"STATUS={status}")

    def keep_alive(self) -> None:
        self._send("WATCHDOG=1")

    def _send(self, *assignments: str) -> None:
        if self._address is None:
            return
        message = "\n".join(" ".join(text.splitlines()) for text in assignments).encode(errors="backslashreplace")
        if self._relay is None or not self._relay(message):
            self.pass_on(message)

    def pass_on(self, message: bytes) -> None:
        """Send what another process has to say."""
        if self._address is None:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
            try:
                sender.sendto(message, socket.MSG_DONTWAIT, self._address)
            except OSError:
                return  # see the class


def _socket_name(address: str | None) -> str | None:
    """As sockets are named in Python; other kinds (vsock) are for virtual machines."""
    if address is None or not address.startswith(("/", "@")) or "\0" in address:
        return None
    return f"\0{address[1:]}" if address.startswith("@") else address
