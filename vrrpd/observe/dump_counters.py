"""What keepalived counts, in its order, from what vrrpd counts."""

from vrrpd.core.statistics import Statistics
from vrrpd.proto.advertisement import DropReason


def counters(statistics: Statistics) -> dict[str, int]:
    """keepalived's names; those of ``auth_ext`` are 0, as vrrpd has no auth_hmac."""
    dropped = statistics.dropped

    def total(*reasons: DropReason) -> int:
        return sum(dropped.get(reason, 0) for reason in reasons)

    return {
        "advert_rcvd": statistics.adverts_received,
        "advert_sent": statistics.adverts_sent,
        "become_master": statistics.became_master,
        "release_master": statistics.released_master,
        "packet_len_err": total(DropReason.TRUNCATED, DropReason.BAD_LENGTH),
        "advert_interval_err": statistics.interval_mismatches + total(DropReason.INTERVAL_MISMATCH),
        "ip_ttl_err": total(DropReason.BAD_TTL),
        "invalid_type_rcvd": total(DropReason.BAD_TYPE),
        "addr_list_err": statistics.address_list_mismatches,
        "invalid_authtype": total(DropReason.INVALID_AUTH_TYPE),
        "authtype_mismatch": total(DropReason.AUTH_TYPE_MISMATCH),
        "auth_failure": total(DropReason.AUTH_FAILURE),
        "auth_ext_missing": 0,
        "auth_ext_malformed": 0,
        "auth_ext_unknown_key": 0,
        "auth_ext_invalid_hmac": 0,
        "auth_ext_stale": 0,
        "auth_ext_replay": 0,
        "pri_zero_rcvd": statistics.priority_zero_received,
        "pri_zero_sent": statistics.priority_zero_sent,
    }
