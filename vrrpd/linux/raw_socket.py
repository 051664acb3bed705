"""Opening a raw socket so that none is left open when what is done to it fails."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from vrrpd.errors import LinuxError


@contextmanager
def raw_socket(family: int, protocol: int, operation: str, target: str) -> Iterator[socket.socket]:
    """A raw socket that never blocks. An OSError within closes it and becomes a LinuxError."""
    endpoint = None
    try:
        endpoint = socket.socket(family, socket.SOCK_RAW | socket.SOCK_NONBLOCK, protocol)
        yield endpoint
    except OSError as error:
        if endpoint is not None:
            endpoint.close()
        raise LinuxError(operation, target, error.errno or 0) from error
