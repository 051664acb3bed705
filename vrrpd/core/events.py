"""What can happen to a virtual router."""

import enum
from typing import TypeAlias

from vrrpd.core.effects import Effect, Reason
from vrrpd.core.parameters import Parameters
from vrrpd.proto.advertisement import Advertisement, DropReason
from vrrpd.records import dataclass
from vrrpd.units import Address, Priority, Seconds


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that keeps a virtual router out of the election, for example (TRACK_FAILED, "chk_haproxy")."""

    reason: Reason
    name: str


@dataclass(frozen=True, slots=True)
class Startup:
    """Take part, after ``delay`` seconds of silence; ``why`` names the keyword that asks for it.

    ``listening``: seconds for which the others have been heard already; so much less a backup waits for them.
    """

    delay: Seconds = Seconds(0.0)
    why: str = "vrrp_startup_delay"
    listening: Seconds = Seconds(0.0)


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Leave the election; a MASTER resigns and gives up its addresses.

    ``removed``: the virtual router is no longer configured, and its scripts hear DELETED instead of STOP.
    """

    removed: bool = False


@dataclass(frozen=True, slots=True)
class DeadlineReached:
    """The caller's clock may have passed ``VirtualRouter.deadline``; delivered early or twice it does nothing."""


@dataclass(frozen=True, slots=True)
class AdvertisementReceived:
    """An advertisement that passed every check of the packet itself."""

    advertisement: Advertisement
    source: Address


@dataclass(frozen=True, slots=True)
class PacketDropped:
    """A packet for this virtual router that failed a check, from ``source``."""

    reason: DropReason
    source: Address
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The interface exists, is administratively up and has carrier - or not; ``detail`` says which."""

    up: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PrimaryAddressChanged:
    """The source address of our advertisements; None when the interface has none."""

    address: Address | None


@dataclass(frozen=True, slots=True)
class PriorityChanged:
    """Trackers moved the effective priority (1..254; an owner's stays 255)."""

    effective_priority: Priority


@dataclass(frozen=True, slots=True)
class FaultsChanged:
    """The trackers that forbid taking part now, and those whose first result is awaited."""

    faults: frozenset[Fault]
    waiting_for: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ParametersReplaced:
    """A new configuration for the same virtual router.

    ``moved``: addresses that it keeps, but with another prefix, label or interface: removed and added anew.
    """

    parameters: Parameters
    effective_priority: Priority
    moved: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class AddressLost:
    """Somebody else removed one of our addresses; ``culprit`` names them where the kernel tells."""

    address: Address
    culprit: str = ""


@dataclass(frozen=True, slots=True)
class Stalled:
    """The process did not run for ``seconds``; everything received meanwhile has been delivered before this."""

    seconds: Seconds


@dataclass(frozen=True, slots=True)
class LetGo:
    """Take off now what has stayed for a successor; ``why``: for people."""

    why: str = ""


class OperatorAction(enum.Enum):
    """What a person may ask of one virtual router."""

    STEP_DOWN = "step_down"
    TAKE_OVER = "take_over"
    MAINTENANCE_ON = "maintenance_on"
    MAINTENANCE_OFF = "maintenance_off"
    ANNOUNCE = "announce"


@dataclass(frozen=True, slots=True)
class OperatorRequest:
    action: OperatorAction
    detail: str = ""


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """How the other members of the sync group stand; without arguments: there is no group.

    ``faults`` and ``waiting_for`` are the others' own. ``may_lead``: each of them is MASTER or would be if it were
    alone. ``all_owners``: each of them owns its addresses.
    """

    faults: tuple[Fault, ...] = ()
    waiting_for: frozenset[str] = frozenset()
    may_lead: bool = True
    all_owners: bool = True


class GroupAction(enum.Enum):
    """What the members of a sync group do because one of them did it."""

    BECOME_MASTER = "become_master"
    BECOME_BACKUP = "become_backup"
    HAND_OVER = "hand_over"
    STEP_DOWN = "step_down"
    ANNOUNCE = "announce"


@dataclass(frozen=True, slots=True)
class GroupRequest:
    """``detail`` names the member and says why."""

    action: GroupAction
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HostSilent:
    """A probed host that did answer before answers no more."""

    host: Address


@dataclass(frozen=True, slots=True)
class HostAnswered:
    """After it had been silent."""

    host: Address


@dataclass(frozen=True, slots=True)
class EffectFailed:
    """An effect could not be carried out."""

    effect: Effect
    error: str


Event: TypeAlias = (
    Startup
    | Shutdown
    | DeadlineReached
    | AdvertisementReceived
    | PacketDropped
    | LinkChanged
    | PrimaryAddressChanged
    | PriorityChanged
    | FaultsChanged
    | ParametersReplaced
    | AddressLost
    | Stalled
    | LetGo
    | OperatorRequest
    | GroupChanged
    | GroupRequest
    | HostSilent
    | HostAnswered
    | EffectFailed
)
