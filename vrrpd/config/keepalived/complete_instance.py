"""What the keywords of an instance make together, with keepalived's corrections; each is reported."""

from collections.abc import Callable, Sequence
from typing import Final

from vrrpd.config.diagnostics import Location
from vrrpd.config.keepalived.complaints import Complaint
from vrrpd.config.keepalived.complete_scripts import renumber
from vrrpd.config.keepalived.complete_strict import complete_strict, strict_version
from vrrpd.config.keepalived.notify import FIELDS, notify_scripts
from vrrpd.config.keepalived.subject import Subject
from vrrpd.config.keepalived.words import Draft, build
from vrrpd.config.model import Authentication, Garp, VirtualAddress, VrrpInstance
from vrrpd.config.validate import ADDRESS_LIMIT
from vrrpd.config.values import shortened
from vrrpd.core.parameters import Handover
from vrrpd.units import OWNER, Address, Family, Seconds, Vrid, family_of

_LONGEST_V3: Final = 40.95
_UNICAST_WORDS: Final = ("unicast_peer", "unicast_src_ip", "unicast_ttl", "unicast_fault_no_peer")


def completed(subject: Subject) -> VrrpInstance:
    for step in _STEPS:
        step(subject)
    return _built(subject)


# -- the network -----------------------------------------------------------------------------------------------------


def _identity(subject: Subject) -> None:
    draft = subject.draft
    if draft.find("virtual_router_id", int) is None:
        subject.refuse("", "missing-keyword", "it has no virtual_router_id", expected="a number from 1 to 255",
                       write="virtual_router_id 51")  # fmt: skip
    interface = draft.find("interface", str)
    if interface is None:
        if not (draft.get("unicast_peer", tuple, ()) and "unicast_src_ip" in draft.values):
            subject.refuse(
                "",
                "missing-keyword",
                "it has no interface",
                expected="interface, or unicast_peer with unicast_src_ip",
                write="interface eth0",
            )
        return
    if interface == "lo":
        subject.refuse("interface", "loopback", "lo cannot carry VRRP", expected="an interface to a network")


def _family(subject: Subject) -> None:
    """Addresses of another family than the first are left out."""
    draft, family = subject.draft, subject.family
    kept: list[tuple[object, Location | None]] = []
    for index, vip in enumerate(draft.get("virtual_ipaddress", tuple, ())):
        at = draft.origins.get(f"virtual_ipaddress.{index}")
        if family_of(vip.address) is family:
            kept.append((vip, at))
        else:
            subject.complain(f"virtual_ipaddress.{index}", "family-mix",
                             f"{vip.address} is not of the family of the first address: it is left out",
                             write="virtual_ipaddress_excluded { ... }")  # fmt: skip
    renumber(draft, "virtual_ipaddress", kept)


def _repeated(subject: Subject) -> None:
    seen: set[tuple[Address, str | None]] = set()
    for keyword in ("virtual_ipaddress", "virtual_ipaddress_excluded"):
        kept: list[tuple[object, Location | None]] = []
        for index, vip in enumerate(subject.draft.get(keyword, tuple, ())):
            key = (vip.address, vip.device or subject.draft.find("interface", str))
            if key in seen:
                subject.complain(f"{keyword}.{index}", "repeated-address",
                                 f"{vip.address} stands here a second time: it is left out")  # fmt: skip
            else:
                seen.add(key)
                kept.append((vip, subject.draft.origins.get(f"{keyword}.{index}")))
        renumber(subject.draft, keyword, kept)


def _needless(subject: Subject) -> None:
    draft = subject.draft
    if draft.get("vmac_xmit_base", bool, False) and "use_vmac" not in draft.values:
        subject.complain("vmac_xmit_base", "no-vmac", "vmac_xmit_base has no effect without use_vmac", write="use_vmac")
    if draft.get("native_ipv6", bool, False) and subject.family is Family.IPV4:
        subject.complain("native_ipv6", "family-mix", "native_ipv6 does not go with IPv4 addresses: it is ignored")
        del draft.values["native_ipv6"]


def _enough_addresses(subject: Subject) -> None:
    draft = subject.draft
    vips = draft.get("virtual_ipaddress", tuple, ())
    if not vips and not draft.get("no_virtual_ipaddress", bool, False):
        at = "virtual_ipaddress"
        if subject.version == 3 or subject.strict:
            subject.refuse(at, "no-address", "it has no virtual_ipaddress; VRRPv3 needs one",
                           expected="at least one address", write="virtual_ipaddress { 192.168.1.100 }")  # fmt: skip
        else:
            subject.complain(at, "no-address", "it has no virtual_ipaddress: only its scripts tell who is master",
                             write="virtual_ipaddress { 192.168.1.100 }, or no_virtual_ipaddress")  # fmt: skip
    if len(vips) > ADDRESS_LIMIT:
        subject.complain(
            "virtual_ipaddress",
            "too-many-addresses",
            f"an advertisement counts at most {ADDRESS_LIMIT} addresses: the others become excluded ones",
        )
        excluded: tuple[VirtualAddress, ...] = draft.get("virtual_ipaddress_excluded", tuple, ())
        draft.values["virtual_ipaddress"] = vips[:ADDRESS_LIMIT]
        draft.values["virtual_ipaddress_excluded"] = (*vips[ADDRESS_LIMIT:], *excluded)


def _sources(subject: Subject) -> None:
    for keyword in ("mcast_src_ip", "unicast_src_ip", "mcast_dst_ip"):
        address = subject.draft.values.get(keyword)
        if address is not None and getattr(address, "version", 0) != subject.family.value:
            subject.complain(keyword, "family-mix", f"{keyword} is not of the family of the addresses: it is ignored",
                             expected=f"an IPv{subject.family.value} address")  # fmt: skip
            del subject.draft.values[keyword]


def _unicast(subject: Subject) -> None:
    draft = subject.draft
    kept: list[tuple[object, Location | None]] = []
    for index, peer in enumerate(draft.get("unicast_peer", tuple, ())):
        if family_of(peer.address) is subject.family:
            kept.append((peer, draft.origins.get(f"unicast_peer.{index}")))
        else:
            subject.complain(
                f"unicast_peer.{index}",
                "family-mix",
                f"the peer {peer.address} is not of the family of the addresses: it is left out",
            )
    renumber(draft, "unicast_peer", kept)
    peers = draft.get("unicast_peer", tuple, ())
    if not peers and "unicast_ttl" in draft.values:
        subject.complain("unicast_ttl", "no-peer", "unicast_ttl has no effect without unicast_peer")
        del draft.values["unicast_ttl"]
    word = next((word for word in _UNICAST_WORDS if word in draft.origins), None)
    if not peers and word is not None and not draft.get("unicast_fault_no_peer", bool, False):
        subject.complain(
            word,
            "no-peer",
            "there is no unicast_peer: advertisements go to the multicast group",
            expected="at least one peer",
            write="unicast_peer { ADDRESS }",
            kind=Complaint.DEPRECATED,
        )
    if any(peer.min_ttl is not None or peer.max_ttl is not None for peer in peers):
        draft.values["check_unicast_src"] = True


# -- the election ----------------------------------------------------------------------------------------------------


def _interval(subject: Subject) -> None:
    draft = subject.draft
    length = draft.find("advert_int", float)
    if length is None:
        return
    if subject.version == 2 and not length.is_integer():
        rounded = float(max(1, int(length + 0.5)))
        subject.complain("advert_int", "advert-int", f"VRRPv2 carries whole seconds: {length:g} becomes {rounded:g}",
                         expected="1, 2, ... 255", write=f"version 3, or advert_int {rounded:g}")  # fmt: skip
        draft.values["advert_int"] = rounded
    elif subject.version == 3 and length > _LONGEST_V3:
        subject.complain("advert_int", "advert-int", f"VRRPv3 carries at most 40.95 s: {length:g} becomes 40.95",
                         write="advert_int 40.95")  # fmt: skip
        draft.values["advert_int"] = _LONGEST_V3
    elif subject.version == 3 and abs(length * 100 - round(length * 100)) > 1e-6:
        rounded = round(length * 100) / 100
        subject.complain("advert_int", "advert-int", f"VRRPv3 carries hundredths of seconds: it becomes {rounded:g}")
        draft.values["advert_int"] = max(0.01, rounded)


def _priority(subject: Subject) -> None:
    if subject.draft.find("priority", int) is None and subject.draft.find("state", str) == "MASTER":
        subject.complaints.warn(
            subject.draft.at("state"), "owner-by-default",
            f"vrrp_instance {shortened(subject.name)}: state MASTER without a priority means priority 255:"
            " this node owns the addresses", expected="a priority beside it", write="priority 101",
        )  # fmt: skip


def _preemption(subject: Subject) -> None:
    draft = subject.draft
    if draft.get("nopreempt", bool, False):
        if subject.state == "MASTER" and "state" in draft.values:
            subject.complain("nopreempt", "nopreempt-cleared", "nopreempt does not hold with state MASTER",
                             write="state BACKUP", kind=Complaint.WARNING)  # fmt: skip
            draft.values["nopreempt"] = False
        elif subject.priority == OWNER:
            subject.complain("nopreempt", "nopreempt-cleared", "nopreempt does not hold with priority 255",
                             write="priority 254")  # fmt: skip
            draft.values["nopreempt"] = False
    if not draft.get("preempt_delay", float, 0.0):
        return
    because = "state MASTER" if subject.state == "MASTER" else "strict mode" if subject.strict else ""
    because = because or ("nopreempt" if draft.get("nopreempt", bool, False) else "")
    if because:
        subject.complain("preempt_delay", "preempt-delay-cleared", f"preempt_delay does not hold with {because}")
        del draft.values["preempt_delay"]


def _authentication(subject: Subject) -> None:
    draft = subject.draft
    authentication = draft.find("authentication", Authentication)
    if authentication is not None:
        because = "VRRPv3" if subject.version == 3 else "strict mode" if subject.strict else ""
        if because:
            subject.complain("authentication", "authentication-version", f"there is no authentication with {because}:"
                             " it is ignored", expected="no authentication")  # fmt: skip
            del draft.values["authentication"]
        elif authentication.auth_type == "AH" and subject.state == "MASTER":
            subject.complain("state", "ah-master", "AH does not go with state MASTER: it is BACKUP",
                             write="state BACKUP")  # fmt: skip
            draft.values["state"] = "BACKUP"
    if subject.version == 2 and "auth_hmac" in draft.values:
        subject.complain("auth_hmac", "authentication-version", "auth_hmac needs VRRPv3: it is ignored")
        del draft.values["auth_hmac"]


def _owner(subject: Subject) -> None:
    """Weights change nothing for an owner; and what else only an owner has."""
    draft = subject.draft
    if subject.priority != OWNER:
        if draft.get("owner_ignore_adverts", bool, False):
            subject.complaints.warn(draft.at("owner_ignore_adverts"), "no-owner",
                                    "owner_ignore_adverts has no effect without priority 255")  # fmt: skip
        return
    for keyword in ("track_script", "track_interface", "track_process", "track_bfd"):
        kept: list[tuple[object, Location | None]] = []
        for index, track in enumerate(draft.get(keyword, tuple, ())):
            if track.weight:
                subject.complain(f"{keyword}.{index}", "weight-without-effect",
                                 f"{shortened(track.name)} is not tracked: no weight changes priority 255",
                                 write="priority 254, or weight 0")  # fmt: skip
            else:
                kept.append((track, draft.origins.get(f"{keyword}.{index}")))
        renumber(draft, keyword, kept)


def _tracked_interfaces(subject: Subject) -> None:
    draft = subject.draft
    kept: list[tuple[object, Location | None]] = []
    for index, track in enumerate(draft.get("track_interface", tuple, ())):
        if track.name == draft.find("interface", str):
            subject.complain(f"track_interface.{index}", "own-interface",
                             f"{track.name} is its own interface and watched anyway: the line is ignored",
                             write="remove it; see also dont_track_primary")  # fmt: skip
            continue
        kept.append((track, draft.origins.get(f"track_interface.{index}")))
    renumber(draft, "track_interface", kept)


_STEPS: Final[Sequence[Callable[[Subject], None]]] = (
    _identity,
    strict_version,
    _family,
    _repeated,
    _enough_addresses,
    _needless,
    _sources,
    _unicast,
    _interval,
    _priority,
    _preemption,
    _authentication,
    _owner,
    _tracked_interfaces,
    complete_strict,
)

# -- the model -------------------------------------------------------------------------------------------------------

_INHERITED: Final[Sequence[tuple[str, str, bool | int]]] = (
    # keyword, global keyword, default
    ("down_timer_adverts", "vrrp_down_timer_adverts", 3),
    ("owner_ignore_adverts", "vrrp_owner_ignore_adverts", False),
    ("lower_prio_no_advert", "vrrp_lower_prio_no_advert", False),
    ("higher_prio_send_advert", "vrrp_higher_prio_send_advert", False),
    ("check_unicast_src", "vrrp_check_unicast_src", False),
    ("skip_check_adv_addr", "vrrp_skip_check_adv_addr", False),
    ("strict_mode", "vrrp_strict", False),
    ("v3_checksum_as_v2", "v3_checksum_as_v2", False),
    ("notify_priority_changes", "vrrp_notify_priority_changes", False),
)
_MADE_HERE: Final = frozenset(
    {*FIELDS, "announce_deleted", "garp_master_delay", "garp_master_repeat", "garp_master_refresh"}
    | {"garp_master_refresh_repeat", "garp_lower_prio_delay", "garp_lower_prio_repeat"}
)


def _built(subject: Subject) -> VrrpInstance:
    draft, defs = subject.draft, subject.defs
    values = {name: value for name, value in draft.values.items() if name not in _MADE_HERE}
    for keyword, wide, default in _INHERITED:
        if keyword not in values:
            values[keyword] = defs.values.get(wide, default)
    values.setdefault("smtp_alert", defs.get("smtp_alert_vrrp", bool, defs.get("smtp_alert", bool, False)))
    if "vrrp_garp_extra_if" in defs.values:
        values.setdefault("garp_extra_if", defs.values["vrrp_garp_extra_if"])
    values.setdefault("fast_failover", defs.values.get("fast_failover"))
    values |= {
        "name": subject.name,
        "interface": draft.get("interface", str, ""),
        "virtual_router_id": Vrid(draft.get("virtual_router_id", int, 1)),
        "state": subject.state,
        "priority": subject.priority,
        "version": subject.version,
        "handover": Handover(draft.get("handover", str, defs.get("handover", str, "make_first"))),
        "garp": _garp(draft, defs),
        "notify": notify_scripts(draft),
        "origins": draft.origins,
    }
    return build(VrrpInstance, values)


def _garp(draft: Draft, defs: Draft) -> Garp:
    def seconds(keyword: str, default: float) -> Seconds:
        return Seconds(draft.get(keyword, float, defs.get(f"vrrp_{keyword}", float, default)))

    def number(keyword: str, default: int) -> int:
        return draft.get(keyword, int, defs.get(f"vrrp_{keyword}", int, default))

    delay, repeat = (0.0, 1) if defs.get("vrrp_min_garp", bool, False) else (5.0, 5)
    return Garp(
        master_delay=seconds("garp_master_delay", delay),
        master_repeat=number("garp_master_repeat", repeat),
        master_refresh=seconds("garp_master_refresh", 0.0),
        master_refresh_repeat=number("garp_master_refresh_repeat", 1),
        lower_prio_delay=seconds("garp_lower_prio_delay", defs.get("vrrp_garp_master_delay", float, delay)),
        lower_prio_repeat=number("garp_lower_prio_repeat", defs.get("vrrp_garp_master_repeat", int, repeat)),
    )
