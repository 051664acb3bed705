"""Texts and numbers of a configuration, turned into values. What every language of configuration shares.

Each function reports what is wrong with a text at its place and then returns None.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeAlias

from vrrpd.config.diagnostics import Location, Report, Written, printable
from vrrpd.config.model import VirtualAddress
from vrrpd.config.shapes import (
    WEIGHT_LIMIT,
    WIDE_WEIGHT_LIMIT,
    Form,
    Integer,
    IpAddress,
    Keyword,
    Seconds,
    expected,
    toml_literal,
)
from vrrpd.config.words import plain_words
from vrrpd.records import dataclass
from vrrpd.units import Address, family_of

INTERFACE_LIMIT = 15
"""Bytes in the name of an interface or of an address label (IFNAMSIZ less its final zero)."""


@dataclass(frozen=True, slots=True)
class User:
    name: str
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Weight:
    """``reverse`` None: not said."""

    value: int
    reverse: bool | None = None


@dataclass(frozen=True, slots=True)
class TrackEntry:
    """A reference to a tracker; None: what the tracker's own definition says."""

    name: str
    weight: int | None
    reverse: bool | None
    location: Location


@dataclass(frozen=True, slots=True)
class AddressEntry:
    """One element of ``virtual_ipaddress``, and where it stands."""

    value: VirtualAddress
    location: Location


@dataclass(frozen=True, slots=True)
class Listed:
    """One element of any other list, and where it stands."""

    value: object
    location: Location


@dataclass(frozen=True, slots=True)
class InitFile:
    """``init_file`` of a track_file."""

    value: int = 0
    overwrite: bool = False


Value: TypeAlias = object
"""What a keyword got: of the type that its shape gives it, one of those above, or of the model."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """The known word that is nearest, or nothing."""
    from difflib import get_close_matches

    matches = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else ""


def in_range(keyword: Keyword, value: float, at: Location, report: Report) -> bool:
    """Whether a number lies in the range of its keyword."""
    match keyword.shape:
        case Integer(low, high) | Seconds(low, high):
            if low <= value <= high:
                return True
        case _:
            return True
    report.error(at, "out-of-range", f"{keyword.name} cannot be {_shown(value)}", expected=expected(keyword.shape))
    return False


def _shown(value: float) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 20 else f"a number of {len(text)} digits"


def interface(written: Written, what: str, report: Report) -> str | None:
    """A name that Linux would give an interface (dev_valid_name)."""
    name = written.text
    if not name or name in {".", ".."} or re.search(r"[/:\s\0]", name) or not name.isprintable():
        report.error(
            written.location,
            "bad-interface",
            f"{what}: {toml_literal(shortened(name))} cannot be the name of an interface",
            expected=Form.INTERFACE.value,
        )
        return None
    if len(name.encode(errors="replace")) > INTERFACE_LIMIT:
        report.error(
            written.location,
            "bad-interface",
            f"{what}: {name} has {len(name.encode(errors='replace'))} bytes; Linux knows no such long names",
            expected=Form.INTERFACE.value,
        )
        return None
    return name


def shortened(text: str) -> str:
    """The text, fit for a message."""
    text = printable(text)
    return text if len(text) <= 60 else f"{text[:57]}..."


def bare_address(written: Written, what: str, report: Report) -> Address | None:
    """An address without prefix and zone."""
    text = written.text
    if "%" in text:
        report.error(written.location, "bad-address", f"{what}: an address stands here without %interface")
        return None
    try:
        return ip_address(text)
    except ValueError:
        report.error(
            written.location,
            "bad-address",
            f"{what}: {toml_literal(shortened(text))} is not an IP address{_address_hint(text)}",
        )
        return None


def _address_hint(text: str) -> str:
    parts = text.split(".")
    if "/" in text:
        return "; no /prefix here"
    if len(parts) == 4 and all(part.isdecimal() for part in parts):
        large = [part for part in parts if int(part[:9]) > 255]
        return f": {large[0][:9]} is more than 255" if large else ": no part may begin with 0"
    return ""


def address(keyword: Keyword, written: Written, report: Report) -> Address | None:
    value = bare_address(written, keyword.name, report)
    if value is None or not isinstance(keyword.shape, IpAddress):
        return value
    family, multicast = keyword.shape.family, keyword.shape.multicast
    if (family and family_of(value) is not family) or value.is_multicast != multicast:
        report.error(
            written.location,
            "bad-address",
            f"{keyword.name} cannot be {value}",
            expected=expected(keyword.shape) + ("" if multicast else " of one host"),
        )
        return None
    return value


def user(written: Written, report: Report) -> User | None:
    words = plain_words(written)
    if not 1 <= len(words) <= 2 or not written.text.isprintable():
        report.error(written.location, "bad-user", "a user stands here, perhaps with a group", expected=Form.USER.value)
        return None
    return User(words[0].text, words[1].text if len(words) == 2 else None)


def weight(written: Written, report: Report, limit: int = WEIGHT_LIMIT) -> Weight | None:
    """``-20``, ``"5 reverse"``, ``"5 noreverse"``."""
    words = plain_words(written)
    value = weight_number(words[0], report, limit) if words else None
    if not words or len(words) > 2 or (len(words) == 2 and words[1].text not in {"reverse", "noreverse"}):
        report.error(written.location, "bad-weight", "this is not a weight", expected=weight_form(limit).value)
        return None
    return None if value is None else Weight(value, words[1].text == "reverse" if len(words) == 2 else None)


def weight_form(limit: int) -> Form:
    return Form.WIDE_WEIGHT if limit == WIDE_WEIGHT_LIMIT else Form.WEIGHT


def weight_number(written: Written, report: Report, limit: int = WEIGHT_LIMIT) -> int | None:
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", written.text):
        report.error(
            written.location,
            "bad-weight",
            f"{toml_literal(shortened(written.text))} is not a weight",
            expected=weight_form(limit).value,
        )
        return None
    return weight_in_range(int(written.text), written.location, report, limit)


def weight_in_range(value: int, at: Location, report: Report, limit: int = WEIGHT_LIMIT) -> int | None:
    if -limit <= value <= limit:
        return value
    report.error(at, "out-of-range", f"a weight cannot be {_shown(value)}", expected=weight_form(limit).value)
    return None


def is_ipv4(value: Address) -> bool:
    return isinstance(value, IPv4Address)


def is_link_local(value: Address) -> bool:
    return isinstance(value, IPv6Address) and value.is_link_local


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
