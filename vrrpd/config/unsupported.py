"""keepalived's words that vrrpd does not run yet: what is said when one is written.

A word that would change which node is master, what is on the wire, who may use an address or who runs as root cannot be
ignored safely: ERROR. A service that is missing: WARNING. What vrrpd does anyway, or what has no meaning here: NOTE.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vrrpd.config.diagnostics import Location, Report, Severity


@dataclass(frozen=True, slots=True)
class Unsupported:
    """``harmless``: the value with which the word asks for nothing that vrrpd does not do."""

    severity: Severity
    why: str
    write: str = ""
    harmless: bool | None = False
    takes_value: bool = False


def report_unsupported(word: Unsupported, name: str, at: Location, report: Report, value: object = True) -> None:
    """Say that the keyword ``name`` is not run, as gravely as it deserves."""
    if word.harmless is not None and value is word.harmless:
        report.note(at, "no-effect", f"{name} has no effect here: leave it out")
    elif word.severity is Severity.ERROR:
        report.error(at, "unsupported", f"keepalived's {name} is not supported yet: {word.why}", write=word.write)
    elif word.severity is Severity.WARNING:
        report.warning(
            at, "unsupported", f"keepalived's {name} is not supported yet and ignored: {word.why}", write=word.write
        )
    else:
        report.note(at, "no-effect", f"keepalived's {name} has no effect here: {word.why}", write=word.write)


def _error(why: str, write: str = "", *, harmless: bool | None = False, takes_value: bool = False) -> Unsupported:
    return Unsupported(Severity.ERROR, why, write, harmless, takes_value)


def _warning(why: str, write: str = "", *, takes_value: bool = False) -> Unsupported:
    return Unsupported(Severity.WARNING, why, write, takes_value=takes_value)


def _note(why: str, write: str = "", *, harmless: bool | None = False) -> Unsupported:
    return Unsupported(Severity.NOTE, why, write, harmless)


def _all(names: str, word: Unsupported) -> dict[str, Unsupported]:
    return dict.fromkeys(names.split(), word)


_UNICAST = _error("advertisements would go to the multicast group instead of the peers")
_VMAC = _error("the addresses would answer with the interface's own MAC address")
_STRICT = _error("this instance would not follow the stricter rules that its peers follow")
_TRACKER = _error("the instance would stay master whatever it says; a script of track_script can look at the same")
_MAIL = _warning("no mail is sent; a notify script can send it")
_FIFO = _warning("nothing is written there; the notify_* scripts are run")
_FIREWALL = _note("vrrpd makes no firewall rules")
_SNMP = _warning("there is no SNMP agent")
_DBUS = _warning("there is no DBus interface; see vrrpd status --json")
_REALTIME = _warning("set it in the service unit, such as CPUSchedulingPolicy=, Nice= or CPUAffinity=")
_NAMES = _note("processes have their own names")
_LVS = _note("vrrpd does not balance load")
_BUFFERS = _note("vrrpd sizes its own buffers")
_FILES = _note("vrrpd writes no such file; see vrrpd status --json")
_CHECKSUM = _error("advertisements would carry a checksum that the peers refuse")
_AUTH_HMAC = _error("advertisements would go out unauthenticated")

TOP_LEVEL: Final[Mapping[str, Unsupported]] = {
    "vrrp_sync_group": _error("its instances would change state one by one", harmless=None),
    **_all(
        "static_ipaddress static_routes static_rules track_group",
        _error("it would not be installed; the system's network configuration can", harmless=None),
    ),
    **_all("virtual_server virtual_server_group SSL", _error("vrrpd does not balance load", harmless=None)),
    "net_namespace": _error("start vrrpd with ip netns exec NAME vrrpd ...", harmless=None),
    **_all(
        "vrrp_track_process track_file vrrp_track_file bfd_instance",
        _warning("nothing watches it; a script of track_script can"),
    ),
    "garp_group": _warning("announcements are not spaced out"),
    **_all("linkbeat_interfaces linkbeat_use_polling", _warning("the kernel's word on the link is taken")),
    "interface_up_down_delays": _error("link changes would count at once", harmless=None),
    **_all(
        "net_namespace_ipvs namespace_with_ipsets use_pid_dir instance child_wait_time",
        _note("see --run-dir for several daemons on one machine"),
    ),
}

GLOBAL_DEFS: Final[Mapping[str, Unsupported]] = {
    "vrrp_strict": _STRICT,
    "v3_checksum_as_v2": _CHECKSUM,
    "enable_script_security": _error(
        "nobody would check who else may write to a script that root runs; see to it, then remove this line"
    ),
    **_all("notification_email notification_email_from smtp_server smtp_helo_name smtp_connect_timeout", _MAIL),
    **_all("smtp_alert smtp_alert_vrrp no_email_faults", _MAIL),
    **_all("notify_fifo vrrp_notify_fifo notify_fifo_script vrrp_notify_fifo_script", _FIFO),
    **_all("vrrp_notify_priority_changes fifo_write_vrrp_states_on_reload", _FIFO),
    **_all("startup_script shutdown_script startup_script_timeout shutdown_script_timeout",
           _warning("it is not run; the service unit can, with ExecStartPre= and ExecStopPost=")),
    "dynamic_interfaces": _note("vrrpd waits for an interface that does not exist yet anyway", harmless=None),
    "default_interface": _note("it is meant for static addresses; instances name their own interface", harmless=None),
    "vrrp_check_unicast_src": _note("there are no unicast peers yet"),
    "vrrp_skip_check_adv_addr": _note("another list of addresses is counted and logged, never a reason to drop"),
    "log_unknown_vrids": _warning("advertisements of other virtual routers are not seen at all"),
    "vrrp_delay_after_boot": _warning("only the start of vrrpd counts", "vrrp_startup_delay = ..."),
    **_all("vrrp_garp_interval vrrp_gna_interval vrrp_garp_extra_if", _warning("announcements are not spaced out")),
    "disable_local_igmp": _warning("the kernel reports the multicast group as for any other"),
    "set_supplementary_groups": _warning("scripts run with the one group of their user"),
    "use_symlink_paths": _note("paths are run as written"),
    **_all("vrrp_iptables vrrp_ipsets nftables nftables_priority nftables_ifindex nftables_counters", _FIREWALL),
    **_all("vrrp_priority vrrp_no_swap vrrp_rt_priority vrrp_cpu_affinity vrrp_rlimit_rttime vrrp_rlimit_rtime"
           " max_auto_priority min_auto_priority_delay", _REALTIME),
    **_all("vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier vrrp_netlink_cmd_rcv_bufs vrrp_netlink_cmd_rcv_bufs_force"
           " vrrp_netlink_monitor_rcv_bufs vrrp_netlink_monitor_rcv_bufs_force process_monitor_rcv_bufs"
           " process_monitor_rcv_bufs_force", _BUFFERS),
    **_all("vmac_prefix vmac_addr_prefix", _note("there are no virtual MAC interfaces yet")),
    **_all("snmp_socket enable_traps enable_snmp_vrrp enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3", _SNMP),
    **_all("enable_dbus dbus_service_name dbus_no_interface_name", _DBUS),
    **_all("process_names process_name vrrp_process_name checker_process_name lvs_process_name"
           " bfd_process_name", _NAMES),
    **_all("umask reload_check_config reload_time_file reload_repeat reload_file include_check config_save_dir"
           " tmp_config_directory data_use_instance state_dump_file stats_dump_file json_dump_file"
           " json_version", _FILES),
    **_all("iproute_usr_dir iproute_etc_dir random_seed", _note("vrrpd does not need it", harmless=None)),
    **_all("smtp_alert_checker checker_log_all_failures lvs_timeouts lvs_flush lvs_flush_on_stop lvs_flush_onstop"
           " lvs_sync_daemon nftables_ipvs nftables_ipvs_priority nftables_ipvs_start_fwmark lvs_notify_fifo"
           " lvs_notify_fifo_script enable_snmp_checker snmp_vs_stats_update_interval snmp_rs_stats_update_interval"
           " rs_init_notifies no_checker_emails checker_priority bfd_priority checker_no_swap bfd_no_swap"
           " checker_rt_priority bfd_rt_priority checker_cpu_affinity bfd_cpu_affinity checker_rlimit_rttime"
           " bfd_rlimit_rttime lvs_netlink_cmd_rcv_bufs lvs_netlink_monitor_rcv_bufs", _LVS),
}  # fmt: skip

VRRP_SCRIPT: Final[Mapping[str, Unsupported]] = {}

VRRP_INSTANCE: Final[Mapping[str, Unsupported]] = {
    **_all("unicast_src_ip unicast_peer unicast_ttl unicast_fault_no_peer old_unicast_checksum", _UNICAST),
    "check_unicast_src": _note("there are no unicast peers yet"),
    **_all("use_vmac use_vmac_addr vmac_xmit_base use_ipvlan", _VMAC),
    "vrf": _error("the instance would run outside the VRF"),
    "mcast_dst_ip": _error("advertisements would go to another group", "vrrp_mcast_group4 = ... in [global_defs]"),
    "strict_mode": _STRICT,
    "no_accept": _error("this node would accept traffic to the addresses all the same"),
    "accept": _error("this node would accept traffic to the addresses all the same", harmless=True),
    "auth_hmac": _AUTH_HMAC,
    "v3_checksum_as_v2": _CHECKSUM,
    **_all("track_file track_process track_bfd", _TRACKER),
    "track_src_ip": _error("losing the configured source address would not be a FAULT"),
    **_all("virtual_routes virtual_rules", _error("they would not move with the addresses; a notify script can do it")),
    "no_virtual_ipaddress": _note("a VRRPv2 instance without addresses runs anyway"),
    "native_ipv6": _note("the addresses say which family it is"),
    "promote_secondaries": _warning("see sysctl net.ipv4.conf.INTERFACE.promote_secondaries"),
    **_all("garp_extra_if vmac_garp_intvl garp_interval gna_interval", _warning("announcements are not spaced out")),
    "thread_timer_expired": _error("the master would not step back after a stall", "timer_expired_backup = 100"),
    "skip_check_adv_addr": _note("another list of addresses is counted and logged, never a reason to drop"),
    "kernel_rx_buf_size": _BUFFERS,
    "debug": _note("see --log-level"),
    "smtp_alert": _MAIL,
    "notify_deleted": _warning("it is not run"),
    "notify_master_rx_lower_pri": _warning("it is not run"),
    "notify_priority_changes": _FIFO,
    "linkbeat_use_polling": _warning("the kernel's word on the link is taken"),
    "lvs_sync_daemon_interface": _LVS,
}

ADDRESS_OPTIONS: Final[Mapping[str, Unsupported]] = {
    "peer": _error("the address would have another meaning", takes_value=True),
    "preferred_lft": _error("the address would be preferred otherwise than written", takes_value=True),
    **_all("home -nodad mngtmpaddr noprefixroute autojoin", _error("the address would be set without it")),
    "use_vmac": _VMAC,
    "no_track": _warning("an address that somebody removes is put back"),
    "track_group": _warning("it is meant for static addresses", takes_value=True),
}

UNSUPPORTED: Final[Mapping[str, Mapping[str, Unsupported]]] = {
    "": TOP_LEVEL,
    "global_defs": GLOBAL_DEFS,
    "vrrp_script": VRRP_SCRIPT,
    "vrrp_instance": VRRP_INSTANCE,
    "virtual_ipaddress": ADDRESS_OPTIONS,
}
