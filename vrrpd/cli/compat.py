"""keepalived's command line: under the name ``keepalived``, or when its options are used."""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vrrpd.cli.keepalived_options import KEEPALIVED, Parsed, UsageError, named, parse

if TYPE_CHECKING:
    from vrrpd.daemon.options import DaemonOptions, Manners
    from vrrpd.observe.logs import Targets

DEFAULT_CONFIG: Final = Path("/etc/keepalived/keepalived.conf")
NAME: Final = "keepalived"
IDENTIFIER: Final = "Keepalived_vrrp"
"""What stands before the lines that keepalived's VRRP process sends to syslog."""

_BAD_COMMAND_LINE: Final = 1
_DEFAULT_UMASK: Final = 0o177
_DAEMON, _USER, _LOCAL0 = 3, 1, 16
_FACILITIES: Final[Mapping[str, int]] = {
    "daemon": _DAEMON,
    "user": _USER,
    **{str(number): _LOCAL0 + number for number in range(8)},
    **{f"local{number}": _LOCAL0 + number for number in range(8)},
}
_OF_GROUP_WITH_VALUE: Final = frozenset(("--config", "--run-dir", "--log-level", "--log-format", "--log-to"))
_OF_GROUP: Final = _OF_GROUP_WITH_VALUE | {"-h", "--help", "-V", "--version"}
_LEVELS: Final = ("debug", "info", "warning", "error")
_FORMS: Final = ("text", "json")
_DESTINATIONS: Final = ("auto", "console", "syslog", "journal")


def is_meant(program: str, words: Sequence[str]) -> bool:
    """Whether ``program words...`` is a command line of keepalived: by its name, or by an option that only keepalived
    has, in front of any command. Options that both have are vrrpd's under its own name.
    """
    if Path(program).name == NAME:
        return True
    rest = iter(words)
    for word in rest:
        name = word.partition("=")[0]
        if name in _OF_GROUP:
            if name in _OF_GROUP_WITH_VALUE and name == word:
                next(rest, None)
        elif word == "--" or not word.startswith("-"):
            return False
        elif named(word) is not None:
            return True
    return False


def run(program: str, words: Sequence[str]) -> int:
    """The exit code. What keepalived prints comes out on the stream where keepalived has it."""
    name = NAME if Path(program).name == NAME else "vrrpd"
    try:
        parsed = parse(words)
        if parsed.extra:
            print(f"Unexpected argument(s): {' '.join(parsed.extra)}")  # noqa: T201  keepalived says so on stdout
        return _obey(name, parsed)
    except UsageError as error:
        sys.stderr.write(f"{name}: {error}\nTry '{name} -h'.\n")
        return _BAD_COMMAND_LINE


def _obey(name: str, parsed: Parsed) -> int:
    if parsed.given("help"):
        sys.stderr.write(_usage(name))
        return 0
    if parsed.given("version"):
        sys.stderr.write(_version())
        return 0
    if parsed.given("signum"):
        return _print_signal(parsed.value("signum") or "")
    if parsed.given("genhash"):
        raise UsageError("there is no genhash here")
    options = daemon_options(name, parsed)
    if parsed.given("config-test"):
        return _test(options, parsed)
    from vrrpd.cli.entry import run_daemon

    return run_daemon(options)


def _test(options: "DaemonOptions", parsed: Parsed) -> int:
    """No fork, no syslog, nothing is changed; findings on standard error, or at the end of the file that is given."""
    from vrrpd.cli.commands.config_test import config_test
    from vrrpd.config.keepalived.complaints import EXIT_FINDINGS

    invalid = [f"{remark}\n" for remark in _invalid(parsed)]
    sys.stderr.writelines(invalid)
    code = config_test(
        options.config,
        log=_path(parsed, "config-test"),
        as_json=parsed.given("json"),
        config_id=options.manners.config_id,
        check_all_includes=options.manners.check_includes,
    )
    return code or (EXIT_FINDINGS if invalid else code)


def _usage(name: str) -> str:
    from vrrpd.cli.keepalived_help import usage

    return usage(name, DEFAULT_CONFIG if name == NAME else None)


def _version() -> str:
    from vrrpd.cli.keepalived_help import version

    return version()


def _print_signal(name: str) -> int:
    from vrrpd.daemon.signals import NUMBERS

    if name not in NUMBERS:
        sys.stderr.write(f"Unknown sigfunc {name}\n")
        return _BAD_COMMAND_LINE
    print(NUMBERS[name])  # noqa: T201  this is what --signum is for
    return 0


def daemon_options(name: str, parsed: Parsed) -> "DaemonOptions":
    """Raises UsageError for arguments that make no sense."""
    from vrrpd.daemon.options import DEFAULT_RUN_DIR, DaemonOptions

    level = _choice(parsed, "log-level", _LEVELS) or ("debug" if parsed.given("log-detail") else "info")
    return DaemonOptions(
        config=_config(name, parsed),
        run_dir=_path(parsed, "run-dir") or DEFAULT_RUN_DIR,
        log_level=level,  # type: ignore[arg-type]  # one of _LEVELS
        log_format=_choice(parsed, "log-format", _FORMS) or "text",  # type: ignore[arg-type]  # one of _FORMS
        log_to=_choice(parsed, "log-to", _DESTINATIONS) or "auto",  # type: ignore[arg-type]  # one of _DESTINATIONS
        manners=_manners(name, parsed),
    )


def _config(name: str, parsed: Parsed) -> Path:
    given = _path(parsed, "use-file") or _path(parsed, "config")
    if given is None and name != NAME:
        raise UsageError("nothing to do: give -f FILE to run the daemon")
    return given or DEFAULT_CONFIG


def _manners(name: str, parsed: Parsed) -> "Manners":
    from vrrpd.daemon.options import Manners

    as_keepalived = name == NAME
    return Manners(
        keepalived_options=True,
        keepalived_name=as_keepalived,
        background=as_keepalived and not parsed.given("dont-fork"),
        targets=_targets(parsed, as_keepalived=as_keepalived),
        pid_file=_path(parsed, "pid"),
        vrrp_pid_file=_path(parsed, "vrrp_pid"),
        umask=_umask(parsed),
        default_umask=_DEFAULT_UMASK,
        namespace=parsed.value("namespace"),
        config_id=parsed.value("config-id") or _default_config_id(),
        check_includes=parsed.given("all-config"),
        runs_vrrp=not parsed.given("check"),
        respawn=not parsed.given("dont-respawn"),
        keep_addresses=parsed.given("dont-release-vrrp"),
        log_addresses=parsed.given("address-monitoring"),
        log_config=parsed.given("dump-conf"),
        core_dumps=parsed.given("core-dump") or parsed.given("core-dump-pattern"),
        remarks=_remarks(parsed),
    )


def _targets(parsed: Parsed, *, as_keepalived: bool) -> "Targets | None":
    """None: as under vrrpd's own name, where nothing says otherwise."""
    from vrrpd.observe.logs import Targets

    asked = any(map(parsed.given, ("log-console", "log-facility", "log-file", "no-syslog")))
    if parsed.given("log-to") or not (as_keepalived or asked):
        return None
    return Targets(
        console=parsed.given("log-console") or (not as_keepalived and not parsed.given("log-facility")),
        syslog=not parsed.given("no-syslog") and (as_keepalived or parsed.given("log-facility")),
        file=_log_file(parsed),
        facility=_FACILITIES.get(parsed.value("log-facility") or "", _DAEMON),
        identifier=IDENTIFIER if as_keepalived else "vrrpd",
    )


def _log_file(parsed: Parsed) -> Path | None:
    if not parsed.given("log-file"):
        return None
    return _path(parsed, "log-file") or _temporary_directory() / "keepalived.log"


def _temporary_directory() -> Path:
    given = os.environ.get("TMPDIR", "")
    return Path(given) if given.startswith("/") and Path(given).is_dir() else Path("/tmp")  # noqa: S108  O_NOFOLLOW


def _umask(parsed: Parsed) -> int | None:
    """strtol(3) with base 0; None, too, for what cannot be one."""
    text = parsed.value("umask") or ""
    octal = re.fullmatch(r"0([0-7]+)", text)
    try:
        mask = int(octal.group(1), 8) if octal else int(text, 0)
    except ValueError:
        return None
    return mask if 0 <= mask <= 0o777 else None


def _default_config_id() -> str:
    return os.uname().nodename.partition(".")[0]


def _remarks(parsed: Parsed) -> tuple[str, ...]:
    foreign = [option for option in KEEPALIVED if option.foreign and parsed.given(option.long)]
    remarks = [f"option --{option.long} is not handled by vrrpd: {option.foreign}" for option in foreign]
    if parsed.given("check"):
        remarks.append("option --check asks for health checkers only, which vrrpd does not have: no instance runs")
    return (*remarks, *_invalid(parsed))


def _invalid(parsed: Parsed) -> Iterator[str]:
    """keepalived goes on without arguments that it cannot use."""
    facility, mask = parsed.value("log-facility"), parsed.value("umask")
    if facility is not None and facility not in _FACILITIES:
        yield f"invalid log facility {facility!r}, daemon is used: it is one of 0-7, local0-local7, user, daemon"
    if mask is not None and _umask(parsed) is None:
        yield f"invalid umask {mask!r}, 0{_DEFAULT_UMASK:o} is used: it is a number from 0 to 0777"


def _path(parsed: Parsed, name: str) -> Path | None:
    """Absolute, because a daemon in the background is in another directory."""
    given = parsed.value(name)
    if given == "":
        raise UsageError(f"option --{name} needs the name of a file")
    return None if given is None else Path.cwd() / given


def _choice(parsed: Parsed, name: str, allowed: Sequence[str]) -> str | None:
    given = parsed.value(name)
    if given is not None and given not in allowed:
        raise UsageError(f"option --{name} is one of {', '.join(allowed)}")
    return given
