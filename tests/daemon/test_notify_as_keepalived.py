"""The same keepalived.conf under keepalived and under vrrpd, in a network of its own each: what is told, and how."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from netns.comparison.ahead import put_ahead
from netns.host import Host
from netns.lab import Lab
from netns.process import Process
from tests.daemon.keepalived import AVAILABLE
from tests.daemon.nodes import REPOSITORY, eventually
from tests.daemon.smtp_server import Received, recorded
from vrrpd.linux.interfaces import InterfaceWatch
from vrrpd.linux.sockets import open_sender
from vrrpd.proto.advertisement import Advertisement, encode
from vrrpd.units import Family, Priority, Seconds, Vrid

pytestmark = [pytest.mark.netns, pytest.mark.skipif(not AVAILABLE, reason="no keepalived")]

VIP = IPv4Address("192.168.1.100")
MAIL_PORT = 2525

CONFIG = """
global_defs {{
    router_id LB
    script_user root
    vrrp_version 3
    notification_email {{
        ops@example.org
        noc@example.org
    }}
    notification_email_from lb@example.org
    smtp_server 127.0.0.1 {port}
    smtp_connect_timeout 5
    smtp_alert_vrrp true
    vrrp_notify_fifo {directory}/fifo
    vrrp_notify_priority_changes true
}}
vrrp_script chk {{
    script "{directory}/check"
    interval 1
    weight -20
}}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 0.2
    virtual_ipaddress {{
        192.168.1.100
    }}
    track_script {{
        chk
    }}
    notify_master "{directory}/own master 'two words'"
    notify_backup "{directory}/own backup"
    notify_fault "{directory}/own fault" nobody
    notify_stop "{directory}/own stop" nobody daemon
    notify_master_rx_lower_pri "{directory}/own lower"
    notify {directory}/generic
}}
"""


class Told:
    """What one daemon told: lines of its pipe, of its scripts, and its mails."""

    def __init__(self, host: Host) -> None:
        self.directory = host.directory
        self._pipe = -1
        self._lines = b""
        self._scripts = 0
        for name in ("own", "generic"):
            (self.directory / f"{name}.trace").touch()
            (self.directory / f"{name}.trace").chmod(0o666)

    def listen(self) -> None:
        path = self.directory / "fifo"
        eventually(path.is_fifo, "the pipe")
        self._pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def pipe(self) -> list[str]:
        try:
            while data := os.read(self._pipe, 65536):
                self._lines += data
        except BlockingIOError:
            pass
        return self._lines.decode().splitlines()

    def scripts(self, name: str) -> list[str]:
        return (self.directory / f"{name}.trace").read_text().splitlines()

    def mails(self) -> list[Received]:
        return recorded(self.directory / "mails")

    def waits_for(self, *events: str, scripts: int = 0) -> None:
        self.ends_with(*(f'INSTANCE "VI_1" {event}' for event in events), scripts=scripts)

    def ends_with(self, *lines: str, scripts: int = 0) -> None:
        """Until the last lines of the pipe are those, and as many more scripts have run: keepalived lets them race."""
        self._scripts += scripts
        eventually(lambda: tuple(self.pipe()[-len(lines) :]) == lines, f"{lines}\n{self.pipe()}")
        eventually(lambda: len(self.scripts("own")) == self._scripts, f"{self._scripts} scripts")

    def close(self) -> None:
        os.close(self._pipe)


def write_script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def _prepare(host: Host) -> None:
    directory = host.directory
    directory.chmod(0o755)
    directory.parent.chmod(0o755)
    write_script(directory / "check", f"test ! -e {directory}/fail")
    write_script(directory / "own", f'echo "$(id -un):$(id -gn):$(id -Gn)" "$#" "$@" >>{directory}/own.trace')
    write_script(directory / "generic", f'echo "$@" >>{directory}/generic.trace')
    (directory / "keepalived.conf").write_text(CONFIG.format(directory=directory, port=MAIL_PORT))
    host.spawn(
        [sys.executable, "-m", "tests.daemon.smtp_server", str(MAIL_PORT), str(directory / "mails")],
        log="smtp.log",
        env={"PYTHONPATH": str(REPOSITORY)},
    )
    eventually(lambda: f":{MAIL_PORT} " in host.run(["ss", "-ltn"]), "the mail server")


def start_keepalived(host: Host) -> Process:
    files = [f"--{kind}={host.directory}/{kind}" for kind in ("pid", "vrrp_pid")]
    argv = ["keepalived", "-n", "-l", "-D", "-G", "-P", f"-f{host.directory}/keepalived.conf", *files]
    return host.spawn(argv, log="keepalived.log")


def start_vrrpd(host: Host) -> Process:
    argv = [sys.executable, "-m", "vrrpd", "--config", f"{host.directory}/keepalived.conf"]
    argv += ["--run-dir", f"{host.directory}/run", "--log-to", "console", "--log-level", "debug"]
    return host.spawn(argv, log="vrrpd.log", env={"PYTHONPATH": str(REPOSITORY)})


def let_last_words_be_said(host: Host) -> None:
    """keepalived is gone a second after it has started its last scripts, and those that wait for a CPU with it."""
    put_ahead(list(host.pids()), children=True)


def send_lower_adverts(count: int) -> None:
    watch = InterfaceWatch()
    link = watch.link("eth0")
    assert link is not None
    source = watch.primary_address(link.index, Family.IPV4, ())
    group = IPv4Address("224.0.0.18")
    assert source is not None
    advert = Advertisement(3, Vrid(51), Priority(50), Seconds(0.2), (VIP,))
    sender = open_sender("eth0", link.index, Family.IPV4, source, group)
    for _ in range(count):
        sender.send(encode(advert, source, group))
    sender.close()
    watch.close()


def _story(lab: Lab, start: Callable[[Host], Process]) -> Told:
    """Start, a check that fails and passes, another master, the cable, stop."""
    host = lab["r1"]
    told = Told(host)
    _prepare(host)
    process = start(host)
    told.listen()
    told.waits_for("BACKUP 100", "MASTER 100", scripts=2)
    (host.directory / "fail").touch()
    told.waits_for("MASTER_PRIORITY 80")
    (host.directory / "fail").unlink()
    told.waits_for("MASTER_PRIORITY 100")
    lab["r2"].enter(send_lower_adverts, 1)
    told.waits_for("MASTER_RX_LOWER_PRI 100", scripts=1)
    host.set_carrier(False)
    told.waits_for("FAULT 100", scripts=1)
    host.set_carrier(True)
    told.waits_for("BACKUP 100", "MASTER 100", scripts=2)
    eventually(lambda: len(told.scripts("generic")) == 5)
    eventually(lambda: len(told.mails()) == 5, "mails")
    let_last_words_be_said(host)
    assert process.stop() == 0
    told.waits_for("STOP 100", scripts=1)
    eventually(lambda: len(told.scripts("generic")) == 6)
    return told


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Told, Told]]:
    with ExitStack() as stack:
        labs = [stack.enter_context(Lab(routers=2, clients=0)) for _ in range(2)]
        told = [_story(lab, start) for lab, start in zip(labs, (start_keepalived, start_vrrpd), strict=True)]
        for one in told:
            stack.callback(one.close)
        yield told[0], told[1]


def test_the_pipe_says_the_same(both: tuple[Told, Told]) -> None:
    keepalived, vrrpd = both
    assert vrrpd.pipe() == keepalived.pipe()


@pytest.mark.parametrize("name", ["own", "generic"])
def test_scripts_get_the_same_arguments_as_the_same_users(both: tuple[Told, Told], name: str) -> None:
    keepalived, vrrpd = both
    assert vrrpd.scripts(name) == keepalived.scripts(name)
    assert len(vrrpd.scripts(name)) == {"own": 7, "generic": 6}[name]


def test_mails_are_the_same_and_the_last_is_not_lost(both: tuple[Told, Told]) -> None:
    """keepalived ends before the mail about its end has gone."""
    theirs, ours = (one.mails() for one in both)
    assert ours[5].headers["Subject"] == "[LB] VRRP Instance VI_1 - Stopping"
    for their, our in zip(theirs[:5], ours[:5], strict=True):
        assert (our.helo, our.sender, our.recipients) == (their.helo, their.sender, their.recipients)
        assert list(our.headers) == list(their.headers)
        assert our.headers | {"Date": ""} == their.headers | {"Date": ""}
        assert our.body.strip() == their.body.strip()
