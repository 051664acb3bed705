"""What keepalived's dump files are made of: plain values, taken at one moment."""

from collections.abc import Mapping

from vrrpd.config.model import Config, TrackProcess, VirtualAddress, VrrpInstance, VrrpScript
from vrrpd.core.effects import State
from vrrpd.core.timers import master_down_interval
from vrrpd.records import dataclass
from vrrpd.units import Address, Seconds
from vrrpd.view import SyncGroupView, VirtualRouterView


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """``since`` is seconds of the epoch. ``destination``: the multicast group, None with unicast peers.

    ``present``: for each address, the excluded ones behind the others, whether it is on its interface.
    """

    config: VrrpInstance
    view: VirtualRouterView
    since: float
    group: str
    wants_master: bool
    destination: Address | None
    present: tuple[bool, ...]

    @property
    def wanted(self) -> State:
        """keepalived's wantstate."""
        if self.view.state is State.FAULT:
            return State.FAULT
        return State.MASTER if self.wants_master else State.BACKUP

    @property
    def down_interval(self) -> Seconds:
        """Master_Down_Interval as it would be from now on."""
        config, view = self.config, self.view
        priority = view.base_priority if view.base_priority == 255 else view.effective_priority
        return master_down_interval(config.version, priority, self.master_interval, config.down_timer_adverts)

    @property
    def master_interval(self) -> Seconds:
        """Seconds between the advertisements of the master that is followed; VRRPv2 has one interval for all."""
        master = self.view.master
        if master is not None and self.config.version == 3:
            for peer in self.view.peers:
                if peer.address == master.address and peer.interval > 0:
                    return peer.interval
        return self.config.advert_int


@dataclass(frozen=True, slots=True)
class ScriptFacts:
    """``status`` None: no result yet. ``level``: see ``Hysteresis``. ``account`` is ``UID:GID`` of who runs it."""

    script: VrrpScript
    status: bool | None
    level: int
    running: bool
    account: str


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """``forking``, ``ending``: whether the status waits for fork_delay, terminate_delay."""

    config: TrackProcess
    count: int
    status: bool
    forking: bool
    ending: bool


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """How the link of an interface counts: its delays in seconds, whether one runs, and how it is polled if it is."""

    down_delay: Seconds = Seconds(0.0)
    up_delay: Seconds = Seconds(0.0)
    pending: bool = False
    method: str | None = None


@dataclass(frozen=True, slots=True)
class SpacingFacts:
    """A least distance between announcements in seconds, 0: none; ``*_next`` seconds of the epoch, 0: none sent yet.

    ``group`` counts the garp_groups from 1; 0: the general distance, which each interface has for itself.
    """

    group: int
    interfaces: tuple[str, ...]
    garp: Seconds
    gna: Seconds
    garp_next: float = 0.0
    gna_next: float = 0.0


@dataclass(frozen=True, slots=True)
class InterfaceFacts:
    name: str
    index: int
    mac: bytes
    mtu: int
    up: bool
    running: bool
    addresses: tuple[Address, ...]
    link: LinkFacts = LinkFacts()


@dataclass(frozen=True, slots=True)
class DumpFacts:
    """``now`` is seconds of the epoch; ``files``: the number in each tracked file, by its name.

    ``accounts``: ``UID:GID`` by the user and group of a command, "" where it names none. ``static_addresses``: each
    with its interface, and whether it is there.
    """

    now: float
    config: Config
    instances: tuple[InstanceFacts, ...]
    groups: tuple[SyncGroupView, ...]
    scripts: tuple[ScriptFacts, ...]
    files: Mapping[str, int]
    processes: tuple[ProcessFacts, ...]
    interfaces: tuple[InterfaceFacts, ...]
    accounts: Mapping[tuple[str, str], str]
    spacing: tuple[SpacingFacts, ...] = ()
    static_addresses: tuple[tuple[VirtualAddress, str, bool], ...] = ()


STATE_NUMBERS = {State.INIT: 0, State.BACKUP: 1, State.MASTER: 2, State.FAULT: 3}
