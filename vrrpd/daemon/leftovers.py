"""Addresses that a predecessor left behind when it was killed."""

import logging
from collections.abc import Iterable

from vrrpd.config.model import VirtualAddress
from vrrpd.daemon.plan import InstancePlan
from vrrpd.linux.addresses import AddressBatch, Vip
from vrrpd.linux.interfaces import InterfaceWatch, Link
from vrrpd.linux.netlink import Netlink
from vrrpd.units import Address

log = logging.getLogger("vrrpd.leftovers")


def remove_leftovers(plans: Iterable[InstancePlan], watch: InterfaceWatch, netlink: Netlink) -> None:
    """Remove every virtual address that is on its interface already.

    On other interfaces it may have a purpose of its own (on lo, for a server behind a load balancer): there it is only
    named. An owner keeps the address of which its interface lives.
    """
    there = {link.name: _on(link, watch) for link in watch.links}
    for plan in plans:
        for vip in plan.vips:
            for name, addresses in there.items():
                if (vip.address, vip.prefix) in addresses:
                    _found(plan, vip, name, watch, netlink)


def _on(link: Link, watch: InterfaceWatch) -> frozenset[tuple[Address, int]]:
    return frozenset((item.address, item.prefix) for item in watch.addresses(link.index))


def _found(plan: InstancePlan, vip: VirtualAddress, name: str, watch: InterfaceWatch, netlink: Netlink) -> None:
    link = watch.link(name)
    if link is None:
        return
    if name != plan.device_of(vip):
        log.warning("%s found %s/%d on %s and left it there", plan.name, vip.address, vip.prefix, name)
        return
    if plan.parameters.is_owner and watch.primary_address(link.index, plan.family, {vip.address}) is None:
        return
    batch = AddressBatch([Vip(vip.address, vip.prefix, link.index, vip.label, vip.scope, vip.broadcast)])
    failures = batch.remove(netlink)
    if failures:
        log.error("%s could not remove a leftover from %s: %s", plan.name, name, failures[0].describe())
    else:
        log.warning("%s removed %s/%d, left over on %s", plan.name, vip.address, vip.prefix, name)
