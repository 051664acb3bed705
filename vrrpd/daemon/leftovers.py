"""Addresses that a predecessor left behind when it was killed."""

import logging
from collections.abc import Iterable

from vrrpd.config.model import VirtualAddress
from vrrpd.daemon.kernel_form import kernel_form, key_of, standing
from vrrpd.daemon.plan import InstancePlan
from vrrpd.linux.addresses import AddressBatch
from vrrpd.linux.interfaces import InterfaceWatch
from vrrpd.linux.netlink import Netlink

log = logging.getLogger("vrrpd.leftovers")


def remove_leftovers(plans: Iterable[InstancePlan], watch: InterfaceWatch, netlink: Netlink) -> None:
    """Remove every virtual address that is on its interface already.

    On other interfaces it may have a purpose of its own (on lo, for a server behind a load balancer): there it is only
    named. An owner keeps the address of which its interface lives.
    """
    there = {link.name: standing(watch.addresses(link.index)) for link in watch.links}
    for plan in plans:
        for vip in plan.vips:
            for name, addresses in there.items():
                if key_of(vip) in addresses:
                    _found(plan, vip, name, watch, netlink)


def _found(plan: InstancePlan, vip: VirtualAddress, name: str, watch: InterfaceWatch, netlink: Netlink) -> None:
    link = watch.link(name)
    if link is None:
        return
    if name != plan.device_of(vip):
        log.warning("%s found %s/%d on %s and left it there", plan.name, vip.address, vip.prefix, name)
        return
    if plan.parameters.is_owner and watch.primary_address(link.index, plan.family, {vip.address}) is None:
        return
    batch = AddressBatch([kernel_form(vip, link.index)])
    failures = batch.remove(netlink)
    if failures:
        log.error("%s could not remove a leftover from %s: %s", plan.name, name, failures[0].describe())
    else:
        log.warning("%s removed %s/%d, left over on %s", plan.name, vip.address, vip.prefix, name)
