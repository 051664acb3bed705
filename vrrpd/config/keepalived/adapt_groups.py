"""Sync groups and track groups, ARP spacing, polled and slowed links, BFD: the smaller blocks."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from vrrpd.config.diagnostics import Location
from vrrpd.config.keepalived.adapt_scripts import named_block
from vrrpd.config.keepalived.complaints import Complaint
from vrrpd.config.keepalived.cursor import Cursor, Handler
from vrrpd.config.keepalived.lexer import Statement
from vrrpd.config.keepalived.notify import notify_keywords
from vrrpd.config.keepalived.words import (
    Draft,
    Parser,
    Weight,
    address,
    build,
    complain,
    decimal_word,
    flag,
    integer,
    interface,
    interface_word,
    merged,
    present,
    rules,
    weight,
)
from vrrpd.config.model import BfdInstance, GarpGroup, LinkbeatInterface, TrackGroup, UpDownDelay
from vrrpd.config.values import shortened

_UINT: Final = 0xFFFFFFFF
_MOST: Final = 4294.967295
_NAME_LIMIT: Final = 31


def group_names(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    """``group { a b c }``: words on one line or on many."""
    words = [word for entry in cursor.entries(statement) for word in entry.words]
    draft.put("group", tuple(word.text for word in words), statement.location)
    draft.origins.update((f"group.{index}", word.location) for index, word in enumerate(words))


def sync_group(drafts: dict[str, Draft], tracks: dict[str, Handler], cursor: Cursor, statement: Statement) -> None:
    """``tracks`` reads the track_* blocks into whichever draft is current."""
    draft = Draft(origins={"": statement.location})
    keywords = merged(
        rules(draft, _SYNC_PARSERS),
        notify_keywords(draft),
        tracks,
        {"group": partial(group_names, draft), "global_tracking": partial(_global_tracking, draft)},
    )
    keywords.pop("notify_deleted", None)
    keywords.pop("notify_master_rx_lower_pri", None)
    name = named_block(cursor, statement, drafts, keywords)
    if name is not None:
        drafts[name] = draft


def _global_tracking(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    draft.put("global_tracking", True, statement.location)
    cursor.complaints.complain(
        Complaint.DEPRECATED, statement.location, "deprecated", "global_tracking has no effect any more",
        write="sync_group_tracking_weight",
    )  # fmt: skip


_SYNC_PARSERS: Final[Mapping[str, Parser]] = {
    "smtp_alert": flag,
    "notify_priority_changes": flag,
    "sync_group_tracking_weight": present,
}


def track_group(groups: dict[str, TrackGroup], cursor: Cursor, statement: Statement) -> None:
    draft = Draft(origins={"": statement.location})
    name = named_block(cursor, statement, groups, {"group": partial(group_names, draft)})
    if name is None:
        return
    members = draft.get("group", tuple, ())
    if members:
        groups[name] = TrackGroup(name, members, draft.origins)
    else:
        complain(cursor, statement.words[0], "missing-keyword", f"track_group {shortened(name)} has no group")


# -- links -----------------------------------------------------------------------------------------------------------


def garp_group(groups: list[GarpGroup], cursor: Cursor, statement: Statement) -> None:
    draft = Draft(origins={"": statement.location})
    names: dict[str, None] = {}
    keywords: dict[str, Handler] = {
        **rules(draft, {"garp_interval": _interval, "gna_interval": _interval}),
        "interface": partial(_garp_interface, names),
        "interfaces": partial(_garp_interfaces, names),
    }
    cursor.block(statement, keywords, "garp_group")
    if not names:
        complain(cursor, statement.words[0], "missing-keyword", "this garp_group names no interface: it is left out")
        return
    garp, gna = draft.get("garp_interval", float, 0.0), draft.get("gna_interval", float, 0.0)
    if not garp and not gna:
        complain(cursor, statement.words[0], "missing-keyword", "this garp_group says no interval: it is left out")
        return
    groups.append(GarpGroup(tuple(names), garp, gna))


def _interval(cursor: Cursor, statement: Statement) -> float | None:
    if not cursor.needs(statement, 1, "seconds"):
        return None
    return decimal_word(cursor, statement.words[1], 0.000001, _MOST, statement.keyword)


def _garp_interface(names: dict[str, None], cursor: Cursor, statement: Statement) -> None:
    name = interface(cursor, statement)
    if isinstance(name, str):
        _add_interface(names, name, statement.words[1].location, cursor)


def _garp_interfaces(names: dict[str, None], cursor: Cursor, statement: Statement) -> None:
    for entry in cursor.entries(statement):
        for word in entry.words:
            name = interface_word(cursor, word, "garp_group")
            if name is not None:
                _add_interface(names, name, word.location, cursor)


def _add_interface(names: dict[str, None], name: str, at: Location, cursor: Cursor) -> None:
    cursor.uses_interface(name, at, "garp_group")
    names[name] = None


def linkbeat_interfaces(found: list[LinkbeatInterface], cursor: Cursor, statement: Statement) -> None:
    for entry in cursor.entries(statement):
        name = interface_word(cursor, entry.words[0], "linkbeat_interfaces")
        method = entry.words[1].text if len(entry.words) > 1 else None
        if method not in {None, "MII", "ETHTOOL", "IOCTL"}:
            complain(
                cursor, entry.words[1], "bad-value", f"linkbeat_interfaces does not know {shortened(method or '')}",
                expected="MII, ETHTOOL or IOCTL",
            )  # fmt: skip
            method = None
        if name is not None:
            found.append(LinkbeatInterface(name, method))


def up_down_delays(
    found: list[UpDownDelay], origins: dict[str, Location], cursor: Cursor, statement: Statement
) -> None:
    for entry in cursor.entries(statement):
        name = interface_word(cursor, entry.words[0], "interface_up_down_delays")
        if len(entry.words) < 2:
            complain(cursor, entry.words[0], "missing-value", "there is no delay behind this interface")
            continue
        delays = [decimal_word(cursor, word, 0, 255, "a delay") for word in entry.words[1:3]]
        if name is not None and None not in delays:
            known = [delay for delay in delays if delay is not None]
            origins[f"interface_up_down_delays.{len(found)}"] = entry.words[0].location
            found.append(UpDownDelay(name, known[0], known[1] if len(known) > 1 else 0.0))


# -- BFD -------------------------------------------------------------------------------------------------------------

_BFD_PARSERS: Final[Mapping[str, Parser]] = {
    "neighbor_ip": address(),
    "neighbour_ip": address(),
    "source_ip": address(),
    "min_rx": integer(1, _UINT // 1000),
    "min_tx": integer(1, _UINT // 1000),
    "idle_tx": integer(1000, _UINT // 1000),
    "multiplier": integer(1, 255),
    "passive": present,
    "ttl": integer(1, 255),
    "hoplimit": integer(1, 255),
    "max_hops": integer(-1, 255),
    "multihop": present,
    "weight": weight(253),
    "vrrp": present,
    "checker": present,
}


def bfd_instance(found: dict[str, BfdInstance], cursor: Cursor, statement: Statement) -> None:
    draft = Draft(origins={"": statement.location})
    name = named_block(cursor, statement, found, rules(draft, _BFD_PARSERS))
    if name is None:
        return
    complain(
        cursor, statement.words[0], "not-supported", "BFD is not supported yet: this session is not watched",
        kind=Complaint.UNKNOWN_KEYWORD,
    )  # fmt: skip
    values = dict(draft.values)
    for old, new in (("neighbour_ip", "neighbor_ip"), ("hoplimit", "ttl")):
        if old in values:
            values[new] = values.pop(old)
    if len(name) > _NAME_LIMIT or "neighbor_ip" not in values:
        what = "has no neighbor_ip" if len(name) <= _NAME_LIMIT else f"has a name of more than {_NAME_LIMIT} bytes"
        complain(cursor, statement.words[1], "missing-keyword", f"bfd_instance {shortened(name)} {what}")
        return
    weighed = values.pop("weight", None)
    if isinstance(weighed, Weight):
        values |= {"weight": weighed.value, "reverse": bool(weighed.reverse)}
    if "vrrp" in values or "checker" in values:
        values |= {"vrrp": "vrrp" in values, "checker": "checker" in values}
    found[name] = build(BfdInstance, {"name": name, **values, "origins": draft.origins})
