"""What may stand behind a keyword."""

import enum
import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from vrrpd.records import dataclass
from vrrpd.units import Family

WEIGHT_LIMIT: Final = 253
WIDE_WEIGHT_LIMIT: Final = 254
"""Of files and processes."""

_UNSAFE: Final = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029]')
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


class Form(enum.Enum):
    """What is written behind a keyword, where that needs no further numbers."""

    FLAG = "true or false"
    TEXT = "text"
    NAME = "the name of a tracker"
    PATH = "the path of a file or directory"
    OPTIONAL_TEXT = "true, or a text"
    OPTIONAL_WORDS = "true, a text of several words, or a list of texts"
    TEXTS = "a list of texts"
    INTERFACES = "a list of interfaces"
    INTERFACE = "the name of a network interface, at most 15 characters"
    COMMAND = 'a command: "program argument ...", or a list of texts'
    NOTIFY = 'a command: "program argument ...", a list of texts, or { command = ..., user = "..." }'
    USER = '"user" or "user group"'
    WIDE_WEIGHT = f'a whole number from -{WIDE_WEIGHT_LIMIT} to {WIDE_WEIGHT_LIMIT}, or a text such as "2 reverse"'
    WEIGHT = f'a whole number from -{WEIGHT_LIMIT} to {WEIGHT_LIMIT}, or a text such as "-20 reverse"'
    SCOPE = "global, site, link, host, nowhere, or 0 to 255"
    BROADCAST = 'an IPv4 address, "+" or "-"'
    LABEL = "a label of at most 15 bytes, such as eth0:1"
    PREFIXED = "an address, with or without /prefix"
    ADDRESSES = 'a list of addresses such as "192.168.1.100/24 dev eth0"'
    TRACK_SCRIPTS = "a list of names of vrrp_scripts"
    TRACK_INTERFACES = "a list of names of interfaces"
    TRACK_FILES = "a list of names of track_files"
    TRACK_PROCESSES = "a list of names of vrrp_track_processes"
    TRACK_BFDS = "a list of names of bfd_instances"
    AUTHENTICATION = '{ auth_type = "PASS", auth_pass = "..." }'
    AUTH_HMAC = '{ key = ["1 hex:..."], active_key = 1 }'
    FAST_FAILOVER = 'true, false or { probe = "overdue", interval = 0.1, misses = 3 }'
    NOTIFY_DELETED = "true, or a command as behind notify_master"
    PROCESS = 'the name of a process: "name parameter ...", or a list of texts'
    FIFO = '"PATH", "PATH user" or "PATH user group"'
    MAIL_SERVER = 'a host: "127.0.0.1", "mail.example.org 587"'
    DYNAMIC = 'true, false or "allow_if_changes"'
    EXTRA_GARP = f'a whole number from 0 to {86400}, or a text such as "all 60"'
    CPUS = "a list of numbers of processors"
    UMASK = 'a number such as 0o177, or a text such as "IRUSR|IWUSR"'
    RX_BUFS = '"MTU", "ADVERT" or a number of bytes'
    INIT_FILE = 'true, a whole number, or a text such as "0 overwrite"'
    PEERS = 'a list of addresses such as "192.168.1.2" or "192.168.1.2 min_ttl 250 max_ttl 255"'
    LIFETIME = 'seconds, or "forever"'
    ROUTES = 'a list of routes such as "10.0.0.0/8 via 192.168.1.254 dev eth0"'
    RULES = 'a list of rules such as "from 192.168.1.0/24 table 1 priority 100"'
    VMAC = 'true, or a text such as "vrrp.51 02:00:00:00:00:33 group 2"'
    IPVLAN = 'true, or a text such as "ipvl51 192.168.1.5/24 bridge"'
    LINKBEATS = 'a list of interfaces such as "eth0" or "eth0 MII"'
    DELAYS = 'a list of interfaces with seconds for down and up, such as "eth0 0.5 2"'
    GARP_GROUPS = 'tables such as { interfaces = ["eth0"], garp_interval = 0.1 }'


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
            return f"seconds from {plain_number(low)} to {plain_number(high)}"
        case OneOf(choices):
            return " or ".join(toml_literal(choice) for choice in choices)
        case IpAddress(family, multicast):
            kind = f"IPv{family.value} " if family else ""
            return f"an {kind}multicast address" if multicast else f"an {kind}address"


def plain_number(value: float) -> str:
    """Without an exponent, and to a millionth at most."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def toml_literal(value: str | float | bool) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{_UNSAFE.sub(_escaped, value)}"'
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def _escaped(match: re.Match[str]) -> str:
    sign = match.group()
    return _ESCAPES.get(sign) or (f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}")


def table(*keywords: Keyword) -> Mapping[str, Keyword]:
    return {keyword.name: keyword for keyword in keywords}
