"""Child process of netns.probe: HTTP requests at a fixed pace, each over its own TCP connection.

Run as ``python -I -S _requester.py INTERVAL TIMEOUT ADDRESS PORT PATH`` inside the client. Writes ``ready``, then for
every finished request one line ``started_ns ended_ns status served_by body`` (status 0: the body says what failed;
``-`` for what is missing), until its input closes.
"""

import contextlib
import errno
import os
import selectors
import socket
import sys
import time


class Request:
    """One connection from its SYN to its end."""

    def __init__(self, address: str, port: int, path: str, timeout: float) -> None:
        self.started_ns = time.time_ns()
        self.deadline = time.monotonic() + timeout
        self.request = f"GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode()
        self.received = b""
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self.error = self.socket.connect_ex((address, port))

    def send(self) -> None:
        self.error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if not self.error:
            self.socket.send(self.request)

    def receive(self) -> bool:
        """True when the answer is complete."""
        data = self.socket.recv(65536)
        self.received += data
        return not data

    def line(self, failure: str = "") -> str:
        self.socket.close()
        times = f"{self.started_ns} {time.time_ns()}"
        head, _, body = self.received.partition(b"\r\n\r\n")
        lines = head.decode(errors="replace").split("\r\n")
        words = lines[0].split()
        if failure or len(words) < 2 or not words[1].isdigit():
            return f"{times} 0 - {failure or 'no answer'}\n"
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        first = body.decode(errors="replace").split("\n", 1)[0].strip()
        return f"{times} {words[1]} {headers.get('x-served-by') or '-'} {first or '-'}\n"


class Requester:
    def __init__(self, interval: float, timeout: float, address: str, port: int, path: str) -> None:
        self.interval = interval
        self.timeout = timeout
        self.where = (address, port, path)
        self.selector = selectors.DefaultSelector()
        self.open: list[Request] = []
        self.lines: list[str] = []

    def start(self) -> None:
        try:
            request = Request(*self.where, self.timeout)
        except OSError as error:
            self.lines.append(f"{time.time_ns()} {time.time_ns()} 0 - {errno.errorcode.get(error.errno or 0)}\n")
            return
        if request.error not in {0, errno.EINPROGRESS}:
            self.lines.append(request.line(errno.errorcode.get(request.error, str(request.error))))
            return
        self.open.append(request)
        self.selector.register(request.socket, selectors.EVENT_WRITE, request)

    def serve(self, until: float) -> None:
        while (left := until - time.monotonic()) > 0:
            for key, events in self.selector.select(left):
                self.advance(key.data, events)
        for request in [request for request in self.open if request.deadline <= time.monotonic()]:
            self.finish(request, "timeout")

    def advance(self, request: Request, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                request.send()
                if request.error:
                    self.finish(request, errno.errorcode.get(request.error, str(request.error)))
                    return
                self.selector.modify(request.socket, selectors.EVENT_READ, request)
            elif request.receive():
                self.finish(request)
        except OSError as error:
            self.finish(request, errno.errorcode.get(error.errno or 0, "error"))

    def finish(self, request: Request, failure: str = "") -> None:
        self.selector.unregister(request.socket)
        self.open.remove(request)
        self.lines.append(request.line(failure))

    def report(self) -> None:
        if self.lines:
            os.write(1, "".join(self.lines).encode())
            self.lines.clear()


def main() -> None:
    interval, timeout, address, port, path = sys.argv[1:6]
    requester = Requester(float(interval), float(timeout), address, int(port), path)
    stop = selectors.DefaultSelector()
    stop.register(0, selectors.EVENT_READ)
    os.write(1, b"ready\n")
    due = time.monotonic()
    with contextlib.suppress(BrokenPipeError):
        while not stop.select(0):
            requester.start()
            due = max(due + requester.interval, time.monotonic())
            requester.serve(due)
            requester.report()


if __name__ == "__main__":
    main()
