"""Lines of words become values, or are reported at the word that is wrong."""

from ipaddress import IPv4Address

import pytest

from vrrpd.config.diagnostics import Location, Report, Written
from vrrpd.config.line_values import ELEMENTS, LINES
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
from vrrpd.config.shapes import Form
from vrrpd.config.values import InitFile

PARSERS = {**LINES, **ELEMENTS}

GOOD = [
    (Form.PEERS, "10.0.0.2 min_ttl 250 max_ttl 255", UnicastPeer(IPv4Address("10.0.0.2"), 250, 255)),
    (Form.FIFO, "/run/f nobody nogroup", Fifo("/run/f", "nobody", "nogroup")),
    (Form.MAIL_SERVER, "mail.example.org 587", MailServer("mail.example.org", 587)),
    (Form.EXTRA_GARP, "all 60", ExtraGarp(60, everywhere=True)),
    (Form.UMASK, "0177", 0o177),
    (Form.UMASK, "63", 63),
    (Form.UMASK, "IXUSR|IRWXG|IRWXO", 0o177),
    (Form.RX_BUFS, "MTU", "MTU"),
    (Form.LIFETIME, "forever", 0xFFFFFFFF),
    (Form.INIT_FILE, "overwrite -5", InitFile(-5, overwrite=True)),
    (
        Form.VMAC,
        "vrrp.51 02:00:00:00:00:33 netlink_notify_msg group 2",
        Vmac("vrrp.51", bytes.fromhex("020000000033"), netlink_notify_msg=True, group=2),
    ),
    (Form.VMAC, "name name", Vmac("name")),
    (Form.IPVLAN, "ipvl.51 10.0.0.5/24 bridge", Ipvlan("ipvl.51", IPv4Address("10.0.0.5"), 24, "bridge")),
    (Form.LINKBEATS, "eth0 MII", LinkbeatInterface("eth0", "MII")),
    (Form.DELAYS, "eth0 0.5 2", UpDownDelay("eth0", 0.5, 2.0)),
    (Form.CPUS, "3", 3),
    (Form.ROUTES, "default via 10.0.0.1 no_track", Route(("default", "via", "10.0.0.1"), no_track=True)),
    (Form.ROUTES, "10.0.0.0/8 dev eth0 track_group up", Route(("10.0.0.0/8", "dev", "eth0"), track_group="up")),
    (Form.RULES, "from 10.0.0.0/8 lookup main", Rule(("from", "10.0.0.0/8", "lookup", "main"))),
]

BAD = [
    (Form.PEERS, "10.0.0.2 min_ttl 256", "256"),
    (Form.PEERS, "10.0.0.2 ttl 5", "ttl"),
    (Form.PEERS, "peer1", "peer1"),
    (Form.FIFO, "/run/f a b c", "c"),
    (Form.MAIL_SERVER, "mail 0", "0"),
    (Form.EXTRA_GARP, "some 60", "some"),
    (Form.UMASK, "0o999", "0o999"),
    (Form.UMASK, "IXUSR|NO", "IXUSR"),
    (Form.RX_BUFS, "LOTS", "LOTS"),
    (Form.LIFETIME, "never", "never"),
    (Form.INIT_FILE, "five", "five"),
    (Form.VMAC, "a b", "b"),
    (Form.IPVLAN, "10.0.0.999", "10.0.0.999"),
    (Form.LINKBEATS, "eth0 SNMP", "SNMP"),
    (Form.DELAYS, "eth0 256", "256"),
    (Form.DELAYS, "eth0", "eth0"),
    (Form.CPUS, "-1", "-1"),
    (Form.ROUTES, "10.0.0.0/8 va 10.0.0.1", "va"),
    (Form.ROUTES, "10.0.0.0/8 via nowhere", "nowhere"),
    (Form.ROUTES, "10.0.0.0/8 metric many", "many"),
    (Form.ROUTES, "onlink", "onlink"),
    (Form.ROUTES, "10.0.0.0/8 via", "via"),
    (Form.RULES, "frm 10.0.0.0/8", "frm"),
    (Form.RULES, "no_track", "no_track"),
]


@pytest.mark.parametrize(("form", "text", "value"), GOOD)
def test_a_line_becomes_a_value(form: Form, text: str, value: object) -> None:
    report = Report()
    assert PARSERS[form](Written(text, Location("f", 1, 1)), report) == value
    assert not report.diagnostics


@pytest.mark.parametrize(("form", "text", "word"), BAD)
def test_what_is_wrong_is_reported_where_it_stands(form: Form, text: str, word: str) -> None:
    report = Report()
    assert PARSERS[form](Written(text, Location("f", 1, 1)), report) is None
    (finding,) = report.diagnostics
    assert finding.location == Location("f", 1, text.index(word) + 1)
    assert finding.is_error
