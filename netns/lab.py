"""The lab itself: hosts on one bridge, made in about a tenth of a second, and always taken down.

with Lab(routers=2, clients=1) as lab:
    lab["r1"].spawn(["keepalived", ...], log="keepalived.log")
"""

import atexit
import os
import signal
import threading
import weakref
from contextlib import ExitStack
from types import FrameType, TracebackType
from typing import Final, Self

from netns import registry
from netns.bridge import Bridge
from netns.commands import batch, finish
from netns.host import TTL_BASE, Host
from netns.kernel import LabError

FIRST_BACKEND: Final = 11
FIRST_CLIENT: Final = 201
CLIENT_TTL: Final = 128

_open_labs: "weakref.WeakSet[Lab]" = weakref.WeakSet()


class Lab:
    """A bridge and its hosts by name: routers r1.. (192.168.1.1..), backends b1.. (.11..), clients c1.. (.201..).

    Every host has its own network, PID and mount namespaces. The whole goes away when the ``with`` block ends, at
    exit, on SIGTERM, and when the lab's process is killed (what is then left of the names is swept by the next lab).
    """

    def __init__(self, routers: int = 2, clients: int = 1, extra: int = 0) -> None:
        if os.geteuid() != 0:
            raise LabError("the lab needs root: it makes network namespaces")
        self.routers: tuple[Host, ...] = ()
        self.backends: tuple[Host, ...] = ()
        self.clients: tuple[Host, ...] = ()
        self._owner = os.getpid()
        self._closed = False
        self._close_lock = threading.Lock()
        self._on_close = ExitStack()
        self._after_close = ExitStack()
        exit_on_sigterm()
        self.claim = registry.claim()
        self.name = self.claim.name
        self.directory = self.claim.directory
        self.bridge = Bridge(f"{self.name}-br")
        _open_labs.add(self)
        with ExitStack() as undo:
            undo.callback(self.close)
            self._build(routers, clients, extra)
            undo.pop_all()

    def _build(self, routers: int, clients: int, extra: int) -> None:
        self.routers = tuple(self._host(f"r{n}", n, TTL_BASE + n) for n in range(1, routers + 1))
        self.backends = tuple(
            self._host(f"b{n}", FIRST_BACKEND - 1 + n, TTL_BASE + FIRST_BACKEND - 1 + n) for n in range(1, extra + 1)
        )
        self.clients = tuple(self._host(f"c{n}", FIRST_CLIENT - 1 + n, CLIENT_TTL) for n in range(1, clients + 1))
        hosts = self.hosts
        batch(None, [f"netns add {name}" for name in (self.bridge.namespace, *(host.namespace for host in hosts))])
        self.bridge.open()
        for host in hosts:
            host.prepare()
        self.bridge.build([(host.name, host.mac, host.namespace) for host in hosts])
        configuring = [host.configure() for host in hosts]
        for host in hosts:
            host.boot()
        for process in configuring:
            finish(process)
        for host in hosts:
            host.wait_ready()

    def _host(self, name: str, number: int, ttl: int) -> Host:
        return Host(self.bridge, name, number, f"{self.name}-{name}", self.directory / name, ttl)

    @property
    def hosts(self) -> tuple[Host, ...]:
        return (*self.routers, *self.backends, *self.clients)

    def __getitem__(self, name: str) -> Host:
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(name)

    @property
    def client(self) -> Host:
        return self.clients[0]

    def host_of_ttl(self, ttl: int) -> str | None:
        """Who answered, by the TTL of its answer."""
        return next((host.name for host in (*self.routers, *self.backends) if host.ttl == ttl), None)

    def on_close(self) -> ExitStack:
        """What is pushed here (captures, probes) is closed before the hosts go."""
        return self._on_close

    def after_close(self) -> ExitStack:
        """What is pushed here is closed when nothing runs in the hosts any more."""
        return self._after_close

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        with self._close_lock:
            if self._closed or os.getpid() != self._owner:
                return
            self._closed = True
        with ExitStack() as stack:
            stack.callback(self.claim.release)
            stack.callback(registry.delete_namespaces, self.name)
            stack.callback(self._after_close.close)
            stack.callback(self.bridge.close)
            for host in self.hosts:
                stack.callback(host.close)
            stack.callback(self._on_close.close)


def _close_all() -> None:
    for lab in list(_open_labs):
        lab.close()


atexit.register(_close_all)


def exit_on_sigterm() -> None:
    """SIGTERM ends the program as ``exit`` does, so that with-blocks and atexit run; a handler set by others stays."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _exit)


def _exit(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
