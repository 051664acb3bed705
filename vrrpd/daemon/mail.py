"""Alerts by e-mail: written and sent by a thread of their own, so that no mail server can hold up the protocol."""

import logging
import os
import pwd
import queue
import signal
import smtplib
import socket
import threading
import time
from email.header import Header
from email.utils import formatdate

from vrrpd.config.model import GlobalDefs, MailServer
from vrrpd.records import dataclass
from vrrpd.units import Seconds

log = logging.getLogger("vrrpd.mail")

QUEUE_LIMIT = 64
"""Mails that may wait; beyond that the oldest is dropped."""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """``router`` stands in brackets in front of every subject."""

    server: MailServer
    recipients: tuple[str, ...]
    sender: str
    router: str
    helo: str
    timeout: Seconds = Seconds(30.0)


def settings_of(defs: GlobalDefs, server: MailServer) -> MailSettings:
    host = socket.gethostname()
    return MailSettings(
        server=server,
        recipients=defs.notification_email,
        sender=defs.notification_email_from or f"{_own_name()}@{host}",
        router=defs.router_id or host,
        helo=defs.smtp_helo_name or host,
        timeout=max(defs.smtp_connect_timeout, Seconds(1.0)),
    )


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


@dataclass(frozen=True, slots=True)
class _Mail:
    subject: str
    body: str
    written: float


class Mailer:
    """Whatever happens to a mail is said in the log. Mails go out one after the other."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._waiting: queue.Queue[_Mail | None] = queue.Queue(QUEUE_LIMIT)
        self._thread = threading.Thread(target=self._work, name="mail", daemon=True)
        self._thread.start()

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing is under way."""
        return self._waiting.unfinished_tasks == 0

    @property
    def waiting(self) -> int:
        """Mails that have not been begun."""
        return self._waiting.qsize()

    def put(self, subject: str, body: str) -> None:
        """Returns at once. ``subject`` without the router's name."""
        self._enqueue(_Mail(f"[{self._settings.router}] {subject}", body, time.time()))

    def close(self) -> None:
        """Take nothing more; the thread ends with the last mail that waits, or with the process."""
        self._enqueue(None)

    def _enqueue(self, mail: _Mail | None) -> None:
        while True:
            try:
                self._waiting.put_nowait(mail)
            except queue.Full:
                self._drop_oldest()
            else:
                return

    def _drop_oldest(self) -> None:
        try:
            oldest = self._waiting.get_nowait()
        except queue.Empty:
            return
        self._waiting.task_done()
        if oldest is not None:
            log.warning("mail not sent, too many wait: %s", oldest.subject)

    def _work(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # they are the main thread's
        while (mail := self._waiting.get()) is not None:
            try:
                _send(self._settings, mail)
                log.debug("mail sent: %s", mail.subject)
            except (OSError, smtplib.SMTPException, ValueError) as error:
                server = self._settings.server
                log.warning("mail not sent through %s port %d: %s: %s", server.host, server.port, mail.subject, error)
            finally:
                self._waiting.task_done()
        self._waiting.task_done()


def _send(settings: MailSettings, mail: _Mail) -> None:
    server = settings.server
    with smtplib.SMTP(server.host, server.port, settings.helo, timeout=settings.timeout) as connection:
        refused = connection.sendmail(settings.sender, settings.recipients, _text(settings, mail))
    for recipient, (code, text) in refused.items():
        log.warning("mail server %s refuses %s: %d %s", server.host, recipient, code, text.decode(errors="replace"))


def _text(settings: MailSettings, mail: _Mail) -> str:
    """ASCII lines as RFC 5322 has them; addresses as the operator wrote them."""
    headers = {
        "Date": formatdate(mail.written, localtime=True),
        "From": settings.sender,
        "Subject": mail.subject,
        "X-Mailer": "Keepalived",  # what filters go by
        "To": ", ".join(settings.recipients),
    }
    return "".join(f"{name}: {_encoded(value)}\r\n" for name, value in headers.items()) + f"\r\n{mail.body}"


def _encoded(value: str) -> str:
    """On one line, and by RFC 2047 what is not ASCII."""
    line = "".join(sign if sign.isprintable() else " " for sign in value)
    return line if line.isascii() else Header(line, "utf-8", maxlinelen=0).encode()
