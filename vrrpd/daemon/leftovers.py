"""Addresses that a predecessor left behind when it was killed."""

import logging
from collections.abc import Iterable

from vrrpd.config.model import VirtualAddress
from vrrpd.daemon.plan import InstancePlan
from vrrpd.linux.addresses import AddressBatch, Vip
from vrrpd.linux.interfaces import InterfaceWatch
from vrrpd.linux.netlink import Netlink

log = logging.getLogger("vrrpd.leftovers")


def remove_leftovers(plans: Iterable[InstancePlan], watch: InterfaceWatch, netlink: Netlink) -> None:
    """Remove every virtual address that is on its interface already.

    On other interfaces it may have a purpose of its own (on lo, for a server behind a load balancer): there it is only
    named. An owner keeps the address of which its interface lives.
    """
    for plan in plans:
        for vip in plan.vips:
            _look_everywhere(plan, vip, watch)
            _look_at_home(plan, vip, watch, netlink)


def _look_at_home(plan: InstancePlan, vip: VirtualAddress, watch: InterfaceWatch, netlink: Netlink) -> None:
    link = watch.link(plan.device_of(vip))
    if link is None or not _is_on(vip, link.index, watch):
        return
    if plan.parameters.is_owner and watch.primary_address(link.index, plan.family, {vip.address}) is None:
        return
    batch = AddressBatch([Vip(vip.address, vip.prefix, link.index, vip.label, vip.scope, vip.broadcast)])
    failures = batch.remove(netlink)
    if failures:
        log.error("%s could not remove a leftover from %s: %s", plan.name, link.name, failures[0].describe())
    else:
        log.warning("%s removed %s/%d, left over on %s", plan.name, vip.address, vip.prefix, link.name)


def _look_everywhere(plan: InstancePlan, vip: VirtualAddress, watch: InterfaceWatch) -> None:
    for link in watch.links:
        if link.name != plan.device_of(vip) and _is_on(vip, link.index, watch):
            log.warning("%s found %s/%d on %s and left it there", plan.name, vip.address, vip.prefix, link.name)


def _is_on(vip: VirtualAddress, index: int, watch: InterfaceWatch) -> bool:
    return any((item.address, item.prefix) == (vip.address, vip.prefix) for item in watch.addresses(index))
