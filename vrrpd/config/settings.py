"""A configuration as a list of keywords with their values: what the writers, ``config show`` and checks go by."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from vrrpd.config.assemble_instance import inherited
from vrrpd.config.diagnostics import Location
from vrrpd.config.keywords import BLOCKS, Form, Keyword
from vrrpd.config.model import (
    BfdInstance,
    Config,
    GlobalDefs,
    Origins,
    ProcessSettings,
    SyncGroup,
    TrackFile,
    TrackGroup,
    TrackProcess,
    VrrpInstance,
    VrrpScript,
)
from vrrpd.config.values import InitFile, User, Weight
from vrrpd.records import dataclass
from vrrpd.units import OWNER, Family

Part = (
    GlobalDefs | ProcessSettings | VrrpScript | TrackFile | TrackProcess | BfdInstance | VrrpInstance | SyncGroup
    | TrackGroup
)  # fmt: skip

_NOTIFY: Final = {
    "notify_master": "master",
    "notify_backup": "backup",
    "notify_fault": "fault",
    "notify_stop": "stop",
    "notify": "generic",
    "notify_master_rx_lower_pri": "master_rx_lower_pri",
}
_NOT_SAID: Final = frozenset({"preempt", "no_accept", "delay"})
"""Keywords that say the opposite or the sum of others."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One keyword of a block. ``default``: what it would be if it were not written."""

    keyword: Keyword
    value: object
    default: object
    origin: Location | None

    @property
    def is_default(self) -> bool:
        return self.value == self.default


@dataclass(frozen=True, slots=True)
class Section:
    """One block; ``kind`` "" is what stands outside all blocks."""

    kind: str
    name: str
    settings: tuple[Setting, ...]
    origins: Origins

    @property
    def location(self) -> Location:
        return self.origins.get("", Location("configuration"))

    def at(self, keyword: str) -> Location:
        return self.origins.get(keyword) or self.origins.get(keyword.partition(".")[0]) or self.location


def sections(config: Config, instances: Iterable[VrrpInstance] | None = None) -> Iterator[Section]:
    """Everything, or only some of the instances, in an order in which definitions precede their use."""
    yield _top(config)
    yield _section("global_defs", "", config.global_defs, _global_values(config.global_defs), {})
    for script in config.vrrp_scripts:
        yield _section("vrrp_script", script.name, script, _script_values(script), {"timeout": script.interval})
    for file in config.track_files:
        yield _section("track_file", file.name, file, _file_values(file), {"weight": Weight(1, reverse=False)})
    for process in config.track_processes:
        yield _section(
            "vrrp_track_process", process.name, process, _process_values(process), _process_defaults(process)
        )
    for bfd in config.bfd_instances:
        yield _section("bfd_instance", bfd.name, bfd, _weight_of(bfd), {})
    for instance in config.vrrp_instances if instances is None else instances:
        group = config.group_of(instance.name)
        values, defaults = _instance_values(instance), _instance_defaults(instance, config.global_defs, group)
        yield _section("vrrp_instance", instance.name, instance, values, defaults)
    for sync in config.sync_groups:
        defaults = inherited(config.global_defs, None)
        yield _section("vrrp_sync_group", sync.name, sync, _notify_values(sync), defaults)
    for members in config.track_groups:
        yield _section("track_group", members.name, members, {}, {})


def _section(kind: str, name: str, part: Part, values: Mapping[str, object], defaults: Mapping[str, object]) -> Section:
    """``values`` and ``defaults`` for keywords that are no plain fields of ``part``."""
    found = []
    for word, keyword in BLOCKS[kind].items():
        if word in _NOT_SAID or (word == "reverse" and "weight" in values):
            continue
        value = values[word] if word in values else getattr(part, word)
        default = defaults[word] if word in defaults else _DEFAULTS[kind].get(word)
        found.append(Setting(keyword, value, default, part.origins.get(word)))
    return Section(kind, name, tuple(found), part.origins)


def _top(config: Config) -> Section:
    origins = {**config.static_origins, **config.process.origins}
    found = []
    for word, keyword in BLOCKS[""].items():
        is_list = keyword.shape in _TOP_LISTS
        value = getattr(config, _PLURALS.get(word, word)) if is_list else getattr(config.process, word)
        default = () if is_list else getattr(_PROCESS, word)
        found.append(Setting(keyword, value, default, origins.get(word)))
    return Section("", "", tuple(found), origins)


def _global_values(defs: GlobalDefs) -> Mapping[str, object]:
    user = None if defs.script_user is None else User(defs.script_user, defs.script_group)
    dynamic = "allow_if_changes" if defs.dynamic_interfaces_allow_if_changes else defs.dynamic_interfaces
    return {"script_user": user, "dynamic_interfaces": dynamic}


def _weight_of(part: VrrpScript | TrackFile | TrackProcess | BfdInstance) -> dict[str, object]:
    return {"weight": Weight(part.weight, part.reverse)}


def _script_values(script: VrrpScript) -> Mapping[str, object]:
    user = None if script.command.user is None else User(script.command.user, script.command.group)
    return {**_weight_of(script), "script": script.command.argv, "user": user}


def _file_values(file: TrackFile) -> Mapping[str, object]:
    init = None if file.init_file is None else InitFile(file.init_file, file.overwrite)
    return {**_weight_of(file), "init_file": init}


def _process_values(process: TrackProcess) -> Mapping[str, object]:
    return _weight_of(process)


def _process_defaults(process: TrackProcess) -> Mapping[str, object]:
    match = "exact" if len(process.process) > 1 else None
    return {
        "param_match": match,
        "full_command": process.param_match is not None,
        "quorum": 0 if process.quorum_max == 0 else 1,
    }


def _notify_values(part: VrrpInstance | SyncGroup) -> dict[str, object]:
    values: dict[str, object] = {word: getattr(part.notify, name) for word, name in _NOTIFY.items()}
    values["notify_deleted"] = part.notify.deleted or (part.notify.announce_deleted or None)
    return values


def _instance_values(instance: VrrpInstance) -> Mapping[str, object]:
    garp = instance.garp
    return {
        **_notify_values(instance),
        "garp_master_delay": garp.master_delay,
        "garp_master_repeat": garp.master_repeat,
        "garp_master_refresh": garp.master_refresh,
        "garp_master_refresh_repeat": garp.master_refresh_repeat,
        "garp_lower_prio_delay": garp.lower_prio_delay,
        "garp_lower_prio_repeat": garp.lower_prio_repeat,
        "garp_form": "reply" if garp.reply_form else "request",
        "address_loss": instance.address_loss.value,
        "handover": instance.handover.value,
        "interface": instance.interface or None,
        "fast_failover": instance.fast_failover or False,
    }


def _instance_defaults(instance: VrrpInstance, defs: GlobalDefs, group: SyncGroup | None) -> Mapping[str, object]:
    written_master = instance.state == "MASTER" and instance.priority != OWNER
    limited = any(peer.min_ttl is not None or peer.max_ttl is not None for peer in instance.unicast_peer)
    inherits = inherited(defs, group, strict=instance.strict_mode)
    return {
        **inherits,
        "check_unicast_src": limited or inherits["check_unicast_src"],
        "interface": None,
        "version": 3 if instance.family is Family.IPV6 else defs.vrrp_version,
        "state": "MASTER" if instance.priority == OWNER else "BACKUP",
        "priority": None if written_master or instance.state == "MASTER" else 100,
    }


_TOP_LISTS: Final = frozenset({Form.ADDRESSES, Form.ROUTES, Form.RULES, Form.GARP_GROUPS, Form.LINKBEATS, Form.DELAYS})
_PLURALS: Final = {"garp_group": "garp_groups"}
_PROCESS: Final = ProcessSettings()
_REVERSIBLE: Final = {"weight": Weight(0, reverse=False)}


def _model_defaults(kind: str, model: type[Part]) -> Mapping[str, object]:
    fields = model.__dataclass_fields__
    words = BLOCKS[kind]
    return {name: fields[name].default for name in words if name in fields and name != "notify"}


_DEFAULTS: Final[Mapping[str, Mapping[str, object]]] = {
    "global_defs": _model_defaults("global_defs", GlobalDefs),
    "vrrp_script": {**_model_defaults("vrrp_script", VrrpScript), **_REVERSIBLE},
    "track_file": _model_defaults("track_file", TrackFile),
    "vrrp_track_process": {**_model_defaults("vrrp_track_process", TrackProcess), **_REVERSIBLE},
    "bfd_instance": {**_model_defaults("bfd_instance", BfdInstance), **_REVERSIBLE},
    "vrrp_instance": {**_model_defaults("vrrp_instance", VrrpInstance), "address_loss": "restore"},
    "vrrp_sync_group": _model_defaults("vrrp_sync_group", SyncGroup),
    "track_group": _model_defaults("track_group", TrackGroup),
}
