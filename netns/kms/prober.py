"""Clients without KMIP: requests at a fixed pace, each over its own connection, whether or not others were answered.

    python -m netns.kms.prober health|connect ADDRESS PORT INTERVAL PATIENCE FILE

"health" asks for /health and reads the answer; "connect" only lets a connection come about. A request without an
answer after PATIENCE seconds has failed: a lost SYN is repeated only after a second, and waiting for that would make an
outage seem longer than it is.
"""

import errno
import os
import select
import socket
import struct
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Final

from netns.kms.health import is_up
from netns.kms.recording import Recorder

READY: Final = "asks"
_RESET: Final = struct.pack("ii", 1, 0)
_WORDS: Final = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "cut",
    errno.EPIPE: "cut",
    errno.ENETUNREACH: "unreachable",
    errno.EHOSTUNREACH: "unreachable",
    errno.ETIMEDOUT: "timeout",
}


class Attempt:
    """One connection. ``error`` is "" when it went well; ``ended`` is None while it is under way."""

    def __init__(self, address: str, port: int, request: bytes) -> None:
        self.started = time.monotonic()
        self.ended: float | None = None
        self.error = ""
        self._request = request
        self._received = b""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        # Closed by a reset: hundreds a second would otherwise keep all ports waiting.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        number = self.socket.connect_ex((address, port))
        if number not in {0, errno.EINPROGRESS}:
            self.end(_word(number))

    def end(self, error: str = "") -> None:
        self.ended = time.monotonic()
        self.error = error
        self.socket.close()

    def advance(self, events: int) -> int:
        """Returns what to wait for next; 0 at the end."""
        try:
            return self._connected() if events & select.EPOLLOUT and not self._received else self._readable()
        except OSError as error:
            self.end(_word(error.errno))
            return 0

    def _connected(self) -> int:
        number = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if not self._request and number == errno.ECONNRESET:
            number = 0  # it had come about before HAProxy closed it
        if number or not self._request:
            self.end(_word(number) if number else "")
            return 0
        self.socket.send(self._request)
        return select.EPOLLIN

    def _readable(self) -> int:
        data = self.socket.recv(4096)
        self._received += data
        if data:
            return select.EPOLLIN
        self.end(verdict(self._received))
        return 0


def verdict(answer: bytes) -> str:
    """What is wrong with an answer from /health; "" when nothing is."""
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(None, 2)
    if len(words) < 2:
        return "cut"
    if words[1] != b"200":
        return f"answer {words[1].decode(errors='replace')}"
    return "" if is_up(body) else "answer DOWN"


class Prober:
    def __init__(self, kind: str, address: str, port: int, interval: float, patience: float, file: Path) -> None:
        self._where = (address, port)
        self._request = f"GET /health HTTP/1.0\r\nHost: {address}\r\n\r\n".encode() if kind == "health" else b""
        self._interval = interval
        self._patience = patience
        self._recorder = Recorder(kind, file, every_error=kind != "connect")
        self._poll = select.epoll()
        self._open: dict[int, Attempt] = {}
        self._line: deque[Attempt] = deque()

    def run(self) -> None:
        due = time.monotonic()
        while True:
            self._start()
            due = max(due + self._interval, time.monotonic() - self._interval)
            while (left := due - time.monotonic()) > 0:
                for descriptor, events in self._poll.poll(left):
                    self._advance(descriptor, events)
            self._settle()

    def _start(self) -> None:
        attempt = Attempt(*self._where, self._request)
        self._line.append(attempt)
        if attempt.ended is None:
            self._open[attempt.socket.fileno()] = attempt
            self._poll.register(attempt.socket, select.EPOLLOUT)

    def _advance(self, descriptor: int, events: int) -> None:
        attempt = self._open[descriptor]
        wanted = attempt.advance(events)
        if wanted:
            self._poll.modify(descriptor, wanted)
        else:
            del self._open[descriptor]

    def _settle(self) -> None:
        """In the order in which they began: the first one's fate decides when an outage began."""
        overdue = time.monotonic() - self._patience
        while self._line:
            first = self._line[0]
            if first.ended is None:
                if first.started > overdue:
                    return
                del self._open[first.socket.fileno()]
                first.end("timeout")
            self._line.popleft()
            self._recorder.attempt(first.started, first.ended or first.started, first.error or None)


def _word(number: int | None) -> str:
    return _WORDS.get(number or 0) or errno.errorcode.get(number or 0, "error").lower()


def main() -> None:
    kind, address, port, interval, patience, file = sys.argv[1:7]
    # The measurer must not wait for what it measures.
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    prober = Prober(kind, address, int(port), float(interval), float(patience), Path(file))
    print(f"{kind} {READY}", flush=True)
    prober.run()


if __name__ == "__main__":
    main()
