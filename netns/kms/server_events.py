"""What the HAProxys say of the KMS nodes, the moment they say it."""

import re
import socket
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from netns.kms.balancer import Balancer
from netns.kms.configs import BACKEND, event_socket
from netns.reader import Reader

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
        reads = {sock.fileno(): partial(self._read, name) for name, sock in self._sockets.items()}
        self._reader = Reader("server events", reads)

    def _read(self, name: str) -> None:
        what = change_in(self._sockets[name].recv(4096).decode(errors="replace"))
        if what is not None:
            self._told(name, what)

    def close(self) -> None:
        self._reader.close()
        for sock in self._sockets.values():
            sock.close()


def _open(balancer: Balancer) -> socket.socket:
    path = event_socket(balancer.host.directory)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(str(path))
    path.chmod(0o666)  # HAProxy writes to it as its own user
    return sock
