"""The parts of the model that judge the node and tell others: trackers, commands, sync groups."""

from collections.abc import Mapping
from dataclasses import field

from vrrpd.config.diagnostics import Location
from vrrpd.records import dataclass
from vrrpd.units import Address, Seconds

Origins = Mapping[str, Location]


@dataclass(frozen=True, slots=True)
class Command:
    """A program and its arguments, and who runs it; None: the ``script_user`` of global_defs."""

    argv: tuple[str, ...]
    user: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class VrrpScript:
    """``interval`` and ``timeout`` in seconds (0.001 or more), ``weight`` -253..253, 0: failure is FAULT."""

    name: str
    command: Command
    interval: Seconds = Seconds(1.0)
    timeout: Seconds = Seconds(1.0)
    weight: int = 0
    reverse: bool = False
    rise: int = 1
    fall: int = 1
    init_fail: bool = False
    origins: Origins = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TrackFile:
    """``track_file``: the number in ``file`` times ``weight`` (-254..254) goes to the priority.

    ``init_file`` None: the file is not made; else it is made with that number at the start, also where there is one
    already with ``overwrite``.
    """

    name: str
    file: str
    weight: int = 1
    reverse: bool = False
    init_file: int | None = None
    overwrite: bool = False
    origins: Origins = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TrackProcess:
    """``vrrp_track_process``: healthy while ``quorum`` to ``quorum_max`` (None: any number) processes run.

    ``process``: the name, or with ``full_command`` the path, and parameters. ``param_match`` is exact, initial or
    partial; None: parameters are not looked at. ``weight`` -254..254. Delays 0..3600 s.
    """

    name: str
    process: tuple[str, ...]
    param_match: str | None = None
    weight: int = 0
    reverse: bool = False
    quorum: int = 1
    quorum_max: int | None = None
    fork_delay: Seconds = Seconds(0.0)
    terminate_delay: Seconds = Seconds(0.0)
    full_command: bool = False
    origins: Origins = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BfdInstance:
    """``bfd_instance``: intervals in milliseconds, ``multiplier`` 1..255, ``max_hops`` -1..255; None: not written."""

    name: str
    neighbor_ip: Address
    source_ip: Address | None = None
    min_rx: int = 10
    min_tx: int = 10
    idle_tx: int = 1000
    multiplier: int = 5
    passive: bool = False
    ttl: int | None = None
    max_hops: int | None = None
    multihop: bool = False
    weight: int = 0
    reverse: bool = False
    vrrp: bool = True
    checker: bool = True
    origins: Origins = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Track:
    """A reference to a tracker by name, with the weight that counts for this instance or group."""

    name: str
    weight: int = 0
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class NotifyScripts:
    """Commands run on a state change; ``generic`` gets INSTANCE or GROUP, name, state and priority as arguments.

    ``announce_deleted``: ``notify_deleted`` was written, with or without a command: an instance that a reload removes
    is announced as DELETED, not as FAULT. ``master_rx_lower_pri``: a MASTER heard a lower priority.
    """

    master: Command | None = None
    backup: Command | None = None
    fault: Command | None = None
    stop: Command | None = None
    generic: Command | None = None
    deleted: Command | None = None
    announce_deleted: bool = False
    master_rx_lower_pri: Command | None = None


@dataclass(frozen=True, slots=True)
class SyncGroup:
    """``vrrp_sync_group``: instances (``group``) that are MASTER together or not at all.

    Its trackers count for every member, with their weights. ``notify`` has no ``deleted`` and no
    ``master_rx_lower_pri``.
    """

    name: str
    group: tuple[str, ...]
    track_interface: tuple[Track, ...] = ()
    track_script: tuple[Track, ...] = ()
    track_file: tuple[Track, ...] = ()
    track_process: tuple[Track, ...] = ()
    track_bfd: tuple[Track, ...] = ()
    notify: NotifyScripts = NotifyScripts()
    smtp_alert: bool = False
    notify_priority_changes: bool = False
    sync_group_tracking_weight: bool = False
    global_tracking: bool = False
    origins: Origins = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TrackGroup:
    """Instances that fault when a static address, route or rule of this ``track_group`` is lost."""

    name: str
    group: tuple[str, ...]
    origins: Origins = field(default_factory=dict, compare=False, repr=False)
