"""Whole configurations made by hypothesis: models that readers could have made, for round trips and for comparisons."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

from hypothesis import strategies as st

from vrrpd.config.model import (
    Authentication,
    AuthHmac,
    BfdInstance,
    Command,
    Config,
    ExtraGarp,
    Fifo,
    Garp,
    GarpGroup,
    GlobalDefs,
    HmacKey,
    Ipvlan,
    LinkbeatInterface,
    MailServer,
    NotifyScripts,
    ProcessSettings,
    Route,
    Rule,
    SyncGroup,
    Track,
    TrackFile,
    TrackGroup,
    TrackProcess,
    UnicastPeer,
    UpDownDelay,
    VirtualAddress,
    Vmac,
    VrrpInstance,
    VrrpScript,
)
from vrrpd.core.parameters import AddressLossPolicy, FastFailover, Handover, ProbeMode
from vrrpd.units import OWNER, Family, Priority, Seconds, Vrid

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,11}", fullmatch=True)
INTERFACES = st.from_regex(r"[a-z][a-z0-9]{0,8}(\.[0-9]{1,3})?", fullmatch=True)
PATHS = st.from_regex(r"/[a-z]{1,8}(/[A-Za-z0-9_.-]{1,8}){0,2}", fullmatch=True)
IPV4 = st.integers(0x0A000001, 0x0AFFFFFE).map(IPv4Address)
IPV6 = st.integers(0x20010DB8 << 96, (0x20010DB9 << 96) - 1).map(IPv6Address)
TEXTS = st.from_regex(r"[A-Za-z0-9_./@-]{1,12}( [A-Za-z0-9#!{}']{1,6})?", fullmatch=True)
ARGUMENTS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_./=:+%@-]{1,12}", fullmatch=True),
    st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="$~"), min_size=1, max_size=10),
)
GROUPS_4 = st.integers(0xE0000012, 0xE00000FF).map(IPv4Address)


def seconds(high: int, *, low: int = 0) -> st.SearchStrategy[Seconds]:
    """In steps of a hundredth."""
    return st.integers(low * 100, high * 100).map(lambda number: Seconds(number / 100))


def whole(high: int, low: int = 0) -> st.SearchStrategy[Seconds]:
    return st.integers(low, high).map(lambda number: Seconds(float(number)))


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), strategy)


@st.composite
def commands(draw: st.DrawFn) -> Command:
    argv = (draw(PATHS), *draw(st.lists(ARGUMENTS, max_size=3)))
    user = draw(maybe(NAMES))
    return Command(argv, None if user is None else str(user), draw(NAMES) if user and draw(st.booleans()) else None)


PEERS = st.builds(UnicastPeer, IPV4, maybe(st.integers(0, 255)), maybe(st.integers(0, 255)))
VMACS = st.builds(
    Vmac,
    maybe(INTERFACES),
    maybe(st.binary(min_size=5, max_size=6)),
    st.booleans(),
    maybe(st.integers(0, 2**32 - 1)),
)
IPVLANS = st.one_of(
    st.builds(
        Ipvlan, maybe(INTERFACES), IPV4, st.integers(0, 32), maybe(st.sampled_from(["bridge", "private", "vepa"]))
    ),
    st.builds(Ipvlan, maybe(INTERFACES), group=maybe(st.integers(0, 99))),
)
INTERVALS = st.integers(1, 100).map(lambda number: Seconds(number / 100))
FAST_FAILOVERS = st.builds(FastFailover, st.sampled_from(ProbeMode), INTERVALS, st.integers(1, 20))
EXTRA_GARPS = st.builds(ExtraGarp, st.integers(1, 86400), st.booleans())
FIFOS = st.one_of(st.builds(Fifo, PATHS), st.builds(Fifo, PATHS, NAMES, maybe(NAMES)))
HEX_KEYS = st.binary(min_size=32, max_size=64).map(lambda key: f"hex:{key.hex()}")
HMACS = st.builds(
    AuthHmac,
    st.lists(
        st.builds(HmacKey, st.integers(1, 255), HEX_KEYS),
        min_size=1, max_size=2,
    ).map(tuple),
    maybe(st.just(None)),
    maybe(st.integers(1, 300)),
    st.sampled_from(["time", "monotonic"]),
    st.sampled_from(["enforce", "permissive", "receive-only"]),
)  # fmt: skip
ROUTES = st.builds(
    Route,
    st.sampled_from(
        [
            ("10.0.0.0/8", "via", "192.168.1.254", "dev", "eth0"),
            ("blackhole", "10.1.0.0/16"),
            ("src", "10.0.0.1", "to", "default", "via", "inet6", "fe80::1", "dev", "eth1", "metric", "5"),
            ("default", "nexthop", "via", "10.0.0.1", "weight", "2", "nexthop", "via", "10.0.0.2", "onlink"),
        ]
    ),
    st.booleans(),
)
RULES = st.builds(
    Rule,
    st.sampled_from(
        [
            ("from", "192.168.1.0/24", "table", "1", "priority", "100"),
            ("not", "to", "10.0.0.0/8", "fwmark", "5", "lookup", "main", "preference", "7"),
        ]
    ),
    st.booleans(),
)


@st.composite
def addresses(draw: st.DrawFn, family: Family = Family.IPV4, *, static: bool = False) -> VirtualAddress:
    is_ipv4 = family is Family.IPV4
    address: IPv4Address | IPv6Address = draw(IPV4) if is_ipv4 else draw(IPV6)
    return VirtualAddress(
        address,
        draw(st.integers(1, address.max_prefixlen)),
        device=draw(st.one_of(st.none(), INTERFACES)),
        label=draw(st.one_of(st.none(), NAMES)) if is_ipv4 else None,
        scope=draw(st.integers(0, 255)) if is_ipv4 else 0,
        broadcast=draw(st.one_of(st.none(), IPV4)) if is_ipv4 else None,
        peer=draw(st.one_of(st.none(), IPV4)) if is_ipv4 else draw(st.one_of(st.none(), IPV6)),
        home=draw(st.booleans()),
        dad=draw(st.booleans()),
        noprefixroute=draw(st.booleans()),
        preferred_lft=draw(st.one_of(st.none(), st.integers(0, 2**32 - 1))),
        no_track=draw(st.booleans()),
        track_group="uplink" if static and draw(st.booleans()) else None,
    )


SCRIPTS = st.builds(
    VrrpScript,
    name=NAMES,
    command=commands(),
    interval=seconds(100, low=1),
    timeout=seconds(100, low=1),
    weight=st.integers(-253, 253),
    reverse=st.booleans(),
    rise=st.integers(1, 9),
    fall=st.integers(1, 9),
    init_fail=st.booleans(),
)


@st.composite
def track_files(draw: st.DrawFn) -> TrackFile:
    initial = draw(st.one_of(st.none(), st.integers(-254, 254)))
    return TrackFile(
        draw(NAMES),
        draw(PATHS),
        draw(st.integers(-254, 254)),
        draw(st.booleans()),
        initial,
        initial is not None and draw(st.booleans()),
    )


@st.composite
def track_processes(draw: st.DrawFn) -> TrackProcess:
    process = (draw(PATHS), *draw(st.lists(ARGUMENTS, max_size=2)))
    match = draw(st.sampled_from(["exact", "initial", "partial", *([None] if len(process) == 1 else [])]))
    most = draw(st.one_of(st.none(), st.integers(0, 99)))
    return TrackProcess(
        draw(NAMES),
        process,
        match,
        draw(st.integers(-254, 254)),
        draw(st.booleans()),
        0 if most == 0 else draw(st.integers(1, 99)),
        most,
        draw(seconds(100)),
        draw(seconds(100)),
        match is not None or draw(st.booleans()),
    )


BFDS = st.builds(
    BfdInstance,
    name=NAMES,
    neighbor_ip=IPV4,
    source_ip=maybe(IPV4),
    min_rx=st.integers(1, 1000),
    multiplier=st.integers(1, 255),
    passive=st.booleans(),
    ttl=maybe(st.integers(1, 255)),
    weight=st.integers(-253, 253),
    reverse=st.booleans(),
)


@st.composite
def notify_scripts(draw: st.DrawFn, *, of_group: bool = False) -> NotifyScripts:
    def command() -> Command | None:
        return draw(commands()) if draw(st.integers(0, 3)) == 0 else None

    scripts = NotifyScripts(command(), command(), command(), command(), command())
    if of_group:
        return scripts
    deleted = command()
    announce = deleted is not None or draw(st.booleans())
    return replace(scripts, deleted=deleted, announce_deleted=announce, master_rx_lower_pri=command())


GARPS = st.builds(Garp, whole(4000), st.integers(1, 99), whole(4000), st.integers(1, 99), whole(4000),
                  st.integers(0, 99))  # fmt: skip


def some(draw: st.DrawFn, strategies: dict[str, st.SearchStrategy[object]]) -> dict[str, object]:
    """A few of these keywords, with a value each."""
    chosen = draw(st.sets(st.sampled_from(sorted(strategies)), max_size=6))
    return {name: draw(strategies[name]) for name in sorted(chosen)}


_INSTANCE: dict[str, st.SearchStrategy[object]] = {
    "down_timer_adverts": st.integers(1, 100),
    "dont_track_primary": st.just(True),
    "owner_ignore_adverts": st.booleans(),
    "lower_prio_no_advert": st.booleans(),
    "higher_prio_send_advert": st.booleans(),
    "track_src_ip": st.just(True),
    "linkbeat_use_polling": st.just(True),
    "mcast_dst_ip": GROUPS_4,
    "old_unicast_checksum": st.sampled_from(["", "never"]),
    "kernel_rx_buf_size": st.integers(1, 2**32 - 1),
    "use_vmac": VMACS,
    "use_vmac_addr": st.just(True),
    "vmac_xmit_base": st.just(True),
    "use_ipvlan": IPVLANS,
    "garp_extra_if": EXTRA_GARPS,
    "accept": st.booleans(),
    "v3_checksum_as_v2": st.booleans(),
    "no_virtual_ipaddress": st.just(True),
    "virtual_routes": st.lists(ROUTES, max_size=2).map(tuple),
    "virtual_rules": st.lists(RULES, max_size=2).map(tuple),
    "promote_secondaries": st.just(True),
    "smtp_alert": st.booleans(),
    "notify_priority_changes": st.booleans(),
    "lvs_sync_daemon_interface": INTERFACES,
    "debug": st.integers(0, 4),
    "garp": GARPS,
    "notify": notify_scripts(),
}
_OURS: dict[str, st.SearchStrategy[object]] = {
    "address_loss": st.sampled_from(AddressLossPolicy),
    "fast_failover": maybe(FAST_FAILOVERS),
    "handover": st.sampled_from(Handover),
    "skip_check_adv_addr": st.booleans(),
    "check_unicast_src": st.booleans(),
}


@st.composite
def instances(draw: st.DrawFn, name: str, number: int, *, ours: bool = True) -> VrrpInstance:
    """Of any kind but an owner with weights; ``ours``: also what keepalived's language has no words for."""
    family = draw(st.sampled_from([Family.IPV4, Family.IPV4, Family.IPV6]))
    version = 3 if family is Family.IPV6 else draw(st.sampled_from([2, 3]))
    state = draw(st.sampled_from(["BACKUP", "MASTER"]))
    priority = Priority(draw(st.integers(1, 254))) if draw(st.integers(0, 9)) else OWNER
    nopreempt = state == "BACKUP" and priority != OWNER and draw(st.booleans())
    vips = tuple(draw(st.lists(addresses(family), min_size=1, max_size=3, unique_by=_address)))
    others = draw(st.lists(addresses(), max_size=2, unique_by=_address))
    values: dict[str, object] = {
        "state": state,
        "priority": priority,
        "version": version,
        "advert_int": Seconds(float(draw(st.integers(1, 255)))) if version == 2 else draw(seconds(40, low=1)),
        "nopreempt": nopreempt,
        "virtual_ipaddress": vips,
        "virtual_ipaddress_excluded": tuple(vip for vip in others if vip.address not in {vip.address for vip in vips}),
    }
    if version == 2 and draw(st.booleans()):
        values["authentication"] = Authentication("PASS", draw(st.from_regex(r"[A-Za-z0-9_!#]{1,8}", fullmatch=True)))
    elif version == 3 and draw(st.booleans()):
        values["auth_hmac"] = draw(HMACS)
    if state == "BACKUP" and priority != OWNER and not nopreempt:
        values["preempt_delay"] = draw(seconds(1000))
    if nopreempt and draw(st.booleans()):
        values["timer_expired_backup"] = Priority(draw(st.integers(1, 254)))
    values |= some(draw, {**_INSTANCE, **(_OURS if ours else {})})
    if family is Family.IPV6:
        values.pop("mcast_dst_ip", None)
    elif draw(st.booleans()):
        values |= _unicast(draw)
    return VrrpInstance(name, draw(INTERFACES), Vrid(number), **values)  # type: ignore[arg-type]  # by their keywords


def _address(vip: VirtualAddress) -> object:
    return vip.address


def _unicast(draw: st.DrawFn) -> dict[str, object]:
    peers = tuple(draw(st.lists(PEERS, min_size=1, max_size=3, unique_by=lambda peer: peer.address)))
    limited = any(peer.min_ttl is not None or peer.max_ttl is not None for peer in peers)
    return {
        "unicast_peer": peers,
        "unicast_src_ip": draw(st.one_of(st.none(), IPV4)),
        "unicast_ttl": draw(st.one_of(st.none(), st.integers(0, 255))),
        "unicast_fault_no_peer": draw(st.booleans()),
        "check_unicast_src": limited or draw(st.booleans()),
        "mcast_dst_ip": None,
        "use_vmac": None,
        "use_vmac_addr": False,
        "vmac_xmit_base": False,
        "old_unicast_checksum": None,
    }


_GLOBAL: dict[str, st.SearchStrategy[object]] = {
    "router_id": TEXTS,
    "notification_email": st.lists(TEXTS, min_size=1, max_size=2).map(tuple),
    "notification_email_from": TEXTS,
    "smtp_server": st.builds(MailServer, st.sampled_from(["127.0.0.1", "mail.example.org"]), st.integers(1, 65535)),
    "smtp_connect_timeout": whole(100, 1),
    "smtp_alert": st.booleans(),
    "smtp_alert_vrrp": st.booleans(),
    "no_email_faults": st.just(True),
    "script_user": NAMES,
    "enable_script_security": st.just(True),
    "use_symlink_paths": st.booleans(),
    "startup_script": commands(),
    "startup_script_timeout": whole(1000, 1),
    "notify_fifo": FIFOS,
    "vrrp_notify_fifo": FIFOS,
    "vrrp_notify_fifo_script": commands(),
    "vrrp_notify_priority_changes": st.booleans(),
    "dynamic_interfaces": st.just(True),
    "default_interface": INTERFACES,
    "vrrp_mcast_group4": GROUPS_4,
    "vrrp_startup_delay": seconds(100),
    "vrrp_garp_interval": seconds(100),
    "vrrp_version": st.sampled_from([2, 3]),
    "vrrp_garp_master_delay": whole(4000),
    "vrrp_garp_master_repeat": st.integers(1, 99),
    "vrrp_garp_lower_prio_delay": whole(4000),
    "vrrp_min_garp": st.booleans(),
    "vrrp_garp_extra_if": EXTRA_GARPS,
    "vrrp_down_timer_adverts": st.integers(1, 100),
    "vrrp_lower_prio_no_advert": st.booleans(),
    "vrrp_higher_prio_send_advert": st.booleans(),
    "v3_checksum_as_v2": st.booleans(),
    "vrrp_ipsets": st.lists(NAMES, max_size=3).map(tuple),
    "nftables": st.one_of(NAMES),
    "nftables_priority": st.integers(-100, 100),
    "vrrp_priority": st.integers(-20, 19),
    "tuning": st.sampled_from(["automatic", "configured"]),
    "vrrp_cpu_affinity": st.lists(st.integers(0, 63), min_size=1, max_size=3).map(tuple),
    "umask": st.integers(0, 0o777),
    "random_seed": st.integers(0, 2**32 - 1),
    "vrrp_rx_bufs_policy": st.sampled_from(["MTU", "ADVERT", "4096"]),
    "reload_check_config": st.sampled_from(["", "/var/log/check"]),
    "include_check": st.sampled_from([(), ("read", "match")]),
    "json_version": st.sampled_from([1, 2]),
    "state_dump_file": PATHS,
    "upgrade_on_reload": st.booleans(),
    "journal": PATHS,
    "journal_size": st.integers(1, 4096),
    "journal_files": st.integers(1, 100),
}


@st.composite
def global_defs(draw: st.DrawFn, *, ours: bool = True) -> GlobalDefs:
    words = {**_GLOBAL, "fast_failover": FAST_FAILOVERS} if ours else _GLOBAL
    return GlobalDefs(**some(draw, words))  # type: ignore[arg-type]  # by their keywords


PROCESSES = st.builds(
    ProcessSettings,
    net_namespace=maybe(NAMES),
    instance=maybe(NAMES),
    use_pid_dir=st.booleans(),
    child_wait_time=whole(100),
)


@st.composite
def tracks(draw: st.DrawFn, names: list[str], limit: int) -> tuple[Track, ...]:
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=2)) if names else []
    return tuple(Track(name, draw(st.integers(-limit, limit)), draw(st.booleans())) for name in chosen)


@st.composite
def configs(draw: st.DrawFn, *, ours: bool = True) -> Config:
    """``ours`` False: only what keepalived's language can say too."""

    def named(strategy: st.SearchStrategy[object], most: int = 2) -> tuple[object, ...]:
        return tuple(draw(st.lists(strategy, max_size=most, unique_by=lambda item: getattr(item, "name", ""))))

    trackers = {
        "vrrp_scripts": named(SCRIPTS),
        "track_files": named(track_files()),
        "track_processes": named(track_processes()),
        "bfd_instances": named(BFDS),
    }
    names = {kind: [getattr(item, "name", "") for item in items] for kind, items in trackers.items()}
    routers = [draw(instances(f"VI_{number}", number, ours=ours)) for number in range(1, draw(st.integers(1, 3)) + 1)]
    defs = draw(global_defs(ours=ours))
    routers = [_heir(_with_tracks(draw, router, names), defs) for router in routers]
    values: dict[str, object] = {
        **trackers,
        "global_defs": defs,
        "process": draw(PROCESSES),
        "vrrp_instances": tuple(routers),
        "sync_groups": draw(_groups([router.name for router in routers])),
        "track_groups": (TrackGroup("uplink", (routers[0].name,)),),
        "static_ipaddress": tuple(draw(st.lists(addresses(static=True), max_size=2, unique_by=_address))),
        "static_routes": tuple(draw(st.lists(ROUTES, max_size=2))),
        "static_rules": tuple(draw(st.lists(RULES, max_size=2))),
        "garp_groups": tuple(
            draw(st.lists(st.builds(GarpGroup, st.tuples(INTERFACES), seconds(99, low=1)), max_size=1))
        ),
        "linkbeat_interfaces": tuple(
            draw(st.lists(st.builds(LinkbeatInterface, INTERFACES, maybe(st.just("MII"))), max_size=2))
        ),
        "interface_up_down_delays": tuple(
            draw(st.lists(st.builds(UpDownDelay, INTERFACES, seconds(255), seconds(255)), max_size=2))
        ),
    }
    return Config(**values)  # type: ignore[arg-type]  # by their fields


def _heir(router: VrrpInstance, defs: GlobalDefs) -> VrrpInstance:
    """Nobody can be without what holds for all."""
    return replace(router, garp_extra_if=router.garp_extra_if or defs.vrrp_garp_extra_if)


def _with_tracks(draw: st.DrawFn, router: VrrpInstance, names: dict[str, list[str]]) -> VrrpInstance:
    if router.priority == OWNER:
        return router
    return replace(
        router,
        track_script=draw(tracks(names["vrrp_scripts"], 253)),
        track_file=draw(tracks(names["track_files"], 254)),
        track_process=draw(tracks(names["track_processes"], 254)),
        track_interface=draw(tracks(["lan0", "lan1"], 253)),
    )


@st.composite
def _groups(draw: st.DrawFn, members: list[str]) -> tuple[SyncGroup, ...]:
    if len(members) < 2 or draw(st.booleans()):
        return ()
    return (SyncGroup("G", tuple(members), notify=draw(notify_scripts(of_group=True)), sync_group_tracking_weight=True,
                      smtp_alert=draw(st.booleans()), notify_priority_changes=draw(st.booleans())),)  # fmt: skip
