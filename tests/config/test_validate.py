"""What keywords say about each other, each at its place."""

from dataclasses import replace

import pytest

from tests.config.findings import ERROR, NOTE, WARNING, found, instance, one, only, script
from vrrpd.config.diagnostics import Severity
from vrrpd.config.model import Config, Track
from vrrpd.config.validate import validate

PASS = 'authentication = {{ auth_type = "PASS", auth_pass = {} }}'


def vips(count: int, family: int = 4) -> str:
    form = "10.0.{}.{}" if family == 4 else "fe80::{:x}:{:x}"
    addresses = [form.format(index // 250, index % 250 + 1) for index in range(count)]
    return f"virtual_ipaddress = §{addresses}"


CASES = [
    # advert_int: what each version can carry
    (instance("advert_int = §0.4"), ERROR, "advert-int", "0.4 s cannot be sent"),
    (instance("advert_int = §0.4"), ERROR, "advert-int", "write: version = 3, or advert_int = 1"),
    (instance("advert_int = §2.6"), ERROR, "advert-int", "advert_int = 3"),
    (instance("version = 3\nadvert_int = §0.015"), ERROR, "advert-int", "advert_int = 0.01, or advert_int = 0.02"),
    (instance("version = 3\nadvert_int = §41"), ERROR, "advert-int", "write: advert_int = 40.95"),
    (instance('virtual_ipaddress = ["fe80::1"]\nadvert_int = §50'), ERROR, "advert-int", "40.95"),
    # version and family
    (instance("version = §2\nvirtual_ipaddress = ['fe80::1']"), ERROR, "version-family", "write: version = 3"),
    (instance("virtual_ipaddress = ['10.0.0.1', '§fe80::1']"), ERROR, "family-mix", "IPv4 addresses here"),
    (instance("virtual_ipaddress = ['fe80::1', '§10.0.0.1']"), ERROR, "family-mix", "IPv6 addresses here"),
    # authentication
    (instance("version = 3\n" + PASS.format("'x'").replace("{", "§{")), ERROR, "authentication-version", "VRRPv3"),
    (instance(PASS.format("§''")), ERROR, "empty-password", "1 to 8 bytes"),
    (instance(PASS.format("§'SecretPassword'")), WARNING, "long-password", "first 8 of the 14 bytes"),
    (instance(PASS.format("§'123456789'")), WARNING, "long-password", "it works as it is"),
    (instance(PASS.format("§'ééééé'")), WARNING, "long-password", "10 bytes"),
    (instance(PASS.format("§'12345678'")), NOTE, "clear-password", "in clear"),
    # state and priority
    (instance("state = §'MASTER'\npriority = 101"), NOTE, "state-master", "for 3.6 s"),
    (instance("state = §'MASTER'\npriority = 128\nversion = 3\nadvert_int = 0.1"), NOTE, "state-master", "for 0.4 s"),
    (instance("state = §'MASTER'"), WARNING, "owner-by-default", "write: priority = 101"),
    (instance("state = §'BACKUP'\npriority = 255"), WARNING, "owner-backup", "priority = 254"),
    # preemption
    (instance("priority = 255\nnopreempt = §true"), WARNING, "nopreempt-cleared", "with priority 255"),
    (instance("priority = 255\npreempt = §false"), WARNING, "nopreempt-cleared", "with priority 255"),
    (instance("nopreempt = true\npreempt_delay = §5"), WARNING, "preempt-delay-cleared", "with nopreempt"),
    (instance("timer_expired_backup = §100"), WARNING, "no-nopreempt", "write: nopreempt = true"),
    (instance("owner_ignore_adverts = §true"), WARNING, "no-owner", "priority 100"),
    # source address
    (instance("mcast_src_ip = §'fe80::5'"), ERROR, "family-mix", "IPv4 address of this node"),
    (instance("mcast_src_ip = §'192.168.1.100'"), WARNING, "source-moves", "virtual address"),
    (instance("virtual_ipaddress = ['fe80::1']\nmcast_src_ip = §'2001:db8::5'"), WARNING, "source-not-link-local", ""),
    # addresses
    (instance("virtual_ipaddress = ['10.0.0.1', '§10.0.0.1/24']"), ERROR, "repeated-address", "first is in line 4"),
    (instance("virtual_ipaddress_excluded = ['§192.168.1.100']"), ERROR, "repeated-address", "second time"),
    (instance("virtual_ipaddress = ['§10.0.0.0/24']"), WARNING, "not-a-host", "network address of its /24"),
    (instance("virtual_ipaddress = ['§10.0.0.255/24']"), WARNING, "not-a-host", "broadcast address of its /24"),
    (instance("virtual_ipaddress = ['§10.0.0.1 label eth1:1']"), WARNING, "label", "label eth0:1"),
    (instance("virtual_ipaddress = ['§10.0.0.1 dev eth2 label eth0:1']"), WARNING, "label", "label eth2:1"),
    (instance("virtual_ipaddress = ['§2001:db8::1']"), NOTE, "first-not-link-local", "RFC 9568"),
    (instance("virtual_ipaddress = §[]"), WARNING, "no-address", "only its notify scripts"),
    (instance("virtual_ipaddress = §[]\nversion = 3"), ERROR, "no-address", "needs one"),
    (instance(vips(256)), ERROR, "too-many-addresses", "these are 256"),
    (instance(vips(91, 6)), WARNING, "too-many-addresses", "MTU of 1504"),
    # trackers
    (instance("track_interface = ['eth1', '§eth1']"), ERROR, "repeated-track", "second time"),
    (script() + instance("track_script = ['chk', '§chk']"), ERROR, "repeated-track", "second time"),
    (instance("track_interface = ['§eth0']"), ERROR, "own-interface", "watched anyway"),
    (script().replace("chk", "§chk") + instance(), WARNING, "unused-script", 'track_script = ["chk"]'),
    (script("interval = 1\ntimeout = §2") + instance("track_script = ['chk']"), NOTE, "long-timeout", "2 s"),
    # several instances
    (instance() + instance("virtual_router_id = §51", name="B", address="192.168.1.101"), ERROR, "repeated-vrid",
     "by VI_1 (line 3)"),
    (instance() + instance("virtual_router_id = §51\nversion = 3", name="B", address="192.168.1.101"), ERROR,
     "repeated-vrid", "51"),
    (instance() + instance("virtual_ipaddress = ['§192.168.1.100']", name="B", vrid=52), ERROR, "shared-address",
     "belongs to VI_1"),
    (instance() + instance("interface = 'eth1'\nvirtual_ipaddress = ['§192.168.1.100']", name="B"), WARNING,
     "shared-address", "there on eth0"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "severity", "code", "part"), CASES)
def test_one_finding_at_its_place(text: str, severity: Severity, code: str, part: str) -> None:
    diagnostic, place = one(text)
    assert (diagnostic.severity, diagnostic.code) == (severity, code)
    assert (diagnostic.location.line, diagnostic.location.column) == place
    assert part in str(diagnostic)


@pytest.mark.parametrize(
    "text",
    [
        instance("advert_int = 3"),
        instance("advert_int = 255.0"),
        instance("version = 3\nadvert_int = 0.01"),
        instance("version = 3\nadvert_int = 40.95"),
        instance("version = 3\nadvert_int = 0.29"),
        instance("nopreempt = true\ntimer_expired_backup = 100"),
        instance("priority = 255\nowner_ignore_adverts = true"),
        f"[global_defs]\nvrrp_owner_ignore_adverts = true\n{instance()}",
        instance("preempt_delay = 5"),
        instance("state = 'MASTER'\npriority = 255"),
        instance("mcast_src_ip = '192.168.1.1'"),
        instance("virtual_ipaddress_excluded = ['fe80::1', '10.0.0.1']"),
        instance("virtual_ipaddress = []\nvirtual_ipaddress_excluded = ['10.0.0.1']"),
        instance("virtual_ipaddress = ['10.0.0.0/31', '10.0.0.1/31', '10.1.0.255']"),
        instance("virtual_ipaddress = ['10.0.0.1 label eth0', '10.0.0.2 label eth0:']"),
        instance("virtual_ipaddress = ['fe80::1', 'fe80::1 dev eth1']"),
        instance(vips(255)).replace("§", ""),
        instance(vips(90, 6)).replace("§", ""),
        instance("track_interface = ['eth1', 'eth2']"),
        instance() + instance("virtual_ipaddress = ['fe80::1']", name="B"),
        instance() + instance("interface = 'eth1'", name="B", address="10.0.0.1"),
        instance("virtual_ipaddress = ['fe80::1']")
        + instance("interface = 'eth1'\nvirtual_ipaddress = ['fe80::1']", name="B"),
    ],
)
def test_nothing_to_say(text: str) -> None:
    assert found(text) == ()


def test_nopreempt_and_delay_do_not_hold_with_state_master() -> None:
    text = instance("state = 'MASTER'\npriority = 101\nnopreempt = true\npreempt_delay = 5")
    codes = [item.code for item in found(text) if item.severity is WARNING]
    assert codes == ["nopreempt-cleared", "preempt-delay-cleared"]
    router = only(text)
    assert not router.nopreempt
    assert not router.preempt_delay


def test_state_master_without_priority_is_an_owner_even_beside_nopreempt() -> None:
    text = instance("state = 'MASTER'\nnopreempt = true")
    assert [item.code for item in found(text)] == ["owner-by-default", "nopreempt-cleared"]
    assert (only(text).priority, only(text).state) == (255, "MASTER")
    assert only(instance("priority = 255")).state == "MASTER"


def test_a_script_that_an_unreadable_list_may_track_is_not_called_unused() -> None:
    assert [item.code for item in found(script() + instance("track_script = [5]"))] == ["wrong-type"]


def test_a_configuration_without_places_can_be_validated() -> None:
    router = only(instance("priority = 255"))
    bare = replace(router, origins={}, nopreempt=True, track_script=(Track("chk", 1),))
    codes = {item.code for item in validate(Config(vrrp_instances=(bare, replace(bare, name="B"))))}
    assert codes >= {"repeated-vrid", "shared-address", "weight-without-effect"}
