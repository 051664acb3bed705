"""Routes and rules in keepalived's words, which are those of ``ip route`` and ``ip rule``: are they any?

The words are checked for their order and shape and kept as they are.
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_interface
from typing import Final

from vrrpd.config.diagnostics import Report, Written
from vrrpd.config.model_addresses import Route, Rule
from vrrpd.config.shapes import Form, toml_literal
from vrrpd.config.values import interface, shortened, suggestion
from vrrpd.config.words import plain_words

_TYPES: Final = frozenset(
    ["unicast", "local", "broadcast", "multicast", "throw", "blackhole", "unreachable", "prohibit", "nat"]
)
_FLAGS: Final = frozenset(
    [
        "onlink",
        "add",
        "prepend",
        "append",
        "inet",
        "inet6",
        "not",
        "nop",
        "l3mdev",
        "ttl-propagate",
        "fastopen_no_cookie",
    ]
)

_ROUTE_WORDS: Final = frozenset(
    [
        "src",
        "to",
        "via",
        "gw",
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
        "rto_min",
        "initcwnd",
        "initrwnd",
        "quickack",
        "congctl",
        "features",
        "pref",
        "weight",
        "as",
        "type",
    ]
)
_RULE_WORDS: Final = frozenset(
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
        "ipproto",
        "sport",
        "dport",
        "goto",
        "type",
        "protocol",
        "proto",
    ]
)
_OWN: Final = frozenset({"no_track", "track_group"})
_KEYWORDS: Final = _ROUTE_WORDS | _FLAGS | _OWN | _TYPES | {"nexthop", "or"}


def _prefix(text: str) -> bool:
    if text in {"default", "default6", "all"}:
        return True
    try:
        ip_interface(text)
    except ValueError:
        # 10/8 is iproute2's short form
        return re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}/[0-9]{1,2}", text) is not None
    return True


def _number(text: str) -> bool:
    return re.fullmatch(r"0x[0-9a-fA-F]{1,8}|[0-9]{1,10}", text) is not None


def _name_or_number(text: str) -> bool:
    return re.fullmatch(r"[\w.-]{1,63}", text) is not None


_SHAPES: Final[Mapping[str, Callable[[str], bool]]] = {
    **dict.fromkeys(("src", "to", "from"), _prefix),
    **dict.fromkeys(
        ("metric", "priority", "preference", "order", "weight", "advmss", "reordering", "window", "cwnd",
         "initcwnd", "initrwnd", "ssthresh", "suppress_prefixlength", "sup_pl", "goto", "tunnel-id"), _number),
    **dict.fromkeys(("table", "lookup", "protocol", "proto", "scope"), _name_or_number),
    "pref": lambda text: text in {"low", "medium", "high"},
}  # fmt: skip


def route_line(written: Written, report: Report) -> Route | None:
    """``10.0.0.0/8 via 192.168.1.254 dev eth0 metric 5 no_track``."""
    reader = _Reader(plain_words(written), report, "route")
    if not reader.route():
        return None
    if not reader.has_destination:
        report.error(written.location, "bad-route", "this route leads nowhere", expected=Form.ROUTES.value)
        return None
    return Route(tuple(reader.kept), reader.no_track, reader.track_group)


def rule_line(written: Written, report: Report) -> Rule | None:
    """``from 192.168.1.0/24 table 1 priority 100``."""
    reader = _Reader(plain_words(written), report, "rule")
    if not reader.rule():
        return None
    if not reader.kept:
        report.error(written.location, "bad-rule", "this rule says nothing", expected=Form.RULES.value)
        return None
    return Rule(tuple(reader.kept), reader.no_track, reader.track_group)


class _Reader:
    """Takes the words of a route or rule one by one; each method is False when it has reported an error."""

    def __init__(self, words: list[Written], report: Report, kind: str) -> None:
        self._left = words
        self._report = report
        self._kind = kind
        self.kept: list[str] = []
        self.no_track = False
        self.track_group: str | None = None
        self.has_destination = False

    def route(self) -> bool:
        while self._left:
            word = self._left[0]
            if word.text == "encap":
                self._encapsulation()
            elif word.text in {"nexthop", "or"} or word.text in _TYPES or word.text in _FLAGS - {"not", "nop"}:
                self._keep(1)
                self.has_destination |= word.text == "nexthop"
            elif word.text in _ROUTE_WORDS or word.text in _OWN:
                if not self._with_value():
                    return False
            elif not self.has_destination and _prefix(word.text):
                self._keep(1)
                self.has_destination = True
            else:
                return self._unknown(word, _KEYWORDS)
        return True

    def rule(self) -> bool:
        while self._left:
            word = self._left[0]
            if word.text in {"not", "inet", "inet6", "nop", "l3mdev", *_TYPES}:
                self._keep(1)
            elif word.text in _RULE_WORDS or word.text in _OWN:
                if not self._with_value():
                    return False
            else:
                return self._unknown(word, _RULE_WORDS | _OWN)
        return True

    def _keep(self, count: int) -> None:
        self.kept += [word.text for word in self._left[:count]]
        del self._left[:count]

    def _encapsulation(self) -> None:
        """What belongs to an encapsulation is between it and iproute2; it ends at the next word of a route."""
        self._keep(3)
        while self._left and self._left[0].text not in {
            "via",
            "gw",
            "dev",
            "oif",
            "nexthop",
            "no_track",
            "track_group",
        }:
            self._keep(1)

    def _with_value(self) -> bool:
        word = self._left[0]
        if word.text == "no_track":
            self.no_track = True
            del self._left[0]
            return True
        values = [item for item in self._left[1:3] if not (item.text == "lock" or self._is_family(word, item))]
        if not values:
            self._report.error(word.location, "missing-value", f"there is no value behind {word.text}")
            return False
        value = values[0]
        if word.text == "track_group":
            self.track_group = value.text
            del self._left[:2]
            return True
        self.has_destination |= word.text in {"to", "via", "gw", "dev", "oif"}
        if not self._fits(word, value):
            return False
        self._keep(self._left.index(value) + 1)
        return True

    def _is_family(self, word: Written, item: Written) -> bool:
        return word.text in {"via", "gw", "as"} and item.text in {"inet", "inet6", "to"}

    def _fits(self, word: Written, value: Written) -> bool:
        if word.text in {"dev", "oif", "iif"}:
            return interface(value, word.text, self._report) is not None
        if word.text in {"via", "gw"}:
            fits = _prefix(value.text) and "/" not in value.text and value.text != "default"
        else:
            fits = _SHAPES.get(word.text, bool)(value.text)
        if not fits:
            shown = toml_literal(shortened(value.text))
            self._report.error(value.location, f"bad-{self._kind}", f"{word.text} cannot be {shown}")
        return fits

    def _unknown(self, word: Written, known: frozenset[str]) -> bool:
        self._report.error(
            word.location,
            "unknown-option",
            f"{toml_literal(shortened(word.text))} is no word of a {self._kind}",
            write=suggestion(word.text, known),
        )
        return False
