"""Blocks of typed values, as any language of configuration yields them, become the model.

Here are the defaults that depend on other keywords, keepalived's quirks among them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import Final, TypeVar

from vrrpd.config.diagnostics import Location, Report
from vrrpd.config.keywords import BLOCKS, Keyword, expected
from vrrpd.config.model import (
    Authentication,
    Command,
    Config,
    Garp,
    GlobalDefs,
    NotifyScripts,
    Track,
    VirtualAddress,
    VrrpInstance,
    VrrpScript,
)
from vrrpd.config.values import AddressEntry, TrackEntry, User, Value, Weight, suggestion
from vrrpd.core.parameters import AddressLossPolicy
from vrrpd.units import OWNER, Address, Family, Priority, Seconds, Vrid, family_of

T = TypeVar("T")

Doubts = frozenset[tuple[str, str, str]]
"""(block, name, keyword) of values that could not be read, so that no further conclusions are drawn from them."""

NO_DOUBTS: Final[Doubts] = frozenset()


@dataclass(slots=True)
class Block:
    """One block of a file: its values and their places, and the keywords whose values could not be read."""

    kind: str
    name: str
    location: Location
    values: dict[str, Value] = field(default_factory=dict)
    origins: dict[str, Location] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def find(self, keyword: str, kind: type[T]) -> T | None:
        value = self.values.get(keyword)
        return value if isinstance(value, kind) else None

    def get(self, keyword: str, kind: type[T], default: T) -> T:
        value = self.values.get(keyword)
        return value if isinstance(value, kind) else default

    def at(self, keyword: str) -> Location:
        return self.origins.get(keyword, self.location)

    def all_origins(self) -> Mapping[str, Location]:
        return {"": self.location, **self.origins}


@dataclass(frozen=True, slots=True)
class Assembled:
    """As much of the configuration as could be read; only to be run when nothing was reported as an error."""

    config: Config
    doubts: Doubts = NO_DOUBTS


def assemble(blocks: Sequence[Block], report: Report) -> Assembled:
    for block in blocks:
        _require(block, report)
    global_block = next((block for block in blocks if block.kind == "global_defs"), None)
    defaults = global_block or Block("global_defs", "", Location(""))
    script_blocks = [block for block in blocks if block.kind == "vrrp_script"]
    scripts = {block.name: _script(block) for block in script_blocks}
    instances = tuple(_instance(block, defaults, scripts, report) for block in blocks if block.kind == "vrrp_instance")
    config = Config(_global_defs(global_block), tuple(script for script in scripts.values() if script), instances)
    return Assembled(config, frozenset((block.kind, block.name, word) for block in blocks for word in block.broken))


def _require(block: Block, report: Report) -> None:
    for keyword in BLOCKS[block.kind].values():
        if keyword.required and keyword.name not in block.values and keyword.name not in block.broken:
            _missing(block, keyword, report)


def _missing(block: Block, keyword: Keyword, report: Report) -> None:
    block.broken.add(keyword.name)
    report.error(
        block.location,
        "missing-keyword",
        f"{block.kind} {block.name} has no {keyword.name}",
        expected=expected(keyword.shape),
        write=f"{keyword.name} = {keyword.example}",
    )


def _global_defs(block: Block | None) -> GlobalDefs:
    if block is None:
        return GlobalDefs()
    user = block.find("script_user", User)
    return GlobalDefs(
        router_id=block.find("router_id", str),
        script_user=user.name if user else None,
        script_group=user.group if user else None,
        vrrp_mcast_group4=_address(block, "vrrp_mcast_group4"),
        vrrp_mcast_group6=_address(block, "vrrp_mcast_group6"),
        vrrp_startup_delay=Seconds(block.get("vrrp_startup_delay", float, 0.0)),
        origins=block.all_origins(),
    )


def _address(block: Block, keyword: str) -> Address | None:
    value = block.values.get(keyword)
    return value if isinstance(value, IPv4Address | IPv6Address) else None


def _script(block: Block) -> VrrpScript | None:
    command = block.find("script", Command)
    if command is None:
        return None
    user = block.find("user", User)
    weight = block.get("weight", Weight, Weight(0))
    interval = block.get("interval", float, 1.0)
    return VrrpScript(
        name=block.name,
        command=Command(command.argv, user.name, user.group) if user else command,
        interval=Seconds(interval),
        timeout=Seconds(block.get("timeout", float, interval)),
        weight=weight.value,
        reverse=bool(weight.reverse) or block.get("reverse", bool, False),
        rise=block.get("rise", int, 1),
        fall=block.get("fall", int, 1),
        init_fail=block.get("init_fail", bool, False),
        origins=block.all_origins(),
    )


def _instance(block: Block, defaults: Block, scripts: Mapping[str, VrrpScript | None], report: Report) -> VrrpInstance:
    priority = _priority(block, report)
    state = block.get("state", str, "MASTER" if priority == OWNER else "BACKUP")
    addresses = _addresses(block, "virtual_ipaddress")
    timer_expired = block.find("timer_expired_backup", int)
    nopreempt = _nopreempt(block, state, priority, report)
    return VrrpInstance(
        name=block.name,
        interface=block.get("interface", str, ""),
        virtual_router_id=Vrid(block.get("virtual_router_id", int, 1)),
        state=state,
        priority=priority,
        advert_int=Seconds(block.get("advert_int", float, 1.0)),
        version=_version(block, defaults, addresses),
        virtual_ipaddress=addresses,
        virtual_ipaddress_excluded=_addresses(block, "virtual_ipaddress_excluded"),
        authentication=block.find("authentication", Authentication),
        mcast_src_ip=_address(block, "mcast_src_ip"),
        nopreempt=nopreempt,
        preempt_delay=_preempt_delay(block, state, report, nopreempt=nopreempt),
        down_timer_adverts=_inherited(block, defaults, "down_timer_adverts", 3),
        dont_track_primary=block.get("dont_track_primary", bool, False),
        track_script=_script_tracks(block, scripts, report),
        track_interface=_interface_tracks(block),
        garp=_garp(block, defaults),
        owner_ignore_adverts=_inherited(block, defaults, "owner_ignore_adverts", False),
        lower_prio_no_advert=_inherited(block, defaults, "lower_prio_no_advert", False),
        higher_prio_send_advert=_inherited(block, defaults, "higher_prio_send_advert", False),
        timer_expired_backup=None if timer_expired is None else Priority(timer_expired),
        address_loss=AddressLossPolicy(block.get("address_loss", str, "restore")),
        notify=_notify(block),
        origins=block.all_origins(),
    )


def _inherited(block: Block, defaults: Block, keyword: str, default: T) -> T:
    """The instance's own value, else that of the global keyword with ``vrrp_`` before it, else the default."""
    return block.get(keyword, type(default), defaults.get(f"vrrp_{keyword}", type(default), default))


def _priority(block: Block, report: Report) -> Priority:
    written = block.find("priority", int)
    if written is not None or "priority" in block.broken or block.find("state", str) != "MASTER":
        return Priority(100 if written is None else written)
    report.warning(
        block.at("state"),
        "owner-by-default",
        'state = "MASTER" without a priority means priority 255: this node owns the addresses, as keepalived has it',
        expected="a priority beside it",
        write="priority = 101",
    )
    return OWNER


def _version(block: Block, defaults: Block, addresses: Sequence[VirtualAddress]) -> int:
    """keepalived: an instance with IPv6 addresses is version 3 unless it says otherwise itself."""
    own = block.find("version", int)
    if own is not None:
        return own
    if addresses and family_of(addresses[0].address) is Family.IPV6:
        return 3
    return defaults.get("vrrp_version", int, 2)


def _addresses(block: Block, keyword: str) -> tuple[VirtualAddress, ...]:
    entries: tuple[object, ...] = block.get(keyword, tuple, ())
    found: list[VirtualAddress] = []
    for entry in entries:
        if isinstance(entry, AddressEntry):
            block.origins[f"{keyword}.{len(found)}"] = entry.location
            found.append(entry.value)
    return tuple(found)


def _nopreempt(block: Block, state: str, priority: Priority, report: Report) -> bool:
    preempt, nopreempt = block.find("preempt", bool), block.find("nopreempt", bool)
    keyword = "preempt" if nopreempt is None else "nopreempt"
    wanted = preempt is False if nopreempt is None else nopreempt
    if preempt is not None and preempt is nopreempt:
        report.error(
            block.at("preempt"),
            "contradiction",
            "preempt and nopreempt contradict each other",
            expected="one of the two",
        )
    if not wanted or not (state == "MASTER" or priority == OWNER):
        return wanted
    because = "with priority 255" if priority == OWNER else 'with state = "MASTER"'
    report.warning(
        block.at(keyword),
        "nopreempt-cleared",
        f"nopreempt does not hold {because}, as keepalived has it: this node takes over from a lower priority",
        expected='nopreempt with state = "BACKUP" and a priority of 254 or less, on every node',
        write="priority = 254" if priority == OWNER else 'state = "BACKUP"',
    )
    return False


def _preempt_delay(block: Block, state: str, report: Report, *, nopreempt: bool) -> Seconds:
    delay = block.get("preempt_delay", float, 0.0)
    if not delay or not (nopreempt or state == "MASTER"):
        return Seconds(delay)
    because = "nopreempt" if nopreempt else 'state = "MASTER"'
    report.warning(
        block.at("preempt_delay"),
        "preempt-delay-cleared",
        f"preempt_delay does not hold with {because}, as keepalived has it",
        expected='preempt_delay with state = "BACKUP" and without nopreempt',
        write="" if nopreempt else 'state = "BACKUP"',
    )
    return Seconds(0.0)


def _script_tracks(block: Block, scripts: Mapping[str, VrrpScript | None], report: Report) -> tuple[Track, ...]:
    found: list[Track] = []
    for entry in _track_entries(block, "track_script"):
        if entry.name not in scripts:
            _undefined(entry, scripts, report)
            continue
        script = scripts[entry.name]
        if script is not None:
            block.origins[f"track_script.{len(found)}"] = entry.location
            weight = script.weight if entry.weight is None else entry.weight
            found.append(Track(entry.name, weight, script.reverse if entry.reverse is None else entry.reverse))
    return tuple(found)


def _undefined(entry: TrackEntry, scripts: Iterable[str], report: Report) -> None:
    near = suggestion(entry.name, scripts)
    report.error(
        entry.location,
        "undefined-script",
        f"there is no vrrp_script {entry.name} in this file",
        expected="the name of a vrrp_script",
        write=near or f'[vrrp_script.{entry.name}] with script = "..."',
    )


def _interface_tracks(block: Block) -> tuple[Track, ...]:
    entries = _track_entries(block, "track_interface")
    block.origins.update((f"track_interface.{index}", entry.location) for index, entry in enumerate(entries))
    return tuple(Track(entry.name, entry.weight or 0, bool(entry.reverse)) for entry in entries)


def _track_entries(block: Block, keyword: str) -> list[TrackEntry]:
    return [entry for entry in block.get(keyword, tuple, ()) if isinstance(entry, TrackEntry)]


def _garp(block: Block, defaults: Block) -> Garp:
    def number(keyword: str, default: int) -> int:
        return _inherited(block, defaults, keyword, default)

    def seconds(keyword: str, default: int) -> Seconds:
        return Seconds(float(number(keyword, default)))

    least = defaults.get("vrrp_min_garp", bool, False)
    delay, repeat = (0, 1) if least else (5, 5)
    return Garp(
        master_delay=seconds("garp_master_delay", delay),
        master_repeat=number("garp_master_repeat", repeat),
        master_refresh=seconds("garp_master_refresh", 0),
        master_refresh_repeat=number("garp_master_refresh_repeat", 1),
        lower_prio_delay=seconds("garp_lower_prio_delay", defaults.get("vrrp_garp_master_delay", int, delay)),
        lower_prio_repeat=number("garp_lower_prio_repeat", defaults.get("vrrp_garp_master_repeat", int, repeat)),
        reply_form=_inherited(block, defaults, "garp_form", "request") == "reply",
    )


def _notify(block: Block) -> NotifyScripts:
    return NotifyScripts(
        master=block.find("notify_master", Command),
        backup=block.find("notify_backup", Command),
        fault=block.find("notify_fault", Command),
        stop=block.find("notify_stop", Command),
        generic=block.find("notify", Command),
    )
