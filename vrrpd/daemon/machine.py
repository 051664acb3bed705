"""What a keepalived.conf asks of this machine: files, interfaces, users and scripts as they are now."""

import glob
import os
import socket
import stat
from pathlib import Path
from typing import Final

from vrrpd.config.keepalived.context import FoundFile, ReadContext, ScriptCheck, ScriptManners, ScriptState
from vrrpd.config.keepalived.limits import INPUT_LIMIT
from vrrpd.errors import VrrpdError
from vrrpd.linux.process import DEFAULT_SCRIPT_USER, has_default_script_user, resolve_identity
from vrrpd.linux.script_security import Flaw, Program, examine

_NAMESPACES: Final = Path("/run/netns")
_FILES_LIMIT: Final = 4096
"""Files that one include may mean."""


def machine_context(
    config: Path, *, config_id: str | None = None, check_all_includes: bool = False
) -> ReadContext:  # fmt: skip
    """``config_id`` None: the host name up to its first dot, as keepalived has it."""
    return ReadContext(
        config_id=socket.gethostname().partition(".")[0] if config_id is None else config_id,
        directory=str(config.absolute().parent),
        environment=os.environ.get,
        random=_random,
        find_files=_find_files,
        has_interface=_has_interface,
        has_user=_has_user,
        has_namespace=_has_namespace,
        check_script=_check_script,
        default_user=_default_user,
        check_all_includes=check_all_includes,
    )


def _default_user() -> str | None:
    return DEFAULT_SCRIPT_USER if has_default_script_user() else None


def _random(low: int, high: int) -> int:
    import random  # with what it needs itself it takes long to load, and hardly any file asks for it

    return random.Random().randint(low, high)  # noqa: S311  nothing is kept secret by it


def _find_files(pattern: str, directory: str) -> tuple[FoundFile, ...]:
    paths = sorted(glob.iglob(os.path.join(directory, pattern)))[:_FILES_LIMIT]  # noqa: PTH118, PTH207  as written
    return tuple(_found(path) for path in paths if _is_plain(path))


def _is_plain(path: str) -> bool:
    """Regular, and nobody may execute it: keepalived takes a script for an accident."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return True
    return stat.S_ISREG(mode) and not mode & 0o111


def _found(path: str) -> FoundFile:
    try:
        with Path(path).open("rb") as stream:
            return FoundFile(path, stream.read(INPUT_LIMIT + 1))
    except OSError as error:
        return FoundFile(path, None, error.strerror or str(error))


def _has_interface(name: str) -> bool:
    try:
        socket.if_nametoindex(name)
    except (OSError, ValueError):
        return False
    return True


def _has_user(user: str, group: str | None) -> bool:
    try:
        resolve_identity(user, group)
    except VrrpdError:
        return False
    return True


def _has_namespace(name: str) -> bool:
    return "/" not in name and (_NAMESPACES / name).exists()


def _check_script(program: str, user: str | None, group: str | None, manners: ScriptManners) -> ScriptCheck:
    try:
        identity = resolve_identity(user, group, supplementary=manners.supplementary)
    except VrrpdError as error:
        return ScriptCheck(ScriptState.NOT_EXECUTABLE, str(error))
    found = examine(program, identity, keep_links=manners.keep_links)
    detail = "; ".join(str(problem) for problem in found.problems)
    return ScriptCheck(_state(found), detail, found.root)


def _state(found: Program) -> ScriptState:
    flaws = {problem.flaw for problem in found.problems}
    if flaws & {Flaw.MISSING, Flaw.NOT_A_FILE}:
        return ScriptState.MISSING
    if Flaw.NOT_EXECUTABLE in flaws:
        return ScriptState.NOT_EXECUTABLE
    return ScriptState.INSECURE if flaws else ScriptState.SAFE
