"""What belongs to IPVS: checked for its shape, said once to be somebody else's work."""

from collections.abc import Mapping
from typing import Final

from vrrpd.config.keepalived.complaints import Complaint
from vrrpd.config.keepalived.cursor import Cursor, Handler, Keywords
from vrrpd.config.keepalived.lexer import Statement
from vrrpd.config.keepalived.words import complain, decimal_word, ignored, integer_word, names
from vrrpd.config.values import shortened

NOT_HANDLED: Final = frozenset(
    [
        "checker_process_name",
        "lvs_process_name",
        "bfd_process_name",
        "smtp_alert_checker",
        "checker_log_all_failures",
        "lvs_timeouts",
        "lvs_flush",
        "lvs_flush_on_stop",
        "lvs_flush_onstop",
        "lvs_sync_daemon",
        "nftables_ipvs",
        "nftables_ipvs_priority",
        "nftables_ipvs_start_fwmark",
        "lvs_notify_fifo",
        "lvs_notify_fifo_script",
        "checker_priority",
        "checker_no_swap",
        "checker_rt_priority",
        "checker_cpu_affinity",
        "checker_rlimit_rttime",
        "checker_rlimit_rtime",
        "bfd_priority",
        "bfd_rt_priority",
        "bfd_cpu_affinity",
        "bfd_rlimit_rttime",
        "bfd_rlimit_rtime",
        "snmp_vs_stats_update_interval",
        "snmp_rs_stats_update_interval",
        "lvs_netlink_cmd_rcv_bufs",
        "lvs_netlink_cmd_rcv_bufs_force",
        "lvs_netlink_monitor_rcv_bufs",
        "lvs_netlink_monitor_rcv_bufs_force",
        "rs_init_notifies",
        "no_checker_emails",
    ]
)
"""Words of global_defs that concern the checkers, IPVS and BFD processes only."""

_SCHEDULERS: Final = frozenset(names("rr wrr lc wlc lblc lblcr dh sh mh fo ovf sed nq twos"))
_METHODS: Final = frozenset({"NAT", "DR", "TUN"})
_LONGEST: Final = 2_678_400
"""Seconds of persistence_timeout: 31 days."""


class Lvs:
    """What was found of IPVS: how many servers, which scripts it would run."""

    def __init__(self) -> None:
        self.scripts: list[Statement] = []
        self._told = False

    def keywords(self) -> dict[str, Handler]:
        return {
            "virtual_server": self._virtual_server,
            "virtual_server_group": self._group,
            "SSL": self._ssl,
            "local_address_group": self._unknown_group,
        }

    def _tell(self, cursor: Cursor, statement: Statement) -> None:
        if self._told:
            return
        self._told = True
        cursor.complaints.warn(
            statement.location,
            "lvs",
            f"{statement.keyword} is not handled by vrrpd, nor is anything else that concerns IPVS",
            expected="keepalived -C beside vrrpd for virtual servers, or a proxy such as HAProxy",
        )

    def _unknown_group(self, cursor: Cursor, statement: Statement) -> None:
        cursor.complaints.complain(
            Complaint.UNKNOWN_KEYWORD, statement.location, "unknown-keyword",
            f"{statement.keyword} is not known to keepalived: the block is left out",
        )  # fmt: skip
        cursor.skip_block()

    def _ssl(self, cursor: Cursor, statement: Statement) -> None:
        self._tell(cursor, statement)
        cursor.block(statement, dict.fromkeys(("password", "ca", "certificate", "key"), ignored), "SSL")

    def _group(self, cursor: Cursor, statement: Statement) -> None:
        self._tell(cursor, statement)
        if not cursor.needs(statement, 1, "a name"):
            return
        for _ in cursor.entries(Statement(statement.words[:1], statement.line)):
            pass

    def _virtual_server(self, cursor: Cursor, statement: Statement) -> None:
        self._tell(cursor, statement)
        server = _Server(self, statement)
        server.read(cursor)

    def take_script(self, cursor: Cursor, statement: Statement) -> None:
        if cursor.needs(statement, 1, "a command"):
            self.scripts.append(statement)


class _Server:
    """One virtual_server."""

    def __init__(self, lvs: Lvs, statement: Statement) -> None:
        self._lvs = lvs
        self._statement = statement
        self._weights: list[int] = []
        self._quorum: tuple[int, Statement] | None = None

    def read(self, cursor: Cursor) -> None:
        if not cursor.needs(self._statement, 1, "an address and a port, fwmark and a number, or group and a name"):
            return
        cursor.block(self._statement, self._keywords(), "virtual_server")
        if not self._weights:
            complain(cursor, self._statement.words[0], "no-real-server", "this virtual_server has no real_server")
        total = sum(self._weights)
        if self._weights and self._quorum is not None and self._quorum[0] > total:
            complain(
                cursor, self._quorum[1].words[0], "quorum",
                f"the quorum {self._quorum[0]} is more than the weights of the real servers together, {total}",
            )  # fmt: skip

    def _keywords(self) -> Keywords:
        alone = [
            "inhibit_on_failure",
            "hashed",
            "flag-1",
            "flag-2",
            "flag-3",
            "sh-port",
            "sh-fallback",
            "mh-port",
            "mh-fallback",
            "ops",
            "persistence_engine",
            "persistence_granularity",
            "ha_suspend",
            "smtp_alert",
            "virtualhost",
            "omega",
            "sorry_server_inhibit",
            "snmp_name",
            "alpha",
            "log_all_failures",
            "ip_family",
            "hysteresis",
            "sorry_server_lvs_method",
        ]
        return {
            **dict.fromkeys(alone, ignored),
            **dict.fromkeys(("delay_loop", "delay_before_retry", "warmup", "connect_timeout"), _seconds),
            **dict.fromkeys(("lb_algo", "lvs_sched"), _scheduler),
            **dict.fromkeys(("lb_kind", "lvs_method"), _method),
            **dict.fromkeys(("quorum_up", "quorum_down"), self._lvs.take_script),
            "retry": _number,
            "weight": _number,
            "quorum": self._read_quorum,
            "protocol": self._protocol,
            "persistence_timeout": _persistence,
            "sorry_server": _sorry_server,
            "real_server": self._real_server,
        }

    def _protocol(self, cursor: Cursor, statement: Statement) -> None:
        if not cursor.needs(statement, 1, "TCP, UDP or SCTP"):
            return
        if statement.words[1].text not in {"TCP", "UDP", "SCTP"}:
            complain(
                cursor, statement.words[1], "bad-value",
                f"protocol cannot be {shortened(statement.words[1].text)}", expected="TCP, UDP or SCTP",
            )  # fmt: skip
        elif self._statement.words[1].text == "fwmark":
            cursor.complaints.complain(
                Complaint.WARNING, statement.location, "fwmark-protocol", "a fwmark has no protocol: it is ignored"
            )

    def _read_quorum(self, cursor: Cursor, statement: Statement) -> None:
        if cursor.needs(statement, 1, "a number"):
            value = integer_word(cursor, statement.words[1], 1, 0x7FFFFFFF, "quorum")
            self._quorum = None if value is None else (value, statement)

    def _real_server(self, cursor: Cursor, statement: Statement) -> None:
        if not cursor.needs(statement, 1, "an address and a port"):
            return
        self._weights.append(1)
        cursor.block(statement, self._real_server_keywords(), "real_server")

    def _real_server_keywords(self) -> Keywords:
        alone = names("inhibit_on_failure smtp_alert virtualhost snmp_name alpha log_all_failures")
        http = {**_CHECKER, **dict.fromkeys(_HTTP_WORDS, ignored), "nb_get_retry": _old_retry, "url": _url}
        misc = {**_CHECKER, **dict.fromkeys(_MISC_WORDS, ignored), "misc_path": self._lvs.take_script}
        return {
            **dict.fromkeys(alone, ignored),
            **dict.fromkeys(("delay_loop", "delay_before_retry", "warmup", "connect_timeout"), _seconds),
            **dict.fromkeys(("notify_up", "notify_down"), self._lvs.take_script),
            **dict.fromkeys(("lthreshold", "uthreshold", "retry"), _number),
            "weight": self._weight,
            "lvs_method": _method,
            "HTTP_GET": _checker(http),
            "SSL_GET": _checker({**http, "enable_sni": ignored, "tls_compliant": ignored}),
            "TCP_CHECK": _checker(_CHECKER),
            "SMTP_CHECK": _checker({**_CHECKER, "helo_name": ignored, "host": _checker(_CHECKER)}),
            "DNS_CHECK": _checker({**_CHECKER, "type": ignored, "name": ignored}),
            "MISC_CHECK": _checker(misc),
            "UDP_CHECK": _checker({**_CHECKER, **dict.fromkeys(_UDP_WORDS, ignored)}),
            "PING_CHECK": _checker(_CHECKER),
            "FILE_CHECK": _checker({"track_file": ignored, "weight": ignored, "alpha": ignored}),
            "BFD_CHECK": _checker({"name": ignored, "alpha": ignored}),
        }

    def _weight(self, cursor: Cursor, statement: Statement) -> None:
        if cursor.needs(statement, 1, "0 to 65535"):
            value = integer_word(cursor, statement.words[1], 0, 65535, "weight")
            self._weights[-1] = 1 if value is None else value


def _sorry_server(cursor: Cursor, statement: Statement) -> None:
    cursor.needs(statement, 1, "an address and a port")


def _seconds(cursor: Cursor, statement: Statement) -> None:
    if cursor.needs(statement, 1, "seconds"):
        decimal_word(cursor, statement.words[1], 0.000001, 4294.967295, statement.keyword)


def _number(cursor: Cursor, statement: Statement) -> None:
    if cursor.needs(statement, 1, "a number"):
        integer_word(cursor, statement.words[1], 0, 0xFFFFFFFF, statement.keyword)


def _persistence(cursor: Cursor, statement: Statement) -> None:
    if statement.arguments:
        integer_word(cursor, statement.words[1], 1, _LONGEST, "persistence_timeout")


def _scheduler(cursor: Cursor, statement: Statement) -> None:
    _choice(cursor, statement, _SCHEDULERS)


def _method(cursor: Cursor, statement: Statement) -> None:
    _choice(cursor, statement, _METHODS)


def _choice(cursor: Cursor, statement: Statement, known: frozenset[str]) -> None:
    expected = ", ".join(sorted(known))
    if cursor.needs(statement, 1, expected) and statement.words[1].text not in known:
        complain(
            cursor, statement.words[1], "bad-value",
            f"{statement.keyword} cannot be {shortened(statement.words[1].text)}", expected=expected,
        )  # fmt: skip


def _old_retry(cursor: Cursor, statement: Statement) -> None:
    cursor.complaints.complain(
        Complaint.DEPRECATED, statement.location, "deprecated", "nb_get_retry is an old name", write="retry"
    )


def _checker(keywords: Keywords) -> Handler:
    def handle(cursor: Cursor, statement: Statement) -> None:
        cursor.block(statement, keywords, statement.keyword)

    return handle


_CHECKER: Final[Mapping[str, Handler]] = {
    **dict.fromkeys(("connect_timeout", "delay_before_retry", "warmup", "delay_loop"), _seconds),
    **dict.fromkeys(("connect_port", "bind_port", "retry", "fwmark"), _number),
    **dict.fromkeys(("connect_ip", "bindto", "bind_if", "alpha", "log_all_failures"), ignored),
}
_HTTP_WORDS: Final = ("http_protocol", "virtualhost", "regex_options", "fast_recovery")
_MISC_WORDS: Final = ("misc_timeout", "misc_dynamic", "user")
_UDP_WORDS: Final = ("payload", "require_reply", "min_reply_length", "max_reply_length")
_url: Final = _checker(
    dict.fromkeys(
        [
            "path",
            "digest",
            "status_code",
            "virtualhost",
            "regex",
            "regex_no_match",
            "regex_options",
            "regex_stack",
            "regex_min_offset",
            "regex_max_offset",
            "tls_compliant",
        ],
        ignored,
    )
)
