"""Blocks of typed values become the model.

Here are the defaults that depend on other keywords, keepalived's quirks among them.
"""

from collections.abc import Sequence
from dataclasses import fields

from vrrpd.config.assemble_instance import InstanceAssembler
from vrrpd.config.assemble_trackers import (
    Definitions,
    bfd_instance,
    script,
    sync_group,
    track_file,
    track_group,
    track_process,
)
from vrrpd.config.block import NO_DOUBTS, Block, Doubts, filled, plain_fields
from vrrpd.config.diagnostics import Location, Report
from vrrpd.config.keywords import BLOCKS, Keyword, expected
from vrrpd.config.model import (
    Config,
    GarpGroup,
    GlobalDefs,
    LinkbeatInterface,
    ProcessSettings,
    Route,
    Rule,
    UpDownDelay,
    VirtualAddress,
)
from vrrpd.config.values import AddressEntry, User
from vrrpd.records import dataclass

__all__ = ["NO_DOUBTS", "Assembled", "Block", "Doubts", "assemble"]


@dataclass(frozen=True, slots=True)
class Assembled:
    """As much of the configuration as could be read; only to be run when nothing was reported as an error."""

    config: Config
    doubts: Doubts = NO_DOUBTS


def assemble(blocks: Sequence[Block], report: Report) -> Assembled:
    for block in blocks:
        _require(block, report)
    top = _first(blocks, "") or Block("", "", Location(""))
    defaults = _first(blocks, "global_defs")
    global_defs = _global_defs(defaults) if defaults else GlobalDefs()
    definitions = Definitions(
        scripts={block.name: script(block) for block in blocks if block.kind == "vrrp_script"},
        files={block.name: track_file(block) for block in blocks if block.kind == "track_file"},
        processes={block.name: track_process(block) for block in blocks if block.kind == "vrrp_track_process"},
        bfds={block.name: bfd_instance(block) for block in blocks if block.kind == "bfd_instance"},
    )
    groups = [sync_group(b, global_defs, definitions, report) for b in blocks if b.kind == "vrrp_sync_group"]
    assembler = InstanceAssembler(global_defs, definitions, groups, report)
    config = Config(
        global_defs=global_defs,
        vrrp_scripts=tuple(item for item in definitions.scripts.values() if item),
        vrrp_instances=tuple(assembler.instance(block) for block in blocks if block.kind == "vrrp_instance"),
        track_files=tuple(item for item in definitions.files.values() if item),
        track_processes=tuple(item for item in definitions.processes.values() if item),
        bfd_instances=tuple(item for item in definitions.bfds.values() if item),
        sync_groups=tuple(groups),
        track_groups=tuple(track_group(block) for block in blocks if block.kind == "track_group"),
        static_ipaddress=_static_addresses(top),
        static_routes=top.listed("static_routes", Route),
        static_rules=top.listed("static_rules", Rule),
        garp_groups=top.listed("garp_group", GarpGroup),
        linkbeat_interfaces=top.listed("linkbeat_interfaces", LinkbeatInterface),
        interface_up_down_delays=top.listed("interface_up_down_delays", UpDownDelay),
        process=_process(top),
        static_origins=dict(top.origins),
    )
    return Assembled(config, frozenset((block.kind, block.name, word) for block in blocks for word in block.broken))


def _first(blocks: Sequence[Block], kind: str) -> Block | None:
    return next((block for block in blocks if block.kind == kind), None)


def _require(block: Block, report: Report) -> None:
    for keyword in BLOCKS[block.kind].values():
        if keyword.required and keyword.name not in block.values and keyword.name not in block.broken:
            _missing(block, keyword, report)


def _missing(block: Block, keyword: Keyword, report: Report) -> None:
    if keyword.name == "interface" and "unicast_src_ip" in block.values and "unicast_peer" in block.values:
        return
    block.broken.add(keyword.name)
    report.error(
        block.location,
        "missing-keyword",
        f"{block.kind} {block.name} has no {keyword.name}",
        expected=expected(keyword.shape),
        write=f"{keyword.name} = {keyword.example}",
    )


def _global_defs(block: Block) -> GlobalDefs:
    values = plain_fields(GlobalDefs, block)
    user = values.pop("script_user", None)
    if isinstance(user, User):
        values["script_user"], values["script_group"] = user.name, user.group
    if values.get("dynamic_interfaces") == "allow_if_changes":
        values |= {"dynamic_interfaces": True, "dynamic_interfaces_allow_if_changes": True}
    if "fast_failover" in values:
        values["fast_failover"] = values["fast_failover"] or None
    lengths = {item.name for item in fields(GlobalDefs) if "Seconds" in str(item.type)}
    for name in lengths & values.keys():
        values[name] = float(values[name])
    return filled(GlobalDefs, {**values, "origins": block.all_origins()})


def _process(top: Block) -> ProcessSettings:
    values = plain_fields(ProcessSettings, top)
    return filled(ProcessSettings, {**values, "origins": top.all_origins()})


def _static_addresses(top: Block) -> tuple[VirtualAddress, ...]:
    found: list[VirtualAddress] = []
    for entry in top.get("static_ipaddress", tuple, ()):
        if isinstance(entry, AddressEntry):
            top.origins[f"static_ipaddress.{len(found)}"] = entry.location
            found.append(entry.value)
    return tuple(found)
