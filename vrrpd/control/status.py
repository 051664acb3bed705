"""The result of the ``status`` command: filled by the daemon, printed by the command line.

Keys may be added in later versions; none changes its meaning. Times are seconds; ``since`` counts from the epoch, every
other one is a length or an age on the monotonic clock. Addresses are text.
"""

from collections.abc import Mapping
from typing import Literal, TypedDict, cast

from vrrpd.control.shape import check_shape
from vrrpd.errors import ControlError

StateName = Literal["INIT", "BACKUP", "MASTER", "FAULT"]


class WorkerDeath(TypedDict):
    """A worker that was replaced; ``at`` counts from the epoch."""

    at: float
    pid: int
    how: str


class RefusedUpgrade(TypedDict):
    """The installed ``version`` ("" if it does not say) could not take over; ``at`` counts from the epoch."""

    at: float
    version: str
    why: list[str]


class DaemonStatus(TypedDict):
    """``pid`` is the main process, ``worker_pid`` that which does the work (the same one without a supervisor).

    ``refused_upgrade``: the last one that was tried, unless it succeeded.
    """

    version: str
    pid: int
    worker_pid: int
    uptime: float
    config: str
    worker_deaths: list[WorkerDeath]
    refused_upgrade: RefusedUpgrade | None
    scheduling: str


class MasterStatus(TypedDict):
    """Who holds the addresses; ``heard_ago`` is None when that is this node itself."""

    address: str
    priority: int
    self: bool
    heard_ago: float | None


class AddressStatus(TypedDict):
    """``present`` is the kernel's word on it, not what was intended; ``duplicate``: it found another host with it."""

    address: str
    device: str
    present: bool
    duplicate: bool


class FaultStatus(TypedDict):
    reason: str
    name: str


class TrackerStatus(TypedDict):
    name: str
    kind: Literal["script", "interface", "file", "process", "static"]
    status: Literal["up", "down", "unknown"]
    detail: str
    weight: int
    reverse: bool


class PeerStatus(TypedDict):
    """Another node that was heard for this virtual router."""

    address: str
    priority: int
    interval: float
    heard_ago: float
    checksum_form: str | None


class SilentPeerStatus(TypedDict):
    """A unicast peer that this node took over from without a farewell, while its host answered ping."""

    address: str
    priority: int
    heard_ago: float


class ProbeStatus(TypedDict):
    """The host that fast_failover asks. ``answers``: None before its first answer; ``missed`` requests in a row."""

    host: str
    how: str
    answers: bool | None
    missed: int
    answered_ago: float | None


class UnableStatus(TypedDict):
    """It could not serve its addresses, because the kernel refused them or somebody kept removing them.

    ``handed_over``: how often in a row. ``holds_back``: for so long a BACKUP preempts nobody, and waits
    Master_Down_Interval after a resignation. ``stays``: for so long a MASTER does not hand over again.
    """

    handed_over: int
    holds_back: float
    stays: float


class InstanceStatus(TypedDict):
    """``master`` is None while nobody is known to hold the addresses.

    ``lingering``: addresses that it has resigned from and keeps until the successor is heard.
    ``unable`` is None unless it handed over for want of its addresses, and has not been well since.
    ``rival`` is the MAC address of another host that answers for our first address (unicast over IPv4), or None.
    """

    name: str
    state: StateName
    since: float
    state_seconds: float
    reason: str
    detail: str
    interface: str
    virtual_router_id: int
    family: Literal[4, 6]
    version: Literal[2, 3]
    base_priority: int
    effective_priority: int
    source: str | None
    master: MasterStatus | None
    addresses: list[AddressStatus]
    faults: list[FaultStatus]
    waiting_for: list[str]
    lingering: list[str]
    unable: UnableStatus | None
    trackers: list[TrackerStatus]
    timers: dict[str, float]
    peers: list[PeerStatus]
    silent_peers: list[SilentPeerStatus]
    rival: str | None
    probe: ProbeStatus | None
    statistics: dict[str, int | dict[str, int]]


class GroupStatus(TypedDict):
    """A sync group. ``blocked_by``: what keeps it from being MASTER, each with the member's name."""

    name: str
    state: StateName
    since: float
    state_seconds: float
    detail: str
    members: list[str]
    blocked_by: list[str]


class StatusResult(TypedDict):
    daemon: DaemonStatus
    instances: list[InstanceStatus]
    groups: list[GroupStatus]
    static_addresses: list[AddressStatus]


def read_status(result: Mapping[str, object]) -> StatusResult:
    """The result as received, checked to be what this version can print. Raises ControlError."""
    problem = check_shape(result, StatusResult, "status")
    if problem is not None:
        raise ControlError(f"the daemon's answer is not one that this version understands: {problem}")
    return cast("StatusResult", result)
