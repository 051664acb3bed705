"""``keepalived.data``: objects with one blank before them, their attributes with three, lists of them with five."""

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from vrrpd.config.model import GlobalDefs, Track, TrackFile, TrackGroup
from vrrpd.observe.dump_facts import DumpFacts, InterfaceFacts, ProcessFacts, ScriptFacts, SpacingFacts
from vrrpd.observe.dump_instance import instance_lines
from vrrpd.observe.dump_words import address_words, command_words, process_words
from vrrpd.view import SyncGroupView

_POLLED: Final[Mapping[str | None, str]] = {
    "MII": "NIC support MII regs",
    "ETHTOOL": "NIC support ETHTOOL GLINK interface",
    "IOCTL": "NIC ioctl refresh polling",
}


def data_text(facts: DumpFacts) -> str:
    """Sections without objects are left out."""
    sections = {
        "Global definitions": _global_lines(facts.config.global_defs),
        "Gratuitous ARP delays": (line for distance in facts.spacing for line in _distance_lines(distance)),
        "Static Addresses": _static_lines(facts),
        "Static Track groups": (line for group in facts.config.track_groups for line in _track_group_lines(group)),
        "VRRP Topology": (line for item in facts.instances for line in instance_lines(item, facts)),
        "VRRP Sync groups": (line for group in facts.groups for line in _group_lines(group, facts)),
        "VRRP Scripts": (line for script in facts.scripts for line in _script_lines(script, facts)),
        "VRRP Track files": (
            line for file in facts.config.track_files if file.name in facts.files for line in _file_lines(file, facts)
        ),
        "VRRP Track processes": (line for process in facts.processes for line in _process_lines(process, facts)),
        "Interfaces": (line for link in facts.interfaces for line in _interface_lines(link, facts)),
    }
    return "".join(f"{line}\n" for title, lines in sections.items() for line in _section(title, lines))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield f"------< {title} >------"
        yield from found


def _global_lines(defs: GlobalDefs) -> Iterator[str]:
    values: Mapping[str, object] = {
        "Router ID": defs.router_id,
        "Dynamic interfaces": _truth(defs.dynamic_interfaces),
        "Default interface": defs.default_interface,
        "FIFO write vrrp states on reload": _truth(defs.fifo_write_vrrp_states_on_reload),
        "VRRP notify priority changes": _truth(defs.vrrp_notify_priority_changes),
        "VRRP IPv4 mcast group": defs.vrrp_mcast_group4 or "224.0.0.18",
        "VRRP IPv6 mcast group": defs.vrrp_mcast_group6 or "ff02::12",
        "Num adverts before down": defs.vrrp_down_timer_adverts,
        "Gratuitous ARP interval": _interval(defs.vrrp_garp_interval),
        "Gratuitous NA interval": _interval(defs.vrrp_gna_interval),
        "VRRP default protocol version": defs.vrrp_version,
        "VRRP check unicast_src": _truth(defs.vrrp_check_unicast_src),
        "VRRP skip check advert addresses": _truth(defs.vrrp_skip_check_adv_addr),
        "VRRP strict mode": _truth(defs.vrrp_strict),
    }
    yield from (f" {label} = {value}" for label, value in values.items() if value is not None)
    yield f" Script security {'enabled' if defs.enable_script_security else 'disabled'}"


def _interval(seconds: float) -> str | None:
    return f"{seconds:.6f}" if seconds else None


def _distance_lines(distance: SpacingFacts) -> Iterator[str]:
    yield f"------< GARP delay group {distance.group} >------"
    for word, seconds, at in (
        ("GARP", distance.garp, distance.garp_next),
        ("GNA", distance.gna, distance.gna_next),
    ):
        if seconds:
            yield f" {word} interval = {seconds:g}"
            yield f" {word} next time {_moment(at)}"
    yield " Interfaces"
    yield from (f"  {name}" for name in distance.interfaces)


def _moment(seconds: float) -> str:
    whole, rest = divmod(round(seconds * 1e6), 1_000_000)
    local = time.localtime(whole)
    date = time.strftime(f"%a %b {local.tm_mday:2d} %H:%M:%S", local)
    return f"{whole}.{rest:06d} ({date}.{rest:06d})"


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _static_lines(facts: DumpFacts) -> Iterator[str]:
    for vip, device, is_set in facts.static_addresses:
        yield f"     {address_words(vip, device, is_set=is_set)}"


def _track_group_lines(group: TrackGroup) -> Iterator[str]:
    yield f" Static Track Group = {group.name}"
    yield "   VRRP member instances :"
    yield from (f"     {name}" for name in group.group)


def _group_lines(group: SyncGroupView, facts: DumpFacts) -> Iterator[str]:
    views = [item.view for item in facts.instances if item.config.name in group.members]
    faults = sum(view.state.value == "FAULT" for view in views)
    waiting = sum(view.state.value == "INIT" for view in views)
    yield f" VRRP Sync Group = {group.name}, {group.state.value}"
    yield f"   Num member fault {faults}, num member init {waiting}"
    yield "   VRRP member instances :"
    yield from (f"     {name}" for name in group.members)
    config = next((item for item in facts.config.sync_groups if item.name == group.name), None)
    if config is not None:
        yield f"   Using smtp notification = {'yes' if config.smtp_alert else 'no'}"


def _script_lines(facts: ScriptFacts, dump: DumpFacts) -> Iterator[str]:
    script = facts.script
    yield f" VRRP Script = {script.name}"
    yield f"   Command = {command_words(script.command)}"
    yield f"   Interval = {script.interval:g} sec"
    yield f"   Timeout = {script.timeout:g} sec"
    yield f"   Weight = {script.weight}{' reverse' if script.reverse else ''}"
    yield f"   Rise = {script.rise}"
    yield f"   Fall = {script.fall}"
    yield f"   Result = {facts.level}"
    yield "   Insecure = no"
    yield f"   Init state = {'failed' if script.init_fail else 'unknown'}"
    yield f"   Status = {'INIT' if facts.status is None else 'GOOD' if facts.status else 'BAD'}"
    yield f"   Script uid:gid = {facts.account}"
    yield "   VRRP instances :"
    yield from _tracking(((item.config.name, item.config.track_script) for item in dump.instances), script.name)
    yield f"   State = {'running' if facts.running else 'idle'}"


def _file_lines(file: TrackFile, facts: DumpFacts) -> Iterator[str]:
    yield f" Track file = {file.name}"
    yield f"   File = {file.file}"
    yield f"   Status = {facts.files[file.name]}"
    yield f"   Weight = {file.weight}{' reverse' if file.reverse else ''}"
    yield from _tracking(((item.config.name, item.config.track_file) for item in facts.instances), file.name)


def _process_lines(facts: ProcessFacts, dump: DumpFacts) -> Iterator[str]:
    config = facts.config
    yield f" VRRP Track process = {config.name}"
    yield f"   Process = {config.process[0]}"
    if config.process[1:]:
        yield f"   Parameters = {process_words(config)}"
    if config.param_match is not None:
        yield f"   Param match = {config.param_match}"
    yield f"   Min processes = {config.quorum}"
    if config.quorum_max is not None:
        yield f"   Max processes = {config.quorum_max}"
    yield f"   Current processes = {facts.count}"
    yield f"   Have quorum = {_truth(facts.status)}"
    yield f"   Weight = {config.weight}{' reverse' if config.reverse else ''}"
    yield f"   Terminate delay = {config.terminate_delay:.6f}s"
    yield f"   Fork delay = {config.fork_delay:.6f}s"
    yield f"   Fork delay timer {'' if facts.forking else 'not '}running"
    yield f"   Terminate delay timer {'' if facts.ending else 'not '}running"
    yield f"   Full command = {_truth(config.full_command)}"
    users = [(item.config.name, item.config.track_process) for item in dump.instances]
    if any(track.name == config.name for _, used in users for track in used):
        yield from _tracking(users, config.name)


def _tracking(tracks: Iterable[tuple[str, tuple[Track, ...]]], name: str) -> Iterator[str]:
    yield "   Tracking instances :"
    for instance, used in tracks:
        for track in used:
            if track.name == name:
                yield f"     {instance}, weight {track.weight}{' reverse' if track.reverse else ''}"


def _distances_on(interface: str, facts: DumpFacts) -> Iterator[str]:
    for distance in facts.spacing:
        if interface in distance.interfaces:
            for word, seconds in (("ARP", distance.garp), ("NA", distance.gna)):
                if seconds:
                    yield f"   Gratuitous {word} interval {int(seconds * 1000)}ms"
            if distance.group:
                yield f"   Gratuitous ARP aggregation group {distance.group}"


def _interface_lines(link: InterfaceFacts, facts: DumpFacts) -> Iterator[str]:
    yield f" Name = {link.name}"
    yield f"   index = {link.index}"
    for version in (4, 6):
        address = next((str(item) for item in link.addresses if item.version == version), "(none)")
        yield f"   IPv{version} address = {address}"
    if len(link.mac) == 6 and any(link.mac):
        yield f"   MAC = {link.mac.hex(':')}"
    yield f"   State = {'UP' if link.up else 'DOWN'}, {'RUNNING' if link.running else 'not RUNNING'}"
    yield f"   Delayed state change running = {_truth(link.link.pending)}"
    yield f"   Up debounce timer = {link.link.up_delay * 1e6:.0f}us"
    yield f"   Down debounce timer = {link.link.down_delay * 1e6:.0f}us"
    yield f"   MTU = {link.mtu}"
    yield f"   {_POLLED.get(link.link.method, 'NIC netlink status update')}"
    yield from _distances_on(link.name, facts)
    users = [item.config.name for item in facts.instances if item.config.interface == link.name]
    if users:
        yield "   Tracking VRRP instances :"
        yield from (f"     {name}, weight 0" for name in users)
