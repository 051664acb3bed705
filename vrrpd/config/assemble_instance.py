"""An instance: its own keywords, what it takes from its group and from ``global_defs``, and what excludes what."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from vrrpd.config.assemble_trackers import (
    KINDS,
    Definitions,
    interface_tracks,
    mail_default,
    notify_scripts,
    tracks_of,
)
from vrrpd.config.block import Block, filled, plain_fields
from vrrpd.config.diagnostics import Report
from vrrpd.config.model import Garp, GlobalDefs, SyncGroup, VirtualAddress, VrrpInstance
from vrrpd.config.strict import STRICT
from vrrpd.config.values import AddressEntry
from vrrpd.core.parameters import AddressLossPolicy, Handover
from vrrpd.records import dataclass
from vrrpd.units import OWNER, Address, Family, Priority, Seconds, Vrid, family_of

T = TypeVar("T")


def inherited(defaults: GlobalDefs, group: SyncGroup | None, *, strict: bool = False) -> Mapping[str, object]:
    """What an instance has that does not say it, by keyword; some of it is other in strict mode."""
    return {
        **_garp_defaults(defaults),
        "garp_form": defaults.vrrp_garp_form,
        "garp_extra_if": defaults.vrrp_garp_extra_if,
        "handover": defaults.handover,
        "down_timer_adverts": defaults.vrrp_down_timer_adverts,
        "lower_prio_no_advert": defaults.vrrp_lower_prio_no_advert,
        "higher_prio_send_advert": defaults.vrrp_higher_prio_send_advert,
        "owner_ignore_adverts": defaults.vrrp_owner_ignore_adverts,
        "check_unicast_src": defaults.vrrp_check_unicast_src,
        "skip_check_adv_addr": defaults.vrrp_skip_check_adv_addr,
        "strict_mode": defaults.vrrp_strict,
        "v3_checksum_as_v2": defaults.v3_checksum_as_v2,
        "fast_failover": defaults.fast_failover or False,
        "smtp_alert": mail_default(defaults),
        "notify_priority_changes": group.notify_priority_changes if group else defaults.vrrp_notify_priority_changes,
        **(STRICT if strict else {}),
    }


def _garp_defaults(defaults: GlobalDefs) -> Mapping[str, float]:
    delay, repeat = (0.0, 1) if defaults.vrrp_min_garp else (5.0, 5)

    def chosen(*values: float | None) -> float:
        return next(value for value in values if value is not None)

    master_delay = chosen(defaults.vrrp_garp_master_delay, delay)
    master_repeat = chosen(defaults.vrrp_garp_master_repeat, repeat)
    return {
        "garp_master_delay": master_delay,
        "garp_master_repeat": master_repeat,
        "garp_master_refresh": chosen(defaults.vrrp_garp_master_refresh, 0.0),
        "garp_master_refresh_repeat": chosen(defaults.vrrp_garp_master_refresh_repeat, 1),
        "garp_lower_prio_delay": chosen(defaults.vrrp_garp_lower_prio_delay, master_delay),
        "garp_lower_prio_repeat": chosen(defaults.vrrp_garp_lower_prio_repeat, master_repeat),
    }


@dataclass(frozen=True, slots=True)
class InstanceAssembler:
    defaults: GlobalDefs
    definitions: Definitions
    groups: Sequence[SyncGroup]
    report: Report

    def instance(self, block: Block) -> VrrpInstance:
        group = next((group for group in self.groups if block.name in group.group), None)
        strict = block.get("strict_mode", bool, self.defaults.vrrp_strict)
        inherits = inherited(self.defaults, group, strict=strict)
        priority = _priority(block, self.report)
        state = block.get("state", str, "MASTER" if priority == OWNER else "BACKUP")
        addresses = _addresses(block, "virtual_ipaddress")
        timer_expired = block.find("timer_expired_backup", int)
        nopreempt = _nopreempt(block, state, priority, self.report)
        values = {
            **{name: value for name, value in inherits.items() if not name.startswith("garp_")},
            "garp_extra_if": block.values.get("garp_extra_if", inherits["garp_extra_if"]),
            **plain_fields(VrrpInstance, block),
            "name": block.name,
            "interface": block.get("interface", str, ""),
            "virtual_router_id": Vrid(block.get("virtual_router_id", int, 1)),
            "state": state,
            "priority": priority,
            "native_ipv6": _native_ipv6(block, addresses, self.report),
            "version": _version(block, self.defaults, addresses),
            "virtual_ipaddress": addresses,
            "virtual_ipaddress_excluded": _addresses(block, "virtual_ipaddress_excluded"),
            "nopreempt": nopreempt,
            "preempt_delay": _preempt_delay(block, state, self.report, nopreempt=nopreempt),
            "track_interface": interface_tracks(block),
            **{keyword: tracks_of(block, keyword, self.definitions, self.report) for keyword in KINDS},
            "garp": _garp(block, inherits),
            "timer_expired_backup": None if timer_expired is None else Priority(timer_expired),
            "address_loss": AddressLossPolicy(block.get("address_loss", str, "restore")),
            "fast_failover": block.values.get("fast_failover", inherits["fast_failover"]) or None,
            "handover": Handover(block.get("handover", str, self.defaults.handover)),
            "accept": _accept(block, self.report),
            "check_unicast_src": _check_unicast_src(block, inherits),
            "notify": notify_scripts(block),
        }
        return filled(VrrpInstance, {**values, "origins": block.all_origins()})


def address_value(block: Block, keyword: str) -> Address | None:
    value = block.values.get(keyword)
    return value if isinstance(value, IPv4Address | IPv6Address) else None


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


def _native_ipv6(block: Block, addresses: Sequence[VirtualAddress], report: Report) -> bool:
    native = block.get("native_ipv6", bool, False)
    if native and addresses and family_of(addresses[0].address) is Family.IPV4:
        text = "native_ipv6 does not go with IPv4 addresses: it is ignored"
        report.warning(block.at("native_ipv6"), "family-mix", text)
        return False
    return native


def _version(block: Block, defaults: GlobalDefs, addresses: Sequence[VirtualAddress]) -> int:
    """keepalived: an instance with IPv6 addresses is version 3 unless it says otherwise itself."""
    own = block.find("version", int)
    if own is not None:
        return own
    native = block.get("native_ipv6", bool, False)
    if family_of(addresses[0].address) is Family.IPV6 if addresses else native:
        return 3
    return defaults.vrrp_version


def _addresses(block: Block, keyword: str) -> tuple[VirtualAddress, ...]:
    found: list[VirtualAddress] = []
    for entry in block.get(keyword, tuple, ()):
        if isinstance(entry, AddressEntry):
            block.origins[f"{keyword}.{len(found)}"] = entry.location
            found.append(entry.value)
    return tuple(found)


def _accept(block: Block, report: Report) -> bool | None:
    accept, no_accept = block.find("accept", bool), block.find("no_accept", bool)
    if accept is not None and accept is no_accept:
        report.error(
            block.at("accept"), "contradiction", "accept and no_accept contradict each other",
            expected="one of the two",
        )  # fmt: skip
    return accept if no_accept is None else not no_accept


def _check_unicast_src(block: Block, inherits: Mapping[str, object]) -> bool:
    """keepalived: limits of the TTL of a peer switch it on."""
    own = block.find("check_unicast_src", bool)
    limited = any(
        peer.value.min_ttl is not None or peer.value.max_ttl is not None
        for peer in block.get("unicast_peer", tuple, ())
    )
    return limited or (bool(inherits["check_unicast_src"]) if own is None else own)


def _garp(block: Block, inherits: Mapping[str, object]) -> Garp:
    def number(keyword: str) -> float:
        value = block.values.get(keyword, inherits[keyword])
        return value if isinstance(value, int | float) else 0

    return Garp(
        master_delay=Seconds(float(number("garp_master_delay"))),
        master_repeat=int(number("garp_master_repeat")),
        master_refresh=Seconds(float(number("garp_master_refresh"))),
        master_refresh_repeat=int(number("garp_master_refresh_repeat")),
        lower_prio_delay=Seconds(float(number("garp_lower_prio_delay"))),
        lower_prio_repeat=int(number("garp_lower_prio_repeat")),
        reply_form=block.values.get("garp_form", inherits["garp_form"]) == "reply",
    )


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
