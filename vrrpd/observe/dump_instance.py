"""One instance as ``keepalived.data`` has it."""

import time
from collections.abc import Iterator

from vrrpd.config.model import Track, VrrpInstance
from vrrpd.core.effects import State
from vrrpd.observe.dump_facts import DumpFacts, InstanceFacts
from vrrpd.observe.dump_words import command_words, excluded_addresses, virtual_addresses
from vrrpd.units import Family


def instance_lines(facts: InstanceFacts, dump: DumpFacts) -> Iterator[str]:
    yield f" VRRP Instance = {facts.config.name}"
    for part in (_state, _network, _protocol, _addresses):
        for line in part(facts, dump):
            yield f"   {line}"
    yield from (f"   {line}" for line in _trackers(facts.config))
    yield from (f"   {line}" for line in _notifications(facts.config, dump))


def _state(facts: InstanceFacts, dump: DumpFacts) -> Iterator[str]:
    config, view = facts.config, facts.view
    yield f"VRRP Version = {config.version}"
    if config.family is Family.IPV6:
        yield "Using Native IPv6"
    if facts.group:
        yield f"Sync group = {facts.group}"
    yield f"State = {view.state.value}"
    if view.state is State.BACKUP and view.master is not None:
        yield f"Master router = {view.master.address}"
        yield f"Master priority = {view.master.priority}"
        if config.version == 3:
            yield f"Master advert interval = {facts.master_interval * 1000:.0f} milli-sec"
    yield from ("Flags:", "  Using unicast") if config.unicast else ("Flags: none",)
    yield f"Wantstate = {facts.wanted.value}"
    yield "Number of config faults = 0"
    yield f"Number of interface and track script faults = {len(view.faults)}"
    yield f"Number of track scripts init = {len(view.waiting_for)}"
    yield f"Last transition = {_moment(facts.since)}"
    waits = [view.timers[name] for name in ("master_down", "advert") if name in view.timers]
    yield f"Read timeout = {_moment(dump.now + min(waits)) if waits else 'DISABLED'}"
    yield f"Master down timer = {facts.down_interval * 1e6:.0f} usecs"


def _moment(seconds: float) -> str:
    microseconds = round(seconds * 1e6)
    whole, rest = divmod(microseconds, 1_000_000)
    local = time.localtime(whole)
    date = time.strftime(f"%a %b {local.tm_mday:2d} %H:%M:%S.{rest:06d} %Y", local)
    return f"{whole}.{rest:06d} ({date})"


def _year_first(seconds: float) -> str:
    """The year before the fraction: keepalived writes this one moment so."""
    whole, rest = divmod(round(seconds * 1e6), 1_000_000)
    local = time.localtime(whole)
    return f"{whole}.{rest:06d} ({time.strftime(f'%a %b {local.tm_mday:2d} %H:%M:%S %Y', local)}.{rest:06d})"


def _network(facts: InstanceFacts, _dump: DumpFacts) -> Iterator[str]:
    config, garp = facts.config, facts.config.garp
    yield f"Interface = {config.interface}"
    if config.dont_track_primary:
        yield "VRRP interface tracking disabled"
    if config.skip_check_adv_addr:
        yield "Skip checking advert IP addresses"
    if config.strict_mode:
        yield "Enforcing strict VRRP compliance"
    configured = config.unicast_src_ip if config.unicast else config.mcast_src_ip
    source = configured or facts.view.source
    yield f"Using src_ip = {source or '(none)'}{' (from configuration)' if configured else ''}"
    if facts.destination is not None:
        yield f"Multicast address {facts.destination}"
    yield f"Gratuitous ARP delay = {garp.master_delay:.0f}"
    yield f"Gratuitous ARP repeat = {garp.master_repeat}"
    yield f"Gratuitous ARP refresh = {garp.master_refresh:.0f}"
    yield f"Gratuitous ARP refresh repeat = {garp.master_refresh_repeat}"
    yield f"Gratuitous ARP lower priority delay = {garp.lower_prio_delay:.0f}"
    yield f"Gratuitous ARP lower priority repeat = {garp.lower_prio_repeat}"


def _protocol(facts: InstanceFacts, dump: DumpFacts) -> Iterator[str]:
    config, view = facts.config, facts.view
    yield f"Down timer adverts = {config.down_timer_adverts}"
    extra = config.garp_extra_if
    if extra is not None and extra.everywhere and extra.interval:
        yield f"Gratuitous ARP for each secondary i/f = {extra.interval}"
        if "elsewhere_announce" in view.timers:
            at = dump.now + view.timers["elsewhere_announce"]
            yield f"Next gratuitous ARP for such secondary = {_year_first(at)}"
    yield f"Send advert after receive lower priority advert = {str(not config.lower_prio_no_advert).lower()}"
    yield f"Send advert after receive higher priority advert = {str(config.higher_prio_send_advert).lower()}"
    yield f"Virtual Router ID = {config.virtual_router_id}"
    yield f"Priority = {view.base_priority}"
    yield f"Effective priority = {view.effective_priority}"
    yield f"Total priority = {view.effective_priority}"
    in_seconds = f"{config.advert_int:g} sec"
    yield f"Advert interval = {in_seconds if config.version == 2 else f'{config.advert_int * 1000:.0f} milli-sec'}"
    yield f"Accept = {'enabled' if config.accepts else 'disabled'}"
    yield f"Preempt = {'disabled' if config.nopreempt else 'enabled'}"
    if config.preempt_delay and not config.nopreempt:
        yield f"Preempt delay = {config.preempt_delay:g} secs"
    yield f"Promote_secondaries = {'enabled' if config.promote_secondaries else 'disabled'}"
    if config.authentication is not None:
        yield f"Authentication type = {'SIMPLE_PASSWORD' if config.authentication.auth_type == 'PASS' else 'IPSEC_AH'}"
        yield "Password = ********"
    elif config.version == 2:
        yield "Authentication type = none"


def _addresses(facts: InstanceFacts, _dump: DumpFacts) -> Iterator[str]:
    config = facts.config
    if config.virtual_ipaddress:
        yield f"Virtual IP ({len(config.virtual_ipaddress)}):"
        yield from (f"  {text}" for text in virtual_addresses(facts))
    yield from _listed("Virtual IP Excluded", excluded_addresses(facts))
    if config.unicast:
        if config.family is Family.IPV4 or config.unicast_ttl is not None:
            yield f"Unicast TTL = {255 if config.unicast_ttl is None else config.unicast_ttl}"
        yield f"Check unicast src : {'yes' if config.check_unicast_src else 'no'}"
        yield from _listed("Unicast Peer", [_peer(config, number) for number in range(len(config.unicast_peer))])
    yield from _listed("Virtual Routes", [" ".join(route.words) for route in config.virtual_routes])
    yield from _listed("Virtual Rules", [" ".join(rule.words) for rule in config.virtual_rules])


def _peer(config: VrrpInstance, number: int) -> str:
    peer = config.unicast_peer[number]
    least = 0 if peer.min_ttl is None else peer.min_ttl
    most = 255 if peer.max_ttl is None else peer.max_ttl
    return f"{peer.address} min_ttl {least} max_ttl {most}"


def _listed(label: str, items: list[str]) -> Iterator[str]:
    if items:
        yield f"{label} :"
        yield from (f"  {item}" for item in items)


def _trackers(config: VrrpInstance) -> Iterator[str]:
    yield from _listed("Tracked interfaces", [_weighed(track, " ") for track in config.track_interface])
    yield from _listed("Tracked scripts", [_weighed(track, " ") for track in config.track_script])
    yield from _listed("Tracked files", [_weighed(track, ", ") for track in config.track_file])
    yield from _listed("Tracked processes", [_weighed(track, ", ") for track in config.track_process])


def _weighed(track: Track, gap: str) -> str:
    return f"{track.name}{gap}weight {track.weight}{' reverse' if track.reverse else ''}"


def _notifications(config: VrrpInstance, dump: DumpFacts) -> Iterator[str]:
    notify = config.notify
    yield f"Using smtp notification = {'yes' if config.smtp_alert else 'no'}"
    yield f"Notify deleted = {'Deleted' if notify.announce_deleted else 'Fault'}"
    commands = {
        "Backup state transition": notify.backup,
        "Master state transition": notify.master,
        "Fault state transition": notify.fault,
        "Stop state transition": notify.stop,
        "Deleted state transition": notify.deleted,
        "Generic state transition": notify.generic,
        "Master rx lower pri": notify.master_rx_lower_pri,
    }
    for label, command in commands.items():
        if command is not None:
            account = dump.accounts.get((command.user or "", command.group or ""), "?")
            yield f"{label} script = {command_words(command)}, uid:gid {account}"
    yield f"Notify priority changes = {str(config.notify_priority_changes).lower()}"
