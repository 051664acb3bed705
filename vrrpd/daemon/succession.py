"""Which instance of a new configuration is which of the old one, and what differs: no name decides (keepalived)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TypeAlias

from vrrpd.config.model import NotifyScripts
from vrrpd.core.effects import State
from vrrpd.daemon.plan import InstancePlan
from vrrpd.records import dataclass
from vrrpd.units import Address, Family

Place: TypeAlias = tuple[Address, int, str]
"""An address as it stands somewhere: with its prefix, on the interface of this name."""

_OTHERS_BUSINESS = {
    "name": "",
    "state": "",
    "notify": NotifyScripts(),
    "smtp_alert": False,
    "notify_priority_changes": False,
    "track_script": (),
    "track_interface": (),
    "track_file": (),
    "track_process": (),
    "track_bfd": (),
    "debug": 0,
}
"""Fields of an instance that its sockets, addresses and election need not hear of."""


@dataclass(frozen=True)
class Changes:
    """``kept``: old and new plan of instances that go on."""

    kept: tuple[tuple[InstancePlan, InstancePlan], ...]
    removed: tuple[InstancePlan, ...]
    added: tuple[InstancePlan, ...]

    @cached_property
    def changed(self) -> frozenset[str]:
        """The new names of those that go on with other addresses, adverts or election."""
        return frozenset(
            new.name for old, new in self.kept if old is not new and old != new and _operative(old) != _operative(new)
        )

    @cached_property
    def former(self) -> Mapping[str, str]:
        """New name to old name."""
        return {new.name: old.name for old, new in self.kept}

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """Old name to new name, where they differ."""
        return {old.name: new.name for old, new in self.kept if old.name != new.name}


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes an instance the same one (keepalived); ``target`` is its group, or in unicast its source."""

    vrid: int
    family: Family
    interface: str
    unicast: bool
    target: Address | None
    vmac: bool


def identity(plan: InstancePlan) -> Identity:
    return Identity(
        vrid=plan.config.virtual_router_id,
        family=plan.family,
        interface=plan.interface,
        unicast=plan.config.unicast,
        target=plan.source if plan.config.unicast else plan.groups[0],
        vmac=plan.config.use_vmac is not None,
    )


def compare(old: Iterable[InstancePlan], new: Iterable[InstancePlan]) -> Changes:
    """Plans that are the same object in both go on; of hundreds of instances most do."""
    old, new = tuple(old), tuple(new)
    same = {id(plan) for plan in old} & {id(plan) for plan in new}
    before = {identity(plan): plan for plan in old if id(plan) not in same}
    kept, added = [], []
    for plan in new:
        former = plan if id(plan) in same else before.pop(identity(plan), None)
        if former is None:
            added.append(plan)
        else:
            kept.append((former, plan))
    return Changes(tuple(kept), removed=tuple(before.values()), added=tuple(added))


def _operative(plan: InstancePlan) -> InstancePlan:
    return replace(plan, hears_others=False, config=replace(plan.config, **_OTHERS_BUSINESS))  # type: ignore[arg-type]  # names of fields


# --- addresses ------------------------------------------------------------------------------------------------------


def places(plan: InstancePlan) -> frozenset[Place]:
    return frozenset((vip.address, vip.prefix, plan.device_of(vip)) for vip in plan.vips)


def inherited(changes: Changes, states: Mapping[str, State]) -> dict[str, frozenset[Address]]:
    """Old name of each instance to its addresses that another one, MASTER now, has from now on in the same place.

    These stay where they are, so that nobody misses them for a moment.
    """
    given_up = {plan.name: places(plan) for plan in changes.removed}
    given_up |= {old.name: places(old) - places(new) for old, new in changes.kept if new.name in changes.changed}
    if not any(given_up.values()):
        return {}
    going_on = {new.name: places(new) for old, new in changes.kept if states[old.name] is State.MASTER}
    wanted = frozenset[Place]().union(*going_on.values())
    return {
        name: frozenset(address for address, _, _ in given & wanted)
        for name, given in given_up.items()
        if states[name] is State.MASTER and not given.isdisjoint(wanted)
    }
