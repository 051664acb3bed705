"""Programs of the operator: started without a shell, each in a process group of its own, their ends heard of."""

import contextlib
import grp
import os
import pwd
import signal
import warnings
from collections.abc import Callable, Iterable, Sequence
from errno import EACCES, ECHILD, EINVAL, ENOENT, EPERM, ESRCH
from pathlib import Path
from typing import Final, NoReturn

from vrrpd.errors import LinuxError, VrrpdError
from vrrpd.linux.realtime import as_usual
from vrrpd.records import dataclass

_UNWANTED: Final = ("IFS", "LD_PRELOAD", "LD_LIBRARY_PATH")  # as keepalived
_UNSETTABLE: Final = {signal.SIGKILL, signal.SIGSTOP}
_STDIO: Final = (
    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
)
_FIRST_OTHER: Final = 3
DEFAULT_SCRIPT_USER: Final = "keepalived_script"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who runs a program. ``name`` is empty for a user id without an account; ``groups`` are those besides ``gid``."""

    uid: int
    gid: int
    name: str
    home: str
    groups: tuple[int, ...] = ()


def resolve_identity(user: str | None, group: str | None, *, supplementary: bool = False) -> Identity:
    """An account by name or number; without a user this process's own, without a group the user's primary one.

    With ``supplementary`` also the groups that the account is a member of (keepalived's set_supplementary_groups).

    VrrpdError names the user or group that does not exist.
    """
    if user is None:
        account = _account(os.geteuid())
        primary = os.getegid()
    else:
        account = _account_named(user)
        primary = account.gid
    gid = primary if group is None else _group_named(group)
    groups = os.getgrouplist(account.name, gid) if supplementary and account.name else ()
    return Identity(account.uid, gid, account.name, account.home, tuple(number for number in groups if number != gid))


def default_script_identity(*, supplementary: bool = False) -> Identity:
    """The account ``keepalived_script`` if there is one, else this process's own (keepalived)."""
    user = DEFAULT_SCRIPT_USER if has_default_script_user() else None
    return resolve_identity(user, None, supplementary=supplementary)


def has_default_script_user() -> bool:
    try:
        pwd.getpwnam(DEFAULT_SCRIPT_USER)
    except KeyError:
        return False
    return True


def _account(uid: int) -> Identity:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Identity(uid, uid, "", "/")
    return Identity(entry.pw_uid, entry.pw_gid, entry.pw_name, entry.pw_dir)


def _account_named(user: str) -> Identity:
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        if user.isascii() and user.isdecimal():
            return _account(int(user))
        raise VrrpdError(f"user {user!r} does not exist") from None
    return Identity(entry.pw_uid, entry.pw_gid, entry.pw_name, entry.pw_dir)


def _group_named(group: str) -> int:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        if group.isascii() and group.isdecimal():
            return int(group)
        raise VrrpdError(f"group {group!r} does not exist") from None


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """How a program ended: by itself with ``code``, or by ``signal``; both None when somebody else reaped it."""

    code: int | None
    signal: int | None

    @property
    def succeeded(self) -> bool:
        return self.code == 0

    def describe(self) -> str:
        if self.signal is not None:
            return f"killed by {_signal_name(self.signal)}"
        return "exit unknown" if self.code is None else f"exit {self.code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class Child:
    """A program that was started, and its process group; ``pidfd`` is readable once it has ended."""

    __slots__ = ("_status", "pid", "pidfd")

    def __init__(self, pid: int, pidfd: int) -> None:
        self.pid = pid
        self.pidfd = pidfd
        self._status: ExitStatus | None = None

    def fileno(self) -> int:
        return self.pidfd

    def poll(self) -> ExitStatus | None:
        """How it ended; None while it runs. The first answer also removes the zombie."""
        if self._status is None and self.pidfd >= 0:
            self._status = self._reap()
        return self._status

    def _reap(self) -> ExitStatus | None:
        try:
            result = os.waitid(os.P_PIDFD, self.pidfd, os.WEXITED | os.WNOHANG)
        except OSError as error:
            if error.errno == ECHILD:
                return ExitStatus(None, None)
            raise LinuxError("wait for", f"pid {self.pid}", error.errno or 0) from error
        if result is None:
            return None
        by_itself = result.si_code == os.CLD_EXITED
        return ExitStatus(result.si_status if by_itself else None, None if by_itself else result.si_status)

    def signal_group(self, number: int) -> bool:
        """Signal the program and everything it started in its group; False when nobody is left.

        Before ``poll`` has told how it ended, the group can be nobody else's; afterwards only while a member lives.
        LinuxError (EPERM) when all members belong to another user and this process is not privileged.
        """
        try:
            os.killpg(self.pid, number)
        except OSError as error:
            if error.errno == ESRCH:
                return False
            raise LinuxError("signal", f"process group {self.pid}", error.errno or 0) from error
        return True

    def close(self) -> None:
        """Give up the pidfd; the program goes on running."""
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


def prepare_to_spawn() -> None:
    """Once at start, in the main thread: nothing that this process inherited reaches the programs it starts.

    Descriptors above the standard ones become close-on-exec. A SIGCHLD that is ignored (some supervisors hand that
    down) would make the kernel throw away how a program ended.
    """
    for entry in list(Path("/proc/self/fd").iterdir()):
        descriptor = int(entry.name)
        if descriptor >= _FIRST_OTHER:
            _make_private(descriptor)
    if signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _make_private(descriptor: int) -> None:
    try:
        os.set_inheritable(descriptor, False)
    except OSError:
        return  # the one that listed the directory


def spawn(argv: Sequence[str], identity: Identity | None, extra_env: Iterable[tuple[str, str]] = ()) -> Child:
    """Start a program, as another user if ``identity`` says so, and return at once.

    Its own process group, no blocked or ignored signals, /dev/null for its standard streams, this process's environment
    without IFS, LD_PRELOAD and LD_LIBRARY_PATH and with ``extra_env``. A name without a slash is searched in PATH.
    LinuxError: ENOENT or EACCES when there is no such program or it may not be run, ENOEXEC when it is neither a binary
    nor starts with #!, EPERM when this process may not become that user, EINVAL for an empty ``argv`` or a zero byte.
    """
    if not argv or any("\0" in word for word in argv):
        raise LinuxError("run", argv[0] if argv else "nothing", EINVAL)
    program = find_program(argv[0])
    environment = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    command = [program, *argv[1:]]
    executable = program
    if identity and _is_other(identity):
        environment |= _account_variables(identity)
        command = _as_user(identity, command)
        executable = command[0]
    else:
        command[0] = argv[0]
    return _start(executable, command, environment | dict(extra_env))


def find_program(name: str) -> str:
    """The path of a program; LinuxError (ENOENT, EACCES) when there is none that could be run."""
    found = _which(name)
    if found:
        return found
    exists = "/" in name and Path(name).exists()
    raise LinuxError("run", name, EACCES if exists else ENOENT)


def _which(name: str) -> str | None:
    """``shutil.which``, whose module loads three compressors."""
    folders = [""] if "/" in name else os.environ.get("PATH", os.defpath).split(os.pathsep)
    for folder in folders:
        path = os.path.join(folder, name)  # noqa: PTH118  # "" stays ""
        if os.access(path, os.X_OK) and not os.path.isdir(path):  # noqa: PTH112  # a text all along
            return path
    return None


def _is_other(identity: Identity) -> bool:
    return identity.uid != os.geteuid() or identity.gid != os.getegid()


def _account_variables(identity: Identity) -> dict[str, str]:
    names = {"USER": identity.name, "LOGNAME": identity.name} if identity.name else {}
    return {"HOME": identity.home, **names}


def _as_user(identity: Identity, command: list[str]) -> list[str]:
    """``command`` by way of setpriv(1), which becomes the user and then executes it: posix_spawn cannot.

    At that moment it still has root's right to execute anything; the program itself has no more than the user's rights.
    """
    if os.geteuid() != 0:
        raise LinuxError(f"as user {identity.name or identity.uid} run", command[0], EPERM)
    groups = ",".join(str(number) for number in (identity.gid, *identity.groups))
    ids = [f"--reuid={identity.uid}", f"--regid={identity.gid}", f"--groups={groups}"]
    return [find_program("setpriv"), *ids, "--pdeathsig=TERM", "--", *command]


def _start(executable: str, command: list[str], environment: dict[str, str]) -> Child:
    try:
        with as_usual():
            pid = os.posix_spawn(
                executable,
                command,
                environment,
                file_actions=_STDIO,
                setpgroup=0,
                setsigmask=(),
                setsigdef=signal.valid_signals() - _UNSETTABLE,
            )
    except OSError as error:
        raise LinuxError("run", command[0], error.errno or 0) from error
    try:
        return _watched(pid)
    except OSError as error:
        raise LinuxError("run", command[0], error.errno or 0) from error


def _watched(pid: int) -> Child:
    """Nobody but us waits for it, so the number stays its own, even when it has ended already."""
    try:
        return Child(pid, os.pidfd_open(pid))
    except OSError:
        # Without a descriptor left its end could not be heard of.
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def work_apart(work: Callable[[], bytes], niceness: int) -> tuple[Child, int]:
    """Do ``work`` in a copy of this process, and return at once; its result can be read from the descriptor.

    The descriptor does not block. The copy has no real time priority, is in a process group of its own, exits with 0
    when all went well, and shares nothing with this process but what it read before: ``work`` neither logs nor touches
    the event loop. LinuxError when there is no room for another process.
    """
    with contextlib.ExitStack() as stack:
        try:
            read_end, write_end = os.pipe2(os.O_CLOEXEC)
            undo = stack.enter_context(contextlib.ExitStack())
            undo.callback(os.close, read_end)
            stack.callback(os.close, write_end)
            pid = _fork(work, write_end, niceness)
            child = _watched(pid)
        except OSError as error:
            raise LinuxError("start", "a copy of this process", error.errno or 0) from error
        undo.pop_all()
    os.set_blocking(read_end, False)
    return child, read_end


def _fork(work: Callable[[], bytes], output: int, niceness: int) -> int:
    old = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        with warnings.catch_warnings():
            # Of a fork beside threads: ours only write log lines, and the copy needs no lock that they may hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            _work(work, output, niceness)
        return pid
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


def _work(work: Callable[[], bytes], output: int, niceness: int) -> NoReturn:
    """In the copy: a signal for it must not reach the event loop of the other one, whose wake-up socket it shares."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in signal.valid_signals() - _UNSETTABLE:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.setpgid(0, 0)
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        os.nice(niceness)
        with open(output, "wb", closefd=False) as pipe:  # a descriptor, not a path
            pipe.write(work())
        code = 0
    finally:
        os._exit(code)
