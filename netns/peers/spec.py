"""What a node is to do, in no daemon's language."""

from dataclasses import dataclass

VIP = "192.168.1.100"
VIP6 = "fd00:1::100"


@dataclass(frozen=True, slots=True)
class InstanceSpec:
    """One virtual router; the keywords are keepalived's, intervals and delays in seconds.

    ``track_script`` names scripts of the node; ``auth`` is a PASS password. ``probe`` is the word behind ``probe`` of
    vrrpd's ``fast_failover``; daemons that have none go by the protocol.
    """

    vrid: int = 51
    priority: int = 100
    vips: tuple[str, ...] = (VIP,)
    version: int = 2
    advert_int: float = 1.0
    auth: str | None = None
    state: str = "BACKUP"
    nopreempt: bool = False
    preempt_delay: float = 0.0
    track_script: tuple[str, ...] = ()
    interface: str = "eth0"
    probe: str | None = None

    @property
    def name(self) -> str:
        return f"VI_{self.vrid}" if self.interface == "eth0" else f"VI_{self.interface}_{self.vrid}"


@dataclass(frozen=True, slots=True)
class ScriptSpec:
    """A vrrp_script: ``command`` is run every ``interval`` whole seconds; ``weight`` 0 makes its failure FAULT."""

    name: str
    command: tuple[str, ...]
    interval: int = 1
    weight: int = 0
    rise: int = 1
    fall: int = 1


@dataclass(frozen=True, slots=True)
class NodeSpec:
    instances: tuple[InstanceSpec, ...]
    scripts: tuple[ScriptSpec, ...] = ()
