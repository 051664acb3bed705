"""What keywords of peers, signatures and track groups say about each other."""

import pytest

from tests.config.findings import ERROR, WARNING, found, instance
from vrrpd.config.diagnostics import Severity

TWO = instance() + instance(name="VI_2", vrid=52, address="192.168.1.101")
KEY = "0011223344556677" * 4
ABOUT_RUNNING = {"refused", "not-handled", "no-effect"}

FINDINGS = [
    (f"{TWO}[track_group.T]\ngroup = ['§VI_9']", ERROR, "undefined-instance", "VI_9"),
    (f"static_ipaddress = ['§10.9.0.1 track_group no']\n{TWO}", ERROR, "undefined-group", "no track_group no"),
    (f"[track_file.§f]\nfile = '/f'\n{instance()}", WARNING, "unused-file", "nothing tracks"),
    (f"[vrrp_track_process.§p]\nprocess = 'p'\n{instance()}", WARNING, "unused-process", "nothing tracks"),
    (
        "[vrrp_track_process.p]\nprocess = §'/usr/sbin/haproxy'\n" + instance("track_process = ['p']"),
        WARNING, "unfindable-process", 'write: process = "haproxy"',
    ),
    (
        "[vrrp_track_process.p]\nprocess = §'systemd-resolved'\n" + instance("track_process = ['p']"),
        WARNING, "unfindable-process", '"systemd-resolve"',
    ),
    (instance("unicast_peer = §[]"), ERROR, "no-peer", "no peer"),
    (instance("unicast_peer = ['§fe80::1']"), ERROR, "family-mix", "IPv4 peers"),
    (instance("unicast_peer = ['10.0.0.2', '§10.0.0.2']"), ERROR, "repeated-peer", "second time"),
    (instance("unicast_peer = ['§10.0.0.2']\nunicast_src_ip = '10.0.0.2'"), ERROR, "own-peer", "own source"),
    (instance("unicast_src_ip = §'10.0.0.2'"), WARNING, "no-peer", "multicast group"),
    (instance("unicast_peer = ['10.0.0.2']\nmcast_dst_ip = §'224.0.0.19'"), WARNING, "no-multicast", "no effect"),
    (instance("version = 3\nauth_hmac = §{ key = ['1 hex:" + KEY + "'] }"), ERROR, "no-active-key", "nothing"),
    (
        instance("version = 3\nauth_hmac = { key = §['1 hex:00'], active_key = 1 }"),
        ERROR, "bad-key", "32 to 64",
    ),
    (
        instance("auth_hmac = §{ key = ['1 hex:" + KEY + "'], active_key = 1 }"),
        ERROR, "authentication-version", "version = 3",
    ),
    (instance("strict_mode = true\npreempt_delay = §5"), ERROR, "strict", "preempt_delay"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "severity", "code", "part"), FINDINGS)
def test_one_finding_at_its_place(text: str, severity: Severity, code: str, part: str) -> None:
    before = text.partition("§")[0]
    place = (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    findings = [
        item
        for item in found(text.replace("§", ""))
        if item.code not in ABOUT_RUNNING and item.severity.value != "note"
    ]
    assert [(item.severity, item.code) for item in findings] == [(severity, code)], "\n".join(map(str, findings))
    assert part in str(findings[0])
    assert (findings[0].location.line, findings[0].location.column) == place


def test_the_key_never_shows() -> None:
    text = instance("version = 3\nauth_hmac = { key = ['1 secretsecret'], active_key = 1 }")
    assert not any("secretsecret" in str(item) for item in found(text))


def test_more_than_all() -> None:
    text = '[vrrp_track_process.p]\nprocess = "p"\nquorum = 3\nquorum_max = 2\n' + instance('track_process = ["p"]')
    assert [item.code for item in found(text) if item.is_error] == ["quorum"]
