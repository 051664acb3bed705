"""The one configuration model: every language is adapted to it, the daemon knows nothing else.

Every block carries ``origins``: the place in the file of each keyword that was written, under the keyword's name; of
the block itself under the empty name; of elements of lists under ``virtual_ipaddress.0`` and so on, of parts of tables
under ``authentication.auth_pass``. A keyword without an origin has its default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vrrpd.config.diagnostics import Location
from vrrpd.core.parameters import AddressLossPolicy
from vrrpd.units import Address, Family, Priority, Seconds, Vrid, family_of

Origins = Mapping[str, Location]


@dataclass(frozen=True, slots=True)
class VirtualAddress:
    """One address that moves with the MASTER.

    ``prefix`` 0..32 or 0..128, ``device`` None: the instance's interface, ``scope`` 0..255 (RT_SCOPE_*),
    ``broadcast`` None: none, ``label`` at most 15 bytes.
    """

    address: Address
    prefix: int
    device: str | None = None
    label: str | None = None
    scope: int = 0
    broadcast: Address | None = None


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
class Track:
    """A reference to a tracker (a script or an interface) by name, with the weight that counts for this instance."""

    name: str
    weight: int = 0
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Authentication:
    """VRRPv2 authentication; only PASS can be run. ``password`` is as written; eight bytes of it are sent."""

    auth_type: str
    password: str = field(repr=False)


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
class NotifyScripts:
    """Commands run on a state change; ``generic`` gets INSTANCE, name, state and priority as arguments."""

    master: Command | None = None
    backup: Command | None = None
    fault: Command | None = None
    stop: Command | None = None
    generic: Command | None = None


@dataclass(frozen=True, slots=True)
class VrrpInstance:
    """One ``vrrp_instance``; ranges as in ``core.parameters.Parameters``."""

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
    address_loss: AddressLossPolicy = AddressLossPolicy.RESTORE
    notify: NotifyScripts = NotifyScripts()
    origins: Origins = field(default_factory=dict, compare=False, repr=False)

    @property
    def family(self) -> Family:
        """The family of the first VIP; IPv4 without any (keepalived)."""
        return family_of(self.virtual_ipaddress[0].address) if self.virtual_ipaddress else Family.IPV4


@dataclass(frozen=True, slots=True)
class GlobalDefs:
    """``global_defs``: what holds for every instance. Defaults of instances are already applied to them."""

    router_id: str | None = None
    script_user: str | None = None
    script_group: str | None = None
    vrrp_mcast_group4: Address | None = None
    vrrp_mcast_group6: Address | None = None
    vrrp_startup_delay: Seconds = Seconds(0.0)
    origins: Origins = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    global_defs: GlobalDefs = GlobalDefs()
    vrrp_scripts: tuple[VrrpScript, ...] = ()
    vrrp_instances: tuple[VrrpInstance, ...] = ()
