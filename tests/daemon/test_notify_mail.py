"""Of what mail is sent, and through whom."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.daemon.loops import turn
from tests.daemon.smtp_server import SmtpServer
from vrrpd.config.model import Config, GlobalDefs, MailServer, SyncGroup, VrrpInstance
from vrrpd.core.effects import NotifyEvent
from vrrpd.daemon.launcher import Launcher
from vrrpd.daemon.notify import Notifier
from vrrpd.loop import Loop
from vrrpd.units import Priority, Seconds, Vrid

P = Priority(100)
LAUNCHER = Launcher(None, None)


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as made:
        yield made


def config_of(server: SmtpServer, *, faults: bool = True, wanted: bool = True) -> Config:
    defs = GlobalDefs(
        router_id="R",
        notification_email=("ops@example.org",),
        smtp_server=MailServer("127.0.0.1", server.port),
        smtp_connect_timeout=Seconds(20.0),
        no_email_faults=not faults,
    )
    instance = VrrpInstance("A", "eth0", Vrid(1), smtp_alert=wanted)
    return Config(defs, vrrp_instances=(instance,), sync_groups=(SyncGroup("G", ("A",), smtp_alert=wanted),))


def subjects(loop: Loop, notifier: Notifier, server: SmtpServer) -> list[str]:
    """What has arrived when everything is told."""
    told: list[bool] = []
    notifier.when_idle(lambda: told.append(True))
    turn(loop, lambda: told)
    return [mail.headers["Subject"].removeprefix("[R] VRRP ") for mail in server.mails]


def test_each_state_has_its_words(loop: Loop, server: SmtpServer) -> None:
    notifier = Notifier(config_of(server), LAUNCHER, loop)
    for event in (NotifyEvent.MASTER, NotifyEvent.MASTER_RX_LOWER_PRI, NotifyEvent.MASTER_PRIORITY, NotifyEvent.STOP):
        notifier.put("A", event, P)
    for event in (NotifyEvent.FAULT, NotifyEvent.STOP):
        notifier.put_group("G", event)
    assert subjects(loop, notifier, server) == [
        "Instance A - Entering MASTER state",
        "Instance A - Stopping",
        "Group G - Entering FAULT state",
        "Group G - Stopping",
    ]
    assert [mail.body for mail in server.mails] == [
        "=> VRRP Instance is now owning VRRP VIPs <=\n",
        "=> VRRP Instance stopping <=\n",
        "=> All VRRP group instances are now in FAULT state <=\n",
        "=> All VRRP group instances are now stopping <=\n",
    ]
    notifier.abandon()


def test_no_mail_of_faults(loop: Loop, server: SmtpServer) -> None:
    notifier = Notifier(config_of(server, faults=False), LAUNCHER, loop)
    notifier.put("A", NotifyEvent.FAULT, P)
    notifier.put("A", NotifyEvent.BACKUP, P)
    assert subjects(loop, notifier, server) == ["Instance A - Entering BACKUP state"]
    notifier.abandon()


def test_nobody_wants_any(loop: Loop, server: SmtpServer) -> None:
    notifier = Notifier(config_of(server, wanted=False), LAUNCHER, loop)
    notifier.put("A", NotifyEvent.BACKUP, P)
    assert subjects(loop, notifier, server) == []


def test_from_a_reload_on_through_another_server(loop: Loop, server: SmtpServer) -> None:
    with SmtpServer() as other:
        notifier = Notifier(config_of(server), LAUNCHER, loop)
        notifier.put("A", NotifyEvent.BACKUP, P)
        notifier.reconfigure(config_of(other), LAUNCHER)
        notifier.put("A", NotifyEvent.MASTER, P)
        assert subjects(loop, notifier, other) == ["Instance A - Entering MASTER state"]
        turn(loop, lambda: server.mails)
        notifier.reconfigure(config_of(other, wanted=False), LAUNCHER)
        notifier.put("A", NotifyEvent.FAULT, P)
        notifier.reconfigure(config_of(other), LAUNCHER)
        notifier.put("A", NotifyEvent.BACKUP, P)
        assert subjects(loop, notifier, other)[1:] == ["Instance A - Entering BACKUP state"]
        notifier.abandon()
    assert len(server.mails) == 1


def test_a_server_that_keeps_silent_does_not_keep_the_daemon(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vrrpd.daemon.notify.MAIL_LIMIT", Seconds(0.2))
    with SmtpServer(silent=True) as silent:
        config = config_of(silent)
        notifier = Notifier(
            replace(config, global_defs=replace(config.global_defs, smtp_connect_timeout=Seconds(5.0))), LAUNCHER, loop
        )
        notifier.put("A", NotifyEvent.STOP, P)
        assert subjects(loop, notifier, silent) == []
        notifier.abandon()
