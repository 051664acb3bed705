"""Every keyword that vrrpd knows: what it takes, its default, what it means.

These tables drive the readers, the checks and ``docs/configuration.md``. Names and meanings are keepalived's, except
where a keyword is marked ``ours``.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from vrrpd.units import Family

WEIGHT_LIMIT: Final = 253


class Form(enum.Enum):
    """What is written behind a keyword, where that needs no further numbers."""

    FLAG = "true or false"
    TEXT = "text"
    NAME = "the name of a vrrp_script"
    INTERFACE = "the name of a network interface, at most 15 characters"
    COMMAND = 'a command: "program argument ...", or a list of texts'
    NOTIFY = 'a command: "program argument ...", a list of texts, or { command = ..., user = "..." }'
    USER = '"user" or "user group"'
    WEIGHT = f'a whole number from -{WEIGHT_LIMIT} to {WEIGHT_LIMIT}, or a text such as "-20 reverse"'
    SCOPE = "global, site, link, host, nowhere, or 0 to 255"
    BROADCAST = 'an IPv4 address, "+" or "-"'
    LABEL = "a label of at most 15 bytes, such as eth0:1"
    PREFIXED = "an address, with or without /prefix"
    ADDRESSES = 'a list of addresses such as "192.168.1.100/24 dev eth0"'
    TRACK_SCRIPTS = "a list of names of vrrp_scripts"
    TRACK_INTERFACES = "a list of names of interfaces"
    AUTHENTICATION = '{ auth_type = "PASS", auth_pass = "..." }'


@dataclass(frozen=True, slots=True)
class Integer:
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Seconds:
    """Decimal seconds; ``low`` and ``high`` included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class OneOf:
    choices: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class IpAddress:
    family: Family | None = None
    multicast: bool = False


Shape: TypeAlias = Form | Integer | Seconds | OneOf | IpAddress


@dataclass(frozen=True, slots=True)
class Keyword:
    """``default`` and ``example`` are as in TOML; an empty default: nothing. ``ours``: keepalived has no such word."""

    name: str
    shape: Shape
    meaning: str
    default: str = ""
    example: str = ""
    required: bool = False
    ours: bool = False


def expected(shape: Shape) -> str:
    """What a value must look like, in the words of a message and of the document."""
    match shape:
        case Form():
            return shape.value
        case Integer(low, high):
            return f"a whole number from {low} to {high}"
        case Seconds(low, high):
            return f"seconds from {low:g} to {high:g}"
        case OneOf(choices):
            return " or ".join(toml_literal(choice) for choice in choices)
        case IpAddress(family, multicast):
            kind = f"IPv{family.value} " if family else ""
            return f"an {kind}multicast address" if multicast else f"an {kind}address"


def toml_literal(value: str | float | bool) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)


def _table(*keywords: Keyword) -> Mapping[str, Keyword]:
    return {keyword.name: keyword for keyword in keywords}


_DAY: Final = 86400
_DELAY = Integer(0, _DAY)
_REPEAT = Integer(1, 255)
_GARP_FORM = OneOf(("request", "reply"))

GLOBAL_DEFS = _table(
    Keyword("router_id", Form.TEXT, "A name for this node.", "the host name", '"lb1"'),
    Keyword("script_user", Form.USER, "Who runs scripts that name no user themselves.",
            "keepalived_script if there is such a user, else the user of vrrpd", '"nobody nogroup"'),
    Keyword("vrrp_version", OneOf((2, 3)), "`version` of instances that give none; IPv6 is always 3.", "2", "3"),
    Keyword("vrrp_mcast_group4", IpAddress(Family.IPV4, multicast=True), "Where IPv4 advertisements go.",
            '"224.0.0.18"', '"224.0.0.18"'),
    Keyword("vrrp_mcast_group6", IpAddress(Family.IPV6, multicast=True), "Where IPv6 advertisements go.",
            '"ff02::12"', '"ff02::12"'),
    Keyword("vrrp_startup_delay", Seconds(0, _DAY), "Stay silent for so long after the start.", "0", "5"),
    Keyword("vrrp_down_timer_adverts", Integer(1, 100), "`down_timer_adverts` of instances that give none.", "3", "4"),
    Keyword("vrrp_garp_master_delay", _DELAY, "`garp_master_delay` of instances that give none.", "5", "10"),
    Keyword("vrrp_garp_master_repeat", _REPEAT, "`garp_master_repeat` of instances that give none.", "5", "3"),
    Keyword("vrrp_garp_master_refresh", _DELAY, "`garp_master_refresh` of instances that give none.", "0", "60"),
    Keyword("vrrp_garp_master_refresh_repeat", _REPEAT, "`garp_master_refresh_repeat` of instances that give none.",
            "1", "2"),
    Keyword("vrrp_garp_lower_prio_delay", _DELAY, "`garp_lower_prio_delay` of instances that give none.",
            "vrrp_garp_master_delay", "10"),
    Keyword("vrrp_garp_lower_prio_repeat", Integer(0, 255), "`garp_lower_prio_repeat` of instances that give none.",
            "vrrp_garp_master_repeat", "1"),
    Keyword("vrrp_min_garp", Form.FLAG, "One announcement, no second burst, no refresh, where nothing else is written.",
            "false", "true"),
    Keyword("vrrp_garp_form", _GARP_FORM, "`garp_form` of instances that give none.", '"request"', '"reply"',
            ours=True),
    Keyword("vrrp_lower_prio_no_advert", Form.FLAG, "`lower_prio_no_advert` of instances that give none.",
            "false", "true"),
    Keyword("vrrp_higher_prio_send_advert", Form.FLAG, "`higher_prio_send_advert` of instances that give none.",
            "false", "true"),
    Keyword("vrrp_owner_ignore_adverts", Form.FLAG, "`owner_ignore_adverts` of instances that give none.",
            "false", "true"),
)  # fmt: skip

VRRP_SCRIPT = _table(
    Keyword("script", Form.COMMAND, "What to run. Exit code 0: healthy. No shell is involved.",
            example='"killall -0 haproxy"', required=True),
    Keyword("interval", Seconds(0.001, _DAY), "Time between two starts.", "1", "2"),
    Keyword("timeout", Seconds(0.001, _DAY), "A run that takes longer is killed and counts as a failure.",
            "interval", "1.5"),
    Keyword("weight", Form.WEIGHT,
            "0: failure is FAULT. Positive: added to the priority while healthy. Negative: taken away after a failure.",
            "0", "2"),
    Keyword("reverse", Form.FLAG, "Swap healthy and failed; the same as the word in `weight`.", "false", "true",
            ours=True),
    Keyword("rise", Integer(1, 65535), "So many successes in a row until it counts as healthy again.", "1", "2"),
    Keyword("fall", Integer(1, 65535), "So many failures in a row until it counts as failed.", "1", "3"),
    Keyword("user", Form.USER, "Who runs it.", "script_user", '"nobody"'),
    Keyword("init_fail", Form.FLAG, "Count it as failed until its first run has ended.", "false", "true"),
)  # fmt: skip

VRRP_INSTANCE = _table(
    Keyword("state", OneOf(("MASTER", "BACKUP")),
            "MASTER does not make a node master sooner; it makes 255 the default priority and forbids nopreempt.",
            "BACKUP, or MASTER with priority 255", '"BACKUP"'),
    Keyword("interface", Form.INTERFACE, "Where advertisements are sent and heard.", example='"eth0"', required=True),
    Keyword("virtual_router_id", Integer(1, 255), "The same on all nodes of this virtual router, and on no other's.",
            example="51", required=True),
    Keyword("priority", Integer(1, 255), "The highest becomes master; 255: this node owns the addresses.",
            '100 (255 with state = "MASTER")', "101"),
    Keyword("advert_int", Seconds(0.01, 255),
            "Time between two advertisements. Version 2: whole seconds. Version 3: 0.01 to 40.95 in steps of 0.01.",
            "1", "1"),
    Keyword("version", OneOf((2, 3)), "VRRPv2 (RFC 3768) or VRRPv3 (RFC 9568).", "vrrp_version; 3 for IPv6", "3"),
    Keyword("authentication", Form.AUTHENTICATION, "VRRPv2 on IPv4 only. A text in clear: it guards against mistakes.",
            example='{ auth_type = "PASS", auth_pass = "k3epitup" }'),
    Keyword("virtual_ipaddress", Form.ADDRESSES, "The addresses that the master holds; at most 255, of one family.",
            "[]", '["192.168.1.100/24 label eth0:1"]'),
    Keyword("virtual_ipaddress_excluded", Form.ADDRESSES,
            "Further addresses that the master holds, not named in advertisements; either family.",
            "[]", '["192.168.2.100"]'),
    Keyword("mcast_src_ip", IpAddress(), "The source of advertisements.", "the interface's first own address",
            '"192.168.1.1"'),
    Keyword("preempt", Form.FLAG, "The opposite of `nopreempt`.", "true", "true"),
    Keyword("nopreempt", Form.FLAG, "Do not take over from a living master with a lower priority.", "false", "true"),
    Keyword("preempt_delay", Seconds(0, 1000), "Leave a living master with a lower priority alone for so long.",
            "0", "60"),
    Keyword("down_timer_adverts", Integer(1, 100), "A master is dead after so many missed advertisements.",
            "vrrp_down_timer_adverts", "4"),
    Keyword("dont_track_primary", Form.FLAG, "No FAULT when `interface` is down.", "false", "true"),
    Keyword("track_script", Form.TRACK_SCRIPTS, "Health checks that decide about this instance.",
            "[]", '["chk_haproxy", "chk_disk weight -30"]'),
    Keyword("track_interface", Form.TRACK_INTERFACES, "Interfaces that must be up.", "[]",
            '["eth1", "eth2 weight -20"]'),
    Keyword("garp_master_delay", _DELAY, "Seconds to the second burst of announcements; 0: none.",
            "vrrp_garp_master_delay", "10"),
    Keyword("garp_master_repeat", _REPEAT, "Announcements of each address in a burst.", "vrrp_garp_master_repeat", "3"),
    Keyword("garp_master_refresh", _DELAY, "Seconds between announcements while master; 0: none.",
            "vrrp_garp_master_refresh", "60"),
    Keyword("garp_master_refresh_repeat", _REPEAT, "Announcements of each address at a refresh.",
            "vrrp_garp_master_refresh_repeat", "2"),
    Keyword("garp_lower_prio_delay", _DELAY, "As garp_master_delay, after another master of lower priority was heard.",
            "vrrp_garp_lower_prio_delay", "10"),
    Keyword("garp_lower_prio_repeat", Integer(0, 255), "As garp_master_repeat, after such a master was heard.",
            "vrrp_garp_lower_prio_repeat", "1"),
    Keyword("garp_form", _GARP_FORM, "Gratuitous ARP as request (keepalived) or as reply.", "vrrp_garp_form", '"reply"',
            ours=True),
    Keyword("address_loss", OneOf(("restore", "fail_over")),
            "When somebody else removes an address of the master: put it back, or hand over as keepalived does.",
            '"restore"', '"fail_over"', ours=True),
    Keyword("owner_ignore_adverts", Form.FLAG, "With priority 255: drop all advertisements.",
            "vrrp_owner_ignore_adverts", "true"),
    Keyword("lower_prio_no_advert", Form.FLAG, "Do not answer a lower-priority advertisement at once.",
            "vrrp_lower_prio_no_advert", "true"),
    Keyword("higher_prio_send_advert", Form.FLAG, "Send a last advertisement before yielding to a higher priority.",
            "vrrp_higher_prio_send_advert", "true"),
    Keyword("timer_expired_backup", Integer(1, 254),
            "With nopreempt: a master that was not scheduled for longer than a node of this priority waits steps back.",
            example="100"),
    Keyword("notify_master", Form.NOTIFY, "Run on becoming MASTER.", example='"/etc/vrrpd/master.sh"'),
    Keyword("notify_backup", Form.NOTIFY, "Run on becoming BACKUP.", example='["/etc/vrrpd/backup.sh", "VI_1"]'),
    Keyword("notify_fault", Form.NOTIFY, "Run on becoming FAULT.", example='"/etc/vrrpd/fault.sh"'),
    Keyword("notify_stop", Form.NOTIFY, "Run when vrrpd stops.", example='"/etc/vrrpd/stop.sh"'),
    Keyword("notify", Form.NOTIFY, "Run on every change, with four more arguments: INSTANCE, name, state, priority.",
            example='{ command = "/etc/vrrpd/notify.sh", user = "nobody" }'),
)  # fmt: skip

AUTHENTICATION = _table(
    Keyword("auth_type", OneOf(("PASS",)), "The kind of authentication.", example='"PASS"', required=True),
    Keyword("auth_pass", Form.TEXT, "The same on all nodes. Eight bytes of it are sent, in clear.",
            example='"k3epitup"', required=True),
)  # fmt: skip

VIRTUAL_ADDRESS = _table(
    Keyword("address", Form.PREFIXED, "The address.", "/32 or /128", '"192.168.1.100/24"', required=True),
    Keyword("dev", Form.INTERFACE, "The interface that gets it.", "interface", '"eth0"'),
    Keyword("label", Form.LABEL, "IPv4: the name that `ip` and `ifconfig` show.", example='"eth0:1"'),
    Keyword("scope", Form.SCOPE, "IPv4: how far it is valid.", '"global"', '"link"'),
    Keyword("brd", Form.BROADCAST, "IPv4: the broadcast address; + and -: all host bits 1 or 0.", "none", '"+"'),
)  # fmt: skip

TRACK = _table(
    Keyword("name", Form.NAME, "The script or interface.", example='"chk_haproxy"', required=True),
    Keyword("weight", Form.WEIGHT, "Its weight for this instance.", "the script's; 0 for an interface", "-20"),
    Keyword("reverse", Form.FLAG, "Swap healthy and failed.", "the script's", "true"),
)  # fmt: skip

COMMAND = _table(
    Keyword("command", Form.COMMAND, "What to run.", example='"/etc/vrrpd/notify.sh"', required=True),
    Keyword("user", Form.USER, "Who runs it.", "script_user", '"nobody"'),
)  # fmt: skip

BLOCKS: Final[Mapping[str, Mapping[str, Keyword]]] = {
    "global_defs": GLOBAL_DEFS,
    "vrrp_script": VRRP_SCRIPT,
    "vrrp_instance": VRRP_INSTANCE,
}
"""The tables a file consists of. All but ``global_defs`` carry a name: ``[vrrp_instance.VI_1]``."""

TABLES: Final[Mapping[str, Mapping[str, Keyword]]] = {
    **BLOCKS,
    "authentication": AUTHENTICATION,
    "virtual_ipaddress": VIRTUAL_ADDRESS,
    "track": TRACK,
    "command": COMMAND,
}
