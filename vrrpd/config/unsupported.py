"""keepalived's words that have no effect in vrrpd, or none yet: what is said when one is written.

``PENDING`` lists keywords that are read, checked and kept in the model, but not carried out yet; one that becomes real
is taken out of it. A keyword of ``keywords.py`` that is not listed here has its effect. ``NOT_RUN`` lists words for
which the model has no place.

What would change which node is master, what is on the wire or who may use an address cannot be ignored safely: vrrpd
does not start with it (REFUSED), though it is a valid configuration. A service that is missing: WARNED. What vrrpd does
anyway, or what has no meaning here: NOTED.
"""

import enum
from collections.abc import Mapping
from typing import Final

from vrrpd.config.diagnostics import Location, Report
from vrrpd.records import dataclass


class Handling(enum.Enum):
    """What happens to a configuration with such a word."""

    REFUSED = "refused at start"
    WARNED = "warning"
    NOTED = "note"


@dataclass(frozen=True, slots=True)
class Unready:
    """``harmless``: the value with which the word asks for nothing that vrrpd does not do."""

    handling: Handling
    why: str
    write: str = ""
    harmless: object = False


def say_not_run(word: Unready, name: str, at: Location, report: Report) -> None:
    """Say that a word of ``NOT_RUN`` does nothing."""
    if word.handling is Handling.NOTED:
        report.note(at, "no-effect", f"keepalived's {name} has no effect here: {word.why}", write=word.write)
    else:
        report.warning(at, "not-handled", f"keepalived's {name} is not handled by vrrpd: {word.why}", write=word.write)


def say_pending(word: Unready, name: str, at: Location, report: Report, *, starting: bool) -> None:
    """Say that a keyword of ``PENDING`` does nothing yet; an error when the daemon is ``starting`` and must not."""
    if word.handling is Handling.NOTED:
        report.note(at, "no-effect", f"{name} has no effect here: {word.why}", write=word.write)
    elif word.handling is Handling.WARNED:
        report.warning(at, "not-handled", f"{name} is not handled by vrrpd yet: {word.why}", write=word.write)
    elif starting:
        report.error(
            at, "refused", f"{name} is not handled by vrrpd yet, and cannot be ignored safely: {word.why}",
            write=word.write,
        )  # fmt: skip
    else:
        report.warning(at, "refused", f"vrrpd does not start with {name} yet: {word.why}", write=word.write)


def _refused(why: str, write: str = "") -> Unready:
    return Unready(Handling.REFUSED, why, write)


def _warned(why: str, write: str = "") -> Unready:
    return Unready(Handling.WARNED, why, write)


def _noted(why: str, write: str = "") -> Unready:
    return Unready(Handling.NOTED, why, write)


def _all(names: str, word: Unready) -> dict[str, Unready]:
    return dict.fromkeys(names.split(), word)


_VMAC = _warned("the addresses answer with the interface's own MAC address")
_TRACKER = _refused("the instance would stay master whatever it says")
_FIREWALL = _noted("vrrpd makes no firewall rules yet, in whichever program or table")
_SNMP = _warned("there is no SNMP agent")
_DBUS = _warned("there is no DBus interface; see vrrpd status --json")
_LVS = _noted("vrrpd does not balance load")
_FORCED = _noted("the system's limit is passed anyway")
_FILES = _noted("the file is in $TMPDIR or /tmp whatever it says, as with keepalived")
_SECONDARY = _warned("there are no virtual MACs yet; all is for addresses on other interfaces", "all SECONDS")
_ROUTES = _warned("they do not move with the addresses; a notify script can do it")
_STATIC = _warned("it is not installed; the system's network configuration can do it")

PENDING: Final[Mapping[str, Mapping[str, Unready]]] = {
    "": {
        **_all("static_routes static_rules", _STATIC),
        **_all("net_namespace_ipvs namespace_with_ipsets", _LVS),
    },
    "global_defs": {
        "dynamic_interfaces": _noted("vrrpd waits for an interface that does not exist yet anyway"),
        "vrrp_garp_extra_if": _SECONDARY,
        **_all("vrrp_iptables vrrp_ipsets nftables nftables_priority nftables_ifindex nftables_counters", _FIREWALL),
        **_all(
            "vrrp_netlink_cmd_rcv_bufs_force vrrp_netlink_monitor_rcv_bufs_force process_monitor_rcv_bufs_force",
            _FORCED,
        ),
        **_all("vmac_prefix vmac_addr_prefix", _noted("there are no virtual MAC interfaces yet")),
        **_all("snmp_socket enable_traps enable_snmp_vrrp enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3", _SNMP),
        **_all("enable_dbus dbus_service_name dbus_no_interface_name", _DBUS),
        **_all("stats_dump_file json_dump_file", _FILES),
        **_all(
            "config_save_dir tmp_config_directory",
            _noted("vrrpd makes no copies of its configuration, neither to keep nor while it reads it"),
        ),
        **_all(
            "iproute_usr_dir iproute_etc_dir",
            _noted("names of routing tables are not looked up: there are no virtual routes and rules yet"),
        ),
    },
    "track_file": {},
    "vrrp_track_process": {},
    "bfd_instance": {},
    "vrrp_sync_group": {"track_bfd": _TRACKER},
    "track_group": {},
    "vrrp_instance": {
        **_all("use_vmac use_vmac_addr vmac_xmit_base use_ipvlan", _VMAC),
        "vrf": _warned("the instance runs outside the VRF"),
        "no_accept": _refused("this node would accept traffic to the addresses all the same"),
        "auth_ah": _refused("the peers would drop our advertisements", 'auth_type = "PASS" on every node'),
        "auth_hmac": _refused("advertisements would go out unauthenticated"),
        "track_bfd": _TRACKER,
        **_all("virtual_routes virtual_rules", _ROUTES),
        "garp_extra_if": _SECONDARY,
        "debug": _noted("see --log-level"),
        "lvs_sync_daemon_interface": _LVS,
        "strict_accept": _warned("this node answers traffic to the addresses all the same"),
    },
    "virtual_ipaddress": {
        "use_vmac": _VMAC,
    },
}

NOT_RUN: Final[Mapping[str, Mapping[str, Unready]]] = {
    "": _all("virtual_server virtual_server_group SSL", _warned("vrrpd does not balance load")),
    "global_defs": _all(
        "checker_process_name lvs_process_name bfd_process_name smtp_alert_checker checker_log_all_failures"
        " lvs_timeouts lvs_flush lvs_flush_on_stop lvs_flush_onstop lvs_sync_daemon nftables_ipvs"
        " nftables_ipvs_priority nftables_ipvs_start_fwmark lvs_notify_fifo lvs_notify_fifo_script"
        " enable_snmp_checker snmp_vs_stats_update_interval snmp_rs_stats_update_interval rs_init_notifies"
        " no_checker_emails checker_priority bfd_priority checker_no_swap bfd_no_swap checker_rt_priority"
        " bfd_rt_priority checker_cpu_affinity bfd_cpu_affinity checker_rlimit_rttime bfd_rlimit_rttime"
        " checker_rlimit_rtime bfd_rlimit_rtime lvs_netlink_cmd_rcv_bufs lvs_netlink_monitor_rcv_bufs"
        " lvs_netlink_cmd_rcv_bufs_force lvs_netlink_monitor_rcv_bufs_force",
        _LVS,
    ),
}  # fmt: skip

ALIASES: Final[Mapping[str, str]] = {
    "thread_timer_expired": "timer_expired_backup",
    "vmac_garp_intvl": "garp_extra_if",
    "vrrp_track_file": "track_file",
    "vrrp_rlimit_rtime": "vrrp_rlimit_rttime",
    "neighbour_ip": "neighbor_ip",
    "hoplimit": "ttl",
    "broadcast": "brd",
}
"""keepalived's other names of keywords; in TOML each has one."""
