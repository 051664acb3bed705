"""The one configuration model: every language is adapted to it, the daemon knows nothing else.

Every block carries ``origins``: the place in the file of each keyword that was written, under the keyword's name; of
the block itself under the empty name; of elements of lists under ``virtual_ipaddress.0`` and so on, of parts of tables
under ``authentication.auth_pass``. A keyword without an origin has its default.
"""

from dataclasses import field

from vrrpd.config.model_addresses import (
    FOREVER,
    GarpGroup,
    Ipvlan,
    LinkbeatInterface,
    Route,
    Rule,
    UpDownDelay,
    VirtualAddress,
    Vmac,
)
from vrrpd.config.model_global import ExtraGarp, Fifo, GlobalDefs, MailServer, ProcessSettings
from vrrpd.config.model_tracking import (
    BfdInstance,
    Command,
    NotifyScripts,
    Origins,
    SyncGroup,
    Track,
    TrackFile,
    TrackGroup,
    TrackProcess,
    VrrpScript,
)
from vrrpd.core.parameters import AddressLossPolicy, FastFailover, Handover
from vrrpd.records import dataclass
from vrrpd.units import OWNER, Address, Family, Priority, Seconds, Vrid, family_of

__all__ = [
    "FOREVER",
    "AuthHmac",
    "Authentication",
    "BfdInstance",
    "Command",
    "Config",
    "ExtraGarp",
    "Fifo",
    "Garp",
    "GarpGroup",
    "GlobalDefs",
    "HmacKey",
    "Ipvlan",
    "LinkbeatInterface",
    "MailServer",
    "NotifyScripts",
    "Origins",
    "ProcessSettings",
    "Route",
    "Rule",
    "SyncGroup",
    "Track",
    "TrackFile",
    "TrackGroup",
    "TrackProcess",
    "UnicastPeer",
    "UpDownDelay",
    "VirtualAddress",
    "Vmac",
    "VrrpInstance",
    "VrrpScript",
]


@dataclass(frozen=True, slots=True)
class Authentication:
    """VRRPv2 authentication: PASS or AH. ``password`` is as written; eight bytes of it are sent."""

    auth_type: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HmacKey:
    """``value`` is as written: ``hex:...``, ``file:PATH`` or a text of 32..64 bytes; ``key_id`` 1..255."""

    key_id: int
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthHmac:
    """``auth_hmac``. ``active_key`` signs. ``time_window`` 1..300 s, None: three intervals and at least 5 s.

    ``anti_replay`` is time or monotonic, ``mode`` enforce, permissive or receive-only.
    """

    keys: tuple[HmacKey, ...]
    active_key: int | None = None
    time_window: int | None = None
    anti_replay: str = "time"
    mode: str = "enforce"


@dataclass(frozen=True, slots=True)
class UnicastPeer:
    """``min_ttl`` and ``max_ttl`` 0..255: what arrives with less or more is dropped; None: any."""

    address: Address
    min_ttl: int | None = None
    max_ttl: int | None = None


@dataclass(frozen=True, slots=True)
class Garp:
    """When and how often addresses are announced (seconds, counts); see ``core.parameters.AnnouncePolicy``."""

    master_delay: Seconds = Seconds(5.0)
    master_repeat: int = 5
    master_refresh: Seconds = Seconds(0.0)
    master_refresh_repeat: int = 1
    lower_prio_delay: Seconds = Seconds(5.0)
    lower_prio_repeat: int = 5
    reply_form: bool = False


@dataclass(frozen=True, slots=True)
class VrrpInstance:
    """One ``vrrp_instance``; ranges as in ``core.parameters.Parameters``.

    ``interface`` is "" for unicast without one. ``unicast``: there are peers, so that adverts go to them; peers that
    were only announced (an empty ``unicast_peer``) leave it False. ``unicast_ttl`` 0..255, None: 255, for IPv6 the
    kernel's. ``accept`` None: not written (accept; with ``strict_mode`` no_accept unless owner). ``mcast_dst_ip``
    None: ``vrrp_mcast_group4`` or ``6``. ``debug`` 0..4.
    """

    name: str
    interface: str
    virtual_router_id: Vrid
    state: str = "BACKUP"
    priority: Priority = Priority(100)
    advert_int: Seconds = Seconds(1.0)
    version: int = 2
    virtual_ipaddress: tuple[VirtualAddress, ...] = ()
    virtual_ipaddress_excluded: tuple[VirtualAddress, ...] = ()
    authentication: Authentication | None = None
    mcast_src_ip: Address | None = None
    nopreempt: bool = False
    preempt_delay: Seconds = Seconds(0.0)
    down_timer_adverts: int = 3
    dont_track_primary: bool = False
    track_script: tuple[Track, ...] = ()
    track_interface: tuple[Track, ...] = ()
    garp: Garp = Garp()
    owner_ignore_adverts: bool = False
    lower_prio_no_advert: bool = False
    higher_prio_send_advert: bool = False
    timer_expired_backup: Priority | None = None
    fast_failover: FastFailover | None = None
    address_loss: AddressLossPolicy = AddressLossPolicy.RESTORE
    handover: Handover = Handover.MAKE_FIRST
    notify: NotifyScripts = field(default_factory=NotifyScripts)
    # more trackers
    track_file: tuple[Track, ...] = ()
    track_process: tuple[Track, ...] = ()
    track_bfd: tuple[Track, ...] = ()
    track_src_ip: bool = False
    linkbeat_use_polling: bool = False
    # where adverts go to and come from
    mcast_dst_ip: Address | None = None
    unicast_src_ip: Address | None = None
    unicast_peer: tuple[UnicastPeer, ...] = ()
    unicast_ttl: int | None = None
    check_unicast_src: bool = False
    unicast_fault_no_peer: bool = False
    old_unicast_checksum: str | None = None
    native_ipv6: bool = False
    vrf: str | None = None
    kernel_rx_buf_size: int | None = None
    # virtual MACs
    use_vmac: Vmac | None = None
    use_vmac_addr: bool = False
    vmac_xmit_base: bool = False
    use_ipvlan: Ipvlan | None = None
    garp_extra_if: ExtraGarp | None = None
    # what peers and clients may do
    auth_hmac: AuthHmac | None = None
    accept: bool | None = None
    strict_mode: bool = False
    skip_check_adv_addr: bool = False
    v3_checksum_as_v2: bool = False
    # what goes with the addresses
    no_virtual_ipaddress: bool = False
    virtual_routes: tuple[Route, ...] = ()
    virtual_rules: tuple[Rule, ...] = ()
    promote_secondaries: bool = False
    # telling others
    smtp_alert: bool = False
    notify_priority_changes: bool = False
    lvs_sync_daemon_interface: str | None = None
    debug: int = 0
    origins: Origins = field(default_factory=dict, compare=False, repr=False)

    @property
    def family(self) -> Family:
        """The family of the first VIP; without any IPv4 (keepalived), with ``native_ipv6`` IPv6."""
        if self.virtual_ipaddress:
            return family_of(self.virtual_ipaddress[0].address)
        return Family.IPV6 if self.native_ipv6 else Family.IPV4

    @property
    def accepts(self) -> bool:
        """Whether a master is to answer at the addresses."""
        if self.accept is None:
            return not self.strict_mode or self.priority == OWNER
        return self.accept

    @property
    def unicast(self) -> bool:
        """Whether adverts go to peers instead of a group."""
        return bool(self.unicast_peer)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything. Names are unique within each kind; references lead to things that are there.

    ``static_origins``: of what is in no block with a name: ``static_routes.0``, ``garp_group.0`` and so on.
    """

    global_defs: GlobalDefs = field(default_factory=GlobalDefs)
    vrrp_scripts: tuple[VrrpScript, ...] = ()
    vrrp_instances: tuple[VrrpInstance, ...] = ()
    track_files: tuple[TrackFile, ...] = ()
    track_processes: tuple[TrackProcess, ...] = ()
    bfd_instances: tuple[BfdInstance, ...] = ()
    sync_groups: tuple[SyncGroup, ...] = ()
    track_groups: tuple[TrackGroup, ...] = ()
    static_ipaddress: tuple[VirtualAddress, ...] = ()
    static_routes: tuple[Route, ...] = ()
    static_rules: tuple[Rule, ...] = ()
    garp_groups: tuple[GarpGroup, ...] = ()
    linkbeat_interfaces: tuple[LinkbeatInterface, ...] = ()
    interface_up_down_delays: tuple[UpDownDelay, ...] = ()
    process: ProcessSettings = field(default_factory=ProcessSettings)
    static_origins: Origins = field(default_factory=dict, compare=False, repr=False)

    def instance(self, name: str) -> VrrpInstance | None:
        return next((instance for instance in self.vrrp_instances if instance.name == name), None)

    def group_of(self, instance: str) -> SyncGroup | None:
        """The sync group that the instance of this name is a member of."""
        return next((group for group in self.sync_groups if instance in group.group), None)
