"""What the keywords of a configuration say about each other; shared by every language of configuration."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Final

from vrrpd.config.advice import weight_advice
from vrrpd.config.assemble import NO_DOUBTS, Doubts
from vrrpd.config.diagnostics import Diagnostic, Location, Report
from vrrpd.config.model import Authentication, Config, VirtualAddress, VrrpInstance
from vrrpd.config.validate_addresses import check_addresses
from vrrpd.config.validate_groups import check_sync_groups
from vrrpd.config.validate_ties import TRACKS, check_ties, tracked
from vrrpd.config.values import is_link_local
from vrrpd.records import dataclass
from vrrpd.units import OWNER, Address, Family, Seconds, family_of

PASSWORD_BYTES: Final = 8
ADDRESS_LIMIT: Final = 255
"""The number of addresses that an advertisement can count (RFC 3768 section 5.3.5, RFC 9568 section 5.2.5)."""

_MOST_CENTISECONDS: Final = 4095
_MTU: Final = 1500
_HEADERS: Final = {Family.IPV4: 20 + 8 + 8, Family.IPV6: 40 + 8}
_ADDRESS_BYTES: Final = {Family.IPV4: 4, Family.IPV6: 16}


def validate(config: Config, doubts: Doubts = NO_DOUBTS) -> tuple[Diagnostic, ...]:
    """Everything to be said about a configuration as a whole, in the order of the file.

    ``doubts`` names values that could not be read; nothing is concluded from them.
    """
    report = Report()
    for instance in config.vrrp_instances:
        subject = Subject(instance, doubts, report)
        for check in _INSTANCE_CHECKS:
            check(subject)
    _same_router(config, doubts, report)
    _shared_addresses(config, report)
    _scripts(config, doubts, report)
    check_sync_groups(config, report)
    check_ties(config, doubts, report)
    check_addresses(config, report)
    return report.diagnostics


@dataclass(frozen=True, slots=True)
class Subject:
    """An instance under examination."""

    instance: VrrpInstance
    doubts: Doubts
    report: Report

    def sure(self, *keywords: str) -> bool:
        """Whether all these keywords could be read."""
        return not any(("vrrp_instance", self.instance.name, keyword) in self.doubts for keyword in keywords)

    def at(self, keyword: str) -> Location:
        """Where it is written; the list or table it belongs to, or the block, where it is not."""
        origins = self.instance.origins
        return origins.get(keyword) or origins.get(keyword.partition(".")[0]) or block_location(self.instance)


def block_location(instance: VrrpInstance) -> Location:
    return instance.origins.get("", Location("configuration"))


# -- one instance ----------------------------------------------------------------------------------------------------


def _version(subject: Subject) -> None:
    instance = subject.instance
    if instance.version == 2 and instance.family is Family.IPV6 and subject.sure("version", "virtual_ipaddress"):
        subject.report.error(
            subject.at("version"),
            "version-family",
            "there is no VRRPv2 for IPv6",
            expected="version 3 with IPv6 addresses (RFC 9568)",
            write="version = 3",
        )


def _advert_int(subject: Subject) -> None:
    instance = subject.instance
    if not subject.sure("advert_int", "version", "virtual_ipaddress"):
        return
    if instance.version == 2:
        _whole_seconds(subject, instance.advert_int)
    else:
        _centiseconds(subject, instance.advert_int)


def _whole_seconds(subject: Subject, length: Seconds) -> None:
    if float(length).is_integer():
        return
    subject.report.error(
        subject.at("advert_int"),
        "advert-int",
        f"VRRPv2 carries whole seconds: {length:g} s cannot be sent",
        expected="1, 2, ... 255 with version 2; 0.01 to 40.95 with version 3",
        write=f"version = 3, or advert_int = {max(1, round(length))}",
    )


def _centiseconds(subject: Subject, length: Seconds) -> None:
    hundredths = length * 100
    if hundredths > _MOST_CENTISECONDS + 1e-6:
        message = f"VRRPv3 carries at most 40.95 s: {length:g} s cannot be sent"
        write = "advert_int = 40.95"
    elif abs(hundredths - round(hundredths)) > 1e-6:
        below, above = int(hundredths) / 100, (int(hundredths) + 1) / 100
        message = f"VRRPv3 carries hundredths of a second: {length:g} s cannot be sent"
        write = f"advert_int = {below:g}, or advert_int = {above:g}"
    else:
        return
    expected = "0.01 to 40.95 in steps of 0.01"
    subject.report.error(subject.at("advert_int"), "advert-int", message, expected=expected, write=write)


def _authentication(subject: Subject) -> None:
    authentication = subject.instance.authentication
    if authentication is None:
        return
    if subject.instance.version == 3 and subject.sure("version", "virtual_ipaddress"):
        subject.report.error(
            subject.at("authentication"),
            "authentication-version",
            "VRRPv3 has no authentication, and IPv6 addresses mean VRRPv3",
            expected="no authentication (RFC 9568 section 9), or version = 2 with IPv4 addresses",
            write="remove authentication",
        )
    else:
        _password(subject, authentication)


def _password(subject: Subject, authentication: Authentication) -> None:
    at, length = subject.at("authentication.auth_pass"), len(authentication.password.encode(errors="replace"))
    if not length:
        subject.report.error(at, "empty-password", "auth_pass is empty", expected=f"1 to {PASSWORD_BYTES} bytes",
                             write="a password, or no authentication")  # fmt: skip
    elif length > PASSWORD_BYTES:
        subject.report.warning(
            at,
            "long-password",
            f"only the first {PASSWORD_BYTES} of the {length} bytes of auth_pass are used, and they are sent in clear",
            expected=f"{PASSWORD_BYTES} bytes at most (VRRPv2); it works as it is, also with keepalived,"
            f" if the first {PASSWORD_BYTES} are the same on every node",
        )
    else:
        subject.report.note(at, "clear-password", "auth_pass is sent in clear: it keeps mistakes out, not attackers")


def _state(subject: Subject) -> None:
    instance = subject.instance
    if "state" not in instance.origins or not subject.sure("state", "priority", "advert_int", "down_timer_adverts"):
        return
    if instance.state == "MASTER" and instance.priority != OWNER:
        skew = (256 - instance.priority) / 256 * (instance.advert_int if instance.version == 3 else 1)
        wait = instance.down_timer_adverts * instance.advert_int + skew
        subject.report.note(
            subject.at("state"),
            "state-master",
            f"this node starts as BACKUP all the same, and becomes MASTER when it has heard no other for {wait:.1f} s",
        )
    elif instance.state == "BACKUP" and instance.priority == OWNER:
        subject.report.warning(
            subject.at("state"),
            "owner-backup",
            "priority 255 owns the addresses and starts as MASTER, whatever state says",
            write='priority = 254, or state = "MASTER"',
        )


def _owner(subject: Subject) -> None:
    instance = subject.instance
    if not subject.sure("priority"):
        return
    if instance.owner_ignore_adverts and instance.priority != OWNER and "owner_ignore_adverts" in instance.origins:
        subject.report.warning(
            subject.at("owner_ignore_adverts"),
            "no-owner",
            f"owner_ignore_adverts has no effect with priority {instance.priority}",
            expected="it with priority 255 only",
        )
    if instance.timer_expired_backup is not None and not instance.nopreempt:
        subject.report.warning(
            subject.at("timer_expired_backup"),
            "no-nopreempt",
            "timer_expired_backup has no effect without nopreempt",
            write="nopreempt = true",
        )


def _source(subject: Subject) -> None:
    instance, source = subject.instance, subject.instance.mcast_src_ip
    if source is None or not subject.sure("virtual_ipaddress"):
        return
    at = subject.at("mcast_src_ip")
    if family_of(source) is not instance.family:
        subject.report.error(
            at,
            "family-mix",
            f"the source {source} is not of the family of the virtual addresses",
            expected=f"an IPv{instance.family.value} address of this node",
        )
    elif source in {vip.address for vip in _all_addresses(instance)}:
        subject.report.warning(
            at,
            "source-moves",
            f"the source {source} is a virtual address: a BACKUP does not have it, and cannot send with it",
            expected="an address that stays with this node",
        )
    elif source.version == 6 and not is_link_local(source):
        subject.report.warning(
            at,
            "source-not-link-local",
            f"the source {source} is not link-local, as RFC 9568 section 5.1.2.1 demands",
            expected="an fe80:: address of this interface",
        )


def _addresses(subject: Subject) -> None:
    instance, report = subject.instance, subject.report
    vips = instance.virtual_ipaddress
    if subject.sure("virtual_ipaddress"):
        _some_address(subject)
    for index, vip in enumerate(vips):
        if family_of(vip.address) is not instance.family:
            report.error(
                subject.at(f"virtual_ipaddress.{index}"),
                "family-mix",
                f"{vip.address} is not of the family of {vips[0].address}; an instance has one",
                expected=f"IPv{instance.family.value} addresses here",
                write="virtual_ipaddress_excluded = [...], or an instance of its own",
            )
    _room(subject)
    _repeated_addresses(subject)
    for keyword, index, vip in _placed_addresses(instance):
        _network(subject, vip, subject.at(f"{keyword}.{index}"))
    if vips and vips[0].address.version == 6 and not (instance.strict_mode or is_link_local(vips[0].address)):
        report.note(
            subject.at("virtual_ipaddress.0"),
            "first-not-link-local",
            "the first IPv6 address should be link-local (RFC 9568 section 5.2.9); hosts use it as their router",
        )


def _some_address(subject: Subject) -> None:
    instance = subject.instance
    if instance.virtual_ipaddress:
        return
    if instance.version == 3 and subject.sure("version"):
        subject.report.error(
            subject.at("virtual_ipaddress"),
            "no-address",
            f"{instance.name} has no virtual_ipaddress; VRRPv3 needs one",
            expected="at least one address",
            write='virtual_ipaddress = ["192.168.1.100"]',
        )
    elif not instance.virtual_ipaddress_excluded:
        subject.report.warning(
            subject.at("virtual_ipaddress"),
            "no-address",
            f"{instance.name} has no virtual_ipaddress: only its notify scripts will tell who is master",
            write='virtual_ipaddress = ["192.168.1.100"]',
        )


def _room(subject: Subject) -> None:
    instance = subject.instance
    count, family = len(instance.virtual_ipaddress), instance.family
    fitting = (_MTU - _HEADERS[family]) // _ADDRESS_BYTES[family]
    expected_text = f"at most {ADDRESS_LIMIT} in virtual_ipaddress, the others in virtual_ipaddress_excluded"
    if count > ADDRESS_LIMIT:
        subject.report.error(
            subject.at("virtual_ipaddress"),
            "too-many-addresses",
            f"an advertisement counts at most {ADDRESS_LIMIT} addresses; these are {count}",
            expected=expected_text,
        )
    elif count > fitting:
        subject.report.warning(
            subject.at("virtual_ipaddress"),
            "too-many-addresses",
            f"{count} addresses need an MTU of {_HEADERS[family] + count * _ADDRESS_BYTES[family]};"
            f" {fitting} fit into {_MTU}",
            expected=f"at most {fitting} in virtual_ipaddress, the others in virtual_ipaddress_excluded",
        )


def _repeated_addresses(subject: Subject) -> None:
    seen: dict[tuple[Address, str], Location] = {}
    for keyword, index, vip in _placed_addresses(subject.instance):
        at = subject.at(f"{keyword}.{index}")
        first = seen.setdefault((vip.address, vip.device or subject.instance.interface), at)
        if first is not at:
            subject.report.error(
                at, "repeated-address", f"{vip.address} stands here a second time; the first is in line {first.line}"
            )


def _network(subject: Subject, vip: VirtualAddress, at: Location) -> None:
    """Addresses and labels that Linux takes but nobody means."""
    host_bits = vip.address.max_prefixlen - vip.prefix
    mask = (1 << host_bits) - 1
    rest = int(vip.address) & mask
    if vip.address.version == 4 and vip.peer is None and host_bits >= 2 and rest in {0, mask}:
        which = "network" if rest == 0 else "broadcast"
        subject.report.warning(
            at,
            "not-a-host",
            f"{vip.address} is the {which} address of its /{vip.prefix}",
            expected="the address of a host",
        )
    device = vip.device or subject.instance.interface
    if vip.label is not None and device and not (vip.label == device or vip.label.startswith(f"{device}:")):
        subject.report.warning(
            at,
            "label",
            f"the label {vip.label} does not begin with the name of its interface, {device}",
            expected="tools such as ifconfig need that",
            write=f"label {device}:1",
        )


def _tracks(subject: Subject) -> None:
    instance = subject.instance
    for keyword in TRACKS:
        seen: set[str] = set()
        for index, track in enumerate(getattr(instance, keyword)):
            if track.name in seen:
                subject.report.error(
                    subject.at(f"{keyword}.{index}"), "repeated-track", f"{track.name} stands here a second time"
                )
            seen.add(track.name)
    for index, track in enumerate(instance.track_interface):
        if track.name == instance.interface:
            subject.report.error(
                subject.at(f"track_interface.{index}"),
                "own-interface",
                f"{track.name} is the instance's own interface; it is watched anyway",
                expected="other interfaces",
                write="remove it; see also dont_track_primary",
            )


def _weights(subject: Subject) -> None:
    if subject.sure("priority", "state", "track_script", "track_interface", "nopreempt", "preempt"):
        weight_advice(subject.instance, subject.at, subject.report)


_INSTANCE_CHECKS: Final[Sequence[Callable[[Subject], None]]] = (
    _version,
    _advert_int,
    _authentication,
    _state,
    _owner,
    _source,
    _addresses,
    _tracks,
    _weights,
)


def _placed_addresses(instance: VrrpInstance) -> Iterator[tuple[str, int, VirtualAddress]]:
    """Every address with its keyword and its number under it."""
    return chain(
        (("virtual_ipaddress", index, vip) for index, vip in enumerate(instance.virtual_ipaddress)),
        (("virtual_ipaddress_excluded", index, vip) for index, vip in enumerate(instance.virtual_ipaddress_excluded)),
    )


def _all_addresses(instance: VrrpInstance) -> Iterator[VirtualAddress]:
    return chain(instance.virtual_ipaddress, instance.virtual_ipaddress_excluded)


# -- the whole -------------------------------------------------------------------------------------------------------


def _same_router(config: Config, doubts: Doubts, report: Report) -> None:
    """keepalived: one virtual router for each interface, family and number."""
    seen: dict[tuple[str, Family, int], VrrpInstance] = {}
    for instance in config.vrrp_instances:
        subject = Subject(instance, doubts, report)
        if not subject.sure("interface", "virtual_router_id", "virtual_ipaddress"):
            continue
        place = instance.interface or str(instance.unicast_src_ip)
        key = (place, instance.family, instance.virtual_router_id)
        first = seen.setdefault(key, instance)
        if first is not instance:
            report.error(
                subject.at("virtual_router_id"),
                "repeated-vrid",
                f"virtual_router_id {instance.virtual_router_id} is in use on {place} by {first.name}"
                f" (line {Subject(first, doubts, report).at('virtual_router_id').line})",
                expected=f"another number for each IPv{instance.family.value} instance of an interface",
            )


def _shared_addresses(config: Config, report: Report) -> None:
    seen: dict[Address, tuple[VrrpInstance, str]] = {}
    for instance in config.vrrp_instances:
        for keyword, index, vip in _placed_addresses(instance):
            device = vip.device or instance.interface
            first, first_device = seen.setdefault(vip.address, (instance, device))
            if first is instance or (is_link_local(vip.address) and device != first_device):
                continue
            at = Subject(instance, NO_DOUBTS, report).at(f"{keyword}.{index}")
            text = f"{vip.address} belongs to {first.name} already"
            if device == first_device:
                report.error(at, "shared-address", text, expected="each address in one instance")
            else:
                report.warning(at, "shared-address", f"{text}, there on {first_device}")


def _scripts(config: Config, doubts: Doubts, report: Report) -> None:
    used = set(tracked(config, "track_script"))
    unread = any(kind == "vrrp_instance" and keyword == "track_script" for kind, _, keyword in doubts)
    for script in config.vrrp_scripts:
        block = script.origins.get("", Location("configuration"))
        if script.name not in used and not unread:
            report.warning(
                block,
                "unused-script",
                f"no instance tracks vrrp_script {script.name}: it is not run",
                write=f'track_script = ["{script.name}"] in a vrrp_instance',
            )
        if script.timeout > script.interval and ("vrrp_script", script.name, "interval") not in doubts:
            report.note(
                script.origins.get("timeout", block),
                "long-timeout",
                f"a run may take longer ({script.timeout:g} s) than the interval ({script.interval:g} s):"
                " the next starts when it has ended",
            )
