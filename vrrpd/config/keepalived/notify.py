"""The keywords that name what to run on a change of state; instances and sync groups share them."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from vrrpd.config.keepalived.cursor import Cursor, Handler
from vrrpd.config.keepalived.lexer import Statement
from vrrpd.config.keepalived.words import Draft, build, command, complain
from vrrpd.config.model import Command, NotifyScripts

FIELDS: Final[Mapping[str, str]] = {
    "notify_master": "master",
    "notify_backup": "backup",
    "notify_fault": "fault",
    "notify_stop": "stop",
    "notify": "generic",
    "notify_deleted": "deleted",
    "notify_master_rx_lower_pri": "master_rx_lower_pri",
}
"""Keyword -> field of NotifyScripts."""


def notify_keywords(draft: Draft) -> dict[str, Handler]:
    return dict.fromkeys(FIELDS, partial(_notify, draft))


def _notify(draft: Draft, cursor: Cursor, statement: Statement) -> None:
    keyword = statement.keyword
    if keyword == "notify_deleted":
        draft.put("announce_deleted", True, statement.location)
        if not statement.arguments:
            draft.origins[keyword] = statement.location
            return
    if keyword in draft.values:
        complain(
            cursor, statement.words[0], "repeated", f"{keyword} has been given already: this line is ignored",
            expected="each keyword once; one script may call others",
        )  # fmt: skip
        return
    value = command(cursor, statement)
    if value is not None:
        draft.put(keyword, value, statement.location)


def notify_scripts(draft: Draft) -> NotifyScripts:
    values: dict[str, object] = {
        field: value for keyword, field in FIELDS.items() if (value := draft.find(keyword, Command)) is not None
    }
    return build(NotifyScripts, {**values, "announce_deleted": draft.get("announce_deleted", bool, False)})
