"""Trackers, sync groups and the references to them."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from vrrpd.config.block import Block, filled, plain_fields
from vrrpd.config.diagnostics import Report
from vrrpd.config.model import (
    BfdInstance,
    Command,
    GlobalDefs,
    NotifyScripts,
    SyncGroup,
    Track,
    TrackFile,
    TrackGroup,
    TrackProcess,
    VrrpScript,
)
from vrrpd.config.values import InitFile, Listed, TrackEntry, User, Weight, suggestion
from vrrpd.records import dataclass
from vrrpd.units import Seconds

Tracked = VrrpScript | TrackFile | TrackProcess | BfdInstance
T = TypeVar("T", bound=Tracked)

KINDS: Final = {
    "track_script": "vrrp_script",
    "track_file": "track_file",
    "track_process": "vrrp_track_process",
    "track_bfd": "bfd_instance",
}
"""What each keyword of references refers to."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """The trackers of a file by their names; None: there is one, but it could not be read."""

    scripts: Mapping[str, VrrpScript | None]
    files: Mapping[str, TrackFile | None]
    processes: Mapping[str, TrackProcess | None]
    bfds: Mapping[str, BfdInstance | None]

    def of(self, keyword: str) -> Mapping[str, Tracked | None]:
        tables: Mapping[str, Mapping[str, Tracked | None]] = {
            "track_script": self.scripts,
            "track_file": self.files,
            "track_process": self.processes,
            "track_bfd": self.bfds,
        }
        return tables[keyword]


def script(block: Block) -> VrrpScript | None:
    command = block.find("script", Command)
    if command is None:
        return None
    user = block.find("user", User)
    weight, reverse = _weight(block, 0)
    interval = block.get("interval", float, 1.0)
    return VrrpScript(
        name=block.name,
        command=Command(command.argv, user.name, user.group) if user else command,
        interval=Seconds(interval),
        timeout=Seconds(block.get("timeout", float, interval)),
        weight=weight,
        reverse=reverse,
        rise=block.get("rise", int, 1),
        fall=block.get("fall", int, 1),
        init_fail=block.get("init_fail", bool, False),
        origins=block.all_origins(),
    )


def _weight(block: Block, default: int) -> tuple[int, bool]:
    weight = block.get("weight", Weight, Weight(default))
    return weight.value, bool(weight.reverse) or block.get("reverse", bool, False)


def track_file(block: Block) -> TrackFile | None:
    path = block.find("file", str)
    if path is None:
        return None
    weight, reverse = _weight(block, 1)
    init = block.find("init_file", InitFile)
    return TrackFile(
        name=block.name,
        file=path,
        weight=weight,
        reverse=reverse,
        init_file=init.value if init else None,
        overwrite=init.overwrite if init else False,
        origins=block.all_origins(),
    )


def track_process(block: Block) -> TrackProcess | None:
    """Parameters, or the wish to compare them, mean the whole command line (keepalived)."""
    process = block.find("process", Listed)
    if process is None or not isinstance(process.value, tuple):
        return None
    weight, reverse = _weight(block, 0)
    quorum_max = block.find("quorum_max", int)
    param_match = block.find("param_match", str) or ("exact" if len(process.value) > 1 else None)
    delay = block.get("delay", float, 0.0)
    return TrackProcess(
        name=block.name,
        process=process.value,
        param_match=param_match,
        weight=weight,
        reverse=reverse,
        quorum=0 if quorum_max == 0 else block.get("quorum", int, 1),
        quorum_max=quorum_max,
        fork_delay=Seconds(block.get("fork_delay", float, delay)),
        terminate_delay=Seconds(block.get("terminate_delay", float, delay)),
        full_command=param_match is not None or block.get("full_command", bool, False),
        origins=block.all_origins(),
    )


def bfd_instance(block: Block) -> BfdInstance | None:
    if "neighbor_ip" not in block.values:
        return None
    weight, reverse = _weight(block, 0)
    values = plain_fields(BfdInstance, block)
    named = {"name": block.name, "weight": weight, "reverse": reverse, "origins": block.all_origins()}
    return filled(BfdInstance, {**values, **named})


def track_group(block: Block) -> TrackGroup:
    return TrackGroup(block.name, block.listed("group", str), block.all_origins())


def sync_group(block: Block, defaults: GlobalDefs, definitions: Definitions, report: Report) -> SyncGroup:
    tracks = {keyword: tracks_of(block, keyword, definitions, report) for keyword in KINDS}
    return SyncGroup(
        name=block.name,
        group=block.listed("group", str),
        track_interface=interface_tracks(block),
        **tracks,
        notify=notify_scripts(block),
        smtp_alert=block.get("smtp_alert", bool, mail_default(defaults)),
        notify_priority_changes=block.get("notify_priority_changes", bool, defaults.vrrp_notify_priority_changes),
        sync_group_tracking_weight=block.get("sync_group_tracking_weight", bool, False),
        global_tracking=block.get("global_tracking", bool, False),
        origins=block.all_origins(),
    )


def mail_default(defaults: GlobalDefs) -> bool:
    wanted = defaults.smtp_alert if defaults.smtp_alert_vrrp is None else defaults.smtp_alert_vrrp
    return bool(wanted)


def notify_scripts(block: Block) -> NotifyScripts:
    return NotifyScripts(
        master=block.find("notify_master", Command),
        backup=block.find("notify_backup", Command),
        fault=block.find("notify_fault", Command),
        stop=block.find("notify_stop", Command),
        generic=block.find("notify", Command),
        deleted=block.find("notify_deleted", Command),
        announce_deleted="notify_deleted" in block.values,
        master_rx_lower_pri=block.find("notify_master_rx_lower_pri", Command),
    )


def tracks_of(block: Block, keyword: str, definitions: Definitions, report: Report) -> tuple[Track, ...]:
    """References under ``keyword``, with the definitions' own weights where none is written."""
    known = definitions.of(keyword)
    found: list[Track] = []
    for entry in track_entries(block, keyword):
        if entry.name not in known:
            _undefined(entry, KINDS[keyword], known, report)
            continue
        definition = known[entry.name]
        if definition is not None:
            block.origins[f"{keyword}.{len(found)}"] = entry.location
            weight = definition.weight if entry.weight is None else entry.weight
            found.append(Track(entry.name, weight, definition.reverse if entry.reverse is None else entry.reverse))
    return tuple(found)


def _undefined(entry: TrackEntry, kind: str, known: Iterable[str], report: Report) -> None:
    near = suggestion(entry.name, known)
    report.error(
        entry.location,
        f"undefined-{kind.rpartition('_')[2]}",
        f"there is no {kind} {entry.name} in this file",
        expected=f"the name of a {kind}",
        write=near or f"[{kind}.{entry.name}] and what belongs to it",
    )


def interface_tracks(block: Block) -> tuple[Track, ...]:
    entries = track_entries(block, "track_interface")
    block.origins.update((f"track_interface.{index}", entry.location) for index, entry in enumerate(entries))
    return tuple(Track(entry.name, entry.weight or 0, bool(entry.reverse)) for entry in entries)


def track_entries(block: Block, keyword: str) -> list[TrackEntry]:
    return [entry for entry in block.get(keyword, tuple, ()) if isinstance(entry, TrackEntry)]
