"""``virtual_routes``, ``virtual_rules`` and their static counterparts: checked, and kept as words for ``ip``."""

from collections.abc import Iterator
from typing import Final, TypeVar

from vrrpd.config.diagnostics import Written
from vrrpd.config.keepalived.complaints import Complaint
from vrrpd.config.keepalived.cursor import Cursor
from vrrpd.config.keepalived.lexer import Statement
from vrrpd.config.keepalived.words import complain, names, parse_address
from vrrpd.config.model import Route, Rule
from vrrpd.config.values import shortened, suggestion

T = TypeVar("T", bound=Route | Rule)

_TYPES: Final = frozenset(names("unicast local broadcast multicast throw blackhole unreachable prohibit nat"))
_ALONE: Final = frozenset(names("onlink add prepend append fastopen_no_cookie quickack lock nexthop inet inet6"))
_ROUTE_VALUES: Final = frozenset(
    [
        "src",
        "to",
        "via",
        "gw",
        "or",
        "dev",
        "oif",
        "table",
        "metric",
        "priority",
        "preference",
        "protocol",
        "proto",
        "scope",
        "tos",
        "dsfield",
        "encap",
        "expires",
        "mtu",
        "hoplimit",
        "advmss",
        "rtt",
        "rttvar",
        "reordering",
        "window",
        "cwnd",
        "ssthresh",
        "realms",
        "realm",
        "rto_min",
        "initcwnd",
        "initrwnd",
        "congctl",
        "features",
        "pref",
        "ttl-propagate",
        "weight",
        "as",
        "fastopen-no-cookie",
        "ttl_propagate",
        "id",
        "ip",
        "ip6",
        "mpls",
        "dst",
        "flags",
        "seg6",
        "mode",
        "segs",
        "ttl",
    ]
)
_RULE_ALONE: Final = frozenset(["not", "nop", "inet", "inet6"])
_RULE_VALUES: Final = frozenset(
    [
        "from",
        "to",
        "table",
        "lookup",
        "preference",
        "order",
        "priority",
        "tos",
        "dsfield",
        "fwmark",
        "realms",
        "suppress_prefixlength",
        "sup_pl",
        "suppress_ifgroup",
        "sup_group",
        "iif",
        "dev",
        "oif",
        "tunnel-id",
        "uidrange",
        "l3mdev",
        "ipproto",
        "sport",
        "dport",
        "goto",
        "type",
        "protocol",
    ]
)
_DEVICES: Final = frozenset({"dev", "oif", "iif"})
_SYNONYMS: Final = {"gw": "via", "or": "nexthop"}


def routes(statement: Statement, cursor: Cursor) -> Iterator[tuple[Route, Written]]:
    for entry in cursor.entries(statement):
        found = _kept(entry, cursor, Route, _ROUTE_VALUES, _ALONE | _TYPES)
        if found is not None:
            yield found, entry.words[0]


def rules_of(statement: Statement, cursor: Cursor) -> Iterator[tuple[Rule, Written]]:
    for entry in cursor.entries(statement):
        found = _kept(entry, cursor, Rule, _RULE_VALUES, _RULE_ALONE)
        if found is not None:
            yield found, entry.words[0]


def _kept(entry: Statement, cursor: Cursor, kind: type[T], values: frozenset[str], alone: frozenset[str]) -> T | None:
    kept: list[str] = []
    no_track, group = False, None
    rest: list[Written] = list(entry.words)
    while rest:
        word: Written = rest.pop(0)
        if word.text == "no_track":
            no_track = True
        elif word.text == "track_group" and rest:
            group = rest.pop(0).text
        elif word.text in values or word.text == "track_group":
            if not rest:
                complain(cursor, word, "missing-value", f"there is no value behind {word.text}: the line is left out")
                return None
            kept += [_spelt(word, cursor), *_value(word, rest, cursor)]
        elif word.text in alone or (kind is Route and _destination(word.text)):
            kept.append(word.text)
        else:
            complain(
                cursor, word, "unknown-option", f"a {kind.__name__.lower()} has no option {shortened(word.text)}:"
                " the line is left out", write=suggestion(word.text[:40], sorted(values | alone)),
            )  # fmt: skip
            return None
    return kind(tuple(kept), no_track, group) if kept else None


def _spelt(word: Written, cursor: Cursor) -> str:
    """Old spellings are reported."""
    if word.text in _SYNONYMS:
        cursor.complaints.complain(
            Complaint.DEPRECATED, word.location, "deprecated", f"{word.text} is an old name in a route",
            write=_SYNONYMS[word.text],
        )  # fmt: skip
    return "via" if word.text == "gw" else word.text


def _value(word: Written, rest: list[Written], cursor: Cursor) -> Iterator[str]:
    value = rest.pop(0)
    if word.text in {"via", "gw"} and value.text in {"inet", "inet6"} and rest:
        yield value.text
        value = rest.pop(0)
    elif word.text == "l3mdev" or (word.text == "mtu" and value.text == "lock" and rest):
        yield value.text
        if word.text == "mtu":
            yield rest.pop(0).text
        return
    if word.text in _DEVICES:
        cursor.uses_interface(value.text, value.location, word.text)
    yield value.text


def _destination(text: str) -> bool:
    address, _, prefix = text.partition("/")
    if text in {"default", "default6"}:
        return True
    return parse_address(address) is not None and (not prefix or prefix.isdecimal())
