"""``global_defs`` and the words outside all blocks that concern the daemon itself."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from vrrpd.config.keepalived.adapt_failover import fast_failover_words
from vrrpd.config.keepalived.complaints import Complaint
from vrrpd.config.keepalived.cursor import Cursor, Handler
from vrrpd.config.keepalived.lexer import Statement
from vrrpd.config.keepalived.lvs import NOT_HANDLED
from vrrpd.config.keepalived.words import (
    UINT,
    Draft,
    Parser,
    address,
    command,
    complain,
    flag,
    ignored,
    integer,
    integer_word,
    interface,
    merged,
    one_of,
    optional_text,
    present,
    repeat_count,
    rules,
    seconds,
    text,
    texts,
    whole_seconds,
)
from vrrpd.config.model import ExtraGarp, Fifo, MailServer
from vrrpd.config.values import shortened
from vrrpd.units import Family

_MOST: Final = 4294.967295
"""Seconds that fit into 32 bits of microseconds."""

_DAY: Final = 86400
_PERMISSIONS: Final = {
    f"I{who}{what}": bit
    for who, bits in (("R", (0o400, 0o040, 0o004)), ("W", (0o200, 0o020, 0o002)), ("X", (0o100, 0o010, 0o001)))
    for what, bit in zip(("USR", "GRP", "OTH"), bits, strict=True)
}


def _umask(cursor: Cursor, statement: Statement) -> int | None:
    if not cursor.needs(statement, 1, "a number such as 0177, or IRUSR|IWGRP"):
        return None
    joined = "".join(word.text for word in statement.arguments)
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,4}|[0-9]{1,5}", joined):
        base = 16 if joined[:2] in {"0x", "0X"} else 8 if joined[0] == "0" else 10
        digits = set(joined[1:]) if base == 8 else set()
        if not digits & {"8", "9"} and int(joined, base) <= 0o777:
            return int(joined, base)
    elif all(part in _PERMISSIONS for part in joined.split("|")):
        return sum({_PERMISSIONS[part] for part in joined.split("|")})
    complain(cursor, statement.words[1], "bad-value", f"umask cannot be {shortened(joined)}", expected="000 to 0777")
    return None


def _fifo(cursor: Cursor, statement: Statement) -> Fifo | None:
    if not statement.arguments:
        complain(cursor, statement.words[0], "missing-value", f"there is no path behind {statement.keyword}")
        return None
    words = [word.text for word in statement.arguments]
    user, group = (words[1] if len(words) > 1 else None), (words[2] if len(words) > 2 else None)
    if user is not None and not cursor.context.has_user(user, group):
        cursor.complaints.warn(
            statement.words[2].location, "unknown-user", f"there is no user {shortened(user)} to own the pipe"
        )
        return Fifo(words[0])
    return Fifo(words[0], user, group)


def extra_garp(lowest: int) -> Parser:
    def parse(cursor: Cursor, statement: Statement) -> ExtraGarp | None:
        words = statement.arguments
        everywhere = bool(words) and words[0].text == "all"
        words = words[1:] if everywhere else words
        if not words:
            cursor.needs(statement, 2 if everywhere else 1, f"seconds from {lowest} to {_DAY}")
            return None
        value = integer_word(cursor, words[0], lowest, _DAY, statement.keyword)
        return None if value is None else ExtraGarp(value, everywhere)

    return parse


def _cpus(cursor: Cursor, statement: Statement) -> tuple[int, ...] | None:
    if not cursor.needs(statement, 1, "numbers of processors"):
        return None
    numbers = [integer_word(cursor, word, 0, 4095, statement.keyword) for word in statement.arguments]
    return tuple(number for number in numbers if number is not None)


def _real_time(cursor: Cursor, statement: Statement) -> int | None:
    if not statement.arguments:
        return 0
    return integer_word(cursor, statement.words[1], -1, 99, statement.keyword)


def _receive_buffers(cursor: Cursor, statement: Statement) -> str | None:
    if not cursor.needs(statement, 1, "MTU, ADVERT or a number of bytes"):
        return None
    word = statement.words[1]
    if word.text in {"MTU", "ADVERT"}:
        return word.text
    value = integer_word(cursor, word, 1, UINT, statement.keyword)
    return None if value is None else str(value)


_REPEATS: Final = ("vrrp_garp_master_repeat", "vrrp_garp_master_refresh_repeat")
_DELAYS: Final = ("vrrp_garp_master_delay", "vrrp_garp_master_refresh", "vrrp_garp_lower_prio_delay")
_SWITCHES: Final = [
    "smtp_alert",
    "smtp_alert_vrrp",
    "vrrp_notify_priority_changes",
    "use_symlink_paths",
    "vrrp_min_garp",
    "vrrp_lower_prio_no_advert",
    "vrrp_higher_prio_send_advert",
    "vrrp_skip_check_adv_addr",
    "vrrp_strict",
    "vrrp_netlink_cmd_rcv_bufs_force",
    "vrrp_netlink_monitor_rcv_bufs_force",
    "process_monitor_rcv_bufs_force",
]
_ALONE: Final = [
    "no_email_faults",
    "process_names",
    "set_supplementary_groups",
    "enable_script_security",
    "fifo_write_vrrp_states_on_reload",
    "disable_local_igmp",
    "vrrp_owner_ignore_adverts",
    "vrrp_check_unicast_src",
    "v3_checksum_as_v2",
    "nftables_ifindex",
    "nftables_counters",
    "vrrp_no_swap",
    "log_unknown_vrids",
    "reload_repeat",
    "data_use_instance",
    "upgrade_on_reload",
]
_FILES: Final = [
    "reload_time_file",
    "config_save_dir",
    "tmp_config_directory",
    "state_dump_file",
    "stats_dump_file",
    "json_dump_file",
    "journal",
    "iproute_usr_dir",
    "iproute_etc_dir",
    "vmac_prefix",
    "vmac_addr_prefix",
    "smtp_helo_name",
    "notification_email_from",
    "process_name",
    "vrrp_process_name",
    "dbus_service_name",
    "dbus_no_interface_name",
]

_PARSERS: Final[Mapping[str, Parser]] = {
    **dict.fromkeys(_SWITCHES, flag),
    **dict.fromkeys(_ALONE, present),
    **dict.fromkeys(_FILES, text("a text")),
    **dict.fromkeys(_REPEATS, repeat_count),
    **dict.fromkeys(_DELAYS, whole_seconds(0, UINT)),
    "vrrp_garp_lower_prio_repeat": integer(0, UINT),
    "smtp_connect_timeout": whole_seconds(1, 4294),
    "startup_script": command,
    "shutdown_script": command,
    "startup_script_timeout": whole_seconds(1, 1000),
    "shutdown_script_timeout": whole_seconds(1, 1000),
    "notify_fifo": _fifo,
    "vrrp_notify_fifo": _fifo,
    "notify_fifo_script": command,
    "vrrp_notify_fifo_script": command,
    "default_interface": interface,
    "vrrp_mcast_group4": address(Family.IPV4, multicast=True),
    "vrrp_mcast_group6": address(Family.IPV6, multicast=True),
    "vrrp_garp_interval": seconds(0.000001, _MOST),
    "vrrp_gna_interval": seconds(0.000001, _MOST),
    "vrrp_garp_extra_if": extra_garp(1),
    "handover": one_of("make_first", "break_first"),
    "vrrp_down_timer_adverts": integer(1, 100),
    "vrrp_ipsets": texts,
    "nftables": optional_text("keepalived"),
    "nftables_priority": integer(-0x80000000, 0x7FFFFFFF),
    "vrrp_priority": integer(-20, 19),
    "vrrp_rt_priority": integer(1, 99),
    "vrrp_cpu_affinity": _cpus,
    "vrrp_rlimit_rttime": integer(1, UINT),
    "tuning": one_of("automatic", "configured"),
    "max_auto_priority": _real_time,
    "min_auto_priority_delay": integer(1, 10_000_000),
    "vrrp_rx_bufs_policy": _receive_buffers,
    "vrrp_rx_bufs_multiplier": integer(1, UINT),
    "vrrp_netlink_cmd_rcv_bufs": integer(0, 0x7FFFFFFF),
    "vrrp_netlink_monitor_rcv_bufs": integer(0, 0x7FFFFFFF),
    "process_monitor_rcv_bufs": integer(0, 0x7FFFFFFF),
    "vrrp_startup_delay": seconds(0.001, _MOST),
    "vrrp_delay_after_boot": seconds(0.001, _MOST),
    "umask": _umask,
    "random_seed": integer(0, UINT),
    "reload_check_config": optional_text(""),
    "reload_file": optional_text(""),
    "include_check": texts,
    "json_version": integer(1, 2),
    "journal_size": integer(1, 4096),
    "journal_files": integer(1, 100),
    "snmp_socket": text("the address of an agent"),
}

_AGENTS: Final = [
    "enable_traps",
    "enable_snmp_vrrp",
    "enable_snmp_rfc",
    "enable_snmp_rfcv2",
    "enable_snmp_rfcv3",
    "enable_dbus",
]


def global_defs(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    """Several blocks are one, as keepalived has it."""
    draft.origins.setdefault("", statement.location)
    keywords = merged(
        rules(draft, _PARSERS),
        dict.fromkeys(NOT_HANDLED, ignored),
        {name: partial(_agent, draft) for name in _AGENTS},
        {name: partial(handler, draft) for name, handler in _HANDLERS.items()},
    )
    cursor.block(statement, keywords, "global_defs")


def _router_id(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    if statement.arguments:
        draft.put("router_id", statement.words[1].text, statement.location)
    else:
        complain(cursor, statement.words[0], "missing-value", "there is no name behind router_id: it is ignored")


def _recipients(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    found = [word.text for entry in cursor.entries(statement) for word in entry.words]
    if found:
        draft.put("notification_email", tuple(found), statement.location)
        return
    cursor.complaints.complain(
        Complaint.WARNING, statement.location, "empty-block", "notification_email names nobody: no mail is sent"
    )


def _script_user(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    if not statement.arguments:
        complain(cursor, statement.words[0], "missing-value", "there is no user behind script_user: it is ignored")
        return
    user = statement.words[1].text
    group = statement.words[2].text if len(statement.words) > 2 else None
    if not cursor.context.has_user(user, group):
        complain(
            cursor, statement.words[1], "unknown-user",
            f"there is no user {shortened(user)}{f' or no group {shortened(group)}' if group else ''}:"
            " script_user is ignored", expected="a user and a group of this machine",
        )  # fmt: skip
        draft.origins["script_user.unknown"] = statement.location
        return
    draft.put("script_user", user, statement.location)
    if group is not None:
        draft.put("script_group", group, statement.location)


def _dynamic_interfaces(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    draft.put("dynamic_interfaces", True, statement.location)
    if not statement.arguments:
        return
    if statement.words[1].text == "allow_if_changes":
        draft.put("dynamic_interfaces_allow_if_changes", True, statement.location)
    else:
        complain(
            cursor, statement.words[1], "bad-value",
            f"dynamic_interfaces does not know {shortened(statement.words[1].text)}", expected="allow_if_changes",
        )  # fmt: skip


def _version(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    value = integer(2, 3)(cursor, statement)
    if value is not None:
        draft.put("vrrp_version", value, statement.location)


def _mail_server(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    if not cursor.needs(statement, 1, "an address or a host name, perhaps with a port"):
        return
    host = statement.words[1].text
    port: int | None = 25
    if len(statement.words) > 2:
        port = integer_word(cursor, statement.words[2], 1, 65535, "the port of smtp_server")
    if port is not None:
        draft.put("smtp_server", MailServer(host, port), statement.location)


def _iptables(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    draft.put("vrrp_iptables", tuple(word.text for word in statement.arguments), statement.location)
    complain(
        cursor, statement.words[0], "no-iptables", "vrrpd uses no iptables chains: nftables does that work",
        write="nftables",
    )  # fmt: skip


def _old_limit(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    cursor.complaints.complain(
        Complaint.DEPRECATED, statement.location, "deprecated", "vrrp_rlimit_rtime is an old name",
        write="vrrp_rlimit_rttime",
    )  # fmt: skip
    value = integer(1, UINT)(cursor, statement)
    if value is not None:
        draft.put("vrrp_rlimit_rttime", value, statement.location)


def _agent(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    draft.put(statement.keyword, True, statement.location)
    complain(
        cursor, statement.words[0], "not-supported",
        f"vrrpd speaks neither SNMP nor DBus yet: {statement.keyword} has no effect", kind=Complaint.UNKNOWN_KEYWORD,
    )  # fmt: skip


_HANDLERS: Final[Mapping[str, Callable[[Draft, Cursor, Statement], None]]] = {
    "router_id": _router_id,
    "notification_email": _recipients,
    "script_user": _script_user,
    "dynamic_interfaces": _dynamic_interfaces,
    "vrrp_version": _version,
    "smtp_server": _mail_server,
    "vrrp_iptables": _iptables,
    "vrrp_rlimit_rtime": _old_limit,
    "fast_failover": fast_failover_words,
}


# -- outside all blocks ----------------------------------------------------------------------------------------------


def process_keywords(draft: Draft) -> dict[str, Handler]:
    """``draft`` becomes the ProcessSettings."""
    return merged(
        rules(draft, _PROCESS_PARSERS),
        {"net_namespace": partial(_namespace, draft), "net_namespace_ipvs": partial(_namespace, draft)},
    )


def _namespace(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    name = statement.words[1].text if statement.arguments else ""
    draft.put(statement.keyword, name, statement.location)
    if name and not cursor.context.has_namespace(name):
        cursor.complaints.warn(
            statement.words[1].location, "no-namespace", f"there is no network namespace {shortened(name)} here",
            write=f"ip netns add {shortened(name)}",
        )  # fmt: skip


def _instance_name(cursor: Cursor, statement: Statement) -> str | None:
    if statement.arguments:
        return statement.words[1].text
    complain(cursor, statement.words[0], "missing-value", "there is no name behind instance: it is ignored")
    return None


_PROCESS_PARSERS: Final[Mapping[str, Parser]] = {
    "namespace_with_ipsets": present,
    "use_pid_dir": present,
    "linkbeat_use_polling": present,
    "instance": _instance_name,
    "child_wait_time": whole_seconds(0, UINT),
}
