"""How much a socket may hold until it is read."""

import socket
from typing import Final

from vrrpd.linux import uapi

_MOST: Final = 0x3FFFFFFF
"""The kernel's own limit."""


def set_receive_queue(endpoint: socket.socket, size: int) -> None:
    """``size`` bytes as the kernel counts them, its own overhead included; without CAP_NET_ADMIN up to rmem_max."""
    value = min(size // 2, _MOST)  # the kernel doubles it
    try:
        endpoint.setsockopt(socket.SOL_SOCKET, uapi.SO_RCVBUFFORCE, value)
    except PermissionError:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, value)


def set_send_queue(endpoint: socket.socket, size: int) -> None:
    """Likewise for what waits to be sent; without CAP_NET_ADMIN up to wmem_max."""
    try:
        endpoint.setsockopt(socket.SOL_SOCKET, uapi.SO_SNDBUFFORCE, size // 2)
    except PermissionError:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size // 2)


def receive_queue(endpoint: socket.socket) -> int:
    """What was set, in the same way of counting."""
    return endpoint.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
