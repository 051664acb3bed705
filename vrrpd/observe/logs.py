"""Log lines to the console, syslog or the journal, without the caller ever waiting for them.

To the console they go through a bounded queue and a thread of its own, so that a terminal or pipe that nobody reads
holds up nothing but that thread; to syslog and the journal each is a datagram that is sent at once or not at all. What
could not be written is counted, and the count is reported as a line of its own.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from vrrpd.observe.console import ConsoleSink
from vrrpd.observe.datagrams import (
    DAEMON_FACILITY,
    IDENTIFIER,
    JOURNAL_PATH,
    SYSLOG_PATH,
    JournalSink,
    Nowhere,
    Sink,
    SyslogSink,
)
from vrrpd.observe.lines import entry_of, render_json, render_text
from vrrpd.observe.log_file import FileSink
from vrrpd.records import dataclass

Level: TypeAlias = Literal["debug", "info", "warning", "error"]
Form: TypeAlias = Literal["text", "json"]
Destination: TypeAlias = Literal["console", "syslog", "journal", "auto"]

LEVELS: Final = get_args(Level)
FORMS: Final = get_args(Form)
DESTINATIONS: Final = get_args(Destination)


@dataclass(frozen=True, slots=True)
class Places:
    """Where each destination is on this machine; ``console`` is a file descriptor."""

    console: int = 2
    syslog: str = SYSLOG_PATH
    journal: str = JOURNAL_PATH


@dataclass(frozen=True, slots=True)
class Targets:
    """Several destinations at once, as keepalived's options name them; none is allowed.

    ``facility`` as in syslog(3), unshifted: 3 daemon, 16 local0; ``identifier`` stands before each line there.
    """

    console: bool = False
    syslog: bool = True
    file: Path | None = None
    facility: int = DAEMON_FACILITY
    identifier: str = IDENTIFIER


class LogWriter(logging.Handler):
    """What ``configure`` installs."""

    def __init__(self, *sinks: Sink) -> None:
        super().__init__()
        self._sinks = sinks

    @property
    def dropped(self) -> int:
        """Lines lost so far."""
        return sum(sink.dropped for sink in self._sinks)

    def emit(self, record: logging.LogRecord) -> None:
        entry = entry_of(record)
        for sink in self._sinks:
            sink.write(entry)

    def close(self) -> None:
        """Take no more lines, and write those that wait for a second at most. May be called twice."""
        logging.getLogger().removeHandler(self)
        logging.captureWarnings(False)
        for sink in self._sinks:
            sink.close()
        super().close()


def configure(level: Level, form: Form, destination: Destination, *, places: Places = Places()) -> LogWriter:
    """Send what is logged from now on to ``destination``: vrrpd's own lines from ``level`` up, everybody else's from
    warnings up. ``auto`` is the journal when systemd connected standard error to it, else the console. ``form`` is that
    of the console and of syslog; the journal keeps the fields in its own way. While nobody listens at syslog's or the
    journal's socket their lines go to the console.
    """
    return _install(LogWriter(_sink(form, destination, places)), level)


def configure_targets(level: Level, form: Form, targets: Targets, *, places: Places = Places()) -> LogWriter:
    """As ``configure``, to every one of ``targets``. LinuxError when the file cannot be opened."""
    return _install(LogWriter(*_sinks(form, targets, places)), level)


def _install(writer: LogWriter, level: Level) -> LogWriter:
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


def _sinks(form: Form, targets: Targets, places: Places) -> Iterator[Sink]:
    as_json = form == "json"
    render = render_json if as_json else render_text
    if targets.file is not None:
        yield FileSink(targets.file, render)
    if targets.syslog:
        # With a console of its own, every line is there already.
        fallback = Nowhere() if targets.console else ConsoleSink(places.console, render)
        yield SyslogSink(
            places.syslog, fallback, as_json=as_json, facility=targets.facility, identifier=targets.identifier
        )
    if targets.console:
        yield ConsoleSink(places.console, render)


def _is_journal(descriptor: int, environment: Mapping[str, str]) -> bool:
    """systemd.exec(5): JOURNAL_STREAM names the device and inode of the stream it connected; it is inherited by
    children whose standard error is something else by then.
    """
    try:
        status = os.fstat(descriptor)
    except OSError:
        return False  # closed
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
