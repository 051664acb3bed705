"""From options to an exit code: everything checked before anything is touched, everything given back at the end."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from vrrpd.config.diagnostics import Diagnostic
from vrrpd.config.model import Config, GlobalDefs
from vrrpd.daemon.auto_priority import LONGEST_RUN
from vrrpd.daemon.bequest import Bequest, Program, UnknownBequestError, take_from
from vrrpd.daemon.configuration import read_configuration
from vrrpd.daemon.daemonize import detach
from vrrpd.daemon.exit_codes import ExitCode
from vrrpd.daemon.findings import log_findings
from vrrpd.daemon.ledger import Ledger
from vrrpd.daemon.lifetime import Lifetime, Superiors
from vrrpd.daemon.options import DEFAULT_RUN_DIR, DaemonOptions
from vrrpd.daemon.pid_files import AlreadyRunningError, PidFiles
from vrrpd.daemon.pid_files import claim as claim_pid_files
from vrrpd.daemon.places import SHARED_PID_DIRECTORY, named_targets, namespace_of, pid_files_of, run_dir_of
from vrrpd.daemon.recorder import read
from vrrpd.daemon.run_dir import RunDir, RunDirInUseError, claim
from vrrpd.daemon.signals import hold_for_good, hold_requests
from vrrpd.daemon.supervisor import Supervisor
from vrrpd.daemon.worker import Worker, failures_told
from vrrpd.errors import LinuxError, VrrpdError
from vrrpd.linux.capabilities import missing_capabilities
from vrrpd.linux.namespace import enter_network
from vrrpd.linux.proc_events import ProcessConnector
from vrrpd.linux.realtime import (
    Scheduling,
    allow_core_dumps,
    apply,
    inherit_policy,
    own_policy,
    set_process_name,
)
from vrrpd.linux.scheduling import shorten_slice
from vrrpd.linux.sd_notify import ServiceManager
from vrrpd.observe.logs import LogWriter, configure, configure_targets
from vrrpd.records import dataclass
from vrrpd.units import Seconds

__all__ = ["DEFAULT_RUN_DIR", "DaemonOptions", "run"]

log = logging.getLogger("vrrpd")

_SHARED_MODE = 0o755


class _RefusalError(Exception):
    """It cannot start: the exit code, and the lines that say why."""

    def __init__(self, code: ExitCode, *lines: str) -> None:
        super().__init__(*lines)
        self.code = code
        self.lines = lines


@dataclass(frozen=True, slots=True)
class _Found:
    config: Config
    diagnostics: tuple[Diagnostic, ...]


def run(options: DaemonOptions) -> int:
    """Run until told to stop; an ExitCode says why it ended. What is wrong before goes to standard error.

    In the background, this returns in the daemon only: the calling process exits when that is ready or has failed.
    """
    program = Program.of_this_process()
    try:
        bequest, trial = take_from(os.environ)
    except UnknownBequestError as error:
        sys.stderr.write(f"{error}\n")
        return ExitCode.FAILED
    if bequest is not None:
        return _try_out(options, bequest) if trial else _take_over(options, program, bequest)
    manager = ServiceManager.take_from(os.environ)
    detached = detach() if options.manners.background else None
    started = detached.report if detached is not None else _nobody_waits
    return _guarded(options, program, Superiors(manager, started, ProcessConnector()))


def _take_over(options: DaemonOptions, program: Program, bequest: Bequest) -> int:
    """Go on in the process of another version."""
    if options.manners.background:
        os.chdir("/")
    manager = ServiceManager(bequest.manager, None if bequest.watchdog is None else Seconds(bequest.watchdog))
    superiors = Superiors(manager, _nobody_waits, ProcessConnector(bequest.connector))
    return _guarded(options, program, superiors, bequest)


def _try_out(options: DaemonOptions, bequest: Bequest) -> int:
    """Whether ``_take_over`` would come to a good end; what is in the way goes to standard error."""
    try:
        found = _read(options)
    except _RefusalError as refusal:
        sys.stderr.write("".join(f"{line}\n" for line in refusal.lines))
        return refusal.code
    legacy = read(Ledger.inherited(bequest.pages, bequest.beats, bequest.configuration), found.config)
    return ExitCode.FAILED if legacy is None else ExitCode.STOPPED


def _guarded(options: DaemonOptions, program: Program, superiors: Superiors, bequest: Bequest | None = None) -> int:
    manager, started, connector = superiors.manager, superiors.started, superiors.connector
    code: int = ExitCode.FAILED
    try:
        code = _run(options, superiors, program, bequest)
    except _RefusalError as refusal:
        sys.stderr.write("".join(f"{line}\n" for line in refusal.lines))
        manager.failed(0, refusal.lines[0])
        code = refusal.code
    except VrrpdError as error:
        sys.stderr.write(f"{error}\n")
    finally:
        connector.close()
        started(code)
    return code


def _nobody_waits(code: int) -> None:
    del code


def _run(options: DaemonOptions, superiors: Superiors, program: Program, bequest: Bequest | None) -> int:
    manners = options.manners
    _set_umask(manners.default_umask if manners.umask is None else manners.umask)
    found = _read_inside(options) if bequest is None else _read(options)
    missing = missing_capabilities()
    if missing:
        text = f"vrrpd needs {' and '.join(missing)}: run it as root, or give it these capabilities"
        raise _RefusalError(ExitCode.PRIVILEGE_MISSING, text)
    with ExitStack() as stack:
        hold_requests()
        pid_files = stack.enter_context(_pid_files(options, found.config, bequest))
        run_dir = stack.enter_context(_run_dir(options, found.config, bequest))
        if manners.umask is None:
            _set_umask(found.config.global_defs.umask)
        if not manners.supervised:
            return _run_with_logs(found, options, run_dir, superiors)
        _settle(options, found.config)  # what is refused the worker says
        name = main_process_name(found.config.global_defs, keepalived=manners.keepalived_name)
        if name:
            set_process_name(name)
        logs = _Logs(found, options, run_dir, own_policy() if bequest is None else bequest.policy)
        work = Worker(found.config, options, run_dir, pid_files, superiors, logs, _ledger(bequest))
        tell, started = superiors.manager.pass_on, superiors.started
        code = Supervisor(work, tell, started, program, respawn=manners.respawn, bequest=bequest).run()
        hold_for_good()
        return code


def _read_inside(options: DaemonOptions) -> _Found:
    """In the network namespace that is asked for."""
    manners = options.manners
    if manners.namespace:
        _enter(options, manners.namespace)
    found = _read(options)
    namespace = namespace_of(manners, found.config.process)
    if namespace and not manners.namespace:
        _enter(options, namespace)
        found = _read(options)  # what was said of interfaces was said of those outside
    return found


def _ledger(bequest: Bequest | None) -> Ledger:
    if bequest is None:
        return Ledger()
    return Ledger.inherited(bequest.pages, bequest.beats, bequest.configuration)


def _set_umask(mask: int | None) -> None:
    if mask is not None:
        os.umask(mask)
        # Directories for compiled modules, made with such a mask, could be entered by nobody.
        sys.dont_write_bytecode = True


def _enter(options: DaemonOptions, name: str) -> None:
    try:
        enter_network(name)
    except LinuxError as error:
        code = ExitCode.STOPPED if options.manners.keepalived_name else ExitCode.FAILED  # as keepalived ends
        raise _RefusalError(code, str(error)) from error


def _read(options: DaemonOptions) -> _Found:
    try:
        config, diagnostics = read_configuration(options)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError) and options.manners.keepalived_options
        code = ExitCode.NO_CONFIG if missing else ExitCode.CONFIG_UNUSABLE
        raise _RefusalError(code, f"cannot read {options.config}: {error.strerror}") from error
    if config is None:
        raise _RefusalError(ExitCode.CONFIG_UNUSABLE, *(str(item) for item in diagnostics))
    return _Found(config, diagnostics)


@contextmanager
def _pid_files(options: DaemonOptions, config: Config, bequest: Bequest | None = None) -> Iterator[PidFiles]:
    paths = pid_files_of(options.manners, config.process)
    shared = any(path.parent == SHARED_PID_DIRECTORY for path in paths)
    if shared:
        _make_shared_directory(SHARED_PID_DIRECTORY)
    try:
        files = claim_pid_files(paths) if bequest is None else PidFiles(bequest.pid_files)
    except AlreadyRunningError as error:
        code = ExitCode.STOPPED if options.manners.keepalived_name else ExitCode.RUN_DIR_IN_USE
        raise _RefusalError(code, str(error)) from error
    try:
        yield files
    finally:
        files.release()
        if shared:
            with suppress(OSError):  # others are still in it
                SHARED_PID_DIRECTORY.rmdir()


def _make_shared_directory(path: Path) -> None:
    try:
        path.mkdir(exist_ok=True)
        path.chmod(_SHARED_MODE)
    except OSError as error:
        raise LinuxError("create", str(path), error.errno or 0) from error


@contextmanager
def _run_dir(options: DaemonOptions, config: Config, bequest: Bequest | None = None) -> Iterator[RunDir]:
    if bequest is None:
        run_dir = _claim_run_dir(options, run_dir_of(options, config.process))
    else:
        run_dir = RunDir(Path(bequest.run_dir), bequest.run_dir_lock, bequest.run_dir_created)
    try:
        yield run_dir
    finally:
        run_dir.release()


def _claim_run_dir(options: DaemonOptions, path: Path) -> RunDir:
    """keepalived's options know of no run dir: a second daemon with pid files of its own gets one of its own."""
    try:
        return claim(path)
    except RunDirInUseError as error:
        if options.manners.keepalived_options and options.run_dir == DEFAULT_RUN_DIR:
            return claim(path.with_name(f"{path.name}-{os.getpid()}"))
        raise _RefusalError(ExitCode.RUN_DIR_IN_USE, f"{error}; a second one needs another --run-dir") from error


def _run_with_logs(found: _Found, options: DaemonOptions, run_dir: RunDir, superiors: Superiors) -> int:
    """All in one process."""
    logs = _Logs(found, options, run_dir, own_policy())
    with logs.open(), failures_told(options, superiors) as outcome:
        logs.begin()
        outcome.code = Lifetime(found.config, options, run_dir, superiors).run()
    return outcome.code


class _Logs:
    """Where a process that does the work writes to, and what it says first."""

    def __init__(self, found: _Found, options: DaemonOptions, run_dir: RunDir, policy: tuple[int, int]) -> None:
        self._found = found
        self._options = options
        self._run_dir = run_dir
        self.policy = policy

    @contextmanager
    def open(self) -> Iterator[None]:
        writer = _configure_logs(self._options, self._found.config)
        try:
            yield
        finally:
            writer.close()

    def begin(self) -> None:
        """Before the first one."""
        refused = inherit_policy(*self.policy)
        if refused is not None:
            log.warning("%s: LimitRTPRIO=, or no CPUSchedulingResetOnFork= in the unit, allows it", refused)
        for remark in self._options.manners.remarks:
            log.warning("%s", remark)
        log_findings(self._found.diagnostics)
        if self._options.manners.log_config:
            from vrrpd.daemon.config_log import log_config

            log_config(self._found.config)
        for error in self.settle():
            log.warning("%s", error)
        if self._options.manners.keepalived_options and self._run_dir.path != DEFAULT_RUN_DIR:
            log.info("vrrpd status --run-dir %s asks this daemon", self._run_dir.path)

    def follow(self) -> None:
        """Before one that goes on where another ended."""
        inherit_policy(*self.policy)
        self.settle()

    def settle(self) -> tuple[LinuxError, ...]:
        """What the kernel is told about this process; what it refuses."""
        return _settle(self._options, self._found.config)


def _configure_logs(options: DaemonOptions, config: Config) -> LogWriter:
    targets = options.manners.targets
    if targets is None:
        return configure(options.log_level, options.log_format, options.log_to)
    named = named_targets(targets, options.manners, config.process)
    return configure_targets(options.log_level, options.log_format, named)


def _settle(options: DaemonOptions, config: Config) -> tuple[LinuxError, ...]:
    name = process_name(config.global_defs, keepalived=options.manners.keepalived_name)
    if name:
        set_process_name(name)
    if options.manners.core_dumps:
        allow_core_dumps()
    refused = apply(scheduling_of(config.global_defs))
    with suppress(LinuxError):  # a kernel or machine that knows of no slices is none the worse
        shorten_slice()
    return refused


def main_process_name(defs: GlobalDefs, *, keepalived: bool) -> str:
    """As the configuration says; "" leaves it."""
    return defs.process_name or ("keepalived" if keepalived or defs.process_names else "")


def process_name(defs: GlobalDefs, *, keepalived: bool) -> str:
    """Likewise for the worker, which has the name of keepalived's VRRP process."""
    if defs.vrrp_process_name or defs.process_name:
        return defs.vrrp_process_name or defs.process_name or ""
    if defs.process_names:
        return "keepalived_vrrp"
    return "keepalived" if keepalived else ""


def scheduling_of(defs: GlobalDefs) -> Scheduling:
    return Scheduling(
        nice=defs.vrrp_priority or 0,
        rt_priority=defs.vrrp_rt_priority or 0,
        cpus=frozenset(defs.vrrp_cpu_affinity),
        no_swap=defs.vrrp_no_swap,
        rttime=defs.vrrp_rlimit_rttime or (LONGEST_RUN if defs.vrrp_rt_priority else None),
        tuned=defs.tuning == "automatic",
    )
