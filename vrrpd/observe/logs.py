"""Log lines to the console, syslog or the journal, without the caller ever waiting for them.

To the console they go through a bounded queue and a thread of its own, so that a terminal or pipe that nobody reads
holds up nothing but that thread; to syslog and the journal each is a datagram that is sent at once or not at all. What
could not be written is counted, and the count is reported as a line of its own.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from vrrpd.observe.console import ConsoleSink
from vrrpd.observe.datagrams import JOURNAL_PATH, SYSLOG_PATH, JournalSink, SyslogSink
from vrrpd.observe.lines import entry_of, render_json, render_text

Level: TypeAlias = Literal["debug", "info", "warning", "error"]
Form: TypeAlias = Literal["text", "json"]
Destination: TypeAlias = Literal["console", "syslog", "journal", "auto"]
Sink: TypeAlias = ConsoleSink | SyslogSink | JournalSink

LEVELS: Final = get_args(Level)
FORMS: Final = get_args(Form)
DESTINATIONS: Final = get_args(Destination)


@dataclass(frozen=True, slots=True)
class Places:
    """Where each destination is on this machine; ``console`` is a file descriptor."""

    console: int = 2
    syslog: str = SYSLOG_PATH
    journal: str = JOURNAL_PATH


class LogWriter(logging.Handler):
    """What ``configure`` installs."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink

    @property
    def dropped(self) -> int:
        """Lines lost so far."""
        return self._sink.dropped

    def emit(self, record: logging.LogRecord) -> None:
        self._sink.write(entry_of(record))

    def close(self) -> None:
        """Take no more lines, and write those that wait for a second at most. May be called twice."""
        logging.getLogger().removeHandler(self)
        logging.captureWarnings(False)
        self._sink.close()
        super().close()


def configure(level: Level, form: Form, destination: Destination, *, places: Places = Places()) -> LogWriter:
    """Send what is logged from now on to ``destination``: vrrpd's own lines from ``level`` up, everybody else's from
    warnings up. ``auto`` is the journal when systemd connected standard error to it, else the console. ``form`` is that
    of the console and of syslog; the journal keeps the fields in its own way. While nobody listens at syslog's or the
    journal's socket their lines go to the console.
    """
    writer = LogWriter(_sink(form, destination, places))
    logging.getLogger("vrrpd").setLevel(level.upper())
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger().addHandler(writer)
    logging.captureWarnings(True)
    return writer


def _sink(form: Form, destination: Destination, places: Places) -> Sink:
    console = ConsoleSink(places.console, render_json if form == "json" else render_text)
    if destination == "auto":
        destination = "journal" if _is_journal(places.console, os.environ) else "console"
    match destination:
        case "syslog":
            return SyslogSink(places.syslog, console, as_json=form == "json")
        case "journal":
            return JournalSink(places.journal, console)
        case _:
            return console


def _is_journal(descriptor: int, environment: Mapping[str, str]) -> bool:
    """systemd.exec(5): JOURNAL_STREAM names the device and inode of the stream it connected; it is inherited by
    children whose standard error is something else by then.
    """
    try:
        status = os.fstat(descriptor)
    except OSError:
        return False  # closed
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
