"""The values that keepalived writes as a line of words: peers, pipes, mail servers, virtual MACs and so on.

Each function reports what is wrong at its place and then returns None. Every language of configuration shares them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from vrrpd.config.diagnostics import Location, Report, Written
from vrrpd.config.model import (
    ExtraGarp,
    Fifo,
    Ipvlan,
    LinkbeatInterface,
    MailServer,
    Route,
    Rule,
    UnicastPeer,
    UpDownDelay,
    Vmac,
)
from vrrpd.config.routing import route_line, rule_line
from vrrpd.config.shapes import Form, Keyword, expected, toml_literal
from vrrpd.config.values import InitFile, Listed, bare_address, interface, shortened
from vrrpd.config.words import plain_words
from vrrpd.records import dataclass

_PERMISSIONS: Final = {
    f"I{right}{who}": bits << shift
    for who, shift in (("USR", 6), ("GRP", 3), ("OTH", 0))
    for right, bits in (("R", 4), ("W", 2), ("X", 1))
} | {"IRWXU": 0o700, "IRWXG": 0o070, "IRWXO": 0o007}
_DELAY_LIMIT: Final = 255.0
_PORT_LIMIT: Final = 65535


@dataclass(slots=True)
class _Words:
    """The words of a line, taken one by one."""

    left: list[Written]
    report: Report
    form: Form

    def take(self) -> Written | None:
        return self.left.pop(0) if self.left else None

    def next_is(self, word: str) -> bool:
        if self.left and self.left[0].text == word:
            del self.left[0]
            return True
        return False

    def number(self, low: int, high: int, what: str) -> int | None:
        """The next word as a number; None, and said, when it is none or missing."""
        word = self.take()
        if word is not None and re.fullmatch(r"[0-9]{1,10}", word.text) and low <= int(word.text) <= high:
            return int(word.text)
        at = word.location if word else Location("")
        shown = toml_literal(shortened(word.text)) if word else "nothing"
        self.report.error(at, "bad-number", f"{what}: {shown} stands here", expected=f"a number from {low} to {high}")
        return None

    def wrong(self, word: Written) -> None:
        shown = toml_literal(shortened(word.text))
        self.report.error(word.location, "unknown-option", f"{shown} means nothing here", expected=self.form.value)

    def finished(self) -> bool:
        if self.left:
            self.wrong(self.left[0])
        return not self.left


def _words(written: Written, form: Form, report: Report) -> _Words | None:
    words = plain_words(written)
    if words and written.text.isprintable():
        return _Words(words, report, form)
    report.error(written.location, "missing-value", "there is no value here", expected=form.value)
    return None


def peer(written: Written, report: Report) -> UnicastPeer | None:
    """``192.168.1.2 min_ttl 250 max_ttl 255``."""
    words = _words(written, Form.PEERS, report)
    if words is None:
        return None
    address = bare_address(words.left.pop(0), "unicast_peer", report)
    limits: dict[str, int | None] = {}
    while (word := words.take()) is not None:
        if word.text not in {"min_ttl", "max_ttl"}:
            words.wrong(word)
            return None
        limits[word.text] = words.number(0, 255, word.text)
        if limits[word.text] is None:
            return None
    return None if address is None else UnicastPeer(address, limits.get("min_ttl"), limits.get("max_ttl"))


def fifo(written: Written, report: Report) -> Fifo | None:
    """``PATH user group``."""
    words = _words(written, Form.FIFO, report)
    if words is None:
        return None
    texts = [word.text for word in words.left[:3]]
    del words.left[:3]
    if not words.finished():
        return None
    return Fifo(texts[0], *texts[1:])


def mail_server(written: Written, report: Report) -> MailServer | None:
    """``mail.example.org 587``."""
    words = _words(written, Form.MAIL_SERVER, report)
    if words is None:
        return None
    host = words.left.pop(0).text
    port = words.number(1, _PORT_LIMIT, "the port") if words.left else 25
    return MailServer(host, port) if port is not None and words.finished() else None


def extra_garp(written: Written, report: Report) -> ExtraGarp | None:
    """``60``, ``all 60``."""
    words = _words(written, Form.EXTRA_GARP, report)
    if words is None:
        return None
    everywhere = words.next_is("all")
    interval = words.number(0, 86400, "seconds")
    return ExtraGarp(interval, everywhere) if interval is not None and words.finished() else None


def umask(written: Written, report: Report) -> int | None:
    """A number as C writes it (``0177``, ``0x7f``, ``0o177``), or ``IRUSR|IWGRP``."""
    text = written.text.strip()
    if re.fullmatch(r"0o?[0-7]{1,8}", text):
        value = int(text.removeprefix("0o"), 8)
    elif re.fullmatch(r"[0-9]{1,8}", text):
        value = int(text)
    elif re.fullmatch(r"0x[0-9a-fA-F]{1,8}", text):
        value = int(text, 16)
    else:
        bits = [_PERMISSIONS.get(part.strip().removeprefix("S_")) for part in text.split("|")]
        value = -1 if None in bits else sum({bit for bit in bits if bit is not None})
    if 0 <= value <= 0o777:
        return value
    report.error(
        written.location, "bad-umask", f"{toml_literal(shortened(text))} is no umask", expected=expected(Form.UMASK)
    )
    return None


def receive_buffers(written: Written, report: Report) -> str | None:
    text = written.text.strip()
    if text in {"MTU", "ADVERT"} or re.fullmatch(r"[0-9]{1,9}", text):
        return text
    shown = toml_literal(shortened(text))
    report.error(written.location, "bad-choice", f"{shown} sizes no buffer", expected=expected(Form.RX_BUFS))
    return None


def lifetime(written: Written, report: Report) -> int | None:
    """Seconds; ``forever`` is the largest number of 32 bits."""
    text = written.text
    if text == "forever":
        return 0xFFFFFFFF
    if re.fullmatch(r"[0-9]{1,10}", text) and int(text) <= 0xFFFFFFFF:
        return int(text)
    report.error(written.location, "bad-number", f"{toml_literal(shortened(text))} is no length of time",
                 expected=expected(Form.LIFETIME))  # fmt: skip
    return None


def init_file(written: Written, report: Report) -> InitFile | None:
    """``5 overwrite``, ``overwrite``, ``5``."""
    value, overwrite = 0, False
    for word in plain_words(written):
        if word.text == "overwrite" and not overwrite:
            overwrite = True
        elif re.fullmatch(r"[+-]?[0-9]{1,9}", word.text):
            value = int(word.text)
        else:
            shown = toml_literal(shortened(word.text))
            report.error(
                word.location, "unknown-option", f"{shown} means nothing here", expected=expected(Form.INIT_FILE)
            )
            return None
    return InitFile(value, overwrite)


def mac_address(text: str) -> bytes | None:
    """Six bytes, or five, as ``02:00:00:00:00:33``."""
    return bytes.fromhex(text.replace(":", "")) if re.fullmatch(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){4,5}", text) else None


def vmac(written: Written, report: Report) -> Vmac | None:
    """``vrrp.51 02:00:00:00:00:33 netlink_notify_msg group 2``, each of them optional."""
    words = _Words(plain_words(written), report, Form.VMAC)
    name, mac, notify, group = None, None, False, None
    while (word := words.take()) is not None:
        if word.text == "netlink_notify_msg":
            notify = True
        elif word.text == "group":
            group = words.number(0, 0xFFFFFFFF, "group")
            if group is None:
                return None
        elif (octets := mac_address(word.text)) is not None:
            mac = octets
        elif word.text == "name" and words.left:
            continue
        elif name is None and interface(word, "use_vmac", report) is not None:
            name = word.text
        else:
            words.wrong(word)
            return None
    return Vmac(name, mac, notify, group)


def ipvlan(written: Written, report: Report) -> Ipvlan | None:
    """``ipvl51 192.168.1.5/24 bridge group 2``, each of them optional."""
    words = _Words(plain_words(written), report, Form.IPVLAN)
    name, address, prefix, mode, group = None, None, None, None, None
    while (word := words.take()) is not None:
        if word.text in {"bridge", "private", "vepa"}:
            mode = word.text
        elif word.text == "group":
            group = words.number(0, 0xFFFFFFFF, "group")
            if group is None:
                return None
        elif re.fullmatch(r"[0-9.]+(/.*)?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(/.*)?", word.text):
            text, _, length = word.text.partition("/")
            address = bare_address(Written(text, word.location, word.exact), "use_ipvlan", report)
            if address is None or not re.fullmatch(r"[0-9]{0,3}", length):
                return None
            prefix = int(length) if length else None
        elif name is None and interface(word, "use_ipvlan", report) is not None:
            name = word.text
        else:
            words.wrong(word)
            return None
    return Ipvlan(name, address, prefix, mode, group)


def linkbeat(written: Written, report: Report) -> LinkbeatInterface | None:
    """``eth0 MII``."""
    words = _words(written, Form.LINKBEATS, report)
    name = interface(words.left.pop(0), "linkbeat_interfaces", report) if words else None
    if words is None or name is None:
        return None
    method = words.take()
    if method is not None and method.text not in {"MII", "ETHTOOL", "IOCTL"}:
        words.wrong(method)
        return None
    return LinkbeatInterface(name, method.text if method else None) if words.finished() else None


def up_down_delay(written: Written, report: Report) -> UpDownDelay | None:
    """``eth0 0.5 2``: seconds for down, and for up."""
    words = _words(written, Form.DELAYS, report)
    name = interface(words.left.pop(0), "interface_up_down_delays", report) if words else None
    if words is None or name is None:
        return None
    delays = []
    for word in words.left[:2]:
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", word.text) or float(word.text) > _DELAY_LIMIT:
            words.wrong(word)
            return None
        delays.append(float(word.text))
    del words.left[:2]
    if not delays:
        report.error(written.location, "missing-value", f"there is no delay behind {name}", expected=Form.DELAYS.value)
        return None
    return UpDownDelay(name, *delays) if words.finished() else None


def cpu(written: Written, report: Report) -> int | None:
    if re.fullmatch(r"[0-9]{1,4}", written.text):
        return int(written.text)
    shown = toml_literal(shortened(written.text))
    report.error(written.location, "bad-number", f"{shown} is no number of a processor", expected=Form.CPUS.value)
    return None


def plain_text(written: Written, report: Report) -> str | None:
    if written.text and written.text.isprintable():
        return written.text
    report.error(written.location, "bad-character", "an empty text or a control character stands here",
                 expected="visible characters")  # fmt: skip
    return None


def _interface_name(written: Written, report: Report) -> str | None:
    return interface(written, "interfaces", report)


Parser = Callable[[Written, Report], object | None]

LINES: Final[Mapping[Form, Parser]] = {
    Form.FIFO: fifo,
    Form.MAIL_SERVER: mail_server,
    Form.EXTRA_GARP: extra_garp,
    Form.UMASK: umask,
    Form.RX_BUFS: receive_buffers,
    Form.LIFETIME: lifetime,
    Form.INIT_FILE: init_file,
    Form.VMAC: vmac,
    Form.IPVLAN: ipvlan,
    Form.PATH: plain_text,
    Form.OPTIONAL_TEXT: plain_text,
}
"""What one text behind a keyword becomes."""

ELEMENTS: Final[Mapping[Form, Parser]] = {
    Form.PEERS: peer,
    Form.ROUTES: route_line,
    Form.RULES: rule_line,
    Form.LINKBEATS: linkbeat,
    Form.DELAYS: up_down_delay,
    Form.CPUS: cpu,
    Form.TEXTS: plain_text,
    Form.INTERFACES: _interface_name,
}
"""What each text of a list becomes, in a ``Listed``."""

BARE: Final[Mapping[Form, Callable[[], object]]] = {
    Form.VMAC: Vmac,
    Form.IPVLAN: Ipvlan,
    Form.INIT_FILE: InitFile,
    Form.OPTIONAL_TEXT: str,
    Form.OPTIONAL_WORDS: tuple,
    Form.NOTIFY_DELETED: lambda: True,
}
"""What a keyword means that has nothing behind it, or true in TOML."""


def element(keyword: Keyword, written: Written, report: Report) -> Listed | None:
    """One element of the list behind a keyword of one of the forms of ``ELEMENTS``."""
    parser = ELEMENTS.get(keyword.shape, plain_text) if isinstance(keyword.shape, Form) else plain_text
    value = parser(written, report)
    return None if value is None else Listed(value, written.location)


def routing_texts(entry: Route | Rule) -> Iterator[str]:
    """The words of a route or rule, keepalived's own at the end."""
    yield from entry.words
    if entry.no_track:
        yield "no_track"
    if entry.track_group is not None:
        yield from ("track_group", entry.track_group)
