"""What a virtual router wants done, in the order in which it is to be done."""

import enum
from functools import cache
from typing import Final, TypeAlias

from vrrpd.records import dataclass
from vrrpd.units import Address, Priority, Seconds


class State(enum.Enum):
    """RFC 3768 section 6.4; FAULT is keepalived's. RFC 9568 calls MASTER "Active"."""

    INIT = "INIT"
    BACKUP = "BACKUP"
    MASTER = "MASTER"
    FAULT = "FAULT"


class Reason(enum.Enum):
    """Why a virtual router changed state. The value is the log word, metric label and journal word."""

    STARTUP = "startup"
    OWNER = "owner"
    MASTER_DOWN = "master_down"
    MASTER_RESIGNED = "master_resigned"
    MASTER_SILENT = "master_silent"
    PREEMPTING = "preempting"
    PREEMPTED = "preempted"
    TIE_BREAK = "tie_break"
    OWNER_CONFLICT = "owner_conflict"
    LINK_DOWN = "link_down"
    NO_SOURCE_ADDRESS = "no_source_address"
    TRACK_FAILED = "track_failed"
    MAINTENANCE = "maintenance"
    SYNC_GROUP = "sync_group"
    FAULT_CLEARED = "fault_cleared"
    ADDRESSES_LOST = "addresses_lost"
    EFFECT_FAILED = "effect_failed"
    OPERATOR = "operator"
    STALLED = "stalled"
    SHUTDOWN = "shutdown"


class NotifyEvent(enum.Enum):
    """keepalived's names for what its scripts are told."""

    MASTER = "MASTER"
    BACKUP = "BACKUP"
    FAULT = "FAULT"
    STOP = "STOP"
    DELETED = "DELETED"
    MASTER_RX_LOWER_PRI = "MASTER_RX_LOWER_PRI"
    MASTER_PRIORITY = "MASTER_PRIORITY"
    BACKUP_PRIORITY = "BACKUP_PRIORITY"


class NoticeKind(enum.Enum):
    """Things an operator should hear of that change no state."""

    LOWER_PRIORITY_HEARD = "lower_priority_heard"
    PACKET_DROPPED = "packet_dropped"
    INTERVAL_DIFFERS = "interval_differs"
    ADDRESS_LIST_DIFFERS = "address_list_differs"
    SAME_ADDRESS = "same_address"
    TWO_OWNERS = "two_owners"
    PRIORITY_CHANGED = "priority_changed"
    ADDRESS_RESTORED = "address_restored"
    EFFECT_FAILED = "effect_failed"
    STALLED = "stalled"
    STARTUP_DELAY = "startup_delay"
    PREEMPT_DELAY = "preempt_delay"
    FAULTS_CHANGED = "faults_changed"
    SYNC_GROUP = "sync_group"
    WRONG_TAKEOVER = "wrong_takeover"
    PROBING = "probing"
    HANDOVER = "handover"


@dataclass(frozen=True, slots=True)
class SendAdvertisement:
    """Send one advertisement now. Everything but the priority is constant between two configurations."""

    priority: Priority


advertisement: Final = cache(SendAdvertisement)
"""The one object for a priority: what goes out most often is made once."""


@dataclass(frozen=True, slots=True)
class AddAddresses:
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class RemoveAddresses:
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Linger:
    """Leave these addresses where they are, but announce them no more: another node is about to."""

    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Announce:
    """``rounds`` gratuitous ARPs or Neighbour Advertisements for each address, round by round."""

    addresses: tuple[Address, ...]
    rounds: int


@dataclass(frozen=True, slots=True)
class AnnounceSource:
    """One gratuitous ARP or Neighbour Advertisement for the address that adverts come from, on the interface itself."""

    address: Address


@dataclass(frozen=True, slots=True)
class StateChanged:
    """``detail`` is the sentence for people: ``no advert from 192.168.1.1 for 3.60 s``."""

    old: State
    new: State
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell the operator's scripts, pipes and mailbox, as far as they want to hear of ``event``."""

    event: NotifyEvent
    priority: Priority


@dataclass(frozen=True, slots=True)
class Notice:
    kind: NoticeKind
    detail: str


@dataclass(frozen=True, slots=True)
class GroupStateChanged:
    """A sync group as a whole is in another state; it follows the changes of its members."""

    group: str
    old: State
    new: State
    detail: str


@dataclass(frozen=True, slots=True)
class NotifyGroup:
    """Tell the scripts of the sync group ``group``, after those of its members. keepalived's priority here is 0."""

    group: str
    event: NotifyEvent


@dataclass(frozen=True, slots=True)
class Probe:
    """Ask every ``interval`` s, say when ``misses`` in a row went unanswered. Not ``continuous``: get one answer."""

    host: Address
    interval: Seconds
    misses: int
    continuous: bool


@dataclass(frozen=True, slots=True)
class StopProbing:
    host: Address


Effect: TypeAlias = (
    SendAdvertisement
    | AddAddresses
    | RemoveAddresses
    | Linger
    | Announce
    | AnnounceSource
    | StateChanged
    | Notify
    | Notice
    | GroupStateChanged
    | NotifyGroup
    | Probe
    | StopProbing
)
