"""keepalived as master, and backups of vrrpd with fast_failover beside those that go by the protocol."""

import sys
from pathlib import Path
from typing import Final

from netns.capture import Capture
from netns.host import Host
from netns.process import Process

ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE: Final = 30
OWNER: Final = 255

_INSTANCE: Final = """
vrrp_instance VI_{vrid} {{
    interface eth0
    state {state}
    virtual_router_id {vrid}
    priority {priority}
    advert_int 1
    version {version}
    {words}
    virtual_ipaddress {{ {vip} }}
}}
"""
ALWAYS: Final = """fast_failover {
        probe always
    }"""
OVERDUE: Final = "fast_failover"


def instance(vrid: int, priority: int, words: str = "", *, family: int = 4, version: int = 2) -> str:
    """One instance in keepalived's language; ``words``: further lines of it."""
    vip = f"192.168.1.{49 + vrid}" if family == 4 else f"fe80::{49 + vrid:x} fd00:1::{49 + vrid:x}"
    vip = vip.replace(" ", "\n        ")
    version = 3 if family == 6 else version
    state = "MASTER" if priority == OWNER else "BACKUP"  # an owner waits for nobody
    return _INSTANCE.format(
        state=state, vrid=vrid, priority=priority, words=words, vip=f"\n        {vip}\n    ", version=version
    )


def start(host: Host, program: str, *instances: str, head: str = "") -> Process:
    config = host.directory / "fast.conf"
    config.write_text(head + "".join(instances))
    if program == "keepalived":
        argv = ["keepalived", "-n", "-l", "-D", "-P", "-f", str(config)]
        argv += ["-p", str(host.directory / "keepalived.pid"), "-r", str(host.directory / "vrrp.pid")]
        return host.spawn(argv, log="daemon.log")
    argv = [sys.executable, "-m", "vrrpd", "--config", str(config), "--run-dir", str(host.directory / "run")]
    return host.spawn(argv, log="daemon.log", env={"PYTHONPATH": str(ROOT)})


def log_of(host: Host) -> str:
    return (host.directory / "daemon.log").read_text()


def masters(capture: Capture, host: Host, *vrids: int, since: int = 0) -> None:
    """Wait until ``host`` has advertised each of them."""
    for vrid in vrids:
        advert = capture.wait_for_advert(PATIENCE, host=host.name, vrid=vrid, since=since)
        assert advert is not None, log_of(host)


def taken_after(capture: Capture, heir: Host, vrid: int, begin: int) -> float:
    """Seconds from ``begin`` to the heir's first advert."""
    advert = capture.wait_for_advert(PATIENCE, host=heir.name, vrid=vrid, since=begin)
    assert advert is not None, log_of(heir)
    return (advert.time_ns - begin) / 1e9
