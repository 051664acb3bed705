"""From options to an exit code: everything checked before anything is touched, everything given back at the end."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vrrpd.config.diagnostics import Diagnostic, Severity
from vrrpd.config.load import read_config_bytes
from vrrpd.config.model import Config
from vrrpd.control.commands import command_table
from vrrpd.control.server import ControlServer
from vrrpd.daemon.exit_codes import ExitCode
from vrrpd.daemon.run_dir import RunDir, RunDirInUseError, claim
from vrrpd.daemon.service import Service
from vrrpd.errors import LinuxError, VrrpdError
from vrrpd.linux.capabilities import missing_capabilities
from vrrpd.linux.process import prepare_to_spawn
from vrrpd.observe.logs import Destination, Form, Level, configure

DEFAULT_RUN_DIR: Final = Path("/run/vrrpd")

log = logging.getLogger("vrrpd")


@dataclass(frozen=True, slots=True)
class DaemonOptions:
    config: Path
    run_dir: Path = DEFAULT_RUN_DIR
    log_level: Level = "info"
    log_format: Form = "text"
    log_to: Destination = "auto"


def run(options: DaemonOptions) -> int:
    """Run in the foreground until told to stop; an ExitCode says why it ended. What is wrong before goes to stderr."""
    try:
        content = options.config.read_bytes()
    except OSError as error:
        return _refuse(ExitCode.CONFIG_UNUSABLE, f"cannot read {options.config}: {error.strerror}")
    config, diagnostics = read_config_bytes(content, str(options.config))
    if config is None:
        return _refuse(ExitCode.CONFIG_UNUSABLE, *(str(item) for item in diagnostics))
    missing = missing_capabilities()
    if missing:
        text = f"vrrpd needs {' and '.join(missing)}: run it as root, or give it these capabilities"
        return _refuse(ExitCode.PRIVILEGE_MISSING, text)
    try:
        run_dir = claim(options.run_dir)
    except RunDirInUseError as error:
        return _refuse(ExitCode.RUN_DIR_IN_USE, f"{error}; a second one needs another --run-dir")
    except VrrpdError as error:
        return _refuse(ExitCode.FAILED, str(error))
    try:
        return _run_with_logs(config, diagnostics, options, run_dir)
    finally:
        run_dir.release()


def _refuse(code: ExitCode, *lines: str) -> ExitCode:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    return code


def _run_with_logs(
    config: Config, diagnostics: tuple[Diagnostic, ...], options: DaemonOptions, run_dir: RunDir
) -> ExitCode:
    writer = configure(options.log_level, options.log_format, options.log_to)
    try:
        for item in diagnostics:
            log.log(logging.WARNING if item.severity is Severity.WARNING else logging.INFO, "%s", item)
        return _Lifetime(config, options, run_dir).run()
    except VrrpdError as error:
        log.error("%s", error)
        return ExitCode.FAILED
    finally:
        writer.close()


class _Lifetime:
    """One run of the daemon: the loop, the signals, the control socket."""

    def __init__(self, config: Config, options: DaemonOptions, run_dir: RunDir) -> None:
        self._exit_code = ExitCode.FAILED
        self._stopping = False
        self._failed = False
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(self._fail)
        self._service = Service(config, str(options.config), self._loop)
        self._server = ControlServer(run_dir.control_socket, command_table(self._service.reporter.command()))

    def run(self) -> ExitCode:
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                self._loop.add_signal_handler(number, self._asked_to_stop, number)
            self._loop.add_signal_handler(signal.SIGHUP, self._asked_to_reload)
            prepare_to_spawn()
            self._service.start()
            self._server.start(self._loop)
            gc.collect()
            gc.freeze()  # what exists now lives as long as the process: no collection need look at it
            self._loop.run_forever()
        finally:
            if self._exit_code is not ExitCode.STOPPED:
                self._service.release()
            self._server.close()
            self._service.close()
            self._loop.close()
        return self._exit_code

    def _asked_to_stop(self, number: signal.Signals) -> None:
        if self._stopping:
            log.info("%s again: stopping at once", number.name)
            self._service.hurry()
            self._stopped()
            return
        log.info("%s: stopping", number.name)
        self._stopping = True
        self._service.stop(self._stopped)

    def _stopped(self) -> None:
        if not self._failed:
            self._exit_code = ExitCode.STOPPED
        self._loop.stop()

    def _asked_to_reload(self) -> None:
        log.warning("SIGHUP ignored: the configuration is read at the start only; restart to use a new one")

    def _fail(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        """An exception that nobody expected: without the callback that raised it the daemon would only seem to work."""
        error = context.get("exception")
        details = error if isinstance(error, LinuxError) else None
        if details is not None:
            log.error("cannot go on: %s", details)
        else:
            trace = error if isinstance(error, BaseException) else None
            log.critical("defect in vrrpd: %s", context.get("message"), exc_info=trace)
        self._failed = True
        self._exit_code = ExitCode.FAILED
        loop.stop()
