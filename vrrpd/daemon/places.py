"""Where a daemon that stands in for keepalived has its pid files, and what it is called."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from vrrpd.config.model import ProcessSettings
from vrrpd.daemon.options import DEFAULT_RUN_DIR, DaemonOptions, Manners
from vrrpd.observe.logs import Targets

PID_DIRECTORY: Final = Path("/run")
SHARED_PID_DIRECTORY: Final = PID_DIRECTORY / "keepalived"


def namespace_of(manners: Manners, process: ProcessSettings) -> str:
    """The network namespace to run in; "" for the one it was started in."""
    return manners.namespace or process.net_namespace or ""


def suffix_of(manners: Manners, process: ProcessSettings) -> str:
    """``_NAMESPACE_INSTANCE``, as far as there are such: it tells several daemons of one machine apart.

    keepalived leaves the namespace out and hides the directory from others instead; here everybody finds the file.
    """
    names = (namespace_of(manners, process), process.instance)
    return "".join(f"_{name}" for name in names if name).replace("/", "_")


def pid_files_of(manners: Manners, process: ProcessSettings) -> tuple[Path, ...]:
    """Those of keepalived's parent and of its VRRP process; under vrrpd's own name only those that were asked for."""
    if not manners.keepalived_name:
        return tuple(path for path in (manners.pid_file, manners.vrrp_pid_file) if path is not None)
    suffix = suffix_of(manners, process)
    directory = SHARED_PID_DIRECTORY if process.use_pid_dir or suffix else PID_DIRECTORY
    return (
        manners.pid_file or directory / f"keepalived{suffix}.pid",
        manners.vrrp_pid_file or directory / f"vrrp{suffix}.pid",
    )


def run_dir_of(options: DaemonOptions, process: ProcessSettings) -> Path:
    """The one asked for; by default each instance and namespace of a keepalived.conf has its own."""
    if options.run_dir != DEFAULT_RUN_DIR:
        return options.run_dir
    suffix = suffix_of(options.manners, process)
    return DEFAULT_RUN_DIR.with_name(DEFAULT_RUN_DIR.name + suffix.replace("_", "-", 1)) if suffix else DEFAULT_RUN_DIR


def named_targets(targets: Targets, manners: Manners, process: ProcessSettings) -> Targets:
    return replace(targets, identifier=targets.identifier + suffix_of(manners, process))
