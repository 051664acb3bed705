"""The parts of the model that hold for the whole daemon."""

from dataclasses import field

from vrrpd.config.model_tracking import Command, Origins
from vrrpd.core.parameters import FastFailover
from vrrpd.records import dataclass
from vrrpd.units import Address, Seconds


@dataclass(frozen=True, slots=True)
class Fifo:
    """A named pipe that state changes are written to; None: the daemon's user and group own it."""

    path: str
    user: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str
    port: int = 25


@dataclass(frozen=True, slots=True)
class ExtraGarp:
    """Seconds between announcements on virtual MACs (``everywhere``: on all) that send no advertisements."""

    interval: int
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """What keepalived has outside all blocks, about the daemon itself.

    ``net_namespace`` and ``net_namespace_ipvs``: "" is the keyword without a name. ``use_pid_dir`` is as
    written; ``net_namespace`` and ``instance`` imply it. ``child_wait_time`` in seconds. ``linkbeat_use_polling``: all
    interfaces.
    """

    net_namespace: str | None = None
    net_namespace_ipvs: str | None = None
    namespace_with_ipsets: bool = False
    use_pid_dir: bool = False
    instance: str | None = None
    child_wait_time: Seconds = Seconds(5.0)
    linkbeat_use_polling: bool = False
    origins: Origins = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class GlobalDefs:
    """``global_defs``: what holds for every instance; fields are named as keepalived's keywords.

    The ``vrrp_*`` defaults of instances are already applied to them; here they are kept as they were written (None:
    not written). Lengths of time in seconds, but ``*_rttime`` and ``min_auto_priority_delay`` in microseconds.
    """

    router_id: str | None = None
    # mail
    notification_email: tuple[str, ...] = ()
    notification_email_from: str | None = None
    smtp_server: MailServer | None = None
    smtp_helo_name: str | None = None
    smtp_connect_timeout: Seconds = Seconds(30.0)
    smtp_alert: bool | None = None
    smtp_alert_vrrp: bool | None = None
    no_email_faults: bool = False
    # scripts
    script_user: str | None = None
    script_group: str | None = None
    enable_script_security: bool = False
    use_symlink_paths: bool = False
    set_supplementary_groups: bool = False
    startup_script: Command | None = None
    startup_script_timeout: Seconds = Seconds(10.0)
    shutdown_script: Command | None = None
    shutdown_script_timeout: Seconds = Seconds(10.0)
    # named pipes
    notify_fifo: Fifo | None = None
    notify_fifo_script: Command | None = None
    vrrp_notify_fifo: Fifo | None = None
    vrrp_notify_fifo_script: Command | None = None
    vrrp_notify_priority_changes: bool = False
    fifo_write_vrrp_states_on_reload: bool = False
    # interfaces and packets
    dynamic_interfaces: bool = False
    dynamic_interfaces_allow_if_changes: bool = False
    default_interface: str = "eth0"
    disable_local_igmp: bool = False
    vrrp_mcast_group4: Address | None = None
    vrrp_mcast_group6: Address | None = None
    vrrp_startup_delay: Seconds = Seconds(0.0)
    vrrp_delay_after_boot: Seconds = Seconds(0.0)
    log_unknown_vrids: bool = False
    vrrp_garp_interval: Seconds = Seconds(0.0)
    vrrp_gna_interval: Seconds = Seconds(0.0)
    vmac_prefix: str = "vrrp"
    vmac_addr_prefix: str | None = None
    # defaults of instances
    vrrp_version: int = 2
    vrrp_garp_master_delay: Seconds | None = None
    vrrp_garp_master_repeat: int | None = None
    vrrp_garp_master_refresh: Seconds | None = None
    vrrp_garp_master_refresh_repeat: int | None = None
    vrrp_garp_lower_prio_delay: Seconds | None = None
    vrrp_garp_lower_prio_repeat: int | None = None
    vrrp_garp_form: str = "request"
    handover: str = "make_first"
    vrrp_min_garp: bool = False
    vrrp_garp_extra_if: ExtraGarp | None = None
    vrrp_down_timer_adverts: int = 3
    vrrp_lower_prio_no_advert: bool = False
    vrrp_higher_prio_send_advert: bool = False
    vrrp_owner_ignore_adverts: bool = False
    vrrp_check_unicast_src: bool = False
    vrrp_skip_check_adv_addr: bool = False
    vrrp_strict: bool = False
    v3_checksum_as_v2: bool = False
    fast_failover: FastFailover | None = None
    # firewall: None: not written, (): written without names
    vrrp_iptables: tuple[str, ...] | None = None
    vrrp_ipsets: tuple[str, ...] | None = None
    nftables: str | None = None
    nftables_priority: int = -1
    nftables_ifindex: bool = False
    nftables_counters: bool = False
    # the process
    process_names: bool = False
    process_name: str | None = None
    vrrp_process_name: str | None = None
    vrrp_priority: int | None = None
    vrrp_no_swap: bool = False
    vrrp_rt_priority: int | None = None
    vrrp_cpu_affinity: tuple[int, ...] = ()
    vrrp_rlimit_rttime: int | None = None
    max_auto_priority: int | None = None
    min_auto_priority_delay: int | None = None
    tuning: str = "automatic"
    umask: int | None = None
    random_seed: int | None = None
    vrrp_rx_bufs_policy: str | None = None
    vrrp_rx_bufs_multiplier: int = 3
    vrrp_netlink_cmd_rcv_bufs: int | None = None
    vrrp_netlink_cmd_rcv_bufs_force: bool = False
    vrrp_netlink_monitor_rcv_bufs: int | None = None
    vrrp_netlink_monitor_rcv_bufs_force: bool = False
    process_monitor_rcv_bufs: int | None = None
    process_monitor_rcv_bufs_force: bool = False
    # agents
    snmp_socket: str | None = None
    enable_traps: bool = False
    enable_snmp_vrrp: bool = False
    enable_snmp_rfc: bool = False
    enable_snmp_rfcv2: bool = False
    enable_snmp_rfcv3: bool = False
    enable_dbus: bool = False
    dbus_service_name: str | None = None
    dbus_no_interface_name: str | None = None
    # reloading and files; reload_check_config: the log's name, "" where it was written without one
    reload_check_config: str | None = None
    reload_time_file: str | None = None
    reload_repeat: bool = False
    reload_file: str | None = None
    upgrade_on_reload: bool = False
    include_check: tuple[str, ...] | None = None
    config_save_dir: str | None = None
    tmp_config_directory: str | None = None
    data_use_instance: bool = False
    state_dump_file: str | None = None
    stats_dump_file: str | None = None
    json_dump_file: str | None = None
    json_version: int = 1
    # the journal of events; megabytes
    journal: str | None = None
    journal_size: int = 16
    journal_files: int = 4
    iproute_usr_dir: str | None = None
    iproute_etc_dir: str | None = None
    origins: Origins = field(default_factory=dict, compare=False, repr=False)
