"""The daemon's end of the control socket.

Everything runs as short callbacks on the daemon's own loop and nothing waits. The requests of all clients stand in one
line; one is answered per turn of the loop, and the next one is held off for as long as that took, so that packets and
timers always get their turn.
"""

import errno
import json
import logging
import os
import socket
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from vrrpd.control.commands import Access, Caller, Command, CommandError
from vrrpd.control.connection import Connection, Limits
from vrrpd.control.endpoint import Endpoint
from vrrpd.control.permissions import Permissions
from vrrpd.control.protocol import (
    ErrorCode,
    Refusal,
    Request,
    encode_refusal,
    encode_result,
    parse_request,
)
from vrrpd.errors import VrrpdError
from vrrpd.loop import Loop, TimerHandle

_log = logging.getLogger("vrrpd.control")

_SHORT_OF_RESOURCES: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
_ACCEPT_PAUSE: Final = 1.0
_LOG_PERIOD: Final = 10.0
_SAID: Final = 200
"""Characters of a request's arguments that are logged."""
_DEFAULT_LIMITS: Final = Limits()


class ControlServer:
    """Serves ``commands`` at ``path`` between ``start`` and ``close``. ``group``: see ``Endpoint``."""

    def __init__(
        self, path: Path, commands: Mapping[str, Command], *, group: int | None = None, limits: Limits = _DEFAULT_LIMITS
    ) -> None:
        self._path = path
        self._commands = commands
        self._group = group
        self._limits = limits
        self._clients: set[Connection] = set()
        self._requests: deque[Connection] = deque()
        self._turn: TimerHandle | None = None
        self._not_before = 0.0
        self._pause: TimerHandle | None = None
        self._quiet_until = 0.0
        self._unsaid = 0
        self._endpoint: Endpoint | None = None

    def start(self, loop: Loop, inherited: int | None = None) -> int:
        """Listen; the descriptor. Raises ControlError when the socket cannot be made safely; see ``Endpoint``."""
        self._loop = loop
        self._endpoint = Endpoint(self._path, self._group, inherited)
        self._permissions = Permissions(os.geteuid(), self._endpoint.group)
        loop.add_reader(self._endpoint.socket, self._accept)
        return self._endpoint.socket.fileno()

    def close(self) -> None:
        """Drop every client and remove the socket. Replies that a client has not read are lost. May be called twice."""
        if self._endpoint is None:
            return
        for handle in (self._turn, self._pause):
            if handle is not None:
                handle.cancel()
        self._loop.remove_reader(self._endpoint.socket)
        self._endpoint.close()
        self._endpoint = None
        self._requests.clear()
        for client in tuple(self._clients):
            client.close()

    def _accept(self) -> None:
        if self._endpoint is None:
            return
        try:
            client, _ = self._endpoint.socket.accept()
        except OSError as error:
            if error.errno in _SHORT_OF_RESOURCES:
                # the pending client would wake the loop for ever
                self._loop.remove_reader(self._endpoint.socket)
                self._pause = self._loop.call_later(_ACCEPT_PAUSE, self._listen_again)
            return
        self._admit(client)

    def _listen_again(self) -> None:
        if self._endpoint is not None:
            self._loop.add_reader(self._endpoint.socket, self._accept)

    def _admit(self, client: socket.socket) -> None:
        client.setblocking(False)
        if len(self._clients) >= self._limits.clients:
            min(self._clients, key=lambda item: item.last_active).close("made room for a newcomer")
        self._clients.add(Connection(self._loop, client, self._limits, self._enqueue, self._forget))

    def _forget(self, client: Connection, why: str) -> None:
        self._clients.discard(client)
        if why:
            self._warn(f"control client {client.caller} was dropped: {why}")

    def _enqueue(self, client: Connection) -> None:
        self._requests.append(client)
        self._schedule()

    def _schedule(self) -> None:
        if self._requests and self._turn is None:
            self._turn = self._loop.call_at(self._not_before, self._take_turn)

    def _take_turn(self) -> None:
        start = self._loop.time()
        try:
            self._answer(self._requests.popleft())
        finally:
            now = self._loop.time()
            self._not_before = now + (now - start)
            self._turn = None
            self._schedule()

    def _answer(self, client: Connection) -> None:
        line = client.next_line()
        if line is None:
            text = f"a request has at most {self._limits.line} bytes"
            client.send(encode_refusal(Refusal(None, ErrorCode.LINE_TOO_LONG, text)), last=True)
            return
        request = parse_request(line)
        client.send(
            encode_refusal(request) if isinstance(request, Refusal) else self._carry_out(request, client.caller)
        )

    def _tell(self, command: str, args: Mapping[str, object], caller: Caller) -> None:
        simple = {name: value for name, value in args.items() if isinstance(value, str | int)}
        said = f": {json.dumps(simple)[:_SAID]}" if simple else ""
        fields = {"command": command, "pid": caller.pid, "uid": caller.uid}
        _log.info("%s asked for by %s%s", command, caller, said, extra={"fields": fields})

    def _carry_out(self, request: Request, caller: Caller) -> bytes:
        command = self._commands.get(request.command)
        if command is None:
            text = f"no such command: {request.command[:100]}; the command help lists them"
            return encode_refusal(Refusal(request.id, ErrorCode.UNKNOWN_COMMAND, text))
        if not self._permissions.allow(caller, command.access):
            self._warn(f"control client {caller} may not use {command.name}")
            text = f"{command.name} is for root and the daemon's own user"
            return encode_refusal(Refusal(request.id, ErrorCode.FORBIDDEN, text))
        if command.access is Access.CHANGE:
            self._tell(command.name, request.args, caller)
        try:
            return encode_result(request.id, command.handler(request.args, caller))
        except CommandError as error:
            return encode_refusal(Refusal(request.id, error.code, str(error)))
        except VrrpdError as error:
            return encode_refusal(Refusal(request.id, ErrorCode.FAILED, str(error)))
        except Exception:  # noqa: BLE001 - whatever is wrong with an answer, it must not end the failover
            _log.critical("defect in the command %s", command.name, exc_info=True)
            text = f"a defect in vrrpd keeps {command.name} from working; its log has the details"
            return encode_refusal(Refusal(request.id, ErrorCode.FAILED, text))

    def _warn(self, text: str) -> None:
        """At most one line in ten seconds: a client cannot fill the log."""
        now = self._loop.time()
        if now < self._quiet_until:
            self._unsaid += 1
            return
        more = f" ({self._unsaid} other warnings before)" if self._unsaid else ""
        _log.warning("%s%s", text, more)
        self._quiet_until = now + _LOG_PERIOD
        self._unsaid = 0
