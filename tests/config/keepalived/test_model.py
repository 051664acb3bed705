"""Files beside the models that they mean."""

from dataclasses import replace
from ipaddress import ip_address
from typing import Final

from tests.config.keepalived.reading import BODY, FILE, instance, read
from tests.config.keepalived.samples import LANGUAGE, PAIR, WHOLE
from vrrpd.config.diagnostics import Location
from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.keepalived.render import render_keepalived
from vrrpd.config.model import (
    Authentication,
    AuthHmac,
    BfdInstance,
    Command,
    ExtraGarp,
    Fifo,
    Garp,
    GarpGroup,
    HmacKey,
    LinkbeatInterface,
    MailServer,
    NotifyScripts,
    ProcessSettings,
    Route,
    Rule,
    SyncGroup,
    Track,
    TrackFile,
    TrackGroup,
    TrackProcess,
    UnicastPeer,
    UpDownDelay,
    VirtualAddress,
    Vmac,
    VrrpInstance,
    VrrpScript,
)
from vrrpd.units import Priority, Seconds, Vrid

WHOLE_MODEL: Final = read(WHOLE).model


def test_a_pair() -> None:
    config = read(PAIR).model
    assert config.vrrp_scripts == (
        VrrpScript(
            "chk_haproxy", Command(("/usr/bin/killall", "-0", "haproxy")), Seconds(2.0), Seconds(1.5), -20,
            reverse=True, rise=2, fall=3,
        ),
    )  # fmt: skip
    expected = VrrpInstance(
        name="VI_1",
        interface="eth0",
        virtual_router_id=Vrid(51),
        state="BACKUP",
        priority=Priority(101),
        nopreempt=True,
        authentication=Authentication("PASS", "geheim88"),
        virtual_ipaddress=(
            VirtualAddress(ip_address("192.168.1.100"), 24, "eth0", "eth0:1", broadcast=ip_address("192.168.1.255")),
            VirtualAddress(ip_address("192.168.1.101"), 32),
        ),
        track_script=(Track("chk_haproxy", -30, reverse=True),),
        notify=NotifyScripts(
            master=Command(("/etc/keepalived/notify.sh", "to master", "A"), "nobody"),
            generic=Command(("/etc/keepalived/notify.sh",)),
        ),
    )
    assert config.vrrp_instances == (expected,)
    assert (config.global_defs.script_user, config.global_defs.script_group) == ("nobody", "nogroup")


def test_definitions_and_sequences() -> None:
    config = read(LANGUAGE.partition("include")[0], ReadContext(config_id="a")).model
    seven, eight, nine = config.vrrp_instances
    assert [str(vip.address) for vip in seven.virtual_ipaddress] == [
        "10.0.0.1", "10.0.0.2", "10.1.0.1", "10.1.0.2", "10.1.0.3",
    ]  # fmt: skip
    assert (seven.name, seven.interface, seven.priority, eight.virtual_router_id) == ("V_7", "eth0", 10, 8)
    assert [str(vip.address) for vip in nine.virtual_ipaddress] == [
        "10.1.2.1", "10.3.4.1", "10.9.9.9", "10.3.1.5", "10.3.1.6", "10.3.2.5", "10.3.2.6",
    ]  # fmt: skip
    assert nine.notify.generic == Command(("./n.sh", "#", "#", "!"))


def test_instances() -> None:
    first, second = WHOLE_MODEL.vrrp_instances
    assert first.unicast_peer == (UnicastPeer(ip_address("10.0.0.2"), 250, 255), UnicastPeer(ip_address("10.0.0.3")))
    assert first.check_unicast_src, "a ttl limit switches it on"
    assert first.virtual_ipaddress_excluded == (VirtualAddress(ip_address("fe80::5"), 64, dad=True, preferred_lft=0),)
    assert first.virtual_routes == (
        Route(("default", "via", "10.0.0.254", "dev", "eth0", "metric", "5"), no_track=True),
    )
    assert first.virtual_rules == (Rule(("from", "10.0.0.100", "table", "5", "priority", "100")),)
    assert first.use_vmac == Vmac("vrrp.1", bytes.fromhex("00005e000101"), group=2)
    assert first.track_file == (Track("tf", 1),)
    assert first.track_interface == (Track("eth2"),), "an owner has no weights"
    assert first.garp == Garp(master_delay=Seconds(1.0))
    assert first.notify == NotifyScripts(announce_deleted=True)
    key = HmacKey(1, "hex:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
    assert first.auth_hmac == AuthHmac((key,), 1)
    assert first.garp_extra_if == ExtraGarp(10, everywhere=True)
    assert (second.priority, second.version, second.state) == (255, 3, "MASTER")


def test_trackers_and_groups() -> None:
    assert WHOLE_MODEL.track_files == (TrackFile("tf", "/run/tf", 2, init_file=5, overwrite=True),)
    assert WHOLE_MODEL.track_processes == (
        TrackProcess(
            "tp", ("nginx", "-g", "daemon"), "initial", 5, quorum=2, quorum_max=5, fork_delay=Seconds(0.5),
            terminate_delay=Seconds(0.5), full_command=True,
        ),
    )  # fmt: skip
    assert WHOLE_MODEL.bfd_instances == (
        BfdInstance("b", ip_address("10.0.0.9"), ip_address("10.0.0.8"), min_rx=20, weight=-5, reverse=True),
    )
    assert WHOLE_MODEL.sync_groups == (
        SyncGroup(
            "G", ("A", "B"), (Track("eth3"),), notify=NotifyScripts(master=Command(("/bin/true",))),
            sync_group_tracking_weight=True, smtp_alert=True,
        ),
    )  # fmt: skip
    assert WHOLE_MODEL.track_groups == (TrackGroup("T", ("A",)),)


def test_the_machine_and_the_daemon() -> None:
    assert WHOLE_MODEL.process == ProcessSettings(
        net_namespace="blue", instance="one", use_pid_dir=True, child_wait_time=Seconds(7.0)
    )
    assert WHOLE_MODEL.static_ipaddress == (VirtualAddress(ip_address("10.5.0.1"), 24, "eth0", track_group="T"),)
    assert WHOLE_MODEL.static_routes == (Route(("10.6.0.0/16", "via", "10.5.0.2")),)
    assert WHOLE_MODEL.static_rules == (Rule(("from", "10.5.0.1", "table", "7", "preference", "9")),)
    assert WHOLE_MODEL.garp_groups == (GarpGroup(("eth0", "eth1"), 0.5),)
    assert WHOLE_MODEL.linkbeat_interfaces == (LinkbeatInterface("eth0", "MII"),)
    assert WHOLE_MODEL.interface_up_down_delays == (UpDownDelay("eth0", 1.5, 2.0),)


def test_global_defs() -> None:
    defs = WHOLE_MODEL.global_defs
    assert defs.notification_email == ("root@localhost", "admin@localhost")
    assert defs.smtp_server == MailServer("127.0.0.1", 25)
    assert defs.notify_fifo == Fifo("/run/n.fifo", "root")
    assert defs.vrrp_notify_fifo_script == Command(("/bin/cat", "/dev/null"))
    assert defs.dynamic_interfaces
    assert defs.dynamic_interfaces_allow_if_changes
    assert defs.umask == 0o420
    assert defs.vrrp_cpu_affinity == (1, 2)
    assert (defs.nftables, defs.reload_check_config, defs.vrrp_strict) == ("filter", "/tmp/log", False)


def test_defaults_come_from_global_defs_wherever_they_stand() -> None:
    words = (
        "vrrp_version 3\nvrrp_garp_master_delay 7\nvrrp_down_timer_adverts 5\nvrrp_skip_check_adv_addr on\nsmtp_alert"
    )
    before = f"global_defs {{\n{words}\n}}\n"
    body = f"vrrp_instance A {{\n{BODY}}}\n"
    for text in (before + body, body + before):
        found = read(text).instance
        assert (found.version, found.down_timer_adverts, found.skip_check_adv_addr) == (3, 5, True)
        assert found.garp == Garp(master_delay=Seconds(7.0), lower_prio_delay=Seconds(7.0))
        assert found.smtp_alert


def test_state_and_priority_decide_together() -> None:
    assert (instance("state MASTER").instance.priority, instance("priority 255").instance.state) == (255, "MASTER")
    assert instance("state MASTER\nstate BACKUP").instance.state == "MASTER"
    assert instance("state nonsense").instance.state == "BACKUP"


def test_strict_mode_corrects() -> None:
    found = instance("strict_mode\nstate MASTER\npriority 9\ndown_timer_adverts 5\nhigher_prio_send_advert").instance
    assert (found.state, found.down_timer_adverts, found.higher_prio_send_advert) == ("BACKUP", 3, False)
    assert found.lower_prio_no_advert


def test_members_take_over_whether_changes_of_priority_are_told() -> None:
    text = f"vrrp_instance A {{\n{BODY}}}\nvrrp_instance B {{\n{BODY.replace('51', '52').replace('.100', '.101')}"
    text += "notify_priority_changes false\n}\nvrrp_sync_group G {\ngroup {\nA\nB\n}\nnotify_priority_changes\n}\n"
    config = read(text).model
    assert [instance.notify_priority_changes for instance in config.vrrp_instances] == [True, False]
    assert config.sync_groups[0].notify_priority_changes
    assert read(render_keepalived(config)).model == config


def test_members_of_a_group_lose_their_weights() -> None:
    text = f"vrrp_instance A {{\n{BODY}track_interface {{\neth1 weight 5\n}}\n}}\n"
    text += f"vrrp_instance B {{\n{BODY.replace('51', '52').replace('.100', '.101')}}}\nvrrp_sync_group G {{\n"
    group = "group {\nA\nB\n}\n"
    assert read(f"{text}{group}}}\n").instance.track_interface == (Track("eth1"),)
    kept = read(f"{text}{group}sync_group_tracking_weight\n}}\n")
    assert kept.instance.track_interface == (Track("eth1", 5),)


def test_origins() -> None:
    found = instance("virtual_ipaddress_excluded {\n 10.0.0.1\n 10.0.0.2\n}").instance
    assert found.origins[""] == Location(FILE, 2, 1)
    assert found.origins["interface"] == Location(FILE, 3, 1)
    assert found.origins["virtual_ipaddress.0"] == Location(FILE, 6, 1)
    assert found.origins["virtual_ipaddress_excluded.1"] == Location(FILE, 10, 2)


def test_elements_keep_their_places_when_others_are_left_out() -> None:
    found = instance("virtual_ipaddress_excluded {\n192.168.1.100\n10.0.0.2\n}").instance
    assert len(found.virtual_ipaddress_excluded) == 1
    assert found.origins["virtual_ipaddress_excluded.0"] == Location(FILE, 10, 1)
    assert "virtual_ipaddress_excluded.1" not in found.origins


def test_no_secret_is_ever_shown() -> None:
    key = "f00d" * 20
    texts = [
        "authentication {\nauth_type PASS\nauth_pass geheimnis\n}",
        "authentication {\nauth_type PASS\nauth_pass geheimnis geheimnis\n}",
        "authentication {\nauth_type AH\nauth_pass geheimnis\n}\nstate MASTER",
        f"auth_hmac {{\nkey 1 {key}\nkey 999 {key}\nkey 2 geheimnis\n}}",
        f"version 3\nauth_hmac {{\nkey 1 {key[:40]}\n}}",
    ]
    for text in texts:
        outcome = instance(text)
        said = " ".join(map(str, outcome.diagnostics)) + repr(outcome.config)
        assert "geheimnis" not in said
        assert "f00d" not in said


def test_the_same_model_as_without_places() -> None:
    moved = read(PAIR.replace("\n", "\n\n").replace("{", " { \n"))
    assert moved.model == read(PAIR).model
    assert replace(moved.instance, priority=Priority(9)) != read(PAIR).instance
