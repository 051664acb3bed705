"""Which instance of a new configuration is which of the old one, and what differs: no name decides (keepalived)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TypeAlias

from vrrpd.config.diff import Identity, identity
from vrrpd.config.model import Config, GlobalDefs, NotifyScripts, VirtualAddress, VrrpInstance
from vrrpd.core.effects import State
from vrrpd.daemon.plan import InstancePlan
from vrrpd.units import Address

Place: TypeAlias = tuple[Address, int, str]
"""An address as it stands somewhere: with its prefix, on the interface of this name."""

_SECRET = frozenset({"authentication", "auth_hmac"})
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
        return frozenset(new.name for old, new in self.kept if old != new and _operative(old) != _operative(new))

    @cached_property
    def former(self) -> Mapping[str, str]:
        """New name to old name."""
        return {new.name: old.name for old, new in self.kept}

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """Old name to new name, where they differ."""
        return {old.name: new.name for old, new in self.kept if old.name != new.name}


Known: TypeAlias = Sequence[tuple[Identity, InstancePlan]]
"""Instances with what makes them the same or another one."""


def known(plans: Iterable[InstancePlan], defaults: GlobalDefs) -> Known:
    return [(identity(plan.config, defaults), plan) for plan in plans]


def compare(old: Known, new: Known) -> Changes:
    before, after = dict(old), dict(new)
    return Changes(
        kept=tuple((before[key], plan) for key, plan in new if key in before),
        removed=tuple(plan for key, plan in old if key not in after),
        added=tuple(plan for key, plan in new if key not in before),
    )


def _operative(plan: InstancePlan) -> InstancePlan:
    return replace(plan, config=replace(plan.config, **_OTHERS_BUSINESS))  # type: ignore[arg-type]  # names of fields


# --- addresses ------------------------------------------------------------------------------------------------------


def places(plan: InstancePlan) -> frozenset[Place]:
    return frozenset((vip.address, vip.prefix, plan.device_of(vip)) for vip in plan.vips)


def inherited(changes: Changes, states: Mapping[str, State]) -> dict[str, frozenset[Address]]:
    """Old name of each instance to its addresses that another one, MASTER now, has from now on in the same place.

    These stay where they are, so that nobody misses them for a moment.
    """
    going_on = {new.name: places(new) for old, new in changes.kept if states[old.name] is State.MASTER}
    given_up = {plan.name: places(plan) for plan in changes.removed}
    given_up |= {old.name: places(old) - places(new) for old, new in changes.kept if new.name in changes.changed}
    wanted = frozenset[Place]().union(*going_on.values())
    return {
        name: frozenset(address for address, _, _ in given & wanted)
        for name, given in given_up.items()
        if states[name] is State.MASTER and not given.isdisjoint(wanted)
    }


# --- for people -----------------------------------------------------------------------------------------------------


def describe(changes: Changes, old: Config, new: Config) -> tuple[str, ...]:
    """One line for each thing that a reload changes; none when nothing does."""
    lines = [f"{plan.name} is removed: {_where(plan)}" for plan in changes.removed]
    lines += (f"{plan.name} is new: {_where(plan)}" for plan in changes.added)
    for before, after in changes.kept:
        lines += _differences(before.config, after.config)
    lines += _named("script", old.vrrp_scripts, new.vrrp_scripts)
    lines += _named("track_file", old.track_files, new.track_files)
    lines += _named("track_process", old.track_processes, new.track_processes)
    lines += _named("sync group", old.sync_groups, new.sync_groups)
    lines += _fields("global_defs", old.global_defs, new.global_defs)
    lines += (f"{line} (takes effect at a restart)" for line in _fields("daemon", old.process, new.process))
    return tuple(lines)


def _where(plan: InstancePlan) -> str:
    return f"virtual router {plan.config.virtual_router_id} on {plan.interface}, priority {plan.config.priority}"


def _differences(old: VrrpInstance, new: VrrpInstance) -> Iterator[str]:
    if old == new:
        return
    if old.name != new.name:
        yield f"{old.name} is named {new.name}"
    yield from _fields(new.name, replace(old, name=new.name), new)


def _named(kind: str, old: Iterable[object], new: Iterable[object]) -> Iterator[str]:
    before = {str(getattr(item, "name", "")): item for item in old}
    after = {str(getattr(item, "name", "")): item for item in new}
    yield from (f"{kind} {name} is removed" for name in before.keys() - after.keys())
    for name, item in after.items():
        if name not in before:
            yield f"{kind} {name} is new"
        else:
            yield from _fields(f"{kind} {name}", before[name], item)


def _fields(subject: str, old: object, new: object) -> Iterator[str]:
    for field in fields(new):  # type: ignore[arg-type]  # every part of the model is a dataclass
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.compare and before != after:
            yield f"{subject} {field.name} {_change(field.name, before, after)}"


def _change(name: str, old: object, new: object) -> str:
    if name in _SECRET:
        return "differs"
    if isinstance(old, tuple) and isinstance(new, tuple):
        gone = [f"-{_text(item)}" for item in old if item not in new]
        come = [f"+{_text(item)}" for item in new if item not in old]
        return " ".join((*gone, *come)) or "stands in another order"
    return f"{_text(old)} -> {_text(new)}"


def _text(value: object) -> str:
    if isinstance(value, VirtualAddress):
        return f"{value.address}/{value.prefix}" + (f" dev {value.device}" if value.device else "")
    if value is None:
        return "none"
    name = getattr(value, "name", None)
    return str(name) if isinstance(name, str) and not isinstance(value, Collection) else str(value)
