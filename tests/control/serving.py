"""A control server on a loop in a thread of its own, for clients that block."""

import concurrent.futures
import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from vrrpd.control.client import ControlClient
from vrrpd.control.commands import Access, Caller, Command, CommandError, command_table, no_arguments
from vrrpd.control.connection import Limits
from vrrpd.control.protocol import ErrorCode
from vrrpd.control.server import ControlServer
from vrrpd.errors import VrrpdError
from vrrpd.loop import EventLoop, Loop

T = TypeVar("T")


@dataclass
class Serving:
    path: Path
    server: ControlServer
    loop: Loop
    calls: list[tuple[str, Mapping[str, object], Caller]] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)

    def on_loop(self, function: Callable[[], T]) -> T:
        """Run ``function`` on the loop and wait for it."""
        result: concurrent.futures.Future[T] = concurrent.futures.Future()

        def run() -> None:
            result.set_result(function())

        self.loop.call_soon_threadsafe(run)
        return result.result(20)

    def unread(self) -> int:
        """Clients that have not read all that was said to them."""
        return self.on_loop(lambda: sum(bool(client._output) for client in self.server._clients))

    def client(self) -> ControlClient:
        return ControlClient(self.path, timeout=20)

    def connect(self) -> socket.socket:
        """A connection; as the client does, tries again while the backlog is full."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(20)
        while connection.connect_ex(str(self.path)) == errno.EAGAIN:
            time.sleep(0.001)
        return connection


def read_line(connection: socket.socket) -> bytes:
    """One line, or what came before the end."""
    data = bytearray()
    while not data.endswith(b"\n"):
        waiting = connection.recv(65536, socket.MSG_PEEK)
        if not waiting:
            break
        data += connection.recv(waiting.find(b"\n") + 1 or len(waiting))
    return bytes(data)


def ends(connection: socket.socket) -> bool:
    """Whether the other end closes; reads away what it still says."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


@contextmanager
def serving(path: Path, limits: Limits | None = None, group: int | None = None) -> Iterator[Serving]:
    loop = EventLoop()
    calls: list[tuple[str, Mapping[str, object], Caller]] = []
    server = ControlServer(path, sample_commands(calls), group=group, limits=limits or Limits())
    it = Serving(path, server, loop, calls)
    loop.set_exception_handler(lambda _, context: it.defects.append(repr(context.get("exception"))))
    thread = threading.Thread(target=loop.run_forever)
    try:
        server.start(loop)
        thread.start()
        yield it
    finally:
        if thread.ident is not None:
            it.on_loop(server.close)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(20)
        loop.close()


def sample_commands(calls: list[tuple[str, Mapping[str, object], Caller]]) -> Mapping[str, Command]:
    def echo(args: Mapping[str, object], caller: Caller) -> Mapping[str, object]:
        calls.append(("echo", args, caller))
        return {"args": dict(args), "uid": caller.uid}

    def big(args: Mapping[str, object], _caller: Caller) -> Mapping[str, object]:
        size = args.get("size", 1_000_000)
        if not isinstance(size, int):
            raise CommandError(ErrorCode.BAD_ARGUMENTS, "size must be an integer")
        calls.append(("big", args, _caller))
        return {"data": "x" * size}

    def change(args: Mapping[str, object], caller: Caller) -> Mapping[str, object]:
        no_arguments(args)
        calls.append(("change", args, caller))
        return {"changed": True}

    def fail(_args: Mapping[str, object], _caller: Caller) -> Mapping[str, object]:
        raise VrrpdError("eth0 is gone")

    def defect(_args: Mapping[str, object], _caller: Caller) -> Mapping[str, object]:
        raise ZeroDivisionError

    return command_table(
        Command("echo", Access.READ, echo, "Give the arguments back."),
        Command("big", Access.READ, big, "Answer with much data."),
        Command("change", Access.CHANGE, change, "Change something."),
        Command("fail", Access.READ, fail, "Fail."),
        Command("defect", Access.READ, defect, "Have a defect."),
        Command("not json", Access.READ, lambda _args, _caller: {"a": object()}, "Answer what JSON cannot say."),
    )
