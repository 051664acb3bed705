import time
from collections.abc import Callable
from dataclasses import replace
from email.header import decode_header
from email.utils import parsedate_to_datetime

import pytest

from tests.daemon.nodes import eventually
from tests.daemon.smtp_server import SmtpServer
from vrrpd.config.model import GlobalDefs, MailServer
from vrrpd.daemon import mail as mail_module
from vrrpd.daemon.mail import Mailer, MailSettings, settings_of
from vrrpd.units import Seconds


def settings(server: SmtpServer, *recipients: str) -> MailSettings:
    return MailSettings(
        server=MailServer("127.0.0.1", server.port),
        recipients=recipients or ("ops@example.org",),
        sender="vrrpd@example.org",
        router="lb1",
        helo="lb1.example.org",
        timeout=Seconds(20.0),
    )


def after(condition: Callable[[], object], mailer: Mailer) -> None:
    eventually(condition)
    mailer.close()


def test_a_mail_as_keepalived_writes_it() -> None:
    with SmtpServer() as server:
        mailer = Mailer(settings(server, "ops@example.org", "noc@example.org"))
        began = int(time.time())
        mailer.put("VRRP Instance VI_1 - Entering MASTER state", "=> text <=\n")
        after(lambda: mailer.idle, mailer)
    [mail] = server.mails
    assert (mail.helo, mail.sender) == ("lb1.example.org", "vrrpd@example.org")
    assert mail.recipients == ("ops@example.org", "noc@example.org")
    assert list(mail.headers)[:5] == ["Date", "From", "Subject", "X-Mailer", "To"]
    assert mail.headers["Subject"] == "[lb1] VRRP Instance VI_1 - Entering MASTER state"
    assert mail.headers["From"] == "vrrpd@example.org"
    assert mail.headers["To"] == "ops@example.org, noc@example.org"
    assert mail.headers["X-Mailer"] == "Keepalived"
    assert began <= parsedate_to_datetime(mail.headers["Date"]).timestamp() <= time.time()
    assert mail.body == "=> text <=\n"


def test_mails_arrive_in_their_order() -> None:
    with SmtpServer() as server:
        mailer = Mailer(settings(server))
        for number in range(10):
            mailer.put(str(number), "text\n")
        after(lambda: mailer.idle, mailer)
    assert [mail.headers["Subject"] for mail in server.mails] == [f"[lb1] {number}" for number in range(10)]


def test_one_recipient_refused_is_named_and_the_others_get_it(caplog: pytest.LogCaptureFixture) -> None:
    with SmtpServer(refused="gone@example.org") as server:
        mailer = Mailer(settings(server, "gone@example.org", "ops@example.org"))
        mailer.put("subject", "text\n")
        after(lambda: mailer.idle, mailer)
    assert [mail.recipients for mail in server.mails] == [("ops@example.org",)]
    assert "refuses gone@example.org: 550 nobody of that name" in caplog.text


def test_a_server_that_says_nothing_holds_nobody_up_and_costs_the_oldest_mails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mail_module, "QUEUE_LIMIT", 4)
    with SmtpServer(silent=True) as server:
        mailer = Mailer(settings(server))
        mailer.put("0", "text\n")
        eventually(lambda: mailer.waiting == 0)
        for number in range(1, 8):
            mailer.put(str(number), "text\n")
        assert not mailer.idle
        server.speak.set()
        after(lambda: mailer.idle, mailer)
    assert [mail.headers["Subject"] for mail in server.mails] == [f"[lb1] {number}" for number in (0, 4, 5, 6, 7)]
    dropped = [record.getMessage() for record in caplog.records if "too many wait" in record.getMessage()]
    assert dropped == [f"mail not sent, too many wait: [lb1] {number}" for number in (1, 2, 3)]


def test_a_server_that_never_answers_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    with SmtpServer(silent=True) as server:
        mailer = Mailer(replace(settings(server), timeout=Seconds(0.2)))
        mailer.put("subject", "text\n")
        after(lambda: mailer.idle, mailer)
    assert "mail not sent through 127.0.0.1 port" in caplog.text
    assert "timed out" in caplog.text


def test_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    with SmtpServer() as server:
        where = settings(server)
    mailer = Mailer(where)
    mailer.put("subject", "text\n")
    mailer.put("again", "text\n")
    after(lambda: mailer.idle, mailer)
    assert caplog.text.count("Connection refused") == 2


@pytest.mark.parametrize("sender", ["no address\n\nBcc: everybody@example.org", "", "<", "a@b\ud800", "Jörg <j@b>"])
def test_whatever_was_written_as_an_address_adds_no_header_and_stops_nothing(sender: str) -> None:
    with SmtpServer() as server:
        mailer = Mailer(replace(settings(server), sender=sender))
        mailer.put("ä subject\nX-Other: header", "text\n")
        eventually(lambda: mailer.idle)
        mailer.put("subject", "text\n")
        after(lambda: mailer.idle, mailer)
    for mail in server.mails:
        assert set(mail.headers) == {"Date", "From", "Subject", "X-Mailer", "To"}
        assert mail.text.isascii()


def test_a_name_that_is_not_ascii() -> None:
    with SmtpServer() as server:
        mailer = Mailer(settings(server))
        mailer.put("VRRP Instance Zürich", "text\n")
        after(lambda: mailer.idle, mailer)
    [mail] = server.mails
    [(text, charset)] = decode_header(mail.headers["Subject"])
    assert (text, charset) == ("[lb1] VRRP Instance Zürich".encode(), "utf-8")


def test_what_is_not_configured_is_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "lb7")
    defs = GlobalDefs(notification_email=("a@b",), smtp_connect_timeout=Seconds(0.0))
    made = settings_of(defs, MailServer("mail"))
    assert (made.router, made.sender.partition("@")[2], made.helo, made.timeout) == ("lb7", "lb7", "lb7", 1.0)
    written = settings_of(replace(defs, router_id="R", notification_email_from="me@there"), MailServer("mail"))
    assert (written.router, written.sender) == ("R", "me@there")
