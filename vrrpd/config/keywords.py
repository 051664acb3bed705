"""Every keyword that vrrpd knows: what it takes, its default, what it means.

These tables drive the readers, the writers, the checks and ``docs/configuration.md``. Names and meanings are
keepalived's, except where a keyword is marked ``ours``.
"""

from collections.abc import Mapping
from typing import Final

from vrrpd.config.keywords_global import GLOBAL_DEFS, TOP_LEVEL
from vrrpd.config.keywords_instance import VRRP_INSTANCE
from vrrpd.config.keywords_parts import (
    AUTH_HMAC,
    AUTHENTICATION,
    BFD_INSTANCE,
    COMMAND,
    FAST_FAILOVER,
    GARP_GROUP,
    TRACK,
    TRACK_FILE,
    TRACK_GROUP,
    VIRTUAL_ADDRESS,
    VRRP_SCRIPT,
    VRRP_SYNC_GROUP,
    VRRP_TRACK_PROCESS,
)
from vrrpd.config.shapes import (
    WEIGHT_LIMIT,
    WIDE_WEIGHT_LIMIT,
    Form,
    Integer,
    IpAddress,
    Keyword,
    OneOf,
    Seconds,
    Shape,
    expected,
    toml_literal,
)

__all__ = [
    "AUTHENTICATION",
    "AUTH_HMAC",
    "BFD_INSTANCE",
    "BLOCKS",
    "COMMAND",
    "FAST_FAILOVER",
    "GARP_GROUP",
    "GLOBAL_DEFS",
    "NAMELESS",
    "TABLES",
    "TOP_LEVEL",
    "TRACK",
    "TRACK_FILE",
    "TRACK_GROUP",
    "VIRTUAL_ADDRESS",
    "VRRP_INSTANCE",
    "VRRP_SCRIPT",
    "VRRP_SYNC_GROUP",
    "VRRP_TRACK_PROCESS",
    "WEIGHT_LIMIT",
    "WIDE_WEIGHT_LIMIT",
    "Form",
    "Integer",
    "IpAddress",
    "Keyword",
    "OneOf",
    "Seconds",
    "Shape",
    "expected",
    "toml_literal",
]

BLOCKS: Final[Mapping[str, Mapping[str, Keyword]]] = {
    "": TOP_LEVEL,
    "global_defs": GLOBAL_DEFS,
    "vrrp_script": VRRP_SCRIPT,
    "track_file": TRACK_FILE,
    "vrrp_track_process": VRRP_TRACK_PROCESS,
    "bfd_instance": BFD_INSTANCE,
    "vrrp_instance": VRRP_INSTANCE,
    "vrrp_sync_group": VRRP_SYNC_GROUP,
    "track_group": TRACK_GROUP,
}
"""What a file consists of: the keywords outside all blocks (\"\"), and the blocks."""

NAMELESS: Final = frozenset({"", "global_defs"})
"""All other blocks carry a name: ``[vrrp_instance.VI_1]``."""

TABLES: Final[Mapping[str, Mapping[str, Keyword]]] = {
    **BLOCKS,
    "authentication": AUTHENTICATION,
    "auth_hmac": AUTH_HMAC,
    "fast_failover": FAST_FAILOVER,
    "garp_group": GARP_GROUP,
    "virtual_ipaddress": VIRTUAL_ADDRESS,
    "track": TRACK,
    "command": COMMAND,
}
