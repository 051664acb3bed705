"""Plain NETLINK_ROUTE sockets: requests with their answers, and the kernel's own announcements."""

import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from errno import ENOBUFS, EPROTO, ETIMEDOUT
from typing import Final

from vrrpd.errors import LinuxError
from vrrpd.linux import rtnl, uapi
from vrrpd.linux.queues import set_receive_queue
from vrrpd.linux.rtnl import AddressChange, Change, InterfaceAddress, Link, LinkChange, Message
from vrrpd.units import Address

LARGEST_DATAGRAM: Final = 65536

QUEUE: Final = 4 * 1024 * 1024
"""Bytes that a netlink socket holds at least."""
_CHUNK: Final = 100
_ANSWER_TIMEOUT: Final = 5
_LARGEST_QUEUE: Final = 1_000_000
_DUMP_ATTEMPTS: Final = 5
_KERNEL: Final = 0
_LARGEST_SEQUENCE: Final = 0xFFFFFFFF

_LENGTH: Final = struct.Struct("=I")
_FLAGS: Final = struct.Struct("=H")
_SEQUENCE: Final = struct.Struct("=I")
_ERROR: Final = struct.Struct("=i")
_ATTRIBUTE: Final = struct.Struct("=HH")
_HEADER_SIZE: Final = 16
_FLAGS_OFFSET: Final = 6
_SEQUENCE_OFFSET: Final = 8


def open_socket(groups: int = 0) -> socket.socket:
    """A NETLINK_ROUTE socket with a long queue that has joined ``groups`` (a RTMGRP_* mask).

    LinuxError when the kernel refuses it.
    """
    endpoint = None
    try:
        endpoint = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        set_receive_queue(endpoint, QUEUE)
        endpoint.bind((0, groups))
    except OSError as error:
        if endpoint:
            endpoint.close()
        raise LinuxError("open", "netlink socket", error.errno or 0) from error
    return endpoint


class Netlink:
    """Sends requests and waits for their answers, which the kernel has ready when the request is sent.

    It remembers its own changes of IPv6 addresses: the kernel announces those without saying who asked for them.
    ``between`` is called whenever a part of a long batch is done.
    """

    def __init__(self) -> None:
        self._socket = open_socket()
        self.port_id: Final[int] = self._socket.getsockname()[0]
        self._sequence = 0
        self._explanations: dict[int, str] = {}
        self.between: Callable[[], None] = _nothing
        self._anonymous: Counter[tuple[int, Address, bool]] = Counter()
        for option in (uapi.NETLINK_EXT_ACK, uapi.NETLINK_CAP_ACK):
            self._socket.setsockopt(uapi.SOL_NETLINK, option, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", _ANSWER_TIMEOUT, 0))

    def enlarge(self, queue: int) -> None:
        """Hold at least so many bytes of answers."""
        set_receive_queue(self._socket, max(QUEUE, queue))

    @property
    def explanations(self) -> Mapping[int, str]:
        """What the kernel said about failures of the last ``transact``, by position of the request."""
        return self._explanations

    def transact(self, messages: Sequence[bytes]) -> tuple[int, ...]:
        """Send requests, 100 at a time; the errno of each, 0 when it succeeded.

        Each message is one encoded request without NLM_F_ACK. The call lasts as long as another process holds the
        kernel's RTNL lock. LinuxError when the socket fails or no answer is there: then it is unknown which of them
        were carried out.
        """
        self._explanations = {}
        errors: list[int] = []
        for start in range(0, len(messages), _CHUNK):
            errors += self._exchange(messages[start : start + _CHUNK], start)
            self.between()
        return tuple(errors)

    def _exchange(self, messages: Sequence[bytes], start: int) -> list[int]:
        first = self._reserve(len(messages))
        self._send(_numbered(messages, first))
        errors = [0] * len(messages)
        while True:
            datagram = self._receive()
            for message in rtnl.split(datagram):
                position = message.sequence - first
                if message.kind != rtnl.NLMSG_ERROR or not 0 <= position < len(messages):
                    continue  # left over from a request that was given up
                errors[position], explanation = _parse_error(datagram, message)
                if explanation:
                    self._explanations[start + position] = explanation
                if position == len(messages) - 1:
                    return errors

    def _reserve(self, count: int) -> int:
        """The first of ``count`` consecutive sequence numbers."""
        if self._sequence + count > _LARGEST_SEQUENCE:
            self._sequence = 0
        first = self._sequence + 1
        self._sequence += count
        return first

    def dump_links(self) -> tuple[Link, ...]:
        changes = self._dump(rtnl.RTM_GETLINK)
        return tuple(change.link for change in changes if isinstance(change, LinkChange))

    def dump_addresses(self) -> tuple[InterfaceAddress, ...]:
        """Every address of every interface, in the kernel's order: primary ones of an interface first."""
        changes = self._dump(rtnl.RTM_GETADDR)
        return tuple(change.address for change in changes if isinstance(change, AddressChange))

    def _dump(self, kind: int) -> tuple[Change, ...]:
        """LinuxError when the kernel refuses. A dump that keeps being interrupted by changes is used all the same."""
        changes: list[Change] = []
        for _ in range(_DUMP_ATTEMPTS):
            changes.clear()
            interrupted = False
            for datagram, message in self._dump_messages(kind):
                interrupted |= bool(message.flags & rtnl.NLM_F_DUMP_INTR)
                change = rtnl.decode(datagram, message)
                if change:
                    changes.append(change)
            if not interrupted:
                break
        return tuple(changes)

    def _dump_messages(self, kind: int) -> Iterator[tuple[bytes, Message]]:
        sequence = self._reserve(1)
        request = bytearray(rtnl.encode_dump(kind))
        _SEQUENCE.pack_into(request, _SEQUENCE_OFFSET, sequence)
        self._send(request)
        while True:
            datagram = self._receive()
            for message in rtnl.split(datagram):
                if message.sequence != sequence:
                    continue
                if message.kind == rtnl.NLMSG_ERROR:
                    raise LinuxError("read", "interfaces", _parse_error(datagram, message)[0] or EPROTO)
                yield datagram, message
                if message.kind == rtnl.NLMSG_DONE:
                    return

    def _send(self, request: bytes | bytearray) -> None:
        try:
            self._socket.send(request)
        except OSError as error:
            raise LinuxError("send to", "netlink", error.errno or 0) from error

    def _receive(self) -> bytes:
        while True:
            try:
                datagram, sender = self._socket.recvfrom(LARGEST_DATAGRAM)
            except BlockingIOError as error:
                raise LinuxError("receive from", "netlink", ETIMEDOUT) from error
            except OSError as error:
                if error.errno == ENOBUFS:
                    self._empty()
                raise LinuxError("receive from", "netlink", error.errno or 0) from error
            if sender[0] == _KERNEL:
                return datagram

    def _empty(self) -> None:
        """Answers were lost: until the rest is taken away the kernel lets no others in, however long the queue."""
        for _ in range(_LARGEST_QUEUE):
            try:
                self._socket.recv(LARGEST_DATAGRAM, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != ENOBUFS:
                    return

    def expect_anonymous(self, index: int, address: Address, *, deleted: bool) -> None:
        """One announcement of this change, without a port id, will be our own doing."""
        self._anonymous[index, address, deleted] += 1

    def recognise_anonymous(self, index: int, address: Address, *, deleted: bool) -> bool:
        """Whether an announcement without a port id was expected; each expectation counts once."""
        key = (index, address, deleted)
        expected = self._anonymous.pop(key, 0)
        if expected > 1:
            self._anonymous[key] = expected - 1
        return expected > 0

    def forget_anonymous(self) -> None:
        """Announcements were lost: expect none any more."""
        self._anonymous.clear()

    def close(self) -> None:
        self._socket.close()


def _nothing() -> None:
    """Nobody else has anything to do meanwhile."""


def _numbered(messages: Sequence[bytes], first: int) -> bytearray:
    """The messages in one piece, with sequence numbers. Only the last asks for an answer: failures always give one."""
    request = bytearray(b"".join(messages))
    offset = last = 0
    for sequence in range(first, first + len(messages)):
        _SEQUENCE.pack_into(request, offset + _SEQUENCE_OFFSET, sequence)
        last = offset
        offset += _LENGTH.unpack_from(request, offset)[0]
    _FLAGS.pack_into(request, last + _FLAGS_OFFSET, rtnl.NLM_F_REQUEST | rtnl.NLM_F_ACK)
    return request


def _parse_error(datagram: bytes, message: Message) -> tuple[int, str]:
    """The errno of a NLMSG_ERROR and the kernel's explanation (NLMSGERR_ATTR_MSG), if it gives one."""
    start = message.offset + _HEADER_SIZE
    number = -_ERROR.unpack_from(datagram, start)[0]
    if not message.flags & uapi.NLM_F_ACK_TLVS:
        return number, ""
    offset = start + _ERROR.size + _HEADER_SIZE
    if not message.flags & uapi.NLM_F_CAPPED:
        offset = start + _ERROR.size + ((_LENGTH.unpack_from(datagram, start + _ERROR.size)[0] + 3) & ~3)
    end = message.offset + message.length
    while offset + _ATTRIBUTE.size <= end:
        length, kind = _ATTRIBUTE.unpack_from(datagram, offset)
        if length < _ATTRIBUTE.size:
            break
        if kind == uapi.NLMSGERR_ATTR_MSG:
            text = datagram[offset + _ATTRIBUTE.size : offset + length]
            return number, text.rstrip(b"\0").decode("utf-8", "replace")
        offset += (length + 3) & ~3
    return number, ""
