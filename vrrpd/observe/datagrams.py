"""Lines to syslog and to the journal: one datagram each, sent at once or not at all."""

import errno
import json
import logging
import os
import re
import socket
import struct
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Final, Protocol

from vrrpd.observe.lines import Entry, dropped_entry, render_json

IDENTIFIER: Final = "vrrpd"
SYSLOG_PATH: Final = "/dev/log"
JOURNAL_PATH: Final = "/run/systemd/journal/socket"

DAEMON_FACILITY: Final = 3
"""syslog(3): LOG_DAEMON; LOG_USER is 1, LOG_LOCAL0 to LOG_LOCAL7 are 16 to 23."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NOBODY_THERE: Final = frozenset(
    (errno.ENOENT, errno.ECONNREFUSED, errno.ENOTDIR, errno.EACCES, errno.EPROTOTYPE, errno.ENOTSOCK)
)
_NOT_IN_A_NAME: Final = re.compile("[^A-Z0-9_]")
_LONGEST_NAME: Final = 64


class Sink(Protocol):
    """Where lines go."""

    @property
    def dropped(self) -> int: ...

    def write(self, entry: Entry) -> None: ...

    def close(self) -> None: ...


class Nowhere:
    """A sink for what need not be kept."""

    dropped = 0

    def write(self, entry: Entry) -> None:
        del entry

    def close(self) -> None:
        return


class DatagramSink(ABC):
    """Entries to the datagram socket at ``path``; while nobody listens there, to ``fallback``.

    The name is looked up for each datagram: a logger that was restarted is found again by itself.
    """

    def __init__(self, path: str, fallback: Sink) -> None:
        self._path = path
        self._fallback = fallback
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._refused = self._owed = 0

    @property
    def dropped(self) -> int:
        return self._refused + self._fallback.dropped

    def write(self, entry: Entry) -> None:
        if self._owed and self._send_all(dropped_entry(self._owed)):
            self._owed = 0
        if not self._send_all(entry):
            self._refused += 1
            self._owed += 1

    def close(self) -> None:
        self._socket.close()
        self._fallback.close()

    @abstractmethod
    def datagrams(self, entry: Entry) -> Iterable[bytes]:
        """The entry as the receiver wants it."""

    def _send_all(self, entry: Entry) -> bool:
        try:
            for datagram in self.datagrams(entry):
                self._socket.sendto(datagram, socket.MSG_DONTWAIT, self._path)
        except OSError as error:
            if error.errno not in _NOBODY_THERE:
                return False  # EAGAIN and ENOBUFS: the receiver is behind
            self._fallback.write(entry)
        return True


class SyslogSink(DatagramSink):
    """RFC 3164 as syslog(3) writes it to /dev/log; a record of several lines is several messages."""

    def __init__(
        self,
        path: str,
        fallback: Sink,
        *,
        as_json: bool,
        facility: int = DAEMON_FACILITY,
        identifier: str = IDENTIFIER,
    ) -> None:
        super().__init__(path, fallback)
        self._as_json = as_json
        self._facility = facility
        self._identifier = identifier

    def datagrams(self, entry: Entry) -> Iterable[bytes]:
        when = time.localtime(entry.when)
        stamp = f"{_MONTHS[when.tm_mon - 1]} {when.tm_mday:2} {when.tm_hour:02}:{when.tm_min:02}:{when.tm_sec:02}"
        header = f"<{self._facility * 8 + _severity(entry.level)}>{stamp} {self._identifier}[{os.getpid()}]: ".encode()
        for line in [render_json(entry).rstrip()] if self._as_json else map(_encode, entry.lines):
            yield header + line


class JournalSink(DatagramSink):
    """The journal's native protocol: the entry's fields become VRRPD_*, whatever form was asked for."""

    def datagrams(self, entry: Entry) -> Iterable[bytes]:
        fields = [
            _journal_field("MESSAGE", "\n".join(entry.lines)),
            _journal_field("PRIORITY", str(_severity(entry.level))),
            _journal_field("SYSLOG_IDENTIFIER", IDENTIFIER),
        ]
        for name, value in entry.fields.items():
            key = f"VRRPD_{_NOT_IN_A_NAME.sub('_', name.upper())}"[:_LONGEST_NAME]
            fields.append(_journal_field(key, value if isinstance(value, str) else json.dumps(value)))
        yield b"".join(fields)


def _journal_field(name: str, value: str) -> bytes:
    data = _encode(value)
    if b"\n" in data:
        return b"%s\n%s%s\n" % (name.encode(), struct.pack("<Q", len(data)), data)
    return b"%s=%s\n" % (name.encode(), data)


def _encode(text: str) -> bytes:
    return text.encode(errors="backslashreplace")


def _severity(level: int) -> int:
    """syslog(3): 3 error, 4 warning, 6 informational, 7 debug; 2 critical."""
    if level >= logging.CRITICAL:
        return 2
    if level >= logging.ERROR:
        return 3
    if level >= logging.WARNING:
        return 4
    return 6 if level >= logging.INFO else 7
