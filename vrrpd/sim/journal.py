"""What a simulated world writes down: each line a moment, a node, one of its virtual routers, and what was seen."""

from typing import NamedTuple, TypeAlias

from vrrpd.core.effects import (
    AddAddresses,
    Linger,
    Probe,
    RemoveAddresses,
    SendAdvertisement,
    StateChanged,
    StopProbing,
)
from vrrpd.records import dataclass
from vrrpd.sim.history import Trouble
from vrrpd.units import Address, Instant, Priority, Seconds


@dataclass(frozen=True, slots=True)
class Able:
    """Whether this node could serve now: powered, running, connected and without a fault.

    ``answers``: whether its kernel answers who asks for it.
    """

    able: bool
    priority: Priority
    answers: bool


@dataclass(frozen=True, slots=True)
class Disturbed:
    """Something happened. ``calm``: packets arrive everywhere, every process runs, and none died holding addresses.

    ``whole``: packets arrive everywhere, whatever processes do.
    """

    trouble: Trouble | None
    calm: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Cleared:
    """Its addresses went away without being removed by the election: no power, or left over from a killed process."""


@dataclass(frozen=True, slots=True)
class Stolen:
    """Somebody else removed an address."""

    address: Address


@dataclass(frozen=True, slots=True)
class Refused:
    """The kernel did not do it."""

    effect: AddAddresses | RemoveAddresses


@dataclass(frozen=True, slots=True)
class Wanted:
    """What this virtual router holds as MASTER from now on."""

    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The process is gone: whatever state it was in, it no longer is."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A BACKUP: ``span`` seconds lie between the last advert of ``master`` (priority ``followed``) and its deadline."""

    master: Address
    followed: Priority
    priority: Priority
    interval: Seconds
    span: Seconds


@dataclass(frozen=True, slots=True)
class Raised:
    """The election raised an exception, which it never should."""

    error: str


Seen: TypeAlias = (
    StateChanged
    | AddAddresses
    | RemoveAddresses
    | Linger
    | SendAdvertisement
    | Probe
    | StopProbing
    | Refused
    | Wanted
    | Able
    | Disturbed
    | Cleared
    | Stolen
    | Forgotten
    | Waiting
    | Raised
)


class Entry(NamedTuple):
    """``router`` is empty for what concerns the whole node, ``node`` for what concerns all of them."""

    at: Instant
    node: str
    router: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class Journal:
    """Entries in order of time, from 0 to ``end`` seconds."""

    entries: tuple[Entry, ...]
    end: Instant
    routers: tuple[str, ...]
    events: int
    """How many events the elections were told."""
