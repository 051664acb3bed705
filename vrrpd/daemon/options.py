"""What a command line asks of the daemon."""

from pathlib import Path
from typing import Final

from vrrpd.observe.logs import Destination, Form, Level, Targets
from vrrpd.records import dataclass

DEFAULT_RUN_DIR: Final = Path("/run/vrrpd")


@dataclass(frozen=True, slots=True)
class Manners:
    """What keepalived's options ask for; the defaults are vrrpd's own ways.

    ``keepalived_options``: they were used, so a missing file is told apart from an unusable one, and a run dir that is
    taken is replaced by another. ``keepalived_name``: the program runs as ``keepalived``, with its pid files and exit
    codes. ``targets`` None: ``log_to`` decides. ``umask`` None: that of the configuration, or else ``default_umask``,
    or else as it is. ``runs_vrrp`` False: checkers only, so nothing. ``supervised`` False: one process does everything;
    ``respawn`` False: a worker that dies is not replaced. ``remarks`` are logged once, at the start.
    """

    keepalived_options: bool = False
    keepalived_name: bool = False
    background: bool = False
    targets: Targets | None = None
    pid_file: Path | None = None
    vrrp_pid_file: Path | None = None
    umask: int | None = None
    default_umask: int | None = None
    namespace: str | None = None
    config_id: str | None = None
    check_includes: bool = False
    runs_vrrp: bool = True
    keep_addresses: bool = False
    log_addresses: bool = False
    log_config: bool = False
    core_dumps: bool = False
    supervised: bool = True
    respawn: bool = True
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DaemonOptions:
    config: Path
    run_dir: Path = DEFAULT_RUN_DIR
    log_level: Level = "info"
    log_format: Form = "text"
    log_to: Destination = "auto"
    manners: Manners = Manners()
