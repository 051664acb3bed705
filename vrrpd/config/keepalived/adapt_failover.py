"""``fast_failover``, which keepalived has not: of an instance, and of ``global_defs`` for all that do not say it."""

from collections.abc import Mapping
from typing import Final

from vrrpd.config.fast_failover import fast_failover
from vrrpd.config.keepalived.cursor import Cursor
from vrrpd.config.keepalived.lexer import Statement
from vrrpd.config.keepalived.words import Draft, Parser, flag, integer, one_of, rules, seconds

_PARSERS: Final[Mapping[str, Parser]] = {
    "probe": one_of("overdue", "always", "off"),
    "interval": seconds(0.01, 1),
    "misses": integer(1, 20),
}


def fast_failover_words(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    """A switch, or a block. None: switched off here, whatever holds for all."""
    inner = Draft()
    cursor.optional_block(rules(inner, _PARSERS), "fast_failover")
    wanted = flag(cursor, statement)
    if wanted is None:
        return
    draft.put("fast_failover", fast_failover(inner.values) if wanted else None, statement.location)
    draft.origins.update((f"fast_failover.{name}", at) for name, at in inner.origins.items())
