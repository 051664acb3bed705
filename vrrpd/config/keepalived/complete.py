"""Everything that has been read becomes one Config."""

from vrrpd.config.diagnostics import Location
from vrrpd.config.keepalived.complaints import Complaint, Complaints
from vrrpd.config.keepalived.complete_instance import completed
from vrrpd.config.keepalived.complete_scripts import Scripts, renumber, without_missing
from vrrpd.config.keepalived.cursor import Cursor
from vrrpd.config.keepalived.notify import FIELDS, notify_scripts
from vrrpd.config.keepalived.reader import Reader
from vrrpd.config.keepalived.subject import Subject
from vrrpd.config.keepalived.words import Draft, build
from vrrpd.config.model import Config, GlobalDefs, ProcessSettings, SyncGroup, TrackGroup, VrrpInstance
from vrrpd.config.values import shortened
from vrrpd.units import Family


def complete(reader: Reader, cursor: Cursor) -> Config:
    """The whole model; only to be run when nothing was refused."""
    complaints = cursor.complaints
    scripts = Scripts(reader.global_defs, cursor.context, complaints)
    usable = scripts.track_scripts(reader.scripts.values())
    scripts.notify((*reader.instances.values(), *reader.groups.values()))
    scripts.global_scripts(with_vrrp=bool(reader.instances))
    if not _missing_interfaces(reader.global_defs, cursor):
        scripts.conclude()
    scripts.conclude_checkers(reader.lvs.scripts)
    known = frozenset(script.name for script in usable)
    for draft in (*reader.instances.values(), *reader.groups.values()):
        without_missing(draft, known)
    groups = _members(reader, complaints)
    _grouped_weights(reader, groups, complaints)
    _grouped_notices(reader, groups)
    instances = tuple(
        completed(Subject(name, draft, reader.global_defs, complaints)) for name, draft in reader.instances.items()
    )
    _same_router(instances, complaints)
    return Config(
        global_defs=build(GlobalDefs, {**reader.global_defs.values, "origins": reader.global_defs.origins}),
        vrrp_scripts=usable,
        vrrp_instances=instances,
        track_files=tuple(reader.files.values()),
        track_processes=tuple(reader.processes.values()),
        bfd_instances=tuple(reader.bfds.values()),
        sync_groups=tuple(_sync_group(name, draft, reader.global_defs) for name, draft in groups.items()),
        track_groups=_track_groups(reader, complaints),
        static_ipaddress=reader.statics.get("static_ipaddress", tuple, ()),
        static_routes=reader.statics.get("static_routes", tuple, ()),
        static_rules=reader.statics.get("static_rules", tuple, ()),
        garp_groups=tuple(reader.garp_groups),
        linkbeat_interfaces=tuple(reader.linkbeats),
        interface_up_down_delays=tuple(reader.delays),
        process=build(ProcessSettings, {**reader.process.values, "origins": reader.process.origins}),
        static_origins=reader.statics.origins,
    )


def _missing_interfaces(defs: Draft, cursor: Cursor) -> bool:
    """keepalived stops at them, before it looks at scripts; not with dynamic_interfaces."""
    if defs.get("dynamic_interfaces", bool, False):
        return False
    for at, message in cursor.missing_interfaces:
        cursor.complaints.complain(
            Complaint.GENERAL,
            at,
            "no-interface",
            message,
            expected="an interface of this machine, or dynamic_interfaces in global_defs",
        )
    return bool(cursor.missing_interfaces)


# -- groups ----------------------------------------------------------------------------------------------------------


def _members(reader: Reader, complaints: Complaints) -> dict[str, Draft]:
    """The sync groups that have members, each member in one of them."""
    taken: dict[str, str] = {}
    kept: dict[str, Draft] = {}
    for name, draft in reader.groups.items():
        members: list[tuple[object, Location | None]] = []
        for index, member in enumerate(draft.get("group", tuple, ())):
            at = draft.at(f"group.{index}")
            if member not in reader.instances:
                complaints.complain(
                    Complaint.GENERAL,
                    at,
                    "undefined-instance",
                    f"there is no vrrp_instance {shortened(member)}: it is left out of the group",
                )
            elif member in taken:
                complaints.complain(
                    Complaint.GENERAL,
                    at,
                    "two-groups",
                    f"{shortened(member)} is in the group {shortened(taken[member])} already",
                )
            else:
                taken[member] = name
                members.append((member, at))
        renumber(draft, "group", members)
        if not members:
            complaints.complain(Complaint.GENERAL, draft.at(""), "empty-group",
                                f"vrrp_sync_group {shortened(name)} has no members: it is left out",
                                write="group { VI_1 VI_2 }")  # fmt: skip
            continue
        if len(members) == 1:
            complaints.complain(
                Complaint.GENERAL,
                draft.at("group"),
                "single-member",
                f"vrrp_sync_group {shortened(name)} has one member: there is nothing to keep together",
            )
        kept[name] = draft
    return kept


def _grouped_weights(reader: Reader, groups: dict[str, Draft], complaints: Complaints) -> None:
    """Without sync_group_tracking_weight the members' own trackers have no weights (keepalived)."""
    for draft in groups.values():
        if draft.get("sync_group_tracking_weight", bool, False):
            continue
        for member in draft.get("group", tuple, ()):
            _without_weights(reader.instances[member], complaints)


def _without_weights(draft: Draft, complaints: Complaints) -> None:
    for keyword in ("track_interface", "track_script", "track_bfd", "track_file"):
        kept: list[tuple[object, Location | None]] = []
        for index, track in enumerate(draft.get(keyword, tuple, ())):
            at = draft.origins.get(f"{keyword}.{index}")
            if not track.weight:
                kept.append((track, at))
                continue
            becomes_zero = keyword == "track_interface" or (keyword == "track_file" and track.weight == 1)
            what = "its weight becomes 0" if becomes_zero else "it is not tracked"
            complaints.complain(
                Complaint.GENERAL, at or draft.at(keyword), "weight-in-group",
                f"{shortened(track.name)} has a weight, but its instance is in a sync group: {what}",
                expected="weight 0, or sync_group_tracking_weight in the group",
            )  # fmt: skip
            if becomes_zero:
                kept.append((type(track)(track.name, 0, track.reverse), at))
        values = tuple(value for value, _ in kept)
        renumber(draft, keyword, kept)
        if keyword in draft.values:
            draft.values[keyword] = values


def _grouped_notices(reader: Reader, groups: dict[str, Draft]) -> None:
    """Members tell of changes of priority when the group says so and they themselves say nothing (keepalived)."""
    for draft in groups.values():
        wide = draft.find("notify_priority_changes", bool)
        if wide is not None:
            for member in draft.get("group", tuple, ()):
                reader.instances[member].values.setdefault("notify_priority_changes", wide)


def _sync_group(name: str, draft: Draft, defs: Draft) -> SyncGroup:
    values = {key: value for key, value in draft.values.items() if key not in FIELDS and key != "announce_deleted"}
    values.setdefault("smtp_alert", defs.get("smtp_alert_vrrp", bool, defs.get("smtp_alert", bool, False)))
    values.setdefault("notify_priority_changes", defs.get("vrrp_notify_priority_changes", bool, False))
    return build(SyncGroup, {**values, "name": name, "notify": notify_scripts(draft), "origins": draft.origins})


def _track_groups(reader: Reader, complaints: Complaints) -> tuple[TrackGroup, ...]:
    kept = []
    for group in reader.track_groups.values():
        members = tuple(member for member in group.group if member in reader.instances)
        for member in group.group:
            if member not in reader.instances:
                complaints.complain(
                    Complaint.GENERAL,
                    group.origins["group"],
                    "undefined-instance",
                    f"there is no vrrp_instance {shortened(member)}: it is left out of the track_group",
                )
        if members:
            kept.append(TrackGroup(group.name, members, group.origins))
    return tuple(kept)


# -- the whole -------------------------------------------------------------------------------------------------------


def _same_router(instances: tuple[VrrpInstance, ...], complaints: Complaints) -> None:
    seen: dict[tuple[str, Family, int, bool], VrrpInstance] = {}
    for instance in instances:
        key = (instance.interface, instance.family, instance.virtual_router_id, instance.unicast)
        first = seen.setdefault(key, instance)
        if first is not instance and not instance.unicast and "virtual_router_id" in instance.origins:
            complaints.refuse(
                Complaint.GENERAL, instance.origins["virtual_router_id"], "repeated-vrid",
                f"virtual_router_id {instance.virtual_router_id} is in use on {shortened(instance.interface)}"
                f" by {shortened(first.name)}",
                expected=f"another number for each IPv{instance.family.value} instance of an interface",
            )  # fmt: skip
