"""What lies between two configurations: what a reload has to do, and what ``reload --plan`` prints.

Instances are the same when they are the same on the wire, as keepalived has it: number, family, interface, and peers or
group; their names are irrelevant. ``Change.fields`` are the fields of the model that differ.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Generic, TypeVar

from vrrpd.config.model import (
    Config,
    GlobalDefs,
    ProcessSettings,
    SyncGroup,
    TrackFile,
    TrackProcess,
    VirtualAddress,
    VrrpInstance,
    VrrpScript,
)
from vrrpd.units import Address, Family

_GROUP_4: Final = IPv4Address("224.0.0.18")
_GROUP_6: Final = IPv6Address("ff02::12")
_NOT_COMPARED: Final = frozenset({"origins", "static_origins"})
FIXED_AT_START: Final = frozenset({"net_namespace", "net_namespace_ipvs", "instance", "use_pid_dir"})
"""Fields of ``ProcessSettings`` that no reload can change."""


T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes an instance the same one; ``target`` is its group, or in unicast its configured source."""

    vrid: int
    family: Family
    interface: str
    unicast: bool
    target: Address | None
    vmac: bool


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """One thing before and after; no ``fields``: it stayed as it was."""

    old: T
    new: T
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class MovedAddress:
    """An address that goes from one instance (by its old name) to another (by its new name) in one reload."""

    address: Address
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Delta(Generic[T]):
    """``unchanged`` is in here too, with what ``old`` and ``new`` are, as their places in the file may differ."""

    added: tuple[T, ...]
    removed: tuple[T, ...]
    changed: tuple[Change[T], ...]
    unchanged: tuple[Change[T], ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class ConfigDiff:
    instances: Delta[VrrpInstance]
    moved: tuple[MovedAddress, ...]
    scripts: Delta[VrrpScript]
    files: Delta[TrackFile]
    processes: Delta[TrackProcess]
    groups: Delta[SyncGroup]
    global_defs: frozenset[str]
    process: frozenset[str]
    others: frozenset[str]
    """Fields of ``Config`` that differ and are none of the above, such as ``static_routes``."""

    def __bool__(self) -> bool:
        """Whether anything at all is different."""
        deltas = (self.instances, self.scripts, self.files, self.processes, self.groups)
        return any(deltas) or bool(self.global_defs or self.process or self.others)

    @property
    def needs_restart(self) -> frozenset[str]:
        """What was changed but cannot change while the daemon runs."""
        return self.process & FIXED_AT_START


def diff(old: Config, new: Config) -> ConfigDiff:
    instances = _instances(old, new)
    return ConfigDiff(
        instances=instances,
        moved=_moved(instances, old),
        scripts=_by_name(old.vrrp_scripts, new.vrrp_scripts),
        files=_by_name(old.track_files, new.track_files),
        processes=_by_name(old.track_processes, new.track_processes),
        groups=_by_name(old.sync_groups, new.sync_groups),
        global_defs=changed_fields(old.global_defs, new.global_defs),
        process=changed_fields(old.process, new.process),
        others=changed_fields(old, new) - _DETAILED,
    )


_DETAILED: Final = frozenset(
    {"vrrp_instances", "vrrp_scripts", "track_files", "track_processes", "sync_groups", "global_defs", "process"}
)

_Compared = TypeVar(
    "_Compared", Config, GlobalDefs, ProcessSettings, VrrpInstance, VrrpScript, TrackFile, TrackProcess, SyncGroup
)


def changed_fields(old: _Compared, new: _Compared) -> frozenset[str]:
    """The names of the fields of a part of the model that differ; places in files do not count."""
    names = (item.name for item in fields(old) if item.name not in _NOT_COMPARED)
    return frozenset(name for name in names if getattr(old, name) != getattr(new, name))


def identity(instance: VrrpInstance, defaults: GlobalDefs) -> Identity:
    target = instance.unicast_src_ip or instance.mcast_src_ip
    if not instance.unicast:
        if instance.family is Family.IPV4:
            target = instance.mcast_dst_ip or defaults.vrrp_mcast_group4 or _GROUP_4
        else:
            target = instance.mcast_dst_ip or defaults.vrrp_mcast_group6 or _GROUP_6
    return Identity(
        vrid=instance.virtual_router_id,
        family=instance.family,
        interface=instance.interface,
        unicast=instance.unicast,
        target=target,
        vmac=instance.use_vmac is not None,
    )


def _instances(old: Config, new: Config) -> Delta[VrrpInstance]:
    before = {identity(item, old.global_defs): item for item in old.vrrp_instances}
    after = {identity(item, new.global_defs): item for item in new.vrrp_instances}
    return _delta(before, after, changed_fields)


def _by_name(old: Sequence[_Compared], new: Sequence[_Compared]) -> Delta[_Compared]:
    return _delta({_name(item): item for item in old}, {_name(item): item for item in new}, changed_fields)


def _name(item: object) -> str:
    return str(getattr(item, "name", ""))


def _delta(before: Mapping[K, T], after: Mapping[K, T], compare: Callable[[T, T], frozenset[str]]) -> Delta[T]:
    both = [Change(before[key], item, compare(before[key], item)) for key, item in after.items() if key in before]
    return Delta(
        added=tuple(item for key, item in after.items() if key not in before),
        removed=tuple(item for key, item in before.items() if key not in after),
        changed=tuple(change for change in both if change.fields),
        unchanged=tuple(change for change in both if not change.fields),
    )


def _moved(instances: Delta[VrrpInstance], old: Config) -> tuple[MovedAddress, ...]:
    """An address that several instances have has moved only to one that did not have it."""
    former = {id(change.new): change.old for change in (*instances.changed, *instances.unchanged)}
    homes = {vip.address: item.name for item in old.vrrp_instances for vip in _vips(item)}
    had = {key: {vip.address for vip in _vips(item)} for key, item in former.items()}
    return tuple(
        MovedAddress(vip.address, homes[vip.address], item.name)
        for item in (*(change.new for change in (*instances.changed, *instances.unchanged)), *instances.added)
        for vip in _vips(item)
        if vip.address in homes and vip.address not in had.get(id(item), set())
    )


def _vips(instance: VrrpInstance) -> Iterable[VirtualAddress]:
    return instance.virtual_ipaddress + instance.virtual_ipaddress_excluded
