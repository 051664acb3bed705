"""The failover table: its rows in the order in which they are shown."""

from netns.kms.rows import failover, operations, service
from netns.kms.rows.play import Play, RowKind
from netns.kms.timers import MACHINE, Timers

__all__ = ["KEYS", "Play", "RowKind", "kinds"]

WITHIN = 2.0
"""Seconds in which the setting promises the address on the next node."""
MILLISECONDS = 10.0

KEYS = RowKind(
    "keys-kept",
    "All of this is over",
    "every key that was acknowledged can be read back",
    "keys lost",
    0.0,
    service.all_keys_kept,
)
"""Played once on every site, at its end."""


def kinds(timers: Timers) -> tuple[RowKind, ...]:
    """``timers`` of the site's configuration files: every bound comes from them, but for what the setting promises."""
    return (*_failover(timers), *_service(timers), *_operations(timers))


def _failover(timers: Timers) -> tuple[RowKind, ...]:
    by_timers = timers.check_and_master_down
    return (
        RowKind(
            "haproxy-dies",
            "HAProxy on the active node dies",
            f"the address on the next node within {WITHIN:g} s (vrrpd: with fast_failover)",
            failover.NEXT,
            WITHIN,
            failover.haproxy_dies,
            fast=True,
        ),
        RowKind(
            "haproxy-dies-timers",
            "The same, by the protocol's timers alone",
            f"within {by_timers:.1f} s: check {timers.check:g} s + Master_Down_Interval {timers.master_down[1]:.1f} s"
            f" (they cannot promise {WITHIN:g} s)",
            failover.NEXT,
            by_timers + MACHINE,
            failover.haproxy_dies,
            fast=False,
        ),
        RowKind(
            "node-crashes",
            "The active node crashes",
            f"the next highest priority holds the address within {WITHIN:g} s (vrrpd: with fast_failover)",
            failover.NEXT,
            WITHIN,
            failover.node_crashes,
            fast=True,
        ),
        RowKind(
            "both-gone",
            "Both first nodes are gone",
            f"the third holds the address, within its Master_Down_Interval of {timers.master_down[2]:.1f} s",
            failover.NEXT,
            timers.master_down[2] + MACHINE,
            failover.both_gone,
            balancers=3,
            fast=True,
        ),
    )


def _service(timers: Timers) -> tuple[RowKind, ...]:
    down = timers.server_down
    return (
        RowKind(
            "kms-down",
            "A KMS node goes down",
            f"no more traffic to it within {down:g} s (inter x fall), the others absorb it",
            "last traffic to it, s",
            down + MACHINE,
            service.kms_down,
        ),
        RowKind(
            "kms-recovers",
            "A KMS node recovers",
            f"UP after {timers.rise} good checks, {timers.server_up:g} s",
            "UP after its first healthy answer, s",
            timers.server_up + service.SLACK,
            service.kms_recovers,
            goes_on=True,
        ),
        RowKind(
            "kms-added",
            "A KMS node is added",
            "one server line and a reload: it gets traffic; no client notices, no request is lost",
            "traffic after, s",
            timers.server_up,
            service.kms_added,
        ),
        RowKind(
            "database-returns",
            "The database stops and returns",
            f"all nodes DOWN by the body of /health ({down:g} s), UP again ({timers.server_up:g} s), no key lost",
            "all nodes DOWN, s",
            down + service.SLACK,
            service.database_returns,
        ),
    )


def _operations(timers: Timers) -> tuple[RowKind, ...]:
    return (
        RowKind(
            "rolling-upgrade",
            "Rolling upgrade of both load balancers",
            f"no KMIP request lost but connections cut, no outage over {MILLISECONDS:g} ms for new connections",
            "outage for new connections, ms",
            MILLISECONDS,
            operations.rolling_upgrade,
            fast=True,
            alone=True,
        ),
        RowKind(
            "partition",
            "Partition between the load balancers",
            f"two masters, both say so; healed: one holder and right caches within {timers.interval:g} s",
            "one holder after healing, s",
            timers.interval + MACHINE,
            operations.partition,
            fast=True,
            unsettles=True,
        ),
    )
