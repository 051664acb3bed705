"""``keepalived.stats``: the counters of every instance. Indentation matters to those who read it."""

from collections.abc import Iterator
from typing import Final

from vrrpd.observe.dump_counters import counters
from vrrpd.observe.dump_facts import DumpFacts, InstanceFacts

_LINES: Final = (
    ("  Advertisements:", ""),
    ("    Received", "advert_rcvd"),
    ("    Sent", "advert_sent"),
    ("  Became master", "become_master"),
    ("  Released master", "release_master"),
    ("  Packet Errors:", ""),
    ("    Length", "packet_len_err"),
    ("    TTL", "ip_ttl_err"),
    ("    Invalid Type", "invalid_type_rcvd"),
    ("    Advertisement Interval", "advert_interval_err"),
    ("    Address List", "addr_list_err"),
    ("  Authentication Errors:", ""),
    ("    Invalid Type", "invalid_authtype"),
    ("    Type Mismatch", "authtype_mismatch"),
    ("    Failure", "auth_failure"),
    ("  Authentication Extension Errors:", ""),
    ("    Missing", "auth_ext_missing"),
    ("    Malformed", "auth_ext_malformed"),
    ("    Unknown Key", "auth_ext_unknown_key"),
    ("    Invalid HMAC", "auth_ext_invalid_hmac"),
    ("    Stale", "auth_ext_stale"),
    ("    Replay", "auth_ext_replay"),
    ("  Priority Zero:", ""),
    ("    Received", "pri_zero_rcvd"),
    ("    Sent", "pri_zero_sent"),
)


def stats_text(facts: DumpFacts) -> str:
    return "".join(f"{line}\n" for instance in facts.instances for line in _instance(instance))


def _instance(facts: InstanceFacts) -> Iterator[str]:
    found = counters(facts.view.statistics)
    yield f"VRRP Instance: {facts.config.name}"
    for label, name in _LINES:
        yield f"{label}: {found[name]}" if name else label
