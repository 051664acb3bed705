"""The elements of lists: virtual addresses and references to trackers, also as keepalived writes them on one line."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Final

from vrrpd.config.diagnostics import Location, Report, Written
from vrrpd.config.keywords import VIRTUAL_ADDRESS, WEIGHT_LIMIT, Form, expected, toml_literal
from vrrpd.config.line_values import lifetime
from vrrpd.config.model import VirtualAddress
from vrrpd.config.values import (
    INTERFACE_LIMIT,
    AddressEntry,
    TrackEntry,
    bare_address,
    interface,
    listed,
    shortened,
    suggestion,
    weight_number,
)
from vrrpd.config.words import plain_words
from vrrpd.units import Address

_SCOPES: Final = {"global": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}
_OPTIONS: Final = tuple(name for name in VIRTUAL_ADDRESS if name != "address")
_FLAGS: Final = frozenset(name for name, keyword in VIRTUAL_ADDRESS.items() if keyword.shape is Form.FLAG)
_SYNONYMS: Final = {"broadcast": "brd"}


def address_line(written: Written, report: Report) -> AddressEntry | None:
    """``192.168.1.100/24 dev eth0 label eth0:1 scope global brd +``."""
    words = plain_words(written)
    if not words:
        report.error(written.location, "bad-address", "an address is missing here", expected=Form.PREFIXED.value)
        return None
    parts: dict[str, Written | bool | int] = {"address": words[0]}
    rest = words[1:]
    while rest:
        word, *rest = rest
        name = _SYNONYMS.get(word.text, word.text)
        if name in _FLAGS:
            parts[name] = True
        elif name not in _OPTIONS:
            _unknown_option(word, report)
            rest = rest if rest and _is_option(rest[0].text) else rest[1:]
        elif not rest:
            shape = expected(VIRTUAL_ADDRESS[name].shape)
            report.error(word.location, "missing-value", f"there is no value behind {name}", expected=shape)
        else:
            parts[name], *rest = rest
    return virtual_address(parts, written.location, report)


def _is_option(word: str) -> bool:
    return word in _OPTIONS or word in _SYNONYMS


def _unknown_option(word: Written, report: Report) -> None:
    report.error(
        word.location,
        "unknown-option",
        f"{toml_literal(shortened(word.text))} is no option of an address",
        expected=listed(_OPTIONS),
        write=suggestion(word.text, _OPTIONS),
    )


Parts = Mapping[str, Written | bool | int]
"""What was written of an address, by keyword; flags are True, ``preferred_lft`` may be a number already."""


def virtual_address(parts: Parts, location: Location, report: Report) -> AddressEntry | None:
    """From the texts of an address; None when the address itself cannot be read."""
    texts = {name: part for name, part in parts.items() if isinstance(part, Written)}
    parsed = _address_and_prefix(texts["address"], report, multicast=parts.get("autojoin") is True)
    if parsed is None:
        return None
    address, prefix = parsed
    peer = _address_and_prefix(texts["peer"], report) if "peer" in texts else None
    if peer is not None:
        prefix = peer[1]
    for name in ("label", "scope", "brd") if address.version == 6 else ():
        if name in texts:
            _not_for_ipv6(name, texts.pop(name), report)
    label, scope, broadcast = texts.get("label"), texts.get("scope"), texts.get("brd")
    device, group = texts.get("dev"), texts.get("track_group")
    value = VirtualAddress(
        address,
        prefix,
        device=None if device is None else interface(device, "dev", report),
        label=None if label is None else _label(label, report),
        scope=0 if scope is None else _scope(scope, report),
        broadcast=None if broadcast is None else _broadcast(broadcast, address, prefix, report),
        peer=peer[0] if peer else None,
        preferred_lft=_preferred(parts.get("preferred_lft"), report),
        track_group=group.text if group else None,
        dad=parts.get("-nodad") is True,
        home=parts.get("home") is True,
        mngtmpaddr=parts.get("mngtmpaddr") is True,
        noprefixroute=parts.get("noprefixroute") is True,
        autojoin=parts.get("autojoin") is True,
        use_vmac=parts.get("use_vmac") is True,
        no_track=parts.get("no_track") is True,
    )
    return AddressEntry(value, location)


def _preferred(part: Written | bool | int | None, report: Report) -> int | None:
    return lifetime(part, report) if isinstance(part, Written) else part


def _not_for_ipv6(name: str, written: Written, report: Report) -> None:
    severity = report.error if name == "brd" else report.warning
    severity(written.location, "ipv4-only", f"IPv6 addresses have no {name}: leave it out")


def _address_and_prefix(written: Written, report: Report, *, multicast: bool = False) -> tuple[Address, int] | None:
    text, slash, length = written.text.partition("/")
    address = bare_address(Written(text, written.location, written.exact), "virtual address", report)
    if address is None:
        return None
    unusable = address.is_unspecified or address.is_loopback or str(address) == "255.255.255.255"
    if unusable or (address.is_multicast and not multicast):
        report.error(
            written.location, "bad-address", f"{address} cannot be a virtual address", expected="a host's address"
        )
        return None
    if not slash:
        return address, address.max_prefixlen
    if not (length.isascii() and length.isdecimal()) or int(length[:9]) > address.max_prefixlen:
        report.error(
            written.at(len(text) + 1),
            "bad-prefix",
            f"{toml_literal(shortened(length))} is not the length of a prefix",
            expected=f"a whole number from 0 to {address.max_prefixlen}",
            write=f"{address}/24" if address.version == 4 else f"{address}/64",
        )
        return None
    if int(length) == 0:
        report.warning(
            written.at(len(text) + 1),
            "bad-prefix",
            "/0 makes the whole world a neighbour on this interface",
            write=f"{address}/{address.max_prefixlen}",
        )
    return address, int(length)


def _label(written: Written, report: Report) -> str | None:
    length = len(written.text.encode(errors="replace"))
    if 0 < length <= INTERFACE_LIMIT and written.text.isprintable() and " " not in written.text:
        return written.text
    report.error(
        written.location,
        "bad-label",
        f"the label {toml_literal(shortened(written.text))} has {length} bytes",
        expected=Form.LABEL.value,
    )
    return None


def _scope(written: Written, report: Report) -> int:
    text = written.text
    if text in _SCOPES:
        return _SCOPES[text]
    if text.isascii() and text.isdecimal() and int(text[:9]) <= 255:
        return int(text)
    report.error(
        written.location,
        "bad-scope",
        f"{toml_literal(shortened(text))} is not a scope",
        expected=Form.SCOPE.value,
        write=suggestion(text, _SCOPES),
    )
    return 0


def _broadcast(written: Written, address: Address, prefix: int, report: Report) -> Address | None:
    if written.text in {"+", "-"}:
        if prefix >= 31:
            report.warning(
                written.location,
                "no-broadcast",
                f"brd {written.text}: a /{prefix} has no broadcast address; none is set",
                write=f"{address}/24 brd {written.text}",
            )
            return None
        network = IPv4Network((int(address), prefix), strict=False)
        return network.broadcast_address if written.text == "+" else network.network_address
    value = bare_address(written, "brd", report)
    if value is not None and value.version != 4:
        report.error(written.location, "bad-address", f"brd cannot be {value}", expected=Form.BROADCAST.value)
        return None
    return value


def track_line(written: Written, report: Report, *, is_interface: bool, limit: int = WEIGHT_LIMIT) -> TrackEntry | None:
    """``chk_haproxy``, ``chk_haproxy weight -5``, ``eth1 weight 5 reverse``."""
    words = plain_words(written)
    texts = [word.text for word in words]
    shaped = len(words) == 1 or (2 < len(words) <= 4 and texts[1] == "weight")
    if not shaped or (len(words) == 4 and texts[3] not in {"reverse", "noreverse"}):
        report.error(
            written.location,
            "bad-track",
            f"{toml_literal(shortened(written.text))} is not a name, with or without its weight",
            expected='"NAME", "NAME weight 5" or "NAME weight 5 reverse"',
        )
        return None
    if is_interface and interface(words[0], "track_interface", report) is None:
        return None
    weight = weight_number(words[2], report, limit) if len(words) > 2 else None
    reverse = texts[3] == "reverse" if len(words) == 4 else None
    return TrackEntry(texts[0], weight, reverse, words[0].location)
