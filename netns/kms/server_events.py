"""What the HAProxys say of the KMS nodes, the moment they say it."""

import os
import re
import select
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Final

from netns.kms.balancer import Balancer
from netns.kms.configs import BACKEND, event_socket

_CHANGE: Final = re.compile(rf"Server {BACKEND}/(\S+) is (UP|DOWN)\b")


def change_in(line: str) -> str | None:
    """ "kms2 DOWN" from a log line of HAProxy; None when it says something else."""
    found = _CHANGE.search(line)
    return f"{found[1]} {found[2]}" if found else None


class ServerEvents:
    """Listens from now until it is closed; ``told`` (balancer, "kms2 DOWN") is called in a thread of its own."""

    def __init__(self, balancers: Iterable[Balancer], told: Callable[[str, str], None]) -> None:
        self._told = told
        self._sockets = {balancer.name: _open(balancer) for balancer in balancers}
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name="server events", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        poll = select.poll()
        names = {sock.fileno(): name for name, sock in self._sockets.items()}
        for descriptor in (*names, self._wake_read):
            poll.register(descriptor, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self._wake_read:
                    return
                name = names[descriptor]
                what = change_in(self._sockets[name].recv(4096).decode(errors="replace"))
                if what is not None:
                    self._told(name, what)

    def close(self) -> None:
        os.write(self._wake_write, b"x")
        self._thread.join()
        for sock in self._sockets.values():
            sock.close()
        os.close(self._wake_read)
        os.close(self._wake_write)


def _open(balancer: Balancer) -> socket.socket:
    path = event_socket(balancer.host.directory)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(str(path))
    path.chmod(0o666)  # HAProxy writes to it as its own user
    return sock
