"""What the election is told about an instance."""

from dataclasses import fields
from ipaddress import ip_address

import pytest

from tests.config.findings import instance, only
from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.keepalived.load import read_keepalived
from vrrpd.config.parameters import parameters_of
from vrrpd.core.parameters import AddressLossPolicy, AnnouncePolicy, FastFailover, Handover, Parameters, ProbeMode
from vrrpd.units import Family, Priority, Seconds, Vrid

ALL = """
version = 3
priority = 150
advert_int = 0.25
virtual_ipaddress = ["fe80::1", "2001:db8::1/64"]
virtual_ipaddress_excluded = ["10.0.0.1 dev eth1"]
preempt_delay = 7
nopreempt = false
down_timer_adverts = 5
garp_master_delay = 1
garp_master_repeat = 2
garp_master_refresh = 3
garp_master_refresh_repeat = 4
garp_lower_prio_delay = 6
garp_lower_prio_repeat = 8
garp_extra_if = "all 9"
owner_ignore_adverts = true
lower_prio_no_advert = true
higher_prio_send_advert = true
timer_expired_backup = 99
address_loss = "fail_over"
fast_failover = { probe = "always", interval = 0.5, misses = 4 }
handover = "break_first"
unicast_peer = ["fe80::9"]
"""


def test_an_instance_that_says_little_has_the_defaults() -> None:
    assert parameters_of(only(instance())) == Parameters(Vrid(51), addresses=(ip_address("192.168.1.100"),))


def test_every_setting_arrives() -> None:
    parameters = parameters_of(only(instance(ALL)))
    assert parameters == Parameters(
        vrid=Vrid(51),
        family=Family.IPV6,
        version=3,
        base_priority=Priority(150),
        advert_interval=Seconds(0.25),
        addresses=(ip_address("fe80::1"), ip_address("2001:db8::1")),
        excluded_addresses=(ip_address("10.0.0.1"),),
        elsewhere=(ip_address("10.0.0.1"),),
        preempt_delay=Seconds(7),
        down_timer_adverts=5,
        announce=AnnouncePolicy(2, Seconds(1), Seconds(3), 4, 8, Seconds(6), Seconds(9)),
        owner_ignores_adverts=True,
        answer_lower_priority=False,
        advert_before_yielding=True,
        announce_source=True,
        timer_expired_backup=Priority(99),
        address_loss=AddressLossPolicy.FAIL_OVER,
        fast_failover=FastFailover(ProbeMode.ALWAYS, Seconds(0.5), 4),
        handover=Handover.BREAK_FIRST,
    )
    fixed = {"list_mismatch", "farewells_on_fault", "loss_limit", "loss_window", "retry_delay", "retry_limit",
             "yield_hold", "longest_yield", "preempt", "vrid"}  # fmt: skip
    default = Parameters(Vrid(51))
    same = {item.name for item in fields(Parameters) if getattr(parameters, item.name) == getattr(default, item.name)}
    assert same <= fixed


def test_addresses_that_the_successor_examines_first_do_not_stay_for_it() -> None:
    both = 'virtual_ipaddress = ["fe80::1", "fe80::2%s"]\nversion = 3\n'
    assert parameters_of(only(instance(both % ""))).handover is Handover.MAKE_FIRST
    assert parameters_of(only(instance(both % " -nodad"))).handover is Handover.BREAK_FIRST


def test_nopreempt() -> None:
    assert not parameters_of(only(instance("nopreempt = true"))).preempt


def test_only_all_is_for_other_interfaces_and_one_that_is_named_may_be_the_same() -> None:
    addresses = 'virtual_ipaddress = ["10.0.0.1 dev eth0", "10.0.0.2 dev eth1", "10.0.0.3"]\n'
    parameters = parameters_of(only(instance(addresses + "garp_extra_if = 60")))
    assert (parameters.elsewhere, parameters.announce.elsewhere) == ((ip_address("10.0.0.2"),), 0.0)


@pytest.mark.parametrize(
    ("toml", "lines", "settings"),
    [
        ("true", "fast_failover", FastFailover()),
        ("false", "fast_failover off", None),
        ('{ probe = "off" }', "fast_failover {\n probe off\n }", FastFailover(ProbeMode.OFF)),
        ("{ misses = 5 }", "fast_failover {\n misses 5\n }", FastFailover(misses=5)),
        ("{ interval = 0.2 }", "fast_failover {\n interval 0.2\n }", FastFailover(interval=Seconds(0.2))),
    ],
)
def test_fast_failover_in_both_languages(toml: str, lines: str, settings: FastFailover | None) -> None:
    assert parameters_of(only(instance(f"fast_failover = {toml}"))).fast_failover == settings
    body = f"interface eth0\n virtual_router_id 51\n {lines}\n virtual_ipaddress {{\n 10.0.0.1\n }}"
    config, found, _ = read_keepalived(f"vrrp_instance VI_1 {{\n {body}\n}}\n", "a.conf", ReadContext())
    assert config is not None, found
    assert config.vrrp_instances[0].fast_failover == settings


@pytest.mark.parametrize(
    ("toml", "lines", "settings"),
    [
        ("", "", FastFailover(ProbeMode.ALWAYS)),
        ("fast_failover = false", "fast_failover off", None),
        ("fast_failover = true", "fast_failover", FastFailover()),
        ("fast_failover = { misses = 5 }", "fast_failover {\n misses 5\n }", FastFailover(misses=5)),
    ],
)
def test_what_holds_for_all_holds_where_nothing_else_is_said(
    toml: str, lines: str, settings: FastFailover | None
) -> None:
    wide = '[global_defs]\nfast_failover = { probe = "always" }\n'
    assert parameters_of(only(wide + instance(toml))).fast_failover == settings
    body = f"interface eth0\n virtual_router_id 51\n {lines}\n virtual_ipaddress {{\n 10.0.0.1\n }}"
    wide = "global_defs {\n fast_failover {\n probe always\n }\n}\n"
    config, found, _ = read_keepalived(f"{wide}vrrp_instance VI_1 {{\n {body}\n}}\n", "a.conf", ReadContext())
    assert config is not None, found
    assert config.vrrp_instances[0].fast_failover == settings


def test_nothing_holds_for_all() -> None:
    assert parameters_of(only("[global_defs]\nfast_failover = false\n" + instance(""))).fast_failover is None


@pytest.mark.parametrize(
    ("wide", "narrow", "order"),
    [
        ("", "", Handover.MAKE_FIRST),
        ("break_first", "", Handover.BREAK_FIRST),
        ("", "break_first", Handover.BREAK_FIRST),
        ("break_first", "make_first", Handover.MAKE_FIRST),
    ],
)
def test_handover_in_both_languages(wide: str, narrow: str, order: Handover) -> None:
    toml = f'[global_defs]\nhandover = "{wide}"\n' if wide else ""
    assert parameters_of(only(toml + instance(f'handover = "{narrow}"' if narrow else ""))).handover is order
    text = f"global_defs {{\n handover {wide}\n}}\n" if wide else ""
    line = f"handover {narrow}" if narrow else ""
    body = f"interface eth0\n virtual_router_id 51\n {line}\n virtual_ipaddress {{\n 10.0.0.1\n }}"
    config, found, _ = read_keepalived(f"{text}vrrp_instance VI_1 {{\n {body}\n}}\n", "a.conf", ReadContext())
    assert config is not None, found
    assert parameters_of(config.vrrp_instances[0]).handover is order


def test_another_order_is_refused_with_the_two_that_there_are() -> None:
    body = "interface eth0\n virtual_router_id 51\n handover slowly\n virtual_ipaddress {\n 10.0.0.1\n }"
    _, found, _ = read_keepalived(f"vrrp_instance VI_1 {{\n {body}\n}}\n", "a.conf", ReadContext())
    assert any("make_first" in str(item) and "a.conf:4" in str(item) for item in found), found
