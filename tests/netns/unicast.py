"""Pairs of unicast nodes, each keepalived or vrrpd, from one keepalived.conf."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from netns.capture import Capture
from netns.host import Host
from netns.process import Process
from netns.wire import Advert

ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE: Final = 40

_CONFIGURATION: Final = """
vrrp_instance VI_1 {{
    interface eth0
    state BACKUP
    virtual_router_id 51
    priority {priority}
    advert_int 1
    version {version}
    {words}
    unicast_src_ip {own}
    unicast_peer {{
        {other}
    }}
    virtual_ipaddress {{ {vip} }}
}}
"""

Start = Callable[[Host], Process]


def configure(host: Host, other: Host, priority: int, words: str = "", *, version: int = 3, family: int = 4) -> None:
    """``words``: further lines of the instance."""
    own, peer = (host.address, other.address) if family == 4 else (host.address6, other.address6)
    vip = "192.168.1.100" if family == 4 else "fd00:1::100"
    text = _CONFIGURATION.format(priority=priority, version=version, own=own, other=peer, words=words, vip=vip)
    (host.directory / "pair.conf").write_text(text)


def keepalived(host: Host) -> Process:
    argv = ["keepalived", "-n", "-l", "-D", "-G", "-P", "-f", str(host.directory / "pair.conf")]
    argv += ["-p", str(host.directory / "keepalived.pid"), "-r", str(host.directory / "vrrp.pid")]
    return host.spawn(argv, log="daemon.log")


def vrrpd(host: Host) -> Process:
    argv = [sys.executable, "-m", "vrrpd", "--config", str(host.directory / "pair.conf")]
    return host.spawn(
        [*argv, "--run-dir", str(host.directory / "run")], log="daemon.log", env={"PYTHONPATH": str(ROOT)}
    )


def log_of(host: Host) -> str:
    return (host.directory / "daemon.log").read_text()


def next_advert(capture: Capture, host: Host, priority: int | None = None, since: int = 0) -> Advert:
    advert = capture.wait_for_advert(PATIENCE, host=host.name, priority=priority, since=since)
    assert advert is not None, log_of(host)
    return advert


def wait_for_text(capture: Capture, host: Host, text: str) -> None:
    for _ in range(PATIENCE):
        if text in log_of(host):
            return
        capture.wait_for_advert(1)
    raise AssertionError(log_of(host))
