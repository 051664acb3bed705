"""The table of keywords says what the reader does."""

import tomllib

import pytest

from tests.config.findings import found, instance, only, read, script
from vrrpd.config.effects import refusals
from vrrpd.config.keywords import BLOCKS, TABLES, Form, Integer, Keyword, Seconds, expected, toml_literal
from vrrpd.config.model import Config
from vrrpd.config.unsupported import ALIASES, NOT_RUN, PENDING

KEYWORDS = [(kind, keyword) for kind, table in BLOCKS.items() for keyword in table.values()]
IDENTITIES = [f"{kind}-{keyword.name}" for kind, keyword in KEYWORDS]
RANGED = [(kind, keyword) for kind, keyword in KEYWORDS if isinstance(keyword.shape, Integer | Seconds)]

# What a keyword needs beside it to mean something.
COMPANIONS = {
    "timer_expired_backup": "nopreempt = true",
    "owner_ignore_adverts": "priority = 255",
    "state": "priority = 255",
    "unicast_src_ip": 'unicast_peer = ["192.168.1.2"]',
    "unicast_ttl": 'unicast_peer = ["192.168.1.2"]',
    "preempt_delay": "",
    "auth_hmac": "version = 3",
    "native_ipv6": 'virtual_ipaddress = ["fd00:1::100"]',
}
# Examples that are the default again.
SAME_AS_DEFAULT = {"advert_int", "preempt"}

# Every word of keepalived 2.4's vrrp_instance, vrrp_script and address lines.
KEEPALIVED_INSTANCE = """
state interface virtual_router_id priority advert_int version virtual_ipaddress virtual_ipaddress_excluded
no_virtual_ipaddress virtual_routes virtual_rules authentication auth_hmac unicast_src_ip mcast_src_ip mcast_dst_ip
unicast_peer unicast_ttl check_unicast_src unicast_fault_no_peer old_unicast_checksum track_src_ip native_ipv6 nopreempt
preempt preempt_delay dont_track_primary track_interface track_script track_file track_process track_bfd use_vmac
use_vmac_addr vmac_xmit_base use_ipvlan vrf accept no_accept promote_secondaries garp_master_delay garp_master_repeat
garp_master_refresh garp_master_refresh_repeat garp_lower_prio_delay garp_lower_prio_repeat garp_extra_if
vmac_garp_intvl down_timer_adverts timer_expired_backup thread_timer_expired lower_prio_no_advert
higher_prio_send_advert
owner_ignore_adverts skip_check_adv_addr strict_mode v3_checksum_as_v2 kernel_rx_buf_size debug smtp_alert notify_master
notify_backup notify_fault notify_stop notify_deleted notify notify_master_rx_lower_pri notify_priority_changes
linkbeat_use_polling lvs_sync_daemon_interface
"""
KEEPALIVED_SCRIPT = "script interval timeout weight rise fall user init_fail"
KEEPALIVED_ADDRESS = """
dev scope brd label peer home -nodad mngtmpaddr noprefixroute autojoin preferred_lft use_vmac no_track track_group
"""
KEEPALIVED_TABLES = """
vrrp_sync_group vrrp_track_process track_file bfd_instance static_ipaddress static_routes static_rules track_group
garp_group linkbeat_interfaces interface_up_down_delays virtual_server
"""


def block_text(kind: str, lines: str) -> str:
    """A whole configuration with these lines in the block."""
    if kind == "global_defs":
        return f"[global_defs]\n{lines}\n{script()}{instance(MORE)}"
    if kind == "vrrp_script":
        head = "" if lines.startswith("script =") else 'script = "true"\n'
        return f"[vrrp_script.chk]\n{head}{lines}\n{instance(MORE)}"
    if kind == "":
        return f"{lines}\n{instance()}"
    if kind == "vrrp_instance":
        return f"{OTHERS}{instance(lines)}"
    head = "\n".join(f"{word} = {value}" for word, value in REQUIRED[kind].items() if not lines.startswith(f"{word} ="))
    second = instance(name="VI_2", vrid=52, address="192.168.1.101")
    return f"{OTHERS}[{kind}.this]\n{head}\n{lines}\n{instance()}{second}"


OTHERS = f"""{script()}{script(name="chk_haproxy")}{script(name="chk_disk")}
[track_file.load]
file = "/run/load"
[vrrp_track_process.haproxy]
process = "haproxy"
[bfd_instance.upstream]
neighbor_ip = "192.168.1.254"
"""
REQUIRED = {
    "track_file": {"file": '"/run/x"'},
    "vrrp_track_process": {"process": '"nginx"'},
    "bfd_instance": {"neighbor_ip": '"192.168.1.253"'},
    "vrrp_sync_group": {"group": '["VI_1"]'},
    "track_group": {"group": '["VI_1"]'},
}
MORE = 'track_script = ["chk"]'


def errors(text: str) -> list[str]:
    return [str(item) for item in found(text) if item.is_error]


@pytest.mark.parametrize(("kind", "keyword"), KEYWORDS, ids=IDENTITIES)
def test_the_example_of_each_keyword_is_accepted_and_does_something(kind: str, keyword: Keyword) -> None:
    companion = COMPANIONS.get(keyword.name, "")
    without, text = block_text(kind, companion), block_text(kind, f"{keyword.name} = {keyword.example}\n{companion}")
    assert errors(text) == []
    if keyword.name not in SAME_AS_DEFAULT and not keyword.required:
        assert read(text) != read(without)


@pytest.mark.parametrize(("kind", "keyword"), KEYWORDS, ids=IDENTITIES)
def test_writing_the_default_changes_nothing(kind: str, keyword: Keyword) -> None:
    try:
        tomllib.loads(f"k = {keyword.default}")
    except ValueError:
        return
    if keyword.name == "unicast_peer":  # an empty list is refused
        return
    written = read(block_text(kind, f"{keyword.name} = {keyword.default}"))
    unwritten = read(block_text(kind, f"# {keyword.name} = {keyword.default}"))
    if not keyword.name.startswith("vrrp_mcast_group"):  # the model's None stands for the well-known group
        assert written == unwritten


@pytest.mark.parametrize(("kind", "keyword"), RANGED)
def test_ranges_are_what_the_table_says(kind: str, keyword: Keyword) -> None:
    assert isinstance(keyword.shape, Integer | Seconds)
    step = 1 if isinstance(keyword.shape, Integer) else 0.0001
    version = "\nversion = 3" if keyword.name == "advert_int" and keyword.shape.low < 1 else ""
    for value in (keyword.shape.low, keyword.shape.high):
        lines = f"{keyword.name} = {value}" + (version if value < 1 else "")
        assert errors(block_text(kind, lines)) == []
    for value in (keyword.shape.low - step, keyword.shape.high + step):
        assert [item.code for item in found(block_text(kind, f"{keyword.name} = {value}")) if item.is_error] == [
            "out-of-range"
        ]


def test_keywords_and_those_that_are_not_run_are_apart() -> None:
    for kind, words in NOT_RUN.items():
        assert not TABLES[kind].keys() & words.keys()
    for kind, words in PENDING.items():
        assert words.keys() <= TABLES[kind].keys() | {"auth_ah", "strict_accept"}


@pytest.mark.parametrize("word", KEEPALIVED_INSTANCE.split())
def test_every_word_of_a_keepalived_instance_is_known(word: str) -> None:
    assert ALIASES.get(word, word) in BLOCKS["vrrp_instance"]


def test_every_word_of_keepalived_elsewhere_is_known() -> None:
    assert set(KEEPALIVED_SCRIPT.split()) <= BLOCKS["vrrp_script"].keys()
    assert set(KEEPALIVED_ADDRESS.split()) <= TABLES["virtual_ipaddress"].keys()
    assert set(KEEPALIVED_TABLES.split()) <= BLOCKS.keys() | BLOCKS[""].keys() | NOT_RUN[""].keys()


@pytest.mark.parametrize("kind", ["", "global_defs"])
def test_each_word_that_is_not_run_is_said_and_never_just_unknown(kind: str) -> None:
    for word in NOT_RUN[kind]:
        messages = [item for item in found(block_text(kind, f"{word} = 1")) if word in item.message]
        assert {item.code for item in messages} <= {"not-handled", "no-effect"}
        assert messages, word


@pytest.mark.parametrize("kind", PENDING)
def test_each_pending_keyword_is_said_where_it_is_written(kind: str) -> None:
    for word in PENDING[kind].keys() & BLOCKS.get(kind, {}).keys():
        keyword = BLOCKS[kind][word]
        if keyword.required:
            continue
        example = "60" if word.endswith("garp_extra_if") else keyword.example  # "all 60" has its effect
        text = block_text(kind, f"{word} = {example}\n{COMPANIONS.get(word, '')}")
        messages = [item for item in found(text) if word in item.message and item.location.line > 1 - (kind == "")]
        assert {item.code for item in messages} & {"not-handled", "no-effect", "refused"}, word


@pytest.mark.parametrize("word", ["no_accept", "auth_hmac"])
def test_words_that_are_unsafe_to_leave_out_keep_the_daemon_from_starting(word: str) -> None:
    if word not in PENDING["vrrp_instance"]:
        pytest.skip("it is carried out by now")
    config = read(block_text("vrrp_instance", f"{word} = {BLOCKS['vrrp_instance'][word].example}\nversion = 3"))
    (refusal,) = refusals(config)
    assert refusal.is_error
    assert word in refusal.message
    assert refusals(read(instance())) == ()


def test_the_forms_of_a_table_say_what_they_expect() -> None:
    for table in TABLES.values():
        for keyword in table.values():
            assert expected(keyword.shape)
            assert keyword.meaning.endswith(".")


@pytest.mark.parametrize("value", ["a\"b\\c\nd\te'", "", True, False, 5, -1, 0.25, 40.95])
def test_literals_are_toml(value: str | float) -> None:
    assert tomllib.loads(f"k = {toml_literal(value)}")["k"] == value


def test_defaults_of_an_instance_are_those_of_the_model() -> None:
    router = only(instance())
    bare = type(router)(router.name, router.interface, router.virtual_router_id,
                        virtual_ipaddress=router.virtual_ipaddress)  # fmt: skip
    assert router == bare
    assert read(instance()) == Config(vrrp_instances=(bare,))
    assert Form.FLAG.value == "true or false"
