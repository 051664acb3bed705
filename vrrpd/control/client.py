"""Asking a running daemon, once, from a program that has no event loop."""

import errno
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from vrrpd.control.endpoint import socket_address
from vrrpd.control.protocol import (
    VERSION,
    NotJsonObjectError,
    Request,
    encode_request,
    parse_object,
)
from vrrpd.errors import ControlError, describe_errno

_REPLY_LIMIT: Final = 64 * 1024 * 1024
_CHUNK: Final = 64 * 1024
_RETRY_PAUSE: Final = 0.02
_REQUEST_ID: Final = 1


class UnreachableError(ControlError):
    """Nobody answered; the text says what to do."""


class RefusedError(ControlError):
    """The daemon answered that it will not; ``code`` is one of ``protocol.ErrorCode`` or of a later version."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ControlClient:
    """One connection per call. ``timeout``: seconds for a whole call."""

    def __init__(self, path: Path, timeout: float = 5.0) -> None:
        self._path = path
        self._timeout = timeout

    def call(self, command: str, **args: object) -> dict[str, object]:
        """The result of ``command``. Raises UnreachableError, RefusedError, or ControlError for an unusable answer."""
        deadline = time.monotonic() + self._timeout
        request = encode_request(Request(_REQUEST_ID, command, args))
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            try:
                self._connect(connection, deadline)
                line = _exchange(connection, request, deadline)
            except TimeoutError:
                raise UnreachableError(
                    f"no answer within {self._timeout:g} s at {self._path}. Is vrrpd stopped or overloaded?"
                ) from None
            except OSError as error:
                raise UnreachableError(self._explain(error)) from error
        return _read_reply(line)

    def _connect(self, connection: socket.socket, deadline: float) -> None:
        with socket_address(self._path) as address:
            while True:
                _allow_until(connection, deadline)
                try:
                    connection.connect(address)
                except BlockingIOError:
                    time.sleep(_RETRY_PAUSE)  # its backlog is full
                else:
                    return

    def _explain(self, error: OSError) -> str:
        where = self._path.parent
        match error.errno:
            case errno.ENOENT | errno.ENOTDIR:
                return f"no vrrpd in {where}. Is it running? If it has another run dir, name it with --run-dir."
            case errno.ECONNREFUSED:
                return f"vrrpd in {where} is gone and left its socket behind. Start it again."
            case errno.EACCES | errno.EPERM:
                return f"no permission for {self._path}. Run this as root{_or_in_group(self._path)}."
            case number:
                return f"{self._path}: {describe_errno(number or 0)}"


def _or_in_group(path: Path) -> str:
    try:
        group = path.stat().st_gid
    except OSError:
        return ""
    return f" or as a member of group {_group_name(group)}" if group else ""


def _group_name(group: int) -> str:
    import grp

    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return str(group)


def _allow_until(connection: socket.socket, deadline: float) -> None:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    connection.settimeout(remaining)


def _exchange(connection: socket.socket, request: bytes, deadline: float) -> bytes:
    _allow_until(connection, deadline)
    with suppress(BrokenPipeError, ConnectionResetError):  # refused early: the reason can still be read
        connection.sendall(request)
    received = bytearray()
    while b"\n" not in received[-_CHUNK:]:
        _allow_until(connection, deadline)
        chunk = connection.recv(_CHUNK)
        if not chunk:
            raise ControlError("the daemon closed the connection without an answer; its log says why")
        received += chunk
        if len(received) > _REPLY_LIMIT:
            raise ControlError(f"the daemon's answer is longer than {_REPLY_LIMIT} bytes")
    return bytes(received[: received.index(b"\n")])


def _read_reply(line: bytes) -> dict[str, object]:
    try:
        reply = parse_object(line)
    except NotJsonObjectError as error:
        raise ControlError(f"the daemon's answer is {error}") from None
    match reply:
        case {"ok": True, "v": version, "id": request_id, "result": dict(result)} if version == VERSION:
            if request_id == _REQUEST_ID:
                return result
        case {"ok": False, "error": {"code": str(code), "message": str(message)}}:
            raise RefusedError(code, message)
        case _:
            pass
    raise ControlError("the daemon's answer is not of this version of the control protocol")
