"""A mail server for tests: takes what it is sent, as RFC 5321 has it; as a program it writes mails into a file.

python -m tests.daemon.smtp_server PORT FILE
"""

import json
import socketserver
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Received:
    helo: str
    sender: str
    recipients: tuple[str, ...]
    text: str

    @property
    def headers(self) -> dict[str, str]:
        lines = self.text.split("\n\n", 1)[0].splitlines()
        return dict(line.split(": ", 1) for line in lines)

    @property
    def body(self) -> str:
        return self.text.split("\n\n", 1)[1]


class SmtpServer:
    """``refused``: recipients that it does not know. ``silent``: it says nothing until ``speak`` is set."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, refused: str = "", silent: bool = False) -> None:
        self.mails: list[Received] = []
        self.refused = refused
        self.speak = threading.Event()
        if not silent:
            self.speak.set()
        self._server = socketserver.ThreadingTCPServer((host, port), self._handler(), bind_and_activate=False)
        self._server.daemon_threads = True
        self._server.allow_reuse_address = True
        self._server.server_bind()
        self._server.server_activate()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.speak.set()
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        self._server.serve_forever()

    def received(self, mail: Received) -> None:
        self.mails.append(mail)

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        owner = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                owner.speak.wait()
                _Conversation(owner, self).hold()

        return Handler


class _Conversation:
    def __init__(self, server: SmtpServer, handler: socketserver.StreamRequestHandler) -> None:
        self._server = server
        self._in = handler.rfile
        self._out = handler.wfile
        self._helo = self._sender = ""
        self._recipients: list[str] = []

    def hold(self) -> None:
        self._say("220 ready")
        while line := self._in.readline().decode().strip():
            word, _, rest = line.partition(" ")
            if word.upper() == "QUIT":
                self._say("221 bye")
                return
            self._answer(word.upper(), rest)

    def _say(self, line: str) -> None:
        self._out.write(f"{line}\r\n".encode())

    def _answer(self, word: str, rest: str) -> None:
        if word in {"EHLO", "HELO"}:
            self._helo = rest
            self._say("250 hello")
        elif word == "MAIL":
            self._sender, self._recipients = _path(rest), []
            self._say("250 ok")
        elif word == "RCPT":
            self._recipient(_path(rest))
        elif word == "DATA":
            self._say("354 go on")
            self._server.received(Received(self._helo, self._sender, tuple(self._recipients), self._data()))
            self._say("250 taken")
        else:
            self._say("500 what?")

    def _recipient(self, address: str) -> None:
        if address == self._server.refused:
            self._say("550 nobody of that name")
            return
        self._recipients.append(address)
        self._say("250 ok")

    def _data(self) -> str:
        lines: list[str] = []
        while (line := self._in.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line.removeprefix("."))
        return "\n".join(lines) + "\n"


def _path(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]


class _Recorder(SmtpServer):
    def __init__(self, port: int, file: Path) -> None:
        super().__init__("0.0.0.0", port)
        self._file = file

    def received(self, mail: Received) -> None:
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(mail)) + "\n")


def recorded(file: Path) -> list[Received]:
    """What the program has been sent so far."""
    if not file.exists():
        return []
    mails = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return [Received(mail["helo"], mail["sender"], tuple(mail["recipients"]), mail["text"]) for mail in mails]


if __name__ == "__main__":
    _Recorder(int(sys.argv[1]), Path(sys.argv[2])).serve()
