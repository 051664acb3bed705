"""Small network namespaces for the tests of system calls: two machines on one cable, and nothing else."""

import ctypes
import itertools
import os
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import ParamSpec, Protocol, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_serial = itertools.count()


def _enter(name: str) -> None:
    descriptor = os.open(f"/run/netns/{name}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(descriptor, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {name}")
    finally:
        os.close(descriptor)


class Namespace:
    """One network namespace; what is opened in it stays in it, whoever uses it afterwards."""

    def __init__(self, label: str) -> None:
        self.name = f"vl{os.getpid()}-{next(_serial)}{label}"

    def __enter__(self) -> Self:
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        try:
            # Duplicate address detection would make every IPv6 address wait for seconds.
            self.sysctl("net/ipv6/conf/default/accept_dad", "0")
            self.ip("link", "set", "lo", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["ip", "netns", "del", self.name], check=False)

    def ip(self, *arguments: str) -> str:
        command = ["ip", "-n", self.name, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def sysctl(self, path: str, value: str) -> None:
        self.call(Path("/proc/sys", path).write_text, value)

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function`` inside, in a thread of its own, and hand back what it returns or raises."""
        results: list[T] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                _enter(self.name)
                results.append(function(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001  re-raised in the caller's thread
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if errors:
            raise errors[0]
        return results[0]

    def index(self, interface: str) -> int:
        return int(self.ip("-o", "link", "show", "dev", interface).split(":", 1)[0])


class Cable:
    """Two namespaces, ``left`` with 192.168.1.1/24 and ``right`` with 192.168.1.2/24, each on its eth0."""

    def __init__(self, left: Namespace, right: Namespace) -> None:
        self.left = left
        self.right = right

    def connect(self) -> None:
        self.left.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", self.right.name)
        for position, namespace in enumerate((self.left, self.right), start=1):
            namespace.ip("addr", "add", f"192.168.1.{position}/24", "dev", "eth0")
            namespace.ip("addr", "add", f"fd00:1::{position}/64", "dev", "eth0")
            namespace.ip("link", "set", "eth0", "up")


class Closable(Protocol):
    def close(self) -> None: ...


C = TypeVar("C", bound=Closable)


class Opened:
    """Closes at the end of the test whatever was passed through it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def __call__(self, thing: C) -> C:
        self._stack.callback(thing.close)
        return thing


def eventually(condition: Callable[[], bool], patience: float = 10.0) -> bool:
    """Whether ``condition`` came true; patience only bounds how long a failing test takes."""
    give_up = time.monotonic() + patience
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.01)
    return True


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
