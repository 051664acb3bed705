"""The control protocol, version 1: one JSON object on a line, a request and its reply. Pure; no sockets here.

Request ``{"v":1,"id":7,"command":"status","args":{}}``; ``args`` may be left out. Reply ``{"v":1,"id":7,"ok":true,
"result":{...}}`` or ``{"v":1,"id":7,"ok":false,"error":{"code":"unknown_command","message":"..."}}``; ``id`` is null in
a reply to something whose id could not be read.
"""

import enum
import json
from collections.abc import Mapping
from dataclasses import field
from typing import Final, TypeAlias

from vrrpd.control.shape import check_shape
from vrrpd.records import dataclass

VERSION: Final = 1
LINE_LIMIT: Final = 64 * 1024
"""Longest request, in bytes, without its newline."""

RequestId: TypeAlias = int | str


class ErrorCode(enum.Enum):
    """Why a request was refused; the value is on the wire."""

    BAD_REQUEST = "bad_request"
    LINE_TOO_LONG = "line_too_long"
    UNSUPPORTED_VERSION = "unsupported_version"
    UNKNOWN_COMMAND = "unknown_command"
    BAD_ARGUMENTS = "bad_arguments"
    FORBIDDEN = "forbidden"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Request:
    id: RequestId
    command: str
    args: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that cannot be carried out; ``id`` is None when it could not be read."""

    id: RequestId | None
    code: ErrorCode
    message: str


class NotJsonObjectError(ValueError):
    """The text names what was found instead."""


def parse_object(line: bytes) -> dict[str, object]:
    """One JSON object out of one line of UTF-8. Raises NotJsonObjectError; NaN and Infinity are not JSON (RFC 8259)."""
    try:
        value = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise NotJsonObjectError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotJsonObjectError(f"not JSON: {error.msg} at column {error.colno}") from None
    except ValueError as error:
        # int() refuses a number of thousands of digits; _no_constant refuses NaN
        raise NotJsonObjectError(f"not JSON: {error}") from None
    except RecursionError:
        raise NotJsonObjectError("nested too deeply") from None
    if not isinstance(value, dict):
        raise NotJsonObjectError(f"a JSON {type(value).__name__}, not an object")
    return value


def parse_request(line: bytes) -> Request | Refusal:
    """A request, or the reason why it is none. Total: any bytes give one of the two."""
    try:
        value = parse_object(line)
    except NotJsonObjectError as error:
        return Refusal(None, ErrorCode.BAD_REQUEST, str(error))
    request_id = _read_id(value)
    if request_id is None:
        return Refusal(None, ErrorCode.BAD_REQUEST, "id must be an integer or a string")
    if check_shape(value.get("v"), int, "v") is not None or value["v"] != VERSION:
        return Refusal(request_id, ErrorCode.UNSUPPORTED_VERSION, f"this daemon speaks version {VERSION} only")
    command, args = value.get("command"), value.get("args", {})
    if not isinstance(command, str):
        return Refusal(request_id, ErrorCode.BAD_REQUEST, "command must be a string")
    if not isinstance(args, dict):
        return Refusal(request_id, ErrorCode.BAD_REQUEST, "args must be an object")
    return Request(request_id, command, args)


def encode_request(request: Request) -> bytes:
    return _line({"v": VERSION, "id": request.id, "command": request.command, "args": request.args})


def encode_result(request_id: RequestId, result: Mapping[str, object]) -> bytes:
    return _line({"v": VERSION, "id": request_id, "ok": True, "result": result})


def encode_refusal(refusal: Refusal) -> bytes:
    error = {"code": refusal.code.value, "message": refusal.message}
    return _line({"v": VERSION, "id": refusal.id, "ok": False, "error": error})


def _line(value: Mapping[str, object]) -> bytes:
    # ASCII with escapes: a lone surrogate in a name cannot make the encoder fail, nor a terminal misbehave
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not a number")


def _read_id(value: Mapping[str, object]) -> RequestId | None:
    request_id = value.get("id")
    if isinstance(request_id, bool) or not isinstance(request_id, int | str):
        return None
    return request_id


class LineBuffer:
    """Bytes in, lines out, never more than ``limit`` bytes of an unfinished line kept."""

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._data = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> None:
        self._data += data

    def next_line(self) -> bytes | None:
        """The next whole line without its newline (and without a carriage return before it), or None."""
        end = self._data.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._data)
            return None
        line = bytes(self._data[:end])
        del self._data[: end + 1]
        self._searched = 0
        return line.removesuffix(b"\r")

    @property
    def has_line(self) -> bool:
        return self._data.find(b"\n", self._searched) >= 0

    @property
    def overflowing(self) -> bool:
        """The line that is being received, or the next whole one, is longer than the limit."""
        end = self._data.find(b"\n", self._searched, self._limit + 1)
        return end < 0 and len(self._data) > self._limit
