"""What the kernel makes of the options of addresses, and static addresses among each other and the virtual ones."""

from collections.abc import Iterator, Mapping

from vrrpd.config.diagnostics import Location, Report
from vrrpd.config.model import Config, VirtualAddress
from vrrpd.units import Address

_LISTS = ("virtual_ipaddress", "virtual_ipaddress_excluded")


def check_addresses(config: Config, report: Report) -> None:
    for vip, at in (*_virtual(config), *_static(config)):
        _kernel(vip, at, report)
    _places(config, report)


def _virtual(config: Config) -> Iterator[tuple[VirtualAddress, Location]]:
    for instance in config.vrrp_instances:
        for keyword in _LISTS:
            for index, vip in enumerate(getattr(instance, keyword)):
                yield vip, _at(instance.origins, keyword, index)


def _static(config: Config) -> Iterator[tuple[VirtualAddress, Location]]:
    for index, vip in enumerate(config.static_ipaddress):
        yield vip, _at(config.static_origins, "static_ipaddress", index)


def _at(origins: Mapping[str, Location], keyword: str, index: int) -> Location:
    return origins.get(f"{keyword}.{index}") or origins.get(keyword) or origins.get("") or Location("configuration")


def _kernel(vip: VirtualAddress, at: Location, report: Report) -> None:
    """What it answers with EINVAL."""
    if vip.autojoin and not vip.address.is_multicast:
        report.warning(
            at, "kernel-refuses", f"{vip.address} is no multicast address: with autojoin the kernel refuses it",
            expected="autojoin at multicast addresses only",
        )  # fmt: skip
    if vip.mngtmpaddr and vip.address.version == 6 and vip.prefix != 64:
        report.warning(
            at, "kernel-refuses", f"{vip.address}/{vip.prefix}: the kernel refuses mngtmpaddr at any prefix but a /64",
            write=f"{vip.address}/64 mngtmpaddr",
        )  # fmt: skip


def _places(config: Config, report: Report) -> None:
    owners: dict[tuple[Address, str], str] = {
        (vip.address, vip.device or instance.interface): f"a virtual address of {instance.name}"
        for instance in config.vrrp_instances
        for keyword in _LISTS
        for vip in getattr(instance, keyword)
    }
    for vip, at in _static(config):
        place = (vip.address, vip.device or config.global_defs.default_interface)
        if place in owners:
            report.warning(at, "repeated-address", f"{vip.address} on {place[1]} is {owners[place]} as well")
        owners[place] = "a static address"
