"""Strict mode in TOML: what it fixes, and what it does not go with."""

import pytest

from tests.config.findings import ERROR, WARNING, found, instance, only, read
from vrrpd.config.effects import refusals
from vrrpd.config.model import Garp
from vrrpd.config.parameters import parameters_of
from vrrpd.config.settings import sections
from vrrpd.units import Seconds

STRICT = "strict_mode = true\n"
LINK_LOCAL = "virtual_ipaddress = ['fe80::1']\n"


def test_it_fixes_what_instances_and_defaults_leave_open() -> None:
    defaults = "[global_defs]\nvrrp_strict = true\nvrrp_down_timer_adverts = 7\nvrrp_higher_prio_send_advert = true\n"
    made = only(defaults + instance())
    assert (made.strict_mode, made.down_timer_adverts, made.higher_prio_send_advert) == (True, 3, False)
    assert made.lower_prio_no_advert
    assert made.owner_ignore_adverts
    assert made.garp == Garp(lower_prio_delay=Seconds(0.0), lower_prio_repeat=0)
    assert not made.accepts
    (section,) = (section for section in sections(read(defaults + instance())) if section.kind == "vrrp_instance")
    assert {item.keyword.name for item in section.settings if not item.is_default} <= {
        *("interface", "virtual_router_id", "virtual_ipaddress")
    }


def test_it_is_settings_of_the_same_election() -> None:
    parameters = parameters_of(only(instance(STRICT)))
    assert parameters.owner_ignores_adverts
    assert not parameters.answer_lower_priority
    assert not parameters.advert_before_yielding
    assert parameters.announce.lower_priority_repeat == 0
    assert parameters.down_timer_adverts == 3


@pytest.mark.parametrize(
    ("lines", "accepts"),
    [("", False), ("priority = 255", True), ("version = 3\naccept = true", True), ("version = 3", False)],
)
def test_only_an_owner_answers_at_the_addresses(lines: str, accepts: bool) -> None:
    text = instance(STRICT + lines)
    assert only(text).accepts is accepts
    firewall = [item for item in found(text) if item.code == "not-handled"]
    assert [item.severity for item in firewall] == ([] if accepts else [WARNING])
    assert refusals(read(text)) == ()


def test_the_missing_firewall_is_said_once_where_strict_mode_is_written() -> None:
    text = "[global_defs]\nvrrp_strict = true\n" + instance() + instance(name="B", vrid=52, address="192.168.1.7")
    (said,) = (item for item in found(text) if item.code == "not-handled")
    assert said.location.line == 2
    assert "answers traffic to the addresses all the same" in said.message


def test_no_accept_by_hand_is_refused_as_ever() -> None:
    (refusal,) = refusals(read(instance(f"{STRICT}no_accept = true")))
    assert refusal.location.line == 6


@pytest.mark.parametrize(
    ("lines", "part"),
    [
        ("§down_timer_adverts = 5", "down_timer_adverts but 3"),
        ("§lower_prio_no_advert = false", "but true"),
        ("§higher_prio_send_advert = true", "but false"),
        ("priority = 255\n§owner_ignore_adverts = false", "but true"),
        ("§garp_lower_prio_delay = 2", "but 0"),
        ("§garp_lower_prio_repeat = 2", "but 0"),
        ("§state = 'MASTER'\npriority = 100", "255"),
        ("§state = 'BACKUP'\npriority = 255", "255"),
        ("§unicast_peer = ['192.168.1.2']", "unicast"),
        ("§authentication = { auth_type = 'PASS', auth_pass = 'x' }", "authentication"),
        ("§preempt_delay = 3", "preempt_delay"),
        ("§accept = true", "VRRPv3"),
        ("§virtual_ipaddress = []", "virtual_ipaddress"),
        ("virtual_ipaddress = [§'fd00::1']", "link-local"),
        ("§vmac_xmit_base = true", "vmac_xmit_base"),
        ("§use_vmac = 'v 02:00:00:00:00:01'", "MAC"),
    ],
)
def test_what_it_does_not_know_is_an_error_at_its_place(lines: str, part: str) -> None:
    text = instance(STRICT + lines)
    if "virtual_ipaddress" in lines:
        text = text.replace('virtual_ipaddress = ["192.168.1.100"]\n', "")
    line = text.partition("§")[0].count("\n") + 1
    errors = [item for item in found(text.replace("§", "")) if item.is_error]
    assert [(item.severity, item.code, item.location.line) for item in errors] == [(ERROR, "strict", line)], errors
    assert part in errors[0].message
    assert not [item for item in found(text.replace("§", "").replace(STRICT, "")) if item.code == "strict"]


def test_ipv6() -> None:
    assert only(instance(STRICT + LINK_LOCAL)).version == 3
