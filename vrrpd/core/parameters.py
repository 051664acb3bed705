"""What a virtual router is told once: its identity, its timing, and which reading of the protocol it follows."""

import enum

from vrrpd.records import dataclass
from vrrpd.units import OWNER, Address, Family, Priority, Seconds, Vrid


class AddressLossPolicy(enum.Enum):
    """What a MASTER does when somebody else removes one of its addresses."""

    RESTORE = "restore"
    """Put it back at once and announce it; hand over when that happens too often."""
    FAIL_OVER = "fail_over"
    """keepalived's way: resign, remove the rest, wait one Skew_Time as BACKUP."""


class ListMismatchPolicy(enum.Enum):
    """What happens to an advertisement whose addresses are not ours."""

    ACCEPT = "accept"
    """keepalived's way: count it, say so once, accept it."""
    DROP = "drop"
    """RFC 3768 section 7.1: drop it unless the address owner sent it."""


class Handover(enum.Enum):
    """In which order a MASTER that leaves of its own will resigns and lets go of its addresses."""

    MAKE_FIRST = "make_first"
    """They stay until the successor has been heard."""
    BREAK_FIRST = "break_first"
    """keepalived's order: they go right after the farewell."""


@dataclass(frozen=True, slots=True)
class AnnouncePolicy:
    """When a MASTER sends gratuitous ARP or unsolicited Neighbour Advertisements, and how often for each address.

    ``repeat`` on takeover, the same again ``delay`` seconds later (0: never), then ``refresh_repeat`` every ``refresh``
    seconds (0: never). ``lower_priority_*`` apply when another master with a lower priority was heard. Addresses on
    other interfaces than that of the advertisements once every ``elsewhere`` seconds (0: never).
    """

    repeat: int = 5
    delay: Seconds = Seconds(5.0)
    refresh: Seconds = Seconds(0.0)
    refresh_repeat: int = 1
    lower_priority_repeat: int = 5
    lower_priority_delay: Seconds = Seconds(5.0)
    elsewhere: Seconds = Seconds(0.0)


class ProbeMode(enum.Enum):
    """When a BACKUP asks the master's host whether it lives."""

    OFF = "off"
    OVERDUE = "overdue"
    """Once an advertisement is late by a tenth of the interval."""
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class FastFailover:
    """``interval``: 0.01..1 s between two requests that are answered; ``misses`` 1..20 without answer are silence."""

    probe: ProbeMode = ProbeMode.OVERDUE
    interval: Seconds = Seconds(0.1)
    misses: int = 3


@dataclass(frozen=True, slots=True)
class Parameters:
    """One virtual router's settings.

    Where keepalived departs from the RFCs the defaults are keepalived's; vrrpd/config/rfc.py has the RFCs' own.

    ``base_priority``         1..255; 255 owns the addresses.
    ``advert_interval``       Adver_Interval: 1..255 whole seconds (VRRPv2), 0.01..40.95 (VRRPv3).
    ``down_timer_adverts``    1..100; how many intervals make up Master_Down_Interval (RFC: 3).
    ``elsewhere``             those of all addresses that live on other interfaces than that of the advertisements.
    ``preempt_delay``         0..1000 s that a lower-priority master is left alone after it was first heard.
    ``announce_source``       unicast: after FAULT, in which peers may have forgotten our MAC address, announce it.
    ``timer_expired_backup``  the other node's assumed priority, 1..254: a nopreempt MASTER that was not scheduled for
                              longer than that node would have waited steps back; None: it stays.
    ``farewells_on_fault``    advertisements with priority 0 sent when a MASTER faults (RFC: 1, keepalived: 2).
    ``loss_limit``            removals of one of our addresses by others within ``loss_window`` seconds before we hand
                              over; whoever sweeps all of them away at once has removed each of them once.
    ``retry_delay``           seconds between attempts to add or remove addresses after a failure.
    ``retry_limit``           failed attempts to add before a MASTER hands over.
    ``yield_hold``            seconds without preemption after we handed over because we could not serve; when that did
                              not help, twice as many each time, up to ``longest_yield``.
    """

    vrid: Vrid
    family: Family = Family.IPV4
    version: int = 2
    base_priority: Priority = Priority(100)
    advert_interval: Seconds = Seconds(1.0)
    addresses: tuple[Address, ...] = ()
    excluded_addresses: tuple[Address, ...] = ()
    elsewhere: tuple[Address, ...] = ()
    preempt: bool = True
    preempt_delay: Seconds = Seconds(0.0)
    down_timer_adverts: int = 3
    announce: AnnouncePolicy = AnnouncePolicy()
    owner_ignores_adverts: bool = False
    answer_lower_priority: bool = True
    advert_before_yielding: bool = False
    announce_source: bool = False
    timer_expired_backup: Priority | None = None
    list_mismatch: ListMismatchPolicy = ListMismatchPolicy.ACCEPT
    address_loss: AddressLossPolicy = AddressLossPolicy.RESTORE
    handover: Handover = Handover.MAKE_FIRST
    farewells_on_fault: int = 2
    loss_limit: int = 5
    loss_window: Seconds = Seconds(10.0)
    retry_delay: Seconds = Seconds(1.0)
    retry_limit: int = 3
    yield_hold: Seconds = Seconds(60.0)
    longest_yield: Seconds = Seconds(600.0)
    fast_failover: FastFailover | None = None

    @property
    def is_owner(self) -> bool:
        return self.base_priority == OWNER

    @property
    def all_addresses(self) -> tuple[Address, ...]:
        return self.addresses + self.excluded_addresses
