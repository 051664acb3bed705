"""Classic BPF programs for the sockets that speak VRRP (linux/filter.h)."""

import ctypes
import socket
import struct
from collections.abc import Collection, Sequence
from typing import Final

from vrrpd.linux import uapi
from vrrpd.records import dataclass
from vrrpd.units import Family, Vrid

_LOAD_WORD_CONSTANT: Final = 0x00  # BPF_LD | BPF_W | BPF_IMM
_LOAD_WORD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_LOAD_HALF: Final = 0x28  # BPF_LD | BPF_H | BPF_ABS
_LOAD_BYTE: Final = 0x30  # BPF_LD | BPF_B | BPF_ABS
_LOAD_BYTE_AT_X: Final = 0x50  # BPF_LD | BPF_B | BPF_IND
_LOAD_X_HEADER_LENGTH: Final = 0xB1  # BPF_LDX | BPF_B | BPF_MSH: X = 4 * (byte & 15)
_LOAD_CELL: Final = 0x60  # BPF_LD | BPF_MEM
_STORE_CELL: Final = 0x02  # BPF_ST
_COPY_TO_X: Final = 0x07  # BPF_MISC | BPF_TAX
_AND: Final = 0x54  # BPF_ALU | BPF_AND | BPF_K
_SHIFT_RIGHT: Final = 0x74  # BPF_ALU | BPF_RSH | BPF_K
_SHIFT_RIGHT_BY_X: Final = 0x7C  # BPF_ALU | BPF_RSH | BPF_X
_JUMP: Final = 0x05  # BPF_JMP | BPF_JA
_JUMP_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_IF_EQUAL_X: Final = 0x1D  # BPF_JMP | BPF_JEQ | BPF_X
_RETURN: Final = 0x06  # BPF_RET | BPF_K

_WHOLE_PACKET: Final = 0xFFFFFFFF
_VRID_OFFSET: Final = 1


@dataclass(frozen=True, slots=True)
class Instruction:
    """struct sock_filter; the jumps count instructions from the next one on."""

    code: int
    value: int = 0
    if_true: int = 0
    if_false: int = 0


DROP_ALL: Final = (Instruction(_RETURN, 0),)
ACCEPT_ALL: Final = (Instruction(_RETURN, _WHOLE_PACKET),)

_WHAT: Final = 36  # behind struct nlmsghdr and struct cn_msg begins struct proc_event, its union 16 bytes later
_FIRST_PID: Final = 52
_CHILD_PID: Final = 60


def _event(what: int, if_true: int) -> Instruction:
    return Instruction(_JUMP_IF_EQUAL, socket.htonl(what), if_true=if_true)


PROCESS_EVENTS: Final = (
    Instruction(_LOAD_WORD, _WHAT),
    _event(uapi.PROC_EVENT_NONE, 14),
    _event(uapi.PROC_EVENT_FORK, 4),
    _event(uapi.PROC_EVENT_EXEC, 7),
    _event(uapi.PROC_EVENT_COMM, 6),
    _event(uapi.PROC_EVENT_EXIT, 5),
    *DROP_ALL,
    Instruction(_LOAD_WORD, _CHILD_PID),
    Instruction(_COPY_TO_X),
    Instruction(_LOAD_WORD, _CHILD_PID + 4),
    Instruction(_JUMP, 3),
    Instruction(_LOAD_WORD, _FIRST_PID),
    Instruction(_COPY_TO_X),
    Instruction(_LOAD_WORD, _FIRST_PID + 4),
    Instruction(_JUMP_IF_EQUAL_X, if_true=1),
    *DROP_ALL,
    Instruction(_RETURN, _WHOLE_PACKET),
)
"""Of what the process connector tells: answers, and births, programs, names and ends of whole processes.

Those of threads have a thread's number that is not the process's (pid and tgid in the kernel's words). Words are
loaded in network order, whatever this machine's is.
"""


def accept_vrids(family: Family, vrids: Collection[Vrid]) -> tuple[Instruction, ...]:
    """Drop every packet but those of the given virtual routers.

    A raw IPv4 socket's filter sees the IP header first, an IPv6 one's the payload. Packets too short to hold a VRID
    are dropped too. The set is a bitmap of 256 bits: at most eight words to choose from, then one bit to test.
    """
    words = _bitmap(vrids)
    # A chain of comparisons, then for each word the load and the jump behind the last of them.
    choose = [
        Instruction(_JUMP_IF_EQUAL, number, if_true=len(words) + position, if_false=0)
        for position, number in enumerate(words)
    ]
    loads: list[Instruction] = []
    for position, bits in enumerate(words.values()):
        to_test = 2 * (len(words) - position - 1)
        loads += [Instruction(_LOAD_WORD_CONSTANT, bits), Instruction(_JUMP, to_test)]
    return (
        *_load_vrid(family),
        Instruction(_STORE_CELL, 0),
        Instruction(_AND, 31),
        Instruction(_COPY_TO_X),
        Instruction(_LOAD_CELL, 0),
        Instruction(_SHIFT_RIGHT, 5),
        *choose,
        *DROP_ALL,
        *loads,
        Instruction(_SHIFT_RIGHT_BY_X),
        Instruction(_AND, 1),
        Instruction(_JUMP_IF_EQUAL, 0, if_true=1),
        Instruction(_RETURN, _WHOLE_PACKET),
        *DROP_ALL,
    )


def arp_replies(sender: int) -> tuple[Instruction, ...]:
    """Of whole Ethernet frames only ARP replies (RFC 826) of the host with this IPv4 address."""
    return (
        Instruction(_LOAD_HALF, 20),
        Instruction(_JUMP_IF_EQUAL, 2, if_true=0, if_false=3),
        Instruction(_LOAD_WORD, 28),
        Instruction(_JUMP_IF_EQUAL, sender, if_true=0, if_false=1),
        Instruction(_RETURN, _WHOLE_PACKET),
        *DROP_ALL,
    )


GRATUITOUS_ARP: Final = (
    Instruction(_LOAD_WORD, 28),
    Instruction(_COPY_TO_X),
    Instruction(_LOAD_WORD, 38),
    Instruction(_JUMP_IF_EQUAL_X, if_true=1),
    *DROP_ALL,
    *ACCEPT_ALL,
)
"""Of ARP frames those whose sender asks for, or tells of, its own address."""

NEIGHBOUR_ADVERTISEMENTS: Final = (
    Instruction(_LOAD_BYTE, 20),
    Instruction(_JUMP_IF_EQUAL, 58, if_true=0, if_false=3),
    Instruction(_LOAD_BYTE, 54),
    Instruction(_JUMP_IF_EQUAL, 136, if_true=0, if_false=1),
    *ACCEPT_ALL,
    *DROP_ALL,
)
"""Of IPv6 frames, which here have no extension headers."""


def _load_vrid(family: Family) -> tuple[Instruction, ...]:
    if family is Family.IPV6:
        return (Instruction(_LOAD_BYTE, _VRID_OFFSET),)
    return Instruction(_LOAD_X_HEADER_LENGTH, 0), Instruction(_LOAD_BYTE_AT_X, _VRID_OFFSET)


def _bitmap(vrids: Collection[Vrid]) -> dict[int, int]:
    words: dict[int, int] = {}
    for vrid in vrids:
        words[vrid // 32] = words.get(vrid // 32, 0) | 1 << vrid % 32
    return words


def attach(endpoint: socket.socket, program: Sequence[Instruction]) -> None:
    """Put a filter in place of the socket's present one, in one step. OSError when the kernel refuses it."""
    code = b"".join(struct.pack("HBBI", step.code, step.if_true, step.if_false, step.value) for step in program)
    # The kernel copies the instructions while setsockopt runs; the buffer has to live that long.
    buffer = ctypes.create_string_buffer(code, len(code))
    description = struct.pack("HP", len(program), ctypes.addressof(buffer))
    endpoint.setsockopt(socket.SOL_SOCKET, uapi.SO_ATTACH_FILTER, description)
