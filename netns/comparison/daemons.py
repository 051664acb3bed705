"""How either daemon is started with a keepalived.conf."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from netns.host import Host
from netns.process import Process, spawn_outside

ROOT: Final = Path(__file__).resolve().parents[2]
CONFIG: Final = "keepalived.conf"
LOG: Final = "daemon.log"
KEEPALIVEDS_ORDER: Final = "\nglobal_defs {\n    handover break_first\n}\n"
"""For vrrpd only: keepalived does not know the word, and has no other order."""
SIDES: Final = ("keepalived", "vrrpd")
_PID_FILES: Final = ("pid", "vrrp_pid")


def start_outside(daemon: str, host: Host) -> Process:
    """In the machine's own namespaces; it enters the host's network by itself."""
    files = ["-f", str(host.directory / CONFIG), *(f"--{name}={host.directory / name}" for name in _PID_FILES)]
    argv = ["-n", "-l", "-D", "-G", "-P", "-s", host.namespace, *files]
    if daemon == "vrrpd":
        own = [sys.executable, "-m", "vrrpd", "--run-dir", str(host.directory / "run")]
        return spawn_outside([*own, *argv], host.directory / LOG, env={"PYTHONPATH": str(ROOT)})
    return spawn_outside(["keepalived", *argv], host.directory / LOG)


def start(daemon: str, host: Host, options: Sequence[str] = ()) -> Process:
    config = str(host.directory / CONFIG)
    if daemon == "vrrpd":
        argv = [sys.executable, "-m", "vrrpd", "--config", config, "--run-dir", str(host.directory / "run")]
        return host.spawn([*argv, *options], log=LOG, env={"PYTHONPATH": str(ROOT)})
    for name in _PID_FILES:
        # A PID namespace gives out the same few numbers again: what is left of a dead one looks alive.
        (host.directory / name).unlink(missing_ok=True)
    files = [f"--{name}={host.directory / name}" for name in _PID_FILES]
    # -D: without it keepalived does not forget the interval of a former master (a defect of it).
    # -G: without it syslog() falls back to the slow console where /dev/log is missing.
    return host.spawn(["keepalived", "-n", "-l", "-D", "-G", "-P", f"-f{config}", *files, *options], log=LOG)
