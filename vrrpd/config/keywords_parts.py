"""The keywords of trackers and groups, and of the tables inside blocks."""

from typing import Final

from vrrpd.config.shapes import Form, Integer, IpAddress, Keyword, OneOf, Seconds, table

_SCRIPT_MOST: Final = 4294967.295

VRRP_SCRIPT = table(
    Keyword("script", Form.COMMAND, "What to run. Exit code 0: healthy. No shell is involved.",
            example='"killall -0 haproxy"', required=True),
    Keyword("interval", Seconds(0.001, _SCRIPT_MOST), "Time between two starts.", "1", "2"),
    Keyword("timeout", Seconds(0.001, _SCRIPT_MOST), "A run that takes longer is killed and counts as a failure.",
            "interval", "1.5"),
    Keyword("weight", Form.WEIGHT,
            "0: failure is FAULT. Positive: added to the priority while healthy. Negative: taken away after a failure.",
            "0", "2"),
    Keyword("reverse", Form.FLAG, "Turn the sign of `weight`; with 0, being healthy is FAULT.", "false", "true",
            ours=True),
    Keyword("rise", Integer(1, 0x7FFFFFFF), "So many successes in a row until it counts as healthy again.", "1", "2"),
    Keyword("fall", Integer(1, 0x7FFFFFFF), "So many failures in a row until it counts as failed.", "1", "3"),
    Keyword("user", Form.USER, "Who runs it.", "script_user", '"nobody"'),
    Keyword("init_fail", Form.FLAG, "Count it as failed until its first run has ended.", "false", "true"),
)  # fmt: skip

AUTHENTICATION = table(
    Keyword("auth_type", OneOf(("PASS", "AH")), "The kind of authentication.", example='"PASS"', required=True),
    Keyword("auth_pass", Form.TEXT, "The same on all nodes. Eight bytes of it are sent, in clear.",
            example='"k3epitup"', required=True),
)  # fmt: skip

VIRTUAL_ADDRESS = table(
    Keyword("address", Form.PREFIXED, "The address.", "/32 or /128", '"192.168.1.100/24"', required=True),
    Keyword("dev", Form.INTERFACE, "The interface that gets it.", "interface", '"eth0"'),
    Keyword("label", Form.LABEL, "IPv4: the name that `ip` and `ifconfig` show.", example='"eth0:1"'),
    Keyword("scope", Form.SCOPE, "IPv4: how far it is valid.", '"global"', '"link"'),
    Keyword("brd", Form.BROADCAST, "IPv4: the broadcast address; + and -: all host bits 1 or 0.", "none", '"+"'),
    Keyword("peer", Form.PREFIXED, "The other end of a point-to-point link; the prefix is then its.", "none",
            '"192.168.1.9/30"'),
    Keyword("home", Form.FLAG, "IPv6: a home address.", "false", "true"),
    Keyword("-nodad", Form.FLAG, "IPv6: do detect duplicate addresses.", "false", "true"),
    Keyword("mngtmpaddr", Form.FLAG, "IPv6: temporary addresses are made from it.", "false", "true"),
    Keyword("noprefixroute", Form.FLAG, "No route to its network.", "false", "true"),
    Keyword("autojoin", Form.FLAG, "Join a multicast group.", "false", "true"),
    Keyword("preferred_lft", Form.LIFETIME, "IPv6: how long it is preferred.", '"forever", a /128: 0', "3600"),
    Keyword("use_vmac", Form.FLAG, "On an interface with a virtual MAC.", "false", "true"),
    Keyword("no_track", Form.FLAG, "Nothing follows from its loss.", "false", "true"),
    Keyword("track_group", Form.NAME, "Static: the track_group that faults at its loss.", "none", '"uplink"'),
)  # fmt: skip

TRACK = table(
    Keyword("name", Form.NAME, "The script or interface.", example='"chk_haproxy"', required=True),
    Keyword("weight", Form.WEIGHT, "Its weight for this instance.", "the script's; 0 for an interface", "-20"),
    Keyword("reverse", Form.FLAG, "The same, for this instance.", "the script's", "true"),
)  # fmt: skip

COMMAND = table(
    Keyword("command", Form.COMMAND, "What to run.", example='"/etc/vrrpd/notify.sh"', required=True),
    Keyword("user", Form.USER, "Who runs it.", "script_user", '"nobody"'),
)  # fmt: skip

AUTH_HMAC = table(
    Keyword("key", Form.TEXTS, "Keys: a number from 1 to 255 and hex:..., file:PATH or a text, of 32 to 64 bytes.",
            "required", '["1 file:/etc/vrrpd/key"]'),
    Keyword("active_key", Integer(1, 255), "The key that signs.", "none", "1"),
    Keyword("time_window", Integer(1, 300), "Seconds that clocks may differ.", "three intervals, at least 5", "10"),
    Keyword("anti_replay", OneOf(("time", "monotonic")), "What an advertisement must be newer than.", '"time"',
            '"monotonic"'),
    Keyword("mode", OneOf(("enforce", "permissive", "receive-only")), "What happens to unsigned advertisements.",
            '"enforce"', '"permissive"'),
)  # fmt: skip

FAST_FAILOVER = table(
    Keyword("probe", OneOf(("overdue", "always", "off")),
            "When a backup asks the master's host whether it lives: once an advertisement is late by a tenth of the"
            " interval, all the time, or never.", '"overdue"', '"always"'),
    Keyword("interval", Seconds(0.01, 1), "Time between two requests; at least as long as an answer may take.", "0.1",
            "0.2"),
    Keyword("misses", Integer(1, 20), "A host is silent after so many requests in a row without an answer.", "3", "5"),
)  # fmt: skip

GARP_GROUP = table(
    Keyword("interface", Form.INTERFACE, "One interface.", "none", '"eth0"'),
    Keyword("interfaces", Form.INTERFACES, "Several.", "[]", '["eth0", "eth1"]'),
    Keyword("garp_interval", Seconds(0, 4294.967295), "Least time between two gratuitous ARPs on them.", "0", "0.1"),
    Keyword("gna_interval", Seconds(0, 4294.967295), "The same for Neighbour Advertisements.", "0", "0.1"),
)  # fmt: skip

TRACK_FILE = table(
    Keyword("file", Form.PATH, "The file whose number counts.", example='"/run/load"', required=True),
    Keyword("weight", Form.WIDE_WEIGHT,
            "The number in the file times this goes to the priority; 0: any number but 0 is FAULT.", "1", "-10"),
    Keyword("reverse", Form.FLAG, "Subtract instead of add; the same as the word in `weight`.", "false", "true",
            ours=True),
    Keyword("init_file", Form.INIT_FILE, "Make the file at the start, with this number.", "none", '"0 overwrite"'),
)  # fmt: skip

VRRP_TRACK_PROCESS = table(
    Keyword("process", Form.PROCESS, "The name of the program, or its path, and parameters.", example='"haproxy"',
            required=True),
    Keyword("param_match", OneOf(("exact", "initial", "partial")), "How parameters are compared.",
            "exact where there are some", '"initial"'),
    Keyword("weight", Form.WIDE_WEIGHT, "As that of a vrrp_script.", "0", "-20"),
    Keyword("reverse", Form.FLAG, "Turn the sign of `weight`; with 0, being healthy is FAULT.", "false", "true",
            ours=True),
    Keyword("quorum", Integer(0, 65535), "So many must run.", "1", "2"),
    Keyword("quorum_max", Integer(0, 65535), "No more than so many may run; 0: none.", "none", "4"),
    Keyword("delay", Seconds(0, 3600), "fork_delay and terminate_delay.", "0", "0.5"),
    Keyword("fork_delay", Seconds(0, 3600), "Wait so long after one appeared.", "0", "0.5"),
    Keyword("terminate_delay", Seconds(0, 3600), "Wait so long after one ended.", "0", "0.5"),
    Keyword("full_command", Form.FLAG, "Compare the whole command line, not the name of the process.", "false", "true"),
)  # fmt: skip

BFD_INSTANCE = table(
    Keyword("neighbor_ip", IpAddress(), "The other end.", example='"192.168.1.254"', required=True),
    Keyword("source_ip", IpAddress(), "This end.", "the kernel's choice", '"192.168.1.1"'),
    Keyword("min_rx", Integer(1, 4294967), "Milliseconds between packets that are wanted at least.", "10", "50"),
    Keyword("min_tx", Integer(1, 4294967), "Milliseconds between packets sent.", "10", "50"),
    Keyword("idle_tx", Integer(1000, 4294967), "The same while the session is down.", "1000", "2000"),
    Keyword("multiplier", Integer(1, 255), "It is down after so many missed packets.", "5", "3"),
    Keyword("passive", Form.FLAG, "Wait for the other end to begin.", "false", "true"),
    Keyword("ttl", Integer(1, 255), "TTL or hop limit of packets.", "255; IPv6: 64", "64"),
    Keyword("max_hops", Integer(-1, 255), "How many hops packets may have made.", "none", "3"),
    Keyword("multihop", Form.FLAG, "The other end is not on this network.", "false", "true"),
    Keyword("weight", Form.WEIGHT, "As that of a vrrp_script.", "0", "-20"),
    Keyword("reverse", Form.FLAG, "As that of a vrrp_script.", "false", "true", ours=True),
    Keyword("vrrp", Form.FLAG, "VRRP hears of it; `vrrp` or `checker` alone leave out the other.", "true", "false"),
    Keyword("checker", Form.FLAG, "keepalived's checkers hear of it.", "true", "false"),
)  # fmt: skip

VRRP_SYNC_GROUP = table(
    Keyword("group", Form.TEXTS, "The instances that are master together or not at all.", example='["VI_1", "VI_2"]',
            required=True),
    Keyword("track_interface", Form.TRACK_INTERFACES, "As in a vrrp_instance, for every member.", "[]", '["eth2"]'),
    Keyword("track_script", Form.TRACK_SCRIPTS, "As in a vrrp_instance, for every member.", "[]", '["chk_haproxy"]'),
    Keyword("track_file", Form.TRACK_FILES, "As in a vrrp_instance, for every member.", "[]", '["load"]'),
    Keyword("track_process", Form.TRACK_PROCESSES, "As in a vrrp_instance, for every member.", "[]", '["haproxy"]'),
    Keyword("track_bfd", Form.TRACK_BFDS, "As in a vrrp_instance, for every member.", "[]", '["upstream"]'),
    Keyword("notify_master", Form.NOTIFY, "Run when the group becomes MASTER.", "none", '"/etc/vrrpd/master.sh"'),
    Keyword("notify_backup", Form.NOTIFY, "Run when the group becomes BACKUP.", "none", '"/etc/vrrpd/backup.sh"'),
    Keyword("notify_fault", Form.NOTIFY, "Run when the group becomes FAULT.", "none", '"/etc/vrrpd/fault.sh"'),
    Keyword("notify_stop", Form.NOTIFY, "Run when vrrpd stops.", "none", '"/etc/vrrpd/stop.sh"'),
    Keyword("notify", Form.NOTIFY, "Run on every change, with four more arguments: GROUP, name, state, 0.", "none",
            '"/etc/vrrpd/notify.sh"'),
    Keyword("smtp_alert", Form.FLAG, "Mail about changes of state.", "smtp_alert_vrrp", "true"),
    Keyword("notify_priority_changes", Form.FLAG, "`notify_priority_changes` of members that give none.",
            "vrrp_notify_priority_changes", "true"),
    Keyword("sync_group_tracking_weight", Form.FLAG, "Trackers of members may have weights.", "false", "true"),
    Keyword("global_tracking", Form.FLAG, "Has no effect; keepalived once had one.", "false", "true"),
)  # fmt: skip

TRACK_GROUP = table(
    Keyword("group", Form.TEXTS, "Instances that fault when a static address, route or rule of this group is lost.",
            example='["VI_1"]', required=True),
)  # fmt: skip
