"""Configured addresses as the kernel knows them."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from vrrpd.config.model import VirtualAddress
from vrrpd.linux import rtnl
from vrrpd.linux.addresses import Vip
from vrrpd.linux.interfaces import InterfaceAddress
from vrrpd.units import Address

Key: TypeAlias = tuple[Address, int, Address | None]
"""What makes an address of an interface the same one: itself, its prefix and its peer."""
Standing: TypeAlias = Mapping[Key, InterfaceAddress]


def kernel_form(vip: VirtualAddress, index: int) -> Vip:
    """As it is put on the interface with this index."""
    return Vip(
        vip.address,
        vip.prefix,
        index,
        label=vip.label,
        scope=vip.scope,
        broadcast=vip.broadcast,
        peer=_far_end(vip),
        flags=_flags(vip),
        dad=vip.dad,
        preferred=vip.preferred_lft,
    )


def key_of(vip: VirtualAddress) -> Key:
    return vip.address, vip.prefix, _far_end(vip)


def standing(entries: Iterable[InterfaceAddress]) -> Standing:
    """The addresses of an interface by what makes them the same."""
    return {(item.address, item.prefix, item.peer): item for item in entries}


def find(vip: VirtualAddress, entries: Iterable[InterfaceAddress]) -> InterfaceAddress | None:
    """The address as it stands among those of its interface, in whatever condition."""
    return standing(entries).get(key_of(vip))


def _far_end(vip: VirtualAddress) -> Address | None:
    return None if vip.peer == vip.address else vip.peer


def _flags(vip: VirtualAddress) -> int:
    flags = {
        rtnl.IFA_F_HOMEADDRESS: vip.home,
        rtnl.IFA_F_MANAGETEMPADDR: vip.mngtmpaddr,
        rtnl.IFA_F_NOPREFIXROUTE: vip.noprefixroute,
        rtnl.IFA_F_MCAUTOJOIN: vip.autojoin,
    }
    return sum(flag for flag, wanted in flags.items() if wanted)
