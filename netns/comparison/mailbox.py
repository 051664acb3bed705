"""A mail server of a host: takes what it is sent, and writes a line about each mail into a FIFO.

python mailbox.py PORT FIFO
"""

import socketserver
import sys
from pathlib import Path


class Mailbox(socketserver.StreamRequestHandler):
    """One conversation (RFC 5321), as far as a polite sender goes."""

    fifo = Path()

    def handle(self) -> None:
        self._say("220 ready")
        sender, recipients = "", list[str]()
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "QUIT":
                self._say("221 bye")
                return
            if word == "MAIL":
                sender, recipients = _path(line), []
            elif word == "RCPT":
                recipients.append(_path(line))
            elif word == "DATA":
                self._say("354 go on")
                self._tell(f"mail {sender} > {' '.join(recipients)}: {self._subject()}")
            self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _subject(self) -> str:
        subject = ""
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            subject = line if line.startswith("Subject:") else subject
        return subject

    def _tell(self, line: str) -> None:
        with self.fifo.open("w") as fifo:
            fifo.write(f"{line}\n")


def _path(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]


if __name__ == "__main__":
    Mailbox.fifo = Path(sys.argv[2])
    socketserver.TCPServer.allow_reuse_address = True
    with socketserver.TCPServer(("127.0.0.1", int(sys.argv[1])), Mailbox) as server:
        server.serve_forever()
