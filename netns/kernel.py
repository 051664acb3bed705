"""The system calls that Python's library lacks, and the few bytes of BPF and ioctl that the lab needs."""

import ctypes
import errno
import fcntl
import os
import socket
import struct
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

CLONE_FS: Final = 0x00000200
CLONE_NEWNS: Final = 0x00020000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000
MS_REC: Final = 0x4000
MS_SLAVE: Final = 1 << 19

SIOCGIFFLAGS: Final = 0x8913
SIOCSIFFLAGS: Final = 0x8914
IFF_UP: Final = 1

SOL_PACKET: Final = 263
SO_ATTACH_FILTER: Final = 26
SO_RCVBUFFORCE: Final = 33
SO_TIMESTAMPNS: Final = 35
ETH_P_ALL: Final = 3
PACKET_STATISTICS: Final = 6

NANOSECONDS: Final = 1_000_000_000

_libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """The lab cannot be built or used; the text says what was tried."""


def _check(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise LabError(f"{what}: {errno.errorcode.get(number, number)}")


def setns(descriptor: int, kind: int) -> None:
    _check(_libc.setns(descriptor, kind), "setns")


def unshare(kinds: int) -> None:
    _check(_libc.unshare(kinds), "unshare")


def make_mounts_follow() -> None:
    """Keep mounts of this mount namespace from reaching its parent; the parent's still come down to it."""
    _check(_libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_SLAVE), None), "mount --make-rslave /")


def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work`` in a thread of its own, which may change its namespaces without harm; errors are raised here."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *args, **kwargs).result()


def in_namespace(descriptor: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work`` in a thread inside a network namespace; sockets it opens stay there."""

    def body() -> T:
        setns(descriptor, CLONE_NEWNET)
        return work(*args, **kwargs)

    return in_thread(body)


def write_sysctls(settings: Sequence[tuple[str, str]]) -> None:
    for name, value in settings:
        Path("/proc/sys", name).write_text(value)


def set_interface_up(control: socket.socket, name: str, up: bool) -> None:
    """Set or clear IFF_UP through any socket of the interface's namespace."""
    request = struct.pack("16sH14x", name.encode(), 0)
    (flags,) = struct.unpack_from("H", fcntl.ioctl(control, SIOCGIFFLAGS, request), 16)
    flags = flags | IFF_UP if up else flags & ~IFF_UP
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", name.encode(), flags))


@dataclass(frozen=True, slots=True)
class Instruction:
    """One classic BPF instruction."""

    code: int
    k: int
    jump_true: int = 0
    jump_false: int = 0


LOAD_BYTE: Final = 0x30
LOAD_HALF: Final = 0x28
LOAD_WORD: Final = 0x20
JUMP_EQUAL: Final = 0x15
RETURN: Final = 0x06
ANCILLARY_PACKET_TYPE: Final = 0xFFFFF000 + 4
ANCILLARY_INTERFACE: Final = 0xFFFFF000 + 8
REJECT: Final = Instruction(RETURN, 0)
ACCEPT: Final = Instruction(RETURN, 0xFFFF)


def attach_filter(sock: socket.socket, program: Sequence[Instruction]) -> None:
    code = b"".join(struct.pack("HBBI", i.code, i.jump_true, i.jump_false, i.k) for i in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(program), ctypes.addressof(buffer)))


def receive_with_time(sock: socket.socket, size: int = 2048) -> tuple[int, bytes, tuple[str, int, int, int, bytes]]:
    """One frame, its kernel time stamp (ns since the epoch) and the packet socket's address."""
    data, ancillary, _, address = sock.recvmsg(size, 64)
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", value[:16])
            return seconds * NANOSECONDS + nanoseconds, data, address
    return time.time_ns(), data, address


def open_handle(path: str) -> int:
    """Open ``path`` for use as a namespace handle."""
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
