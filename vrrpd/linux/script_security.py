"""Who could change what a program does: each part of its path looked at by keepalived's rules."""

import enum
import grp
import os
import pwd
import stat
from collections.abc import Callable, Iterable, Sequence
from errno import EACCES, ELOOP
from pathlib import Path
from typing import Final

from vrrpd.errors import LinuxError, describe_errno
from vrrpd.linux.process import Identity, find_program
from vrrpd.records import dataclass

_LINKS: Final = 40
"""As many symbolic links as the kernel follows."""
_ACL: Final = "system.posix_acl_access"


class Flaw(enum.Enum):
    """What is wrong with a program; only INSECURE ones can be run at all."""

    MISSING = "not found"
    NOT_A_FILE = "not a regular file"
    NOT_EXECUTABLE = "not executable"
    INSECURE = "insecure"


@dataclass(frozen=True, slots=True)
class Problem:
    """``text`` names the part of the path, its owner and mode; ``remedy`` is the command that ends it, or empty."""

    flaw: Flaw
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.text}; {self.remedy}" if self.remedy else self.text


@dataclass(frozen=True, slots=True)
class Program:
    """``path`` is what to run; ``root`` when it would have root's rights, so that insecurity counts."""

    path: str
    problems: tuple[Problem, ...]
    root: bool = False

    @property
    def runnable(self) -> bool:
        return all(problem.flaw is Flaw.INSECURE for problem in self.problems)

    @property
    def insecure(self) -> bool:
        return any(problem.flaw is Flaw.INSECURE for problem in self.problems)


@dataclass(frozen=True, slots=True)
class _Part:
    """One step of the way to a file, with what lstat(2) says of it."""

    path: Path
    found: os.stat_result

    @property
    def mode(self) -> int:
        return self.found.st_mode

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.mode)

    def describe(self) -> str:
        owner, group = _user(self.found.st_uid), _group(self.found.st_gid)
        return f"{self.path} ({owner}:{group}, mode {stat.S_IMODE(self.mode):04o})"


def examine(name: str, identity: Identity, *, keep_links: bool = False) -> Program:
    """What hinders ``identity`` from running the program ``name`` safely. Nothing is changed, nothing raised.

    A name without a slash is searched in PATH. ``path`` has no symbolic links, but keeps the file's name where that
    leads to the same file (programs go by it); with ``keep_links`` it stays as written (use_symlink_paths).

    Insecure is what runs with uid or gid 0, or is set-user-ID or set-group-ID root, while another than root owns the
    file or a directory above it, or may write to it; directories with the sticky bit may be written to by everybody.
    """
    try:
        path = Path(name if "/" in name else find_program(name)).absolute()
        called = path if keep_links else _called(path.resolve(strict=True), path.name)
        way = _way(called)
    except LinuxError as error:
        return Program(name, (_unfindable(name, error),))
    except (OSError, RuntimeError) as error:  # before 3.13 pathlib says RuntimeError of links that go in circles
        return Program(name, (Problem(Flaw.MISSING, f"{name} cannot be reached: {_reason(error)}"),))
    problems = tuple(_usability(way, identity))
    if problems:
        return Program(str(called), problems)
    root = 0 in {identity.uid, identity.gid} or _is_set_id_root(way[-1])
    return Program(str(called), tuple(_insecurities(way)) if root else (), root)


def _unfindable(name: str, error: LinuxError) -> Problem:
    if error.errno == EACCES:
        return Problem(Flaw.NOT_EXECUTABLE, f"{name} is not executable")
    return Problem(Flaw.MISSING, f"{name} is nowhere in PATH ({os.environ.get('PATH', '')})")


def _reason(error: OSError | RuntimeError) -> str:
    number, path = (error.errno or 0, error.filename) if isinstance(error, OSError) else (ELOOP, None)
    return f"{path}: {describe_errno(number)}" if path else describe_errno(number)


def _called(real: Path, name: str) -> Path:
    """The file by the name it was called by, where that is the same file: some programs go by their name."""
    called = real.with_name(name)
    try:
        return called if called.samefile(real) else real
    except OSError:
        return real


def _way(path: Path) -> Sequence[_Part]:
    """Every directory, link and file that the kernel looks at to reach ``path``, which is last. Raises OSError."""
    here = Path("/")
    way = [_Part(here, here.lstat())]
    words = list(path.parts[:0:-1])
    links = 0
    while words:
        word = words.pop()
        if word == "..":
            here = here.parent
            continue
        part = _Part(here / word, (here / word).lstat())
        way.append(part)
        if not stat.S_ISLNK(part.mode):
            here = part.path
            continue
        links += 1
        if links > _LINKS:
            raise OSError(ELOOP, "too many links", str(path))
        target = part.path.readlink()
        words += target.parts[target.is_absolute() :][::-1]
        here = Path("/") if target.is_absolute() else here
    if way[-1].path != here:
        way.append(_Part(here, here.lstat()))
    return way


# --- can it be run? -------------------------------------------------------------------------------------------------


def _usability(way: Sequence[_Part], identity: Identity) -> Iterable[Problem]:
    target = way[-1]
    if not stat.S_ISREG(target.mode):
        yield Problem(Flaw.NOT_A_FILE, f"{target.path} is {_kind(target.mode)}, not a program")
        return
    who = f"user {identity.name or identity.uid}"
    for part in way:
        if part.is_directory and not _may_pass(part, identity):
            text = f"{who} may not enter {part.describe()}"
            yield Problem(Flaw.NOT_EXECUTABLE, text, f"chmod o+x {part.path}")
    if not _may_execute(target, identity):
        text = f"{target.describe()} is not executable for {who}"
        yield Problem(Flaw.NOT_EXECUTABLE, text, f"chmod +x {target.path}")


def _may_pass(part: _Part, identity: Identity) -> bool:
    return identity.uid == 0 or _granted(part, identity)


def _may_execute(part: _Part, identity: Identity) -> bool:
    if identity.uid == 0:
        return part.mode & 0o111 != 0
    return _granted(part, identity)


def _granted(part: _Part, identity: Identity) -> bool:
    """The execute bit that counts for this user; an access control list may say more, then the kernel decides."""
    if _has_acl(part.path):
        return True
    if part.found.st_uid == identity.uid:
        return part.mode & stat.S_IXUSR != 0
    if part.found.st_gid in {identity.gid, *identity.groups}:
        return part.mode & stat.S_IXGRP != 0
    return part.mode & stat.S_IXOTH != 0


def _has_acl(path: Path) -> bool:
    try:
        return bool(os.getxattr(path, _ACL))
    except OSError:
        return False


def _kind(mode: int) -> str:
    kinds: tuple[tuple[Callable[[int], bool], str], ...] = (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISCHR, "a device"),
    )
    return next((text for test, text in kinds if test(mode)), "something else")


# --- who else could change it? --------------------------------------------------------------------------------------


def _is_set_id_root(target: _Part) -> bool:
    mode, found = target.mode, target.found
    as_user = found.st_uid == 0 and mode & stat.S_ISUID and mode & stat.S_IXUSR
    as_group = found.st_gid == 0 and mode & stat.S_ISGID and mode & stat.S_IXGRP
    return bool(as_user or as_group)


def _insecurities(way: Iterable[_Part]) -> Iterable[Problem]:
    for part in {part.path: part for part in way}.values():
        if part.found.st_uid != 0:
            text = f"{part.describe()} belongs to {_user(part.found.st_uid)}, not to root"
            yield Problem(Flaw.INSECURE, text, f"chown {'-h ' * part.is_link}root {part.path}")
        if not part.is_link and not (part.is_directory and part.mode & stat.S_ISVTX):
            yield from _writers(part)


def _writers(part: _Part) -> Iterable[Problem]:
    if part.mode & stat.S_IWOTH:
        yield Problem(Flaw.INSECURE, f"everybody may write to {part.describe()}", f"chmod o-w {part.path}")
    if not part.mode & stat.S_IWGRP:
        return
    if _has_acl(part.path):
        # The group's bits are then the most that any entry of the list may give.
        text = f"the access control list of {part.describe()} may let others write to it"
        yield Problem(Flaw.INSECURE, text, f"setfacl --remove-all {part.path}")
    elif part.found.st_gid != 0:
        text = f"group {_group(part.found.st_gid)} may write to {part.describe()}"
        yield Problem(Flaw.INSECURE, text, f"chmod g-w {part.path}")


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
