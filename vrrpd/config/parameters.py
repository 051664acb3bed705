"""What the election is told about an instance."""

from collections.abc import Iterator

from vrrpd.config.model import VrrpInstance
from vrrpd.core.parameters import AnnouncePolicy, Handover, Parameters
from vrrpd.units import Address, Seconds


def parameters_of(instance: VrrpInstance) -> Parameters:
    """The settings of the virtual router that this instance describes."""
    return Parameters(
        vrid=instance.virtual_router_id,
        family=instance.family,
        version=instance.version,
        base_priority=instance.priority,
        advert_interval=instance.advert_int,
        addresses=tuple(vip.address for vip in instance.virtual_ipaddress),
        excluded_addresses=tuple(vip.address for vip in instance.virtual_ipaddress_excluded),
        elsewhere=tuple(_elsewhere(instance)),
        preempt=not instance.nopreempt,
        preempt_delay=instance.preempt_delay,
        down_timer_adverts=instance.down_timer_adverts,
        announce=announce_policy(instance),
        owner_ignores_adverts=instance.owner_ignore_adverts,
        answer_lower_priority=not instance.lower_prio_no_advert,
        advert_before_yielding=instance.higher_prio_send_advert,
        announce_source=instance.unicast,
        timer_expired_backup=instance.timer_expired_backup,
        address_loss=instance.address_loss,
        fast_failover=instance.fast_failover,
        handover=_handover(instance),
    )


def _elsewhere(instance: VrrpInstance) -> Iterator[Address]:
    for vip in (*instance.virtual_ipaddress, *instance.virtual_ipaddress_excluded):
        if vip.device not in {None, instance.interface}:
            yield vip.address


def _handover(instance: VrrpInstance) -> Handover:
    """A successor that asks first whether anybody has its address (dad) must not find it here."""
    examined = any(vip.dad for vip in (*instance.virtual_ipaddress, *instance.virtual_ipaddress_excluded))
    return Handover.BREAK_FIRST if examined else instance.handover


def announce_policy(instance: VrrpInstance) -> AnnouncePolicy:
    garp, extra = instance.garp, instance.garp_extra_if
    return AnnouncePolicy(
        repeat=garp.master_repeat,
        delay=garp.master_delay,
        refresh=garp.master_refresh,
        refresh_repeat=garp.master_refresh_repeat,
        lower_priority_repeat=garp.lower_prio_repeat,
        lower_priority_delay=garp.lower_prio_delay,
        elsewhere=Seconds(extra.interval if extra is not None and extra.everywhere else 0.0),
    )
