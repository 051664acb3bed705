"""Strict mode in keepalived's language: what it changes, each thing said where it is written, as keepalived does."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.config.keepalived.reading import BODY, instance, read
from vrrpd.config.keepalived.render import render_keepalived
from vrrpd.config.model import Garp, Vmac
from vrrpd.units import Seconds

KEYWORDS = """\
strict_mode
state MASTER
priority 9
preempt_delay 5
accept
garp_lower_prio_repeat 3
garp_lower_prio_delay 3
lower_prio_no_advert false
higher_prio_send_advert
down_timer_adverts 5
authentication {
auth_type PASS
auth_pass abc
}
"""
FIRST = 8
"""The line of the first of them."""


def test_each_change_has_its_line_and_the_model_is_as_strict_as_keepalived() -> None:
    outcome = instance(KEYWORDS)
    said = {item.location.line - FIRST: item.code for item in outcome.diagnostics if item.severity.value == "warning"}
    lines = dict(enumerate(KEYWORDS.splitlines()))
    words = {lines[number].split()[0]: code for number, code in said.items()}
    assert words == {
        **dict.fromkeys(("state", "accept", "garp_lower_prio_repeat", "garp_lower_prio_delay"), "strict"),
        **dict.fromkeys(("lower_prio_no_advert", "higher_prio_send_advert", "down_timer_adverts"), "strict"),
        "strict_mode": "not-handled",
        "preempt_delay": "preempt-delay-cleared",
        "authentication": "authentication-version",
    }
    made = outcome.instance
    assert (made.state, made.down_timer_adverts, made.authentication) == ("BACKUP", 3, None)
    assert not made.preempt_delay
    assert (made.lower_prio_no_advert, made.higher_prio_send_advert, made.owner_ignore_adverts) == (True, False, True)
    assert made.garp == Garp(lower_prio_delay=Seconds(0.0), lower_prio_repeat=0)
    assert (made.accept, made.accepts) == (None, False)
    assert outcome.code == 5


@pytest.mark.skipif(shutil.which("keepalived") is None, reason="no keepalived")
def test_as_many_changes_as_keepalived(tmp_path: Path) -> None:
    text = f"vrrp_instance VI_1 {{\n{BODY.replace('eth0', 'lo')}{KEYWORDS}}}\n".replace(
        "interface lo", "interface absent0"
    )
    file = tmp_path / "keepalived.conf"
    file.write_text(f"global_defs {{\ndynamic_interfaces\n}}\n{text}")
    argv = ["keepalived", "-t", "-f", str(file)]
    theirs = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)  # our own words
    ours = [item for item in instance(KEYWORDS).diagnostics if item.severity.value == "warning"]
    complaints = re.findall(r"^\(VI_1\) .*", theirs.stderr, re.MULTILINE)
    assert len(complaints) == len(ours) - 1, "the firewall is ours to say"
    assert theirs.returncode == 5


def test_defaults_of_global_defs_count_for_nothing_there() -> None:
    wide = "global_defs {\nvrrp_strict\nvrrp_higher_prio_send_advert\nvrrp_garp_lower_prio_repeat 9\n}\n"
    outcome = instance("", before=wide)
    assert not outcome.instance.higher_prio_send_advert
    assert outcome.instance.garp.lower_prio_repeat == 0
    assert [item.code for item in outcome.diagnostics if item.severity.value == "warning"] == ["not-handled"]
    assert outcome.code == 0


@pytest.mark.parametrize(
    ("keywords", "line"),
    [("version 2\nstrict_mode", 7), ("strict_mode", 5)],
)
def test_ipv6_is_version_3_with_a_link_local_address_first(keywords: str, line: int) -> None:
    address = "fe80::1" if line == 7 else "fd00::1"
    text = f"vrrp_instance VI_1 {{\n{BODY.replace('192.168.1.100', address)}{keywords}\n}}\n"
    outcome = read(text)
    assert outcome.instance.version == 3
    assert outcome.find("strict").location.line == line
    assert outcome.code == 5
    assert "first-not-link-local" not in outcome.codes


def test_no_unicast_on_an_interface_that_can_multicast() -> None:
    peers = "unicast_peer {\n192.168.1.2\n}\n"
    assert instance(f"strict_mode\n{peers}").find("strict-unicast").is_error
    without = (
        f"vrrp_instance A {{\n{BODY.replace('interface eth0', '')}unicast_src_ip 192.168.1.1\nstrict_mode\n{peers}}}"
    )
    assert "strict-unicast" not in read(without).codes


def test_the_rfcs_mac_address_and_signatures_that_are_enforced() -> None:
    key = "00112233445566778899aabbccddeeff" * 2
    outcome = instance(
        f"strict_mode\nversion 3\nuse_vmac v51 02:00:00:00:00:01\nauth_hmac {{\nkey 1 hex:{key}\nactive_key 1\n"
        "mode permissive\n}\n"
    )
    assert outcome.instance.use_vmac == Vmac("v51")
    assert outcome.instance.auth_hmac is not None
    assert outcome.instance.auth_hmac.mode == "enforce"
    assert outcome.codes.count("strict") == 2


def test_accept_stays_with_version_3_and_for_the_owner() -> None:
    assert instance("strict_mode\nversion 3\naccept").instance.accepts
    assert instance("strict_mode\npriority 255\naccept").instance.accepts


def test_written_again_it_is_the_same_and_nothing_is_complained_of() -> None:
    first = instance(KEYWORDS)
    again = read(render_keepalived(first.model))
    assert again.model == first.model
    assert "strict" not in again.codes
    assert again.code == 0
