"""What reading a keepalived.conf asks of the machine, as functions that the caller passes in."""

from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from vrrpd.records import dataclass


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that an ``include`` means; ``content`` None: it cannot be read, ``problem`` says why."""

    path: str
    content: bytes | None
    problem: str = ""


class ScriptState(Enum):
    """What stands behind the path of a script."""

    SAFE = "safe"
    MISSING = "not found"
    NOT_EXECUTABLE = "not executable"
    INSECURE = "insecure"


@dataclass(frozen=True, slots=True)
class ScriptCheck:
    """``runs_as_root`` when the program would run with uid or gid 0; ``detail`` for people."""

    state: ScriptState
    detail: str = ""
    runs_as_root: bool = False


@dataclass(frozen=True, slots=True)
class ScriptManners:
    """How global_defs wants scripts run: use_symlink_paths and set_supplementary_groups."""

    keep_links: bool = False
    supplementary: bool = False


CheckScript: TypeAlias = Callable[[str, str | None, str | None, ScriptManners], ScriptCheck]


def _no_files(pattern: str, directory: str) -> tuple[FoundFile, ...]:
    del pattern, directory
    return ()


def _safe_script(program: str, user: str | None, group: str | None, manners: ScriptManners) -> ScriptCheck:
    del program, user, group, manners
    return ScriptCheck(ScriptState.SAFE)


def _nothing(name: str) -> None:
    del name


def _any(name: str) -> bool:
    del name
    return True


def _any_user(user: str, group: str | None) -> bool:
    del user, group
    return True


def _script_account() -> str | None:
    return "keepalived_script"


@dataclass(frozen=True, slots=True)
class ReadContext:
    """The defaults know nothing of any machine: no files to include, every interface, user and script is there.

    ``find_files(pattern, directory)`` gives the regular files without execute bit that match, sorted. ``random(low,
    high)`` both included. ``check_script(program, user, group, manners)``: users as written, None: the default user.
    ``has_user(user, group)``; ``default_user()``: who runs scripts when nobody is named, None when there is no account
    ``keepalived_script``.
    """

    config_id: str = ""
    directory: str = "."
    environment: Callable[[str], str | None] = _nothing
    random: Callable[[int, int], int] = min
    find_files: Callable[[str, str], tuple[FoundFile, ...]] = _no_files
    has_interface: Callable[[str], bool] = _any
    has_user: Callable[[str, str | None], bool] = _any_user
    has_namespace: Callable[[str], bool] = _any
    check_script: CheckScript = _safe_script
    default_user: Callable[[], str | None] = _script_account
    check_all_includes: bool = False
