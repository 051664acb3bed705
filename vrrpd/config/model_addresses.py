"""The parts of the model that stand on an interface: addresses, routes, rules, virtual MACs."""

from typing import Final

from vrrpd.records import dataclass
from vrrpd.units import Address

FOREVER: Final = 0xFFFFFFFF
"""``preferred_lft`` without an end, as the kernel writes it."""


@dataclass(frozen=True, slots=True)
class VirtualAddress:
    """One address that moves with the MASTER, or a static one.

    ``prefix`` 0..32 or 0..128, of the ``peer`` where there is one. ``device`` None: the instance's interface
    (static: ``default_interface``). ``scope`` 0..255 (RT_SCOPE_*). ``broadcast`` None: none. ``label`` at most 15
    bytes. ``dad``: keepalived's ``-nodad``, IPv6 duplicate address detection is done. ``preferred_lft`` in seconds,
    None: FOREVER, but 0 for an IPv6 /128. ``no_track``: nothing follows from its loss. ``track_group``: whose
    instances fault when a static one is lost.
    """

    address: Address
    prefix: int
    device: str | None = None
    label: str | None = None
    scope: int = 0
    broadcast: Address | None = None
    peer: Address | None = None
    home: bool = False
    dad: bool = False
    mngtmpaddr: bool = False
    noprefixroute: bool = False
    autojoin: bool = False
    preferred_lft: int | None = None
    use_vmac: bool = False
    no_track: bool = False
    track_group: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A route in the words of ``ip route add``, validated; without the last two, which are keepalived's own."""

    words: tuple[str, ...]
    no_track: bool = False
    track_group: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in the words of ``ip rule add``, validated; without the last two, which are keepalived's own."""

    words: tuple[str, ...]
    no_track: bool = False
    track_group: str | None = None


@dataclass(frozen=True, slots=True)
class Vmac:
    """``use_vmac``. ``name`` None: PREFIX.VRID. ``mac`` 6 bytes, or 5 that the VRID follows. ``group``: IFLA_GROUP."""

    name: str | None = None
    mac: bytes | None = None
    netlink_notify_msg: bool = False
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Ipvlan:
    """``use_ipvlan``. ``address`` has ``prefix``; ``mode`` is bridge, private or vepa."""

    name: str | None = None
    address: Address | None = None
    prefix: int | None = None
    mode: str | None = None
    group: int | None = None


@dataclass(frozen=True, slots=True)
class GarpGroup:
    """Interfaces that share the least distance between two announcements: seconds between GARPs, and between NAs."""

    interfaces: tuple[str, ...]
    garp_interval: float = 0.0
    gna_interval: float = 0.0


@dataclass(frozen=True, slots=True)
class UpDownDelay:
    """Seconds that a change of the carrier must last before it counts."""

    interface: str
    down: float
    up: float = 0.0


@dataclass(frozen=True, slots=True)
class LinkbeatInterface:
    """An interface whose link is polled; ``method`` MII, ETHTOOL or IOCTL, None: whichever works."""

    name: str
    method: str | None = None
