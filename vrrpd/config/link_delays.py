"""Which links are polled or slowed, and by how much: a slow link must not outlast the other nodes' patience."""

from collections.abc import Iterator, Mapping

from vrrpd.config.diagnostics import Location, Report
from vrrpd.config.model import Config, UpDownDelay, VrrpInstance
from vrrpd.records import dataclass
from vrrpd.units import Seconds


@dataclass(frozen=True, slots=True)
class LinkDelay:
    """Seconds that a link must have been down, or up, before that counts."""

    down: Seconds = Seconds(0.0)
    up: Seconds = Seconds(0.0)


def link_delays(config: Config) -> Mapping[str, LinkDelay]:
    """By interface, within keepalived's limits; those that are polled have none (keepalived)."""
    polled = polled_links(config)
    found = {
        delay.interface: _limited(delay, config)
        for delay in config.interface_up_down_delays
        if delay.interface not in polled
    }
    return {name: delay for name, delay in found.items() if delay != LinkDelay()}


def polled_links(config: Config) -> Mapping[str, str | None]:
    """By interface, the method that was asked for: MII, ETHTOOL, IOCTL, or None."""
    polled: dict[str, str | None] = {}
    for instance in config.vrrp_instances:
        if config.process.linkbeat_use_polling:
            polled |= dict.fromkeys(_interfaces(instance))
        elif instance.linkbeat_use_polling:
            polled[instance.interface] = None
    return polled | {item.name: item.method for item in config.linkbeat_interfaces}


def check_link_delays(config: Config, report: Report) -> None:
    polled = polled_links(config)
    for index, delay in enumerate(config.interface_up_down_delays):
        at = config.static_origins.get(f"interface_up_down_delays.{index}", Location("configuration"))
        if delay.interface in polled:
            report.note(at, "polled-link", f"the link of {delay.interface} is polled: its delays have no effect")
            continue
        limited = _limited(delay, config)
        if (limited.down, limited.up) != (delay.down, delay.up):
            instance = min(_users(delay.interface, config), key=_limit)
            report.warning(
                at, "long-delay",
                f"{instance.name} would be given up before {delay.interface} counts as down:"
                f" the delays are {limited.down:g} and {limited.up:g} s instead",
                expected=f"up to {_limit(instance):g} s" if _limit(instance) else "none with down_timer_adverts 1",
            )  # fmt: skip


def _limited(delay: UpDownDelay, config: Config) -> LinkDelay:
    most = min((_limit(instance) for instance in _users(delay.interface, config)), default=float("inf"))
    return LinkDelay(Seconds(min(delay.down, most)), Seconds(min(delay.up, most)))


def _limit(instance: VrrpInstance) -> float:
    """keepalived's: the other nodes must hear one advertisement in time."""
    if instance.down_timer_adverts == 1:
        return 0.0
    return (instance.down_timer_adverts - 1) * instance.advert_int - instance.advert_int / 256


def _users(interface: str, config: Config) -> list[VrrpInstance]:
    return [instance for instance in config.vrrp_instances if interface in _interfaces(instance)]


def _interfaces(instance: VrrpInstance) -> Iterator[str]:
    yield instance.interface
    yield from (vip.device for vip in instance.virtual_ipaddress + instance.virtual_ipaddress_excluded if vip.device)
    yield from (track.name for track in instance.track_interface)
