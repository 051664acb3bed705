"""What the election is told about an instance."""

from vrrpd.config.model import Garp, VrrpInstance
from vrrpd.core.parameters import AnnouncePolicy, Parameters


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
        preempt=not instance.nopreempt,
        preempt_delay=instance.preempt_delay,
        down_timer_adverts=instance.down_timer_adverts,
        announce=announce_policy(instance.garp),
        owner_ignores_adverts=instance.owner_ignore_adverts,
        answer_lower_priority=not instance.lower_prio_no_advert,
        advert_before_yielding=instance.higher_prio_send_advert,
        timer_expired_backup=instance.timer_expired_backup,
        address_loss=instance.address_loss,
    )


def announce_policy(garp: Garp) -> AnnouncePolicy:
    return AnnouncePolicy(
        repeat=garp.master_repeat,
        delay=garp.master_delay,
        refresh=garp.master_refresh,
        refresh_repeat=garp.master_refresh_repeat,
        lower_priority_repeat=garp.lower_prio_repeat,
        lower_priority_delay=garp.lower_prio_delay,
    )
