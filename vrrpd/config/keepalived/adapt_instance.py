"""``vrrp_instance``: its keywords, line by line. What they say about each other is in ``complete``."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from vrrpd.config.diagnostics import Written
from vrrpd.config.keepalived.adapt_addresses import address_entries
from vrrpd.config.keepalived.adapt_failover import fast_failover_words
from vrrpd.config.keepalived.adapt_global import extra_garp
from vrrpd.config.keepalived.adapt_routes import routes, rules_of
from vrrpd.config.keepalived.adapt_secrets import auth_hmac, authentication
from vrrpd.config.keepalived.complaints import Complaint
from vrrpd.config.keepalived.cursor import Cursor, Handler
from vrrpd.config.keepalived.lexer import Statement
from vrrpd.config.keepalived.notify import notify_keywords
from vrrpd.config.keepalived.words import (
    UINT,
    Draft,
    Parser,
    address,
    address_word,
    complain,
    flag,
    integer,
    integer_word,
    interface,
    interface_word,
    merged,
    one_of,
    optional_integer,
    optional_text,
    parse_address,
    present,
    repeat_count,
    rules,
    seconds,
    setter,
    whole_seconds,
)
from vrrpd.config.model import ExtraGarp, Ipvlan, UnicastPeer, Vmac
from vrrpd.config.values import shortened

_MAC: Final = re.compile(r"[0-9a-fA-F]{1,2}(?::[0-9a-fA-F]{1,2}){4,5}")


def _always(cursor: Cursor, statement: Statement) -> bool | None:
    """keepalived: this switch is on, whatever is written behind it."""
    value = flag(cursor, statement)
    if value is False:
        cursor.complaints.warn(
            statement.words[1].location, "no-switch", f"{statement.keyword} is on whatever is written behind it",
            expected="no such line, to have it off",
        )  # fmt: skip
    return True


def _buffer_size(cursor: Cursor, statement: Statement) -> int | None:
    if statement.arguments:
        return integer_word(cursor, statement.words[1], 0, UINT, "kernel_rx_buf_size")
    complain(cursor, statement.words[0], "missing-value", "there is no size behind kernel_rx_buf_size: it is ignored")
    return None


_DELAY: Final = whole_seconds(0, UINT)

_PARSERS: Final[Mapping[str, Parser]] = {
    "virtual_router_id": integer(1, 255),
    "priority": integer(1, 255),
    "advert_int": seconds(0.01, 255),
    "version": integer(2, 3),
    "mcast_src_ip": address(),
    "mcast_dst_ip": address(multicast=True),
    "unicast_src_ip": address(),
    "unicast_ttl": integer(0, 255),
    "check_unicast_src": present,
    "unicast_fault_no_peer": present,
    "old_unicast_checksum": optional_text(""),
    "track_src_ip": present,
    "native_ipv6": present,
    "preempt_delay": seconds(0, 1000),
    "dont_track_primary": present,
    "no_virtual_ipaddress": present,
    "use_vmac_addr": present,
    "vmac_xmit_base": present,
    "vrf": interface,
    "promote_secondaries": present,
    "garp_master_delay": _DELAY,
    "garp_master_refresh": _DELAY,
    "garp_lower_prio_delay": _DELAY,
    "garp_master_repeat": repeat_count,
    "garp_master_refresh_repeat": repeat_count,
    "garp_lower_prio_repeat": integer(0, UINT),
    "garp_extra_if": extra_garp(0),
    "down_timer_adverts": integer(1, 100),
    "timer_expired_backup": optional_integer(1, 254, 254),
    "handover": one_of("make_first", "break_first"),
    "lower_prio_no_advert": flag,
    "higher_prio_send_advert": flag,
    "owner_ignore_adverts": flag,
    "skip_check_adv_addr": _always,
    "strict_mode": flag,
    "v3_checksum_as_v2": flag,
    "kernel_rx_buf_size": _buffer_size,
    "debug": integer(0, 4),
    "smtp_alert": flag,
    "notify_priority_changes": flag,
}


def instance_keywords(draft: Draft, tracks: Mapping[str, Handler]) -> dict[str, Handler]:
    """``tracks`` reads the track_* blocks into the draft."""
    return merged(
        rules(draft, _PARSERS),
        notify_keywords(draft),
        tracks,
        {name: partial(handler, draft) for name, handler in _HANDLERS.items()},
        {"thread_timer_expired": setter(draft, "timer_expired_backup", _PARSERS["timer_expired_backup"])},
    )


def _state(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    if not cursor.needs(statement, 1, "MASTER or BACKUP"):
        return
    word = statement.words[1]
    if word.text not in {"MASTER", "BACKUP"}:
        complain(
            cursor, word, "bad-state", f"state cannot be {shortened(word.text)}: it is BACKUP",
            expected="MASTER or BACKUP",
        )  # fmt: skip
    if word.text == "MASTER" or draft.values.get("state") != "MASTER":
        draft.put("state", "MASTER" if word.text == "MASTER" else "BACKUP", statement.location)


def _interface(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    if not cursor.needs(statement, 1, "the name of an interface"):
        return
    word = statement.words[1]
    name = interface_word(cursor, word, "interface")
    if name is None:
        return
    draft.put("interface", name, statement.location)
    cursor.uses_interface(name, word.location, "interface")


def _preempt(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    del cursor
    draft.put("nopreempt", statement.keyword == "nopreempt", statement.location)


def _accept(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    del cursor
    draft.put("accept", statement.keyword == "accept", statement.location)


def _addresses(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    keyword = statement.keyword
    found = draft.collect(keyword, statement.location)
    for value, word in address_entries(statement, cursor):
        draft.origins[f"{keyword}.{len(found)}"] = word.location
        found.append(value)


def _routes(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    keyword = statement.keyword
    found = draft.collect(keyword, statement.location)
    entries = routes(statement, cursor) if keyword == "virtual_routes" else rules_of(statement, cursor)
    for value, word in entries:
        draft.origins[f"{keyword}.{len(found)}"] = word.location
        found.append(value)


# -- unicast ---------------------------------------------------------------------------------------------------------


def _peers(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    found = draft.collect("unicast_peer", statement.location)
    for entry in cursor.entries(statement):
        peer = _peer(entry.words, cursor)
        if peer is not None:
            draft.origins[f"unicast_peer.{len(found)}"] = entry.location
            found.append(peer)


def _peer(words: tuple[Written, ...], cursor: Cursor) -> UnicastPeer | None:
    value = address_word(cursor, words[0], "unicast_peer")
    if value is None:
        return None
    limits: dict[str, int] = {}
    rest = list(words[1:])
    while rest:
        word = rest.pop(0)
        if word.text not in {"min_ttl", "max_ttl"}:
            complain(cursor, word, "unknown-option", f"a peer has no option {shortened(word.text)}: it is ignored",
                     expected="min_ttl or max_ttl")  # fmt: skip
        elif not rest:
            complain(cursor, word, "missing-value", f"there is no number behind {word.text}")
        else:
            number = integer_word(cursor, rest.pop(0), 0, 255, word.text)
            limits |= {} if number is None else {word.text: number}
    return UnicastPeer(value, limits.get("min_ttl"), limits.get("max_ttl"))


# -- virtual MACs ----------------------------------------------------------------------------------------------------


def _use_vmac(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    name: str | None = None
    mac: bytes | None = None
    notify, group = False, None
    rest = list(statement.arguments)
    while rest:
        word = rest.pop(0)
        if word.text == "netlink_notify_msg":
            notify = True
        elif word.text == "group" and rest:
            group = integer_word(cursor, rest.pop(0), 0, UINT, "group")
        elif word.text == "name" and rest:
            name = interface_word(cursor, rest.pop(0), "use_vmac")
        elif _MAC.fullmatch(word.text):
            mac = bytes(int(part, 16) for part in word.text.split(":"))
        elif name is None:
            name = interface_word(cursor, word, "use_vmac")
        else:
            complain(cursor, word, "extra-word", f"use_vmac does not know {shortened(word.text)}: it is ignored")
    draft.put("use_vmac", Vmac(name, mac, notify, group), statement.location)


def _use_ipvlan(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    values: dict[str, str] = {}
    group: int | None = None
    rest = list(statement.arguments)
    address_text = ""
    while rest:
        word = rest.pop(0)
        if word.text in {"bridge", "private", "vepa"}:
            values["mode"] = word.text
        elif word.text == "group" and rest:
            group = integer_word(cursor, rest.pop(0), 0, UINT, "group")
        elif parse_address(word.text.partition("/")[0]) is not None:
            address_text = word.text
        else:
            values["name"] = interface_word(cursor, word, "use_ipvlan") or ""
    host, _, prefix = address_text.partition("/")
    address_value = parse_address(host)
    length = int(prefix[:3]) if prefix.isdecimal() else address_value.max_prefixlen if address_value else None
    ipvlan = Ipvlan(values.get("name") or None, address_value, length, values.get("mode"), group)
    draft.put("use_ipvlan", ipvlan, statement.location)


# -- words of old ----------------------------------------------------------------------------------------------------


def _old_extra_garp(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    cursor.complaints.complain(
        Complaint.DEPRECATED, statement.location, "deprecated", "vmac_garp_intvl is an old name",
        write="garp_extra_if",
    )  # fmt: skip
    value = extra_garp(0)(cursor, statement)
    if isinstance(value, ExtraGarp):
        draft.put("garp_extra_if", value, statement.location)


def _polling(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    cursor.complaints.complain(
        Complaint.DEPRECATED, statement.location, "deprecated", "linkbeat_use_polling has a block of its own now",
        write="linkbeat_interfaces { INTERFACE }",
    )  # fmt: skip
    draft.put("linkbeat_use_polling", True, statement.location)


def _lvs_interface(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    cursor.complaints.complain(
        Complaint.DEPRECATED, statement.location, "deprecated",
        f"{statement.keyword} belongs to IPVS and is not handled by vrrpd",
        expected="lvs_sync_daemon in the global_defs of the keepalived that serves IPVS",
    )  # fmt: skip
    if statement.arguments:
        draft.put("lvs_sync_daemon_interface", statement.words[1].text, statement.location)


_HANDLERS: Final[Mapping[str, Callable[[Draft, Cursor, Statement], None]]] = {
    "state": _state,
    "interface": _interface,
    "preempt": _preempt,
    "nopreempt": _preempt,
    "accept": _accept,
    "no_accept": _accept,
    "virtual_ipaddress": _addresses,
    "virtual_ipaddress_excluded": _addresses,
    "virtual_routes": _routes,
    "virtual_rules": _routes,
    "authentication": authentication,
    "auth_hmac": auth_hmac,
    "fast_failover": fast_failover_words,
    "unicast_peer": _peers,
    "use_vmac": _use_vmac,
    "use_ipvlan": _use_ipvlan,
    "vmac_garp_intvl": _old_extra_garp,
    "linkbeat_use_polling": _polling,
    "lvs_sync_daemon_interface": _lvs_interface,
    "lvs_sync_daemon_inteface": _lvs_interface,
}
