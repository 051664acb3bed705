"""Addresses and commands as keepalived's dump files write them."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address
from typing import Final

from vrrpd.config.model import FOREVER, Command, TrackProcess, VirtualAddress
from vrrpd.core.effects import State
from vrrpd.observe.dump_facts import InstanceFacts

_SCOPES: Final = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}


def command_words(command: Command) -> str:
    """Each argument in single quotes."""
    return " ".join(f"'{word}'" for word in command.argv)


def process_words(process: TrackProcess) -> str:
    """The parameters of a tracked process."""
    return " ".join(process.process[1:])


def virtual_addresses(facts: InstanceFacts) -> list[str]:
    return list(_described(facts, facts.config.virtual_ipaddress, facts.present))


def excluded_addresses(facts: InstanceFacts) -> list[str]:
    present = facts.present[len(facts.config.virtual_ipaddress) :]
    return list(_described(facts, facts.config.virtual_ipaddress_excluded, present))


def _described(facts: InstanceFacts, vips: Iterable[VirtualAddress], present: Iterable[bool]) -> Iterator[str]:
    leads = facts.view.state is State.MASTER
    for vip, there in zip(vips, present, strict=False):
        yield address_words(vip, facts.config.interface, is_set=leads and there)


def address_words(vip: VirtualAddress, interface: str, *, is_set: bool) -> str:
    """Readers take the third word for the interface, so that the order matters."""
    words = [str(vip.address if vip.peer is not None else _with_prefix(vip))]
    if vip.broadcast is not None:
        words += ("brd", str(vip.broadcast))
    words += ("dev", vip.device or interface)
    if vip.use_vmac:
        words.append("use_vmac")
    words += ("scope", _SCOPES.get(vip.scope, str(vip.scope)))
    if vip.label is not None:
        words += ("label", vip.label)
    if vip.peer is not None:
        words += ("peer", f"{vip.peer}/{vip.prefix}")
    words += _flags(vip)
    if vip.track_group is not None:
        words += ("track_group", vip.track_group)
    if isinstance(vip.address, IPv6Address):
        words += _lifetime(vip)
    return " ".join([*words, "set"] if is_set else words)


def _with_prefix(vip: VirtualAddress) -> str:
    whole = vip.prefix == vip.address.max_prefixlen
    return str(vip.address) if whole else f"{vip.address}/{vip.prefix}"


def _flags(vip: VirtualAddress) -> Iterator[str]:
    names = {
        "home": vip.home,
        "-nodad": vip.dad,
        "mngtmpaddr": vip.mngtmpaddr,
        "noprefixroute": vip.noprefixroute,
        "autojoin": vip.autojoin,
        "no_track": vip.no_track,
    }
    return (name for name, given in names.items() if given)


def _lifetime(vip: VirtualAddress) -> tuple[str, ...]:
    lifetime = vip.preferred_lft
    if lifetime is None:
        lifetime = 0 if vip.prefix == vip.address.max_prefixlen else FOREVER
    if lifetime == 0:
        return ("deprecated",)
    return ("preferred_lft", "forever" if lifetime == FOREVER else str(lifetime))
