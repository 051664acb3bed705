"""How ``-t`` exits: the classes of complaints, rule by rule."""

from dataclasses import replace

import pytest

from tests.config.keepalived.reading import BODY, instance, read
from vrrpd.config.keepalived.complaints import Complaint, Verdict
from vrrpd.config.keepalived.context import ReadContext, ScriptCheck, ScriptState

ROOT = ScriptCheck(ScriptState.SAFE, runs_as_root=True)


def tracked(keywords: str = "") -> str:
    """A script with these keywords, and an instance that tracks it."""
    script = f"vrrp_script c {{\nscript /bin/x\n{keywords}\n}}\n"
    return f"{script}vrrp_instance A {{\n{BODY}track_script {{\nc\n}}\n}}\n"


def scripts(check: ScriptCheck, user: str | None = None) -> ReadContext:
    return ReadContext(check_script=lambda *_: check, default_user=lambda: user)


@pytest.mark.parametrize(
    ("worst", "code"),
    [
        (Complaint.OK, 0),
        (Complaint.FILE_NOT_FOUND, 4),
        (Complaint.BAD_INTERFACE, 4),
        (Complaint.FATAL, 4),
        (Complaint.MULTIPLE_FILES, 5),
        (Complaint.UNKNOWN_KEYWORD, 5),
        (Complaint.GENERAL, 5),
        (Complaint.WARNING, 5),
        (Complaint.DEPRECATED, 5),
        (Complaint.SECURITY, 6),
    ],
)
def test_classes(worst: Complaint, code: int) -> None:
    assert Verdict(worst).exit_code == code
    assert Verdict(worst, parameter_missing=True).exit_code == 2


@pytest.mark.parametrize(
    "keywords",
    [
        "", "priority 255", "state MASTER\npriority 150", "version 3", "advert_int 1",
        "authentication {\nauth_type PASS\nauth_pass 12345678\n}",
        "unicast_src_ip 10.0.0.1\nunicast_peer {\n10.0.0.2 min_ttl 250\n}",
        "nopreempt",
        "preempt_delay 10.5", "track_interface {\neth1 weight -10 reverse\n}", "garp_master_delay 0", "debug 4",
        "smtp_alert off", "lower_prio_no_advert yes", "use_vmac", "use_vmac vrrp.51 00:00:5e:00:01:33", "accept",
        "timer_expired_backup", "thread_timer_expired 100", "notify /bin/x", "notify_deleted", "no_accept",
        "virtual_ipaddress_excluded {\nfe80::1/64\n}", "virtual_routes {\n10.0.0.0/8 via 10.1.1.1 dev eth0\n}",
        "authentication {\nauth_pass x\n}", "promote_secondaries", "mcast_dst_ip 224.0.0.5",
    ],
)  # fmt: skip
def test_what_keepalived_says_nothing_about(keywords: str) -> None:
    outcome = instance(keywords)
    assert outcome.code == 0, outcome.diagnostics


@pytest.mark.parametrize(
    ("keywords", "code"),
    [
        ("state PEER", "bad-state"),
        ("priority 256", "out-of-range"),
        ("priority 0", "out-of-range"),
        ("priority x", "bad-number"),
        ("virtual_router_id 999", "out-of-range"),
        ("advert_int 1.5", "advert-int"),
        ("version 3\nadvert_int 50", "advert-int"),
        ("version 4", "out-of-range"),
        ("authentication {\nauth_type MD5\nauth_pass x\n}", "bad-value"),
        ("authentication {\nauth_type PASS\n}", "no-password"),
        ("authentication {\nauth_type PASS\nauth_pass 123456789\n}", "long-password"),
        ("version 3\nauthentication {\nauth_type PASS\nauth_pass x\n}", "authentication-version"),
        ("state MASTER\npriority 9\nnopreempt", "nopreempt-cleared"),
        ("priority 255\nnopreempt", "nopreempt-cleared"),
        ("state MASTER\npriority 9\npreempt_delay 5", "preempt-delay-cleared"),
        ("nopreempt\npreempt_delay 5", "preempt-delay-cleared"),
        ("preempt_delay 2000", "out-of-range"),
        ("unicast_src_ip 10.0.0.1", "no-peer"),
        ("unicast_peer {\n}", "no-peer"),
        ("unicast_ttl 5", "no-peer"),
        ("unicast_peer {\n10.0.0.x\n10.0.0.1\n}", "bad-address"),
        ("unicast_peer {\nfe80::1\n10.0.0.1\n}", "family-mix"),
        ("mcast_src_ip fe80::1", "family-mix"),
        ("track_interface {\neth0\n}", "own-interface"),
        ("track_interface {\neth1 weight 300\n}", "out-of-range"),
        ("track_interface {\neth1 reverse\n}", "unknown-option"),
        ("priority 255\ntrack_interface {\neth1 weight 5\n}", "weight-without-effect"),
        ("lvs_sync_daemon_interface eth0", "deprecated"),
        ("vmac_garp_intvl 5", "deprecated"),
        ("garp_master_repeat 0", "out-of-range"),
        ("garp_master_delay -1", "out-of-range"),
        ("debug 9", "out-of-range"),
        ("notify /bin/x\nnotify /bin/y", "repeated"),
        ("virtual_ipaddress {\n192.168.1.100\n}", "repeated-address"),
        ("virtual_ipaddress {\n1.2.3.x\n}", "bad-address"),
        ("virtual_ipaddress {\n1.2.3.4/33\n}", "bad-prefix"),
        ("virtual_ipaddress {\nfe80::1\n}", "family-mix"),
        ("virtual_ipaddress {\n1.2.3.4 foo\n}", "unknown-option"),
        ("virtual_ipaddress {\n1.2.3.4 dev\n}", "missing-value"),
        ("virtual_routes {\n10.0.0.0/8 gw 10.1.1.1\n}", "deprecated"),
        ("smtp_alert perhaps", "bad-switch"),
        ("vmac_xmit_base", "no-vmac"),
        ("native_ipv6", "family-mix"),
        ("linkbeat_use_polling", "deprecated"),
        ("virtual_rules {\nfrom 10.0.0.1 table 5\n}", "no-preference"),
        ("kernel_rx_buf_size", "missing-value"),
        ("track_interface eth1 {\n}", "extra-word"),
        ("interface averyveryverylongname", "bad-interface"),
    ],
)  # fmt: skip
def test_what_keepalived_complains_of(keywords: str, code: str) -> None:
    outcome = instance(keywords)
    assert code in outcome.codes
    assert outcome.code == 5
    assert outcome.config is not None, "keepalived runs it"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("vrrp_instance A {\ninterface eth0\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n", "missing-keyword"),
        ("vrrp_instance A {\nvirtual_router_id 5\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n", "missing-keyword"),
        ("vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\nversion 3\n}\n", "no-address"),
        (f"vrrp_instance A {{\n{BODY}}}\nvrrp_instance B {{\n{BODY.replace('.100', '.101')}}}\n", "repeated-vrid"),
        ("vrrp_instance A {\ninterface lo\nvirtual_router_id 5\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n", "loopback"),
        (f"vrrp_instance A {{\n{BODY}strict_mode\nunicast_peer {{\n10.0.0.2\n}}\n}}\n", "strict-unicast"),
    ],
)
def test_what_keepalived_does_not_start_with(text: str, code: str) -> None:
    outcome = read(text)
    assert outcome.find(code).is_error
    assert outcome.config is None
    assert outcome.code == 5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("vrrp_garp_interval 0", "out-of-range"),
        ("script_user", "missing-value"),
        ("notify_fifo", "missing-value"),
        ("smtp_connect_timeout 1.5", "bad-number"),
        ("vrrp_garp_master_repeat 0", "out-of-range"),
        ("vrrp_iptables", "no-iptables"),
        ("notification_email {\n}", "empty-block"),
        ("router_id", "missing-value"),
        ("vrrp_rlimit_rtime 5000", "deprecated"),
        ("enable_snmp_vrrp", "not-supported"),
        ("umask 0999", "bad-value"),
        ("dynamic_interfaces sometimes", "bad-value"),
        ("vrrp_mcast_group4 10.0.0.1", "bad-address"),
        ("json_version 3", "out-of-range"),
    ],
)
def test_global_defs(text: str, code: str) -> None:
    outcome = read(f"global_defs {{\n{text}\n}}\n")
    assert code in [item.code for item in outcome.diagnostics]
    assert outcome.code == 5


def test_global_defs_that_keepalived_accepts() -> None:
    words = "vrrp_strict\nvrrp_version 3\nvrrp_garp_master_repeat 1\nlvs_flush\numask 0177\nnftables\nmax_auto_priority"
    outcome = read(f"global_defs {{\n{words}\n}}\n")
    assert outcome.code == 0, outcome.diagnostics


def test_an_interface_that_is_not_there() -> None:
    nowhere = ReadContext(has_interface=lambda *_: False)
    outcome = instance("", context=nowhere)
    assert outcome.codes == ["no-interface"]
    assert outcome.code == 5
    assert instance("", "global_defs {\ndynamic_interfaces\n}", nowhere).code == 0


# -- scripts ---------------------------------------------------------------------------------------------------------


def test_scripts_that_run_as_root() -> None:
    assert read(tracked(), scripts(ROOT)).code == 6
    secured = "global_defs {\nenable_script_security\nscript_user root\n}\n"
    assert read(secured + tracked(), scripts(ROOT)).code == 0
    assert read(tracked("user nobody"), scripts(ScriptCheck(ScriptState.SAFE))).code == 0


def test_an_interface_that_is_not_there_comes_before_scripts() -> None:
    context = replace(scripts(ROOT), has_interface=lambda *_: False)
    assert read(tracked(), context).code == 5


def test_a_script_that_is_not_there_is_not_tracked() -> None:
    outcome = read(tracked(), scripts(ScriptCheck(ScriptState.MISSING)))
    assert outcome.code == 5
    assert outcome.model.vrrp_scripts == ()
    assert outcome.instance.track_script == ()


def test_an_insecure_script() -> None:
    insecure = scripts(ScriptCheck(ScriptState.INSECURE, "/bin (mode 0777)", runs_as_root=True), user="root")
    outcome = read(tracked(), insecure)
    assert outcome.code == 6
    assert len(outcome.model.vrrp_scripts) == 1
    secured = read("global_defs {\nenable_script_security\n}\n" + tracked(), insecure)
    assert secured.code == 6
    assert secured.model.vrrp_scripts == ()
    assert "/bin (mode 0777)" in secured.find("script-insecure").message


def test_nobody_to_run_scripts() -> None:
    text = "global_defs {\nenable_script_security\n}\n" + tracked()
    outcome = read(text, scripts(ROOT))
    assert outcome.codes == ["no-script-user"]
    assert outcome.code == 5


def test_users_that_do_not_exist() -> None:
    context = ReadContext(has_user=lambda *_: False)
    assert read(tracked("user zork"), context).instance.track_script == ()
    outcome = read("global_defs {\nscript_user zork\n}\n" + tracked(), context)
    assert outcome.code == 5
    assert outcome.instance.track_script == ()
    dropped = instance("notify_master /bin/x arg", context=context)
    assert dropped.instance.notify.master is None
    assert "quotation marks" in dropped.find("unknown-user").expected


def test_no_account_is_looked_up_without_a_script() -> None:
    asked: list[str] = []
    context = ReadContext(default_user=lambda: asked.append("who?"))
    instance("", context=context)
    assert asked == []
    instance("notify_master /bin/x", context=context)
    assert asked == ["who?"]


def test_a_script_user_counts_for_what_stands_behind_it() -> None:
    text = "global_defs {\nnotify_fifo_script /bin/x\nscript_user nobody\nstartup_script /bin/x\n}\n"
    outcome = instance("", text, ReadContext(default_user=lambda: None))
    defs = outcome.model.global_defs
    assert defs.notify_fifo_script is not None
    assert defs.notify_fifo_script.user == "root"
    assert defs.startup_script is not None
    assert defs.startup_script.user is None
    assert "script-user-later" in outcome.codes


def test_scripts_of_checkers() -> None:
    text = virtual_server("protocol TCP", "MISC_CHECK {\nmisc_path /bin/x\n}")
    assert read(text, scripts(ROOT)).code == 6
    assert read(text).code == 0


# -- IPVS ------------------------------------------------------------------------------------------------------------


def virtual_server(keywords: str, real: str = "weight 1") -> str:
    return f"virtual_server 10.0.0.1 80 {{\n{keywords}\nreal_server 10.0.0.2 80 {{\n{real}\n}}\n}}\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (virtual_server("delay_loop 6\nlb_algo rr\nlb_kind NAT\nprotocol TCP"), 0),
        (virtual_server("lb_algo loadbalance"), 5),
        (virtual_server("lb_kind BRIDGE"), 5),
        (virtual_server("nat_mask 255.255.255.0"), 5),
        (virtual_server("persistence_timeout 0"), 5),
        (virtual_server("delay_loop x"), 5),
        (virtual_server("quorum 2"), 5),
        (virtual_server("quorum 2", "weight 2"), 0),
        (virtual_server("", "TCP_CHECK {\nconnect_timeout 3\n}"), 0),
        (virtual_server("", "TCP_CHECK {\nnb_get_retry 3\n}"), 5),
        (virtual_server("", "HTTP_GET {\nurl {\npath /\nstatus_code 200\n}\nnb_get_retry 3\n}"), 5),
        ("virtual_server 10.0.0.1 80 {\nprotocol TCP\n}\n", 5),
        ("virtual_server fwmark 1 {\nprotocol TCP\nreal_server 10.0.0.2 80 {\n}\n}\n", 5),
        ("virtual_server {\n}\n", 2),
    ],
)
def test_ipvs(text: str, code: int) -> None:
    outcome = read(text)
    assert outcome.code == code
    assert outcome.codes.count("lvs") == 1


# -- groups ----------------------------------------------------------------------------------------------------------

TWO = f"vrrp_instance A {{\n{BODY}}}\nvrrp_instance B {{\n{BODY.replace('51', '52').replace('.100', '.101')}}}\n"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("vrrp_sync_group G {\ngroup {\nA\nB\n}\n}\n", []),
        ("vrrp_sync_group G {\ngroup {\nA B\n}\n}\n", []),
        ("vrrp_sync_group G {\ngroup {\nA\nC\n}\n}\n", ["single-member", "undefined-instance"]),
        ("vrrp_sync_group G {\n}\n", ["empty-group"]),
        (
            "vrrp_sync_group G {\ngroup {\nA\nB\n}\n}\nvrrp_sync_group H {\ngroup {\nA\n}\n}\n",
            ["empty-group", "two-groups"],
        ),
        ("vrrp_sync_group G {\ngroup {\nA\nB\n}\nglobal_tracking\n}\n", ["deprecated"]),
        ("vrrp_sync_group G {\ngroup {\nA\nB\n}\nnotify_deleted /x\n}\n", ["unknown-keyword"]),
    ],
)
def test_sync_groups(text: str, codes: list[str]) -> None:
    outcome = read(TWO + text)
    assert sorted(outcome.codes) == codes
    assert outcome.code == (5 if codes else 0)
