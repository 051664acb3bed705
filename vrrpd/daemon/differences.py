"""What a reload changes, in lines for people: for ``vrrpd reload --plan`` and the log."""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Final

from vrrpd.config.model import Command, Config, Garp, NotifyScripts, Track, VrrpInstance
from vrrpd.config.texts import text_of
from vrrpd.daemon.plan import InstancePlan
from vrrpd.daemon.succession import Changes

_SECRET: Final = frozenset({"authentication", "auth_hmac"})
_NAMED: Final = {
    "vrrp_scripts": "script",
    "track_files": "track_file",
    "track_processes": "track_process",
    "bfd_instances": "bfd_instance",
    "sync_groups": "sync group",
    "track_groups": "track_group",
}
_SPLIT: Final = (NotifyScripts, Garp)
"""Parts of the model that are several keywords with a common beginning."""
_KEYWORDS: Final = {"command": "script", "notify_generic": "notify", "notify_announce_deleted": "notify_deleted"}
"""Fields of the model that are not called as their keywords are."""


def describe(changes: Changes, old: Config, new: Config) -> tuple[str, ...]:
    """One line for each thing that a reload changes; none when nothing does."""
    lines = [f"{plan.name} is removed: {_where(plan)}" for plan in changes.removed]
    lines += (f"{plan.name} is new: {_where(plan)}" for plan in changes.added)
    for before, after in changes.kept:
        lines += _instance(before.config, after.config)
    for field, kind in _NAMED.items():
        lines += _named(kind, getattr(old, field), getattr(new, field))
    lines += _fields("global_defs", old.global_defs, new.global_defs)
    polling = replace(old.process, linkbeat_use_polling=new.process.linkbeat_use_polling)
    lines += _fields("", old.process, polling)
    lines += (f"{line} (takes effect at a restart)" for line in _fields("daemon", polling, new.process))
    told = {*_NAMED, "vrrp_instances", "global_defs", "process"}
    return (*lines, *_fields("", old, replace(new, **{field: getattr(old, field) for field in told})))


def _where(plan: InstancePlan) -> str:
    return f"virtual router {plan.config.virtual_router_id} on {plan.place}, priority {plan.config.priority}"


def _instance(old: VrrpInstance, new: VrrpInstance) -> Iterator[str]:
    if old is new:
        return
    if old.name != new.name:
        yield f"{old.name} is named {new.name}"
    yield from _fields(new.name, replace(old, name=new.name), new)


def _named(kind: str, old: Iterable[object], new: Iterable[object]) -> Iterator[str]:
    before = {str(getattr(item, "name", "")): item for item in old}
    after = {str(getattr(item, "name", "")): item for item in new}
    yield from (f"{kind} {name} is removed" for name in before if name not in after)
    for name, item in after.items():
        if name not in before:
            yield f"{kind} {name} is new"
        else:
            yield from _fields(f"{kind} {name}", before[name], item)


def _fields(subject: str, old: object, new: object, beginning: str = "") -> Iterator[str]:
    if old == new:
        return
    for field in _compared(new):
        before, after = getattr(old, field.name), getattr(new, field.name)
        word = f"{beginning}{field.name}"
        if isinstance(before, _SPLIT):
            yield from _fields(subject, before, after, f"{word}_")
        elif before != after:
            yield f"{subject} {_KEYWORDS.get(word, word)} {_change(word, before, after)}".strip()


def _compared(part: object) -> Iterator[Field[object]]:
    return (field for field in fields(part) if field.compare)  # type: ignore[arg-type]  # the model is dataclasses


def _change(name: str, old: object, new: object) -> str:
    if name in _SECRET:
        return "differs"
    if isinstance(old, tuple) and isinstance(new, tuple):
        gone = [f"-{_text(item)}" for item in old if item not in new]
        come = [f"+{_text(item)}" for item in new if item not in old]
        return ", ".join((*gone, *come)) or "stands in another order"
    return f"{_text(old)} -> {_text(new)}"


def _text(value: object) -> str:
    """As it is written in a configuration, more or less."""
    match value:
        case None:
            return "none"
        case Command(argv, user, group):
            return " ".join(filter(None, (shlex.join(argv), user and f"user {user}", group and f"group {group}")))
        case Track(name, weight, reverse):
            return name + (f" weight {weight}" if weight else "") + (" reverse" if reverse else "")
    text = text_of(value)
    return _plain(value) if is_dataclass(value) and text == str(value) else text


def _plain(value: object) -> str:
    """A part of the model that has no words of its own: what is not as it is by default."""
    return " ".join(
        f"{field.name} {_text(getattr(value, field.name))}"
        for field in _compared(value)
        if field.default is MISSING or getattr(value, field.name) != field.default
    )
