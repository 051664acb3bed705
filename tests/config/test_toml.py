"""From TOML to the model, and what is said of values that cannot be read."""

from ipaddress import ip_address

import pytest

from tests.config.findings import ERROR, HERE, NOTE, WARNING, found, instance, one, only, read, script
from vrrpd.config.diagnostics import Severity
from vrrpd.config.keepalived.limits import FINDINGS_LIMIT
from vrrpd.config.load import SIZE_LIMIT
from vrrpd.config.model import Command, Garp, Track, VirtualAddress
from vrrpd.config.toml import read as read_without_validation
from vrrpd.core.parameters import AddressLossPolicy, Handover
from vrrpd.units import Seconds

SEED = """
[vrrp_script.chk_haproxy]
script = "killall -0 haproxy"
interval = 2
weight = 2

[vrrp_instance.VI_1]
state = "MASTER"
interface = "eth0"
virtual_router_id = 51
priority = 101
advert_int = 1
authentication = { auth_type = "PASS", auth_pass = "SecretPassword" }
virtual_ipaddress = ["192.168.1.100"]
track_script = ["chk_haproxy"]
"""


def vip(text: str, prefix: int, **rest: object) -> VirtualAddress:
    return VirtualAddress(ip_address(text), prefix, **rest)  # type: ignore[arg-type]  # names and types as in the model


def test_the_usual_pair_is_read() -> None:
    config = read(SEED)
    (chk,), (router,) = config.vrrp_scripts, config.vrrp_instances
    assert chk.command == Command(("killall", "-0", "haproxy"))
    assert (chk.interval, chk.timeout, chk.weight, chk.rise, chk.fall) == (2.0, 2.0, 2, 1, 1)
    assert (router.name, router.interface, router.virtual_router_id) == ("VI_1", "eth0", 51)
    assert (router.state, router.priority, router.advert_int, router.version) == ("MASTER", 101, 1.0, 2)
    assert router.authentication is not None
    assert router.authentication.password == "SecretPassword"
    assert router.virtual_ipaddress == (vip("192.168.1.100", 32),)
    assert router.track_script == (Track("chk_haproxy", 2),)


def test_origins_are_places_in_the_file() -> None:
    router = read(SEED).vrrp_instances[0]
    places = {word: (place.line, place.column) for word, place in router.origins.items()}
    assert places[""] == (7, 16)
    assert places["priority"] == (11, 12)
    assert places["authentication.auth_pass"] == (13, 52)
    assert places["virtual_ipaddress.0"] == (14, 23)
    assert places["track_script.0"] == (15, 18)
    assert "nopreempt" not in places
    assert {place.file for place in router.origins.values()} == {"test.toml"}


def test_reading_alone_does_not_compare_keywords() -> None:
    config, diagnostics = read_without_validation(SEED, "test.toml")
    assert config == read(SEED)
    assert not diagnostics


def test_a_table_per_instance_can_be_written_in_any_of_tomls_ways() -> None:
    plain = read(instance("priority = 7"))
    inline = (
        'vrrp_instance = {VI_1 = {interface = "eth0", virtual_router_id = 51, virtual_ipaddress = ["192.168.1.100"]'
    )
    assert read(inline + ", priority = 7}}") == plain
    dotted = 'vrrp_instance.VI_1.interface = "eth0"\nvrrp_instance.VI_1.virtual_router_id = 51\n'
    dotted += "vrrp_instance.VI_1.priority = 7\nvrrp_instance.VI_1.virtual_ipaddress = ['192.168.1.100']"
    assert read(dotted) == plain
    assert read(instance("priority = 7").replace("\n", "\r\n")) == plain


def test_global_defaults_apply_to_instances_that_say_nothing() -> None:
    globals_ = """[global_defs]
router_id = "lb1"
script_user = "nobody nogroup"
vrrp_mcast_group4 = "224.0.0.99"
vrrp_startup_delay = 2.5
vrrp_version = 3
vrrp_down_timer_adverts = 5
vrrp_garp_master_delay = 9
vrrp_garp_master_repeat = 2
vrrp_garp_form = "reply"
vrrp_lower_prio_no_advert = true
vrrp_higher_prio_send_advert = true
vrrp_owner_ignore_adverts = true
"""
    config = read(globals_ + instance() + instance("down_timer_adverts = 4\ngarp_master_repeat = 1\n"
                                                   "lower_prio_no_advert = false\ngarp_form = 'request'\nversion = 2",
                                                   name="B", vrid=52, address="192.168.1.101"))  # fmt: skip
    one, other = config.vrrp_instances
    assert (config.global_defs.router_id, config.global_defs.vrrp_startup_delay) == ("lb1", 2.5)
    assert (config.global_defs.script_user, config.global_defs.script_group) == ("nobody", "nogroup")
    assert str(config.global_defs.vrrp_mcast_group4) == "224.0.0.99"
    assert (one.version, one.down_timer_adverts) == (3, 5)
    assert one.garp == Garp(Seconds(9), 2, Seconds(0), 1, Seconds(9), 2, reply_form=True)
    assert (one.lower_prio_no_advert, one.higher_prio_send_advert, one.owner_ignore_adverts) == (True, True, True)
    assert (other.version, other.down_timer_adverts, other.lower_prio_no_advert) == (2, 4, False)
    assert (other.garp.master_repeat, other.garp.lower_prio_repeat, other.garp.reply_form) == (1, 2, False)


def test_min_garp_is_the_least() -> None:
    garp = only("[global_defs]\nvrrp_min_garp = true\nvrrp_garp_master_repeat = 3\n" + instance()).garp
    assert garp == Garp(Seconds(0), 3, Seconds(0), 1, Seconds(0), 3)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"10.0.0.1"', vip("10.0.0.1", 32)),
        ('"10.0.0.1/24"', vip("10.0.0.1", 24)),
        ('"  10.0.0.1/24   dev  eth1 "', vip("10.0.0.1", 24, device="eth1")),
        ('"10.0.0.1/24 label eth0:1 scope link brd +"',
         vip("10.0.0.1", 24, label="eth0:1", scope=253, broadcast=ip_address("10.0.0.255"))),
        ('"10.0.0.1/8 broadcast - scope 77"', vip("10.0.0.1", 8, scope=77, broadcast=ip_address("10.0.0.0"))),
        ('"10.0.0.1 brd 10.9.9.9"', vip("10.0.0.1", 32, broadcast=ip_address("10.9.9.9"))),
        ('{ address = "10.0.0.1/24", dev = "eth1", label = "eth1:x", scope = "host", brd = "+" }',
         vip("10.0.0.1", 24, device="eth1", label="eth1:x", scope=254, broadcast=ip_address("10.0.0.255"))),
        ('{ address = "10.0.0.1", scope = 200 }', vip("10.0.0.1", 32, scope=200)),
        ('"fe80::1"', vip("fe80::1", 128)),
        ('"fe80::1/64 dev eth1"', vip("fe80::1", 64, device="eth1")),
    ],
)  # fmt: skip
def test_virtual_addresses(written: str, expected: VirtualAddress) -> None:
    assert only(instance(f"virtual_ipaddress = [{written}]")).virtual_ipaddress == (expected,)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"chk"', Track("chk", 5)),
        ('"chk weight -7"', Track("chk", -7)),
        ('"chk weight 7 reverse"', Track("chk", 7, reverse=True)),
        ('{ name = "chk" }', Track("chk", 5)),
        ('{ name = "chk", weight = -9, reverse = true }', Track("chk", -9, reverse=True)),
        ('{ name = "chk", weight = "9 reverse" }', Track("chk", 9, reverse=True)),
    ],
)
def test_tracked_scripts_take_the_weight_of_the_script_unless_they_have_one(written: str, expected: Track) -> None:
    assert only(script("weight = 5") + instance(f"track_script = [{written}]")).track_script == (expected,)


def test_noreverse_undoes_the_reverse_of_the_script() -> None:
    text = script('weight = "5 reverse"') + instance('track_script = ["chk{}"]')
    assert only(text.format("")).track_script == (Track("chk", 5, reverse=True),)
    assert only(text.format(" weight 6")).track_script == (Track("chk", 6, reverse=True),)
    assert only(text.format(" weight 6 noreverse")).track_script == (Track("chk", 6),)


def test_tracked_interfaces_have_no_weight_unless_written() -> None:
    written = 'track_interface = ["eth1", "eth2 weight -5", { name = "eth3", weight = 3, reverse = true }]'
    expected = (Track("eth1"), Track("eth2", -5), Track("eth3", 3, reverse=True))
    assert only(instance(written)).track_interface == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"/a b \'c d\' \\"e\\\\\\"f\\""', Command(("/a", "b", "c d", 'e"f'))),
        ('\'/a "b c"d ""\'', Command(("/a", "b cd", ""))),
        ('["/a b", "", "$HOME | x"]', Command(("/a b", "", "$HOME | x"))),
        ('{ command = "/a b", user = "joe" }', Command(("/a", "b"), "joe")),
        ('{ command = ["/a"], user = "joe staff" }', Command(("/a",), "joe", "staff")),
    ],
)
def test_commands(written: str, expected: Command) -> None:
    assert only(instance(f"notify_master = {written}")).notify.master == expected


def test_each_notify_keyword_has_its_place() -> None:
    words = {"notify_master": "m", "notify_backup": "b", "notify_fault": "f", "notify_stop": "s", "notify": "n"}
    notify = only(instance("\n".join(f'{word} = "{command}"' for word, command in words.items()))).notify
    commands = (notify.master, notify.backup, notify.fault, notify.stop, notify.generic)
    assert [command.argv[0] for command in commands if command] == ["m", "b", "f", "s", "n"]


def test_scripts_have_a_user_and_time_of_their_own() -> None:
    lines = 'user = "joe staff"\ninterval = 0.5\ntimeout = 0.25\nrise = 2\nfall = 3\ninit_fail = true\nreverse = true'
    chk = read(script(lines) + instance('track_script = ["chk"]')).vrrp_scripts[0]
    assert chk.command == Command(("true",), "joe", "staff")
    assert (chk.interval, chk.timeout, chk.rise, chk.fall, chk.init_fail, chk.reverse) == (0.5, 0.25, 2, 3, True, True)


def test_ipv6_means_version_3_whatever_the_global_version() -> None:
    router = only("[global_defs]\nvrrp_version = 2\n" + instance('virtual_ipaddress = ["fe80::1"]'))
    assert router.version == 3


def test_address_loss_can_follow_keepalived() -> None:
    assert only(instance()).address_loss is AddressLossPolicy.RESTORE
    assert only(instance('address_loss = "fail_over"')).address_loss is AddressLossPolicy.FAIL_OVER


def test_preempt_is_the_opposite_of_nopreempt() -> None:
    assert not only(instance("preempt = true")).nopreempt
    assert only(instance("preempt = false")).nopreempt
    assert only(instance("nopreempt = true\npreempt = false")).nopreempt


# One finding each; § is its place.
BAD_VALUES = [
    (instance("priority = §0"), ERROR, "out-of-range", "priority cannot be 0"),
    (instance("priority = §256"), ERROR, "out-of-range", "1 to 255"),
    (instance("priority = §0xfffffffffffffffffffff"), ERROR, "out-of-range", "too large"),
    (instance('priority = §"101"'), ERROR, "wrong-type", "write: priority = 101"),
    (instance("priority = §101.0"), ERROR, "wrong-type", "write: priority = 101"),
    (instance("priority = §true"), ERROR, "wrong-type", "priority is true here"),
    (instance("priority = §1979-05-27"), ERROR, "wrong-type", "date"),
    (instance("advert_int = §nan"), ERROR, "out-of-range", "cannot be nan"),
    (instance("advert_int = §-inf"), ERROR, "out-of-range", "cannot be -inf"),
    (instance("advert_int = §0.001"), ERROR, "out-of-range", "0.01 to 255"),
    (instance('nopreempt = §"on"'), ERROR, "wrong-type", "write: nopreempt = true"),
    (instance("nopreempt = §0"), ERROR, "wrong-type", "write: nopreempt = false"),
    (instance('state = §"Backup"'), ERROR, "bad-choice", 'write: state = "BACKUP"'),
    (instance('version = §"3"'), ERROR, "bad-choice", "write: version = 3"),
    (instance("version = §2.0"), ERROR, "bad-choice", "2 or 3"),
    (instance("version = §true"), ERROR, "bad-choice", "2 or 3"),
    (instance('interface = "§a/b"'), ERROR, "bad-interface", "a/b"),
    (instance('interface = "§"'), ERROR, "bad-interface", "name of an interface"),
    (instance('interface = "§eth012345678901x"'), ERROR, "bad-interface", "16 bytes"),
    (instance('interface = §"eth\\u0000"'), ERROR, "bad-interface", "eth?"),
    (instance('virtual_ipaddress = §"10.0.0.1"'), ERROR, "wrong-type", 'write: virtual_ipaddress = ["10.0.0.1"]'),
    (instance("virtual_ipaddress = [§7]"), ERROR, "wrong-type", "number"),
    (instance('virtual_ipaddress = ["§10.0.0"]'), ERROR, "bad-address", "not an IP address"),
    (instance('virtual_ipaddress = ["§10.0.0.256/24"]'), ERROR, "bad-address", "256 is more than 255"),
    (instance('virtual_ipaddress = ["§10.0.0.01"]'), ERROR, "bad-address", "begin with 0"),
    (instance('virtual_ipaddress = ["§fe80::1%eth0"]'), ERROR, "bad-address", "without %interface"),
    (instance('virtual_ipaddress = ["§224.0.0.18"]'), ERROR, "bad-address", "cannot be a virtual address"),
    (instance('virtual_ipaddress = ["§0.0.0.0"]'), ERROR, "bad-address", "cannot be a virtual address"),
    (instance('virtual_ipaddress = ["§127.0.0.1"]'), ERROR, "bad-address", "cannot be a virtual address"),
    (instance('virtual_ipaddress = ["§255.255.255.255"]'), ERROR, "bad-address", "cannot be a virtual address"),
    (instance('virtual_ipaddress = ["§"]'), ERROR, "bad-address", "missing"),
    (instance('virtual_ipaddress = ["10.0.0.1/§33"]'), ERROR, "bad-prefix", "0 to 32"),
    (instance('virtual_ipaddress = ["fe80::1/§129"]'), ERROR, "bad-prefix", "0 to 128"),
    (instance('virtual_ipaddress = ["10.0.0.1/§"]'), ERROR, "bad-prefix", "10.0.0.1/24"),
    (instance('virtual_ipaddress = ["10.0.0.1/§255.255.255.0"]'), ERROR, "bad-prefix", "10.0.0.1/24"),
    (instance('virtual_ipaddress = ["10.0.0.1/§0"]'), WARNING, "bad-prefix", "neighbour"),
    (instance('virtual_ipaddress = ["10.0.0.1 §dve eth0"]'), ERROR, "unknown-option", "write: dev"),
    (instance('virtual_ipaddress = ["10.0.0.1 §dev"]'), ERROR, "missing-value", "behind dev"),
    (instance('virtual_ipaddress = ["10.0.0.1 dev §:"]'), ERROR, "bad-interface", "dev"),
    (instance('virtual_ipaddress = ["10.0.0.1 label §eth0:4567890123456"]'), ERROR, "bad-label", "18 bytes"),
    (instance('virtual_ipaddress = ["10.0.0.1 scope §globl"]'), ERROR, "bad-scope", "write: global"),
    (instance('virtual_ipaddress = ["10.0.0.1 scope §256"]'), ERROR, "bad-scope", "0 to 255"),
    (instance('virtual_ipaddress = ["10.0.0.1/24 brd §x"]'), ERROR, "bad-address", "brd"),
    (instance('virtual_ipaddress = ["10.0.0.1/24 brd §::1"]'), ERROR, "bad-address", "brd cannot be ::1"),
    (instance('virtual_ipaddress = ["10.0.0.1 brd §+"]'), WARNING, "no-broadcast", "/32 has no broadcast"),
    (instance('virtual_ipaddress = ["fe80::1 brd §+"]'), ERROR, "ipv4-only", "no brd"),
    (instance('virtual_ipaddress = ["fe80::1 label §x"]'), WARNING, "ipv4-only", "no label"),
    (instance('virtual_ipaddress = ["fe80::1 scope §link"]'), WARNING, "ipv4-only", "no scope"),
    (instance('virtual_ipaddress = ["§10.0.0.1 use_vmac"]'), WARNING, "not-handled", "use_vmac"),
    (instance('virtual_ipaddress = ["§10.0.0.1 autojoin"]'), WARNING, "kernel-refuses", "10.0.0.1"),
    (instance('virtual_ipaddress_excluded = ["§fd00::1/65 mngtmpaddr"]'), WARNING, "kernel-refuses", "fd00::1/65"),
    (instance("virtual_ipaddress = [§{ dev = 'eth0' }]"), ERROR, "missing-keyword", "address"),
    (instance("virtual_ipaddress = [{ address = '10.0.0.1', §brod = '+' }]"), ERROR, "unknown-keyword", "write: brd"),
    (instance("mcast_src_ip = '§10.0.0.1/24'"), ERROR, "bad-address", "no /prefix here"),
    (instance("mcast_src_ip = '§224.0.0.1'"), ERROR, "bad-address", "an address of one host"),
    (f"[global_defs]\nvrrp_mcast_group4 = '§10.0.0.1'\n{instance()}", ERROR, "bad-address", "IPv4 multicast"),
    (f"[global_defs]\nvrrp_mcast_group4 = '§ff02::12'\n{instance()}", ERROR, "bad-address", "IPv4 multicast"),
    (f"[global_defs]\nscript_user = '§a b c'\n{instance()}", ERROR, "bad-user", "user group"),
    (f"[global_defs]\nrouter_id = §'''a\nb'''\n{instance()}", ERROR, "bad-character", "router_id"),
    (instance('authentication = §"PASS"'), ERROR, "wrong-type", "auth_type = "),
    (instance('authentication = §{ auth_type = "PASS" }'), ERROR, "missing-keyword", "auth_pass"),
    (instance('authentication = { auth_type = §"AX", auth_pass = "x" }'), ERROR, "bad-choice", "AH"),
    (instance('authentication = { auth_type = "PASS", auth_pass = §1234 }'), ERROR, "wrong-type", 'auth_pass = "..."'),
    (instance('authentication = { auth_type = "PASS", auth_pass = §"a\\tb" }'), ERROR, "bad-character", "auth_pass"),
    (instance('authentication = { auth_type = "PASS", §auth_pas = "" }'), ERROR, "unknown-keyword", "auth_pass"),
    (instance('track_script = ["§chk"]'), ERROR, "undefined-script", "no vrrp_script chk"),
    (script() + instance('track_script = ["chk", "§chl"]'), ERROR, "undefined-script", "write: chk"),
    (script() + instance('track_script = ["chk", "§"]'), ERROR, "bad-track", "NAME weight 5"),
    (script() + instance('track_script = ["chk", "§a b"]'), ERROR, "bad-track", "NAME weight 5"),
    (script() + instance('track_script = ["chk", "§a weight 5 revers"]'), ERROR, "bad-track", "reverse"),
    (script() + instance('track_script = ["chk weight §254"]'), ERROR, "out-of-range", "-253 to 253"),
    (script() + instance('track_script = ["chk weight §x"]'), ERROR, "bad-weight", "x"),
    (script() + instance("track_script = ['chk', §{ weight = 3 }]"), ERROR, "missing-keyword", "name"),
    (script() + instance("track_script = ['chk', §3]"), ERROR, "wrong-type", "number"),
    (script() + instance("track_script = §'chk'"), ERROR, "wrong-type", 'write: track_script = ["chk"]'),
    (instance("track_interface = ['§a:b']"), ERROR, "bad-interface", "a:b"),
    (script("weight = §-254") + instance("track_script = ['chk']"), ERROR, "out-of-range", "-254"),
    (script("weight = §true") + instance("track_script = ['chk']"), ERROR, "wrong-type", "true"),
    (script("weight = '§5 x'") + instance("track_script = ['chk']"), ERROR, "bad-weight", "weight"),
    (script("interval = §0") + instance("track_script = ['chk']"), ERROR, "out-of-range", "0.001"),
    (script("rise = §0") + instance("track_script = ['chk']"), ERROR, "out-of-range", "rise"),
    (instance("notify = 'a §\"b'"), ERROR, "unclosed-quote", "not closed"),
    (instance("notify = '§ '"), ERROR, "empty-command", "no program"),
    (instance("notify = §[]"), ERROR, "empty-command", "no program"),
    (instance("notify = ['a', §1]"), ERROR, "wrong-type", "number"),
    (instance('notify = ["a", "b\\u0000"]').replace("[\"a", "§[\"a"), ERROR, "bad-character", "NUL"),
    (instance("notify = §5"), ERROR, "wrong-type", "command"),
    (instance("notify = §{ user = 'x' }"), ERROR, "missing-keyword", "command"),
    (instance("notify = '§a | b'"), WARNING, "no-shell", '["/bin/sh", "-c", "a | b"]'),
    (instance("notify = '§a && b'"), WARNING, "no-shell", "&&"),
    (instance("notify = '§a $HOME'"), WARNING, "no-shell", "$H"),
    (instance("notify = '§a; b'"), WARNING, "no-shell", ";"),
    (instance("§prioritty = 5"), ERROR, "unknown-keyword", "write: priority"),
    (instance("§interval = 5"), ERROR, "unknown-keyword", "interval belongs into vrrp_script"),
    (instance("§xyzzy = 5"), ERROR, "unknown-keyword", '"xyzzy" is no keyword of vrrp_instance'),
    (instance() + "[vrrp_instance.VI_1.§x]\n", ERROR, "unknown-keyword", '[vrrp_instance."VI_1.x"]'),
    (f"§priority = 5\n{instance()}", ERROR, "unknown-keyword", "priority belongs into vrrp_instance"),
    (f"[§vrrp_instanse.A]\n{instance()}", ERROR, "unknown-keyword", "write: vrrp_instance"),
    (f"§global_defs = 5\n{instance()}", ERROR, "wrong-type", "[global_defs]"),
    (f"[[§vrrp_script]]\nname = 'x'\n{instance()}", ERROR, "wrong-type", "[vrrp_script.NAME]"),
    (f"[vrrp_script]\n§script = 'x'\ninterval = 5\n{instance()}", ERROR, "missing-name", "[vrrp_script.chk_1]"),
    (instance().replace("VI_1", '§"a\\tb"'), ERROR, "bad-name", "visible characters"),
    (instance().replace("VI_1", '§""'), ERROR, "bad-name", "visible characters"),
    ("[vrrp_instance.§A]\nvirtual_router_id = 1\nvirtual_ipaddress = ['10.0.0.1']", ERROR, "missing-keyword",
     'write: interface = "eth0"'),
    ("[vrrp_instance.§A]\ninterface = 'eth0'\nvirtual_ipaddress = ['10.0.0.1']", ERROR, "missing-keyword",
     "write: virtual_router_id = 51"),
    ("[vrrp_script.§chk]\n" + instance("track_script = ['chk']"), ERROR, "missing-keyword", "write: script ="),
    (instance("unicast_peer = ['§10.0.0']"), ERROR, "bad-address", "10.0.0"),
    (instance("unicast_peer = ['10.0.0.2 §min 5']"), ERROR, "unknown-option", "min"),
    (instance("no_accept = §true"), WARNING, "refused", "no_accept"),
    (instance("accept = §false"), WARNING, "refused", "accept"),
    (instance("use_vmac_addr = §true"), WARNING, "not-handled", "use_vmac_addr"),
    (f"[global_defs]\ndynamic_interfaces = §true\n{instance()}", NOTE, "no-effect", "dynamic_interfaces"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "severity", "code", "part"), BAD_VALUES)
def test_one_finding_at_its_place(text: str, severity: Severity, code: str, part: str) -> None:
    diagnostic, place = one(text)
    assert (diagnostic.severity, diagnostic.code) == (severity, code)
    assert (diagnostic.location.line, diagnostic.location.column) == place
    assert diagnostic.location.file == "test.toml"
    assert part in str(diagnostic)


def test_all_errors_are_said_at_once() -> None:
    text = instance("priority = 0\nadvert_int = 0\nstate = 5\nxyzzy = 1\nvirtual_ipaddress = ['x', 'y', '10.0.0.1/99']")
    assert [item.code for item in found(text)] == [
        "out-of-range", "out-of-range", "bad-choice", "unknown-keyword", "bad-address", "bad-address", "bad-prefix",
    ]  # fmt: skip


def test_nothing_is_concluded_from_values_that_could_not_be_read() -> None:
    assert [item.code for item in found(instance("version = 4\nadvert_int = 0.4"))] == ["bad-choice"]
    assert [item.code for item in found(instance("virtual_ipaddress = ['fe80::x']\nversion = 3"))] == ["bad-address"]
    assert [item.code for item in found(instance("virtual_router_id = 300") + instance(name="B", vrid=1))] == [
        "out-of-range", "shared-address",
    ]  # fmt: skip


def test_a_misspelt_keyword_is_not_said_to_be_missing_as_well() -> None:
    text = "[vrrp_instance.A]\ninterfaces = 'eth0'\nvirtual_router_id = 1\nvirtual_ipaddress = ['10.0.0.1']"
    assert [item.code for item in found(text)] == ["unknown-keyword"]


def test_contradiction() -> None:
    diagnostic, place = one(instance("nopreempt = true\npreempt = §true"))
    assert (diagnostic.code, diagnostic.location.column) == ("contradiction", place[1])


def test_an_empty_file_has_nothing_to_run() -> None:
    for text in ("", "\n\n", "# nothing\n", "[global_defs]\n"):
        (diagnostic,) = found(text)
        assert (diagnostic.severity, diagnostic.code) == (WARNING, "nothing-to-run")
        assert str(diagnostic.location) == "test.toml:1:1"


def test_native_ipv6_does_not_go_with_ipv4() -> None:
    text = instance(f"native_ipv6 = {HERE}true")
    diagnostic, place = one(text)
    assert (diagnostic.severity, diagnostic.code) == (WARNING, "family-mix")
    assert (diagnostic.location.line, diagnostic.location.column) == place
    assert not read(text.replace(HERE, "")).vrrp_instances[0].native_ipv6


def test_too_large_a_file_is_refused_at_once() -> None:
    text = "# " + "x" * SIZE_LIMIT
    assert [(item.code, item.is_error) for item in found(text)] == [("too-much", True)]


def test_findings_have_an_end_and_errors_come_before_warnings() -> None:
    many = "".join(f"[vrrp_script.s{number}]\nscript = 'true'\n" for number in range(FINDINGS_LIMIT + 5))
    diagnostics = found(f"{many}{instance()}\nnonsense = 1\n")
    assert len(diagnostics) == FINDINGS_LIMIT + 1
    assert diagnostics[-1].code == "more-findings"
    assert [item.code for item in diagnostics if item.is_error] == ["unknown-keyword"]


def test_addresses_stay_until_the_successor_is_heard_unless_told_otherwise() -> None:
    assert only(instance()).handover is Handover.MAKE_FIRST
    assert only(instance('handover = "break_first"')).handover is Handover.BREAK_FIRST
    assert only('[global_defs]\nhandover = "break_first"\n' + instance()).handover is Handover.BREAK_FIRST
    both = '[global_defs]\nhandover = "break_first"\n' + instance('handover = "make_first"')
    assert only(both).handover is Handover.MAKE_FIRST
