"""``virtual_ipaddress``, ``static_ipaddress``: one address with its options on each line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Final, TypeAlias

from vrrpd.config.diagnostics import Written
from vrrpd.config.keepalived.cursor import Cursor
from vrrpd.config.keepalived.lexer import Statement
from vrrpd.config.keepalived.words import complain, integer_word, interface_word, parse_address
from vrrpd.config.model import FOREVER, VirtualAddress
from vrrpd.config.values import INTERFACE_LIMIT, shortened
from vrrpd.units import Address

SCOPES: Final = {"global": 0, "universe": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}
_FLAGS: Final = {
    "home": "home",
    "-nodad": "dad",
    "mngtmpaddr": "mngtmpaddr",
    "noprefixroute": "noprefixroute",
    "autojoin": "autojoin",
    "no_track": "no_track",
    "use_vmac": "use_vmac",
}

_Option: TypeAlias = Callable[["_Parts", Written, Cursor], None]


class _Parts:
    """An address line in the making; ``usable`` False: the whole address is left out."""

    def __init__(self, address: Address, prefix: int | None) -> None:
        self.address = address
        self.prefix = address.max_prefixlen if prefix is None else prefix
        self.usable = True
        self.device: str | None = None
        self.label: str | None = None
        self.scope = 0
        self.broadcast: Address | None = None
        self.peer: Address | None = None
        self.lifetime: int | None = None
        self.group: str | None = None
        self.flags: dict[str, bool] = {}

    def build(self) -> VirtualAddress:
        return VirtualAddress(
            self.address,
            self.prefix,
            device=self.device,
            label=self.label,
            scope=self.scope,
            broadcast=self.broadcast,
            peer=self.peer,
            preferred_lft=self.lifetime,
            track_group=self.group,
            **self.flags,
        )


def address_line(words: Sequence[Written], cursor: Cursor) -> VirtualAddress | None:
    """``192.168.1.100/24 brd + dev eth0 scope global label eth0:1 ...``; None when there is no usable address."""
    parsed = _prefixed(words[0], cursor)
    if parsed is None:
        return None
    parts = _Parts(*parsed)
    rest = list(words[1:])
    while rest:
        word = rest.pop(0)
        if word.text in _FLAGS:
            parts.flags[_FLAGS[word.text]] = True
            continue
        option = _OPTIONS.get(word.text)
        if option is None:
            _unknown(word, cursor)
        elif not rest:
            complain(cursor, word, "missing-value", f"there is no value behind {word.text}: the address is left out")
            return None
        else:
            option(parts, rest.pop(0), cursor)
    return parts.build() if parts.usable else None


def address_entries(statement: Statement, cursor: Cursor) -> Iterator[tuple[VirtualAddress, Written]]:
    """The usable lines of a block, each with its first word."""
    for entry in cursor.entries(statement):
        address = address_line(entry.words, cursor)
        if address is not None:
            yield address, entry.words[0]


def _prefixed(word: Written, cursor: Cursor) -> tuple[Address, int | None] | None:
    text, slash, length = word.text.partition("/")
    address = parse_address(text)
    if address is None:
        complain(
            cursor, word, "bad-address", f"{shortened(word.text)} is not an IP address: the line is left out",
            expected="an address such as 192.168.1.100/24",
        )  # fmt: skip
        return None
    if not slash:
        return address, None
    if not (length.isascii() and length.isdecimal() and int(length[:9]) <= address.max_prefixlen):
        complain(
            cursor, word, "bad-prefix", f"/{shortened(length)} is not the length of a prefix: the address is left out",
            expected=f"0 to {address.max_prefixlen}",
        )  # fmt: skip
        return None
    return address, int(length)


def _unknown(word: Written, cursor: Cursor) -> None:
    known = [*_OPTIONS, *_FLAGS]
    complain(
        cursor, word, "unknown-option", f"an address has no option {shortened(word.text)}: it is ignored",
        expected=f"an address, /prefix, and {', '.join(known)}", write=cursor.complaints.near(word.text, known),
    )  # fmt: skip


def _device(parts: _Parts, word: Written, cursor: Cursor) -> None:
    parts.device = interface_word(cursor, word, "dev")
    parts.usable = parts.usable and parts.device is not None
    if parts.device is not None:
        cursor.uses_interface(parts.device, word.location, str(parts.address))


def _label(parts: _Parts, word: Written, cursor: Cursor) -> None:
    if len(word.text.encode(errors="replace")) <= INTERFACE_LIMIT:
        parts.label = word.text
        return
    complain(
        cursor, word, "bad-label", f"the label {shortened(word.text)} is too long: it is left out",
        expected=f"at most {INTERFACE_LIMIT} bytes",
    )  # fmt: skip


def _scope(parts: _Parts, word: Written, cursor: Cursor) -> None:
    value = SCOPES.get(word.text)
    if value is None and word.text.isascii() and word.text.isdecimal() and int(word.text[:9]) <= 255:
        value = int(word.text)
    if value is None:
        complain(
            cursor, word, "bad-scope", f"{shortened(word.text)} is not a scope: it is ignored",
            expected="global, site, link, host, nowhere, or 0 to 255",
        )  # fmt: skip
    elif parts.address.version == 4:
        parts.scope = value


def _broadcast(parts: _Parts, word: Written, cursor: Cursor) -> None:
    if not isinstance(parts.address, IPv4Address):
        complain(cursor, word, "ipv4-only", "IPv6 addresses have no broadcast address: it is ignored")
        return
    if word.text in {"+", "-"}:
        if parts.prefix < 31:
            network = IPv4Network((int(parts.address), parts.prefix), strict=False)
            parts.broadcast = network.broadcast_address if word.text == "+" else network.network_address
        return
    value = parse_address(word.text)
    if isinstance(value, IPv4Address):
        parts.broadcast = value
        return
    complain(cursor, word, "bad-address", f"brd {shortened(word.text)} is not an IPv4 address", expected="+, - or one")


def _peer(parts: _Parts, word: Written, cursor: Cursor) -> None:
    parsed = _prefixed(word, cursor)
    if parsed is None or parsed[0].version != parts.address.version:
        parts.usable = False
        if parsed is not None:
            complain(cursor, word, "family-mix", f"{parsed[0]} is not of the family of {parts.address}")
        return
    parts.peer = parsed[0]
    parts.prefix = parsed[0].max_prefixlen if parsed[1] is None else parsed[1]


def _lifetime(parts: _Parts, word: Written, cursor: Cursor) -> None:
    if word.text == "forever":
        parts.lifetime = FOREVER
        return
    parts.lifetime = integer_word(cursor, word, 0, FOREVER - 1, "preferred_lft")


def _group(parts: _Parts, word: Written, cursor: Cursor) -> None:
    del cursor
    parts.group = word.text


_OPTIONS: Final[Mapping[str, _Option]] = {
    "dev": _device,
    "scope": _scope,
    "broadcast": _broadcast,
    "brd": _broadcast,
    "label": _label,
    "peer": _peer,
    "preferred_lft": _lifetime,
    "track_group": _group,
}
