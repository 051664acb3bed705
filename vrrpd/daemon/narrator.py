"""Effects and repetitions turned into log lines, after the effects are on the wire."""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from vrrpd.core.effects import GroupStateChanged, Notice, NoticeKind, State, StateChanged
from vrrpd.core.events import PacketDropped
from vrrpd.daemon.repeats import Repeats
from vrrpd.daemon.stalls import Stall
from vrrpd.proto.advertisement import ChecksumForm, Dropped
from vrrpd.units import Address, Vrid

log = logging.getLogger("vrrpd.instance")

_LEVELS: Final[Mapping[NoticeKind, int]] = {
    NoticeKind.LOWER_PRIORITY_HEARD: logging.INFO,
    NoticeKind.PACKET_DROPPED: logging.DEBUG,  # packet_dropped() says it, and counts
    NoticeKind.INTERVAL_DIFFERS: logging.WARNING,
    NoticeKind.ADDRESS_LIST_DIFFERS: logging.WARNING,
    NoticeKind.SAME_ADDRESS: logging.ERROR,
    NoticeKind.TWO_OWNERS: logging.ERROR,
    NoticeKind.PRIORITY_CHANGED: logging.DEBUG,  # the trackers say it, with the cause
    NoticeKind.ADDRESS_RESTORED: logging.WARNING,
    NoticeKind.EFFECT_FAILED: logging.ERROR,
    NoticeKind.STALLED: logging.INFO,  # stalled() says it, with the cause
    NoticeKind.STARTUP_DELAY: logging.INFO,
    NoticeKind.PREEMPT_DELAY: logging.INFO,
    NoticeKind.FAULTS_CHANGED: logging.WARNING,
    NoticeKind.SYNC_GROUP: logging.INFO,
    NoticeKind.WRONG_TAKEOVER: logging.WARNING,
    NoticeKind.PROBING: logging.INFO,
    NoticeKind.HANDOVER: logging.INFO,
}

NOTICE_BURST: Final = 10
"""The core says most things once in each state; this bounds what it may say again."""


class Narrator:
    """Collects while effects are carried out; ``flush`` then writes. What repeats is counted by ``repeats``."""

    def __init__(self, repeats: Repeats) -> None:
        self._repeats = repeats
        self._lines: deque[Callable[[], None]] = deque()
        self._deeds: dict[str, list[str]] = {}
        self.between: Callable[[], None] = _nothing

    def did(self, instance: str, deed: str) -> None:
        """What was done for ``instance``: told with the change of state that it belongs to."""
        self._deeds.setdefault(instance, []).append(deed)

    def state_changed(self, instance: str, change: StateChanged) -> None:
        deeds = self._deeds.pop(instance, [])
        self._lines.append(lambda: _tell_change(instance, change, deeds))

    def group_changed(self, change: GroupStateChanged) -> None:
        self._lines.append(lambda: _tell_group(change))

    def notice(self, instance: str, notice: Notice) -> None:
        self._lines.append(lambda: self._tell_notice(instance, notice))

    def packet_dropped(self, instance: str, event: PacketDropped) -> None:
        text = f"{instance} ignored a packet from {event.source}: {event.reason.value}"
        if event.detail:
            text += f" ({event.detail})"
        fields = {"instance": instance, "drop_reason": event.reason.value, "source": str(event.source)}
        self._lines.append(lambda: self._repeats.say((instance, event.reason), logging.WARNING, text, fields))

    def unattributed(self, interface: str, dropped: Dropped) -> None:
        """A packet so broken that no instance can be named."""
        text = f"ignored a packet on {interface}: {dropped.reason.value} ({dropped.detail})"
        fields = {"interface": interface, "drop_reason": dropped.reason.value}
        self._lines.append(lambda: self._repeats.say((interface, dropped.reason), logging.WARNING, text, fields))

    def unknown_vrid(self, interface: str, vrid: Vrid, source: Address) -> None:
        """A virtual router that nobody here takes part in (log_unknown_vrids)."""
        text = f"heard virtual router {vrid} on {interface} from {source}: it is not configured here"
        fields = {"interface": interface, "virtual_router_id": vrid, "source": str(source)}
        self._lines.append(lambda: self._repeats.say((interface, "unknown_vrid", vrid), logging.INFO, text, fields))

    def checksum_form(self, instance: str, peer: Address, form: ChecksumForm) -> None:
        """A unicast peer gets checksums of another form from now on, as it sends them itself."""
        text = f"{instance} sends checksums of the form {form.value} to {peer}, which sends such too"
        fields = {"instance": instance, "peer": str(peer), "checksum_form": form.value}
        self._lines.append(lambda: self._repeats.say((instance, peer), logging.INFO, text, fields))

    def stalled(self, stall: Stall) -> None:
        text, fields = f"stalled: {stall.describe()}", dict(stall.fields())
        self._lines.append(lambda: self._repeats.say("stalled", logging.WARNING, text, fields, burst=NOTICE_BURST))

    @property
    def has_lines(self) -> bool:
        return bool(self._lines)

    def flush(self) -> None:
        self._deeds.clear()
        while self._lines:
            self._lines.popleft()()
            self.between()

    def _tell_notice(self, instance: str, notice: Notice) -> None:
        fields = {"instance": instance, "notice": notice.kind.value, "detail": notice.detail}
        text = f"{instance} {notice.kind.value}: {notice.detail}"
        self._repeats.say((instance, notice.kind), _LEVELS[notice.kind], text, fields, burst=NOTICE_BURST)


def _nothing() -> None:
    """Nobody else has anything to do between two lines."""


def _tell_change(instance: str, change: StateChanged, deeds: list[str]) -> None:
    level = logging.WARNING if change.new is State.FAULT else logging.INFO
    text = "; ".join((change.detail, *deeds))
    fields = {
        "instance": instance,
        "old": change.old.value,
        "new": change.new.value,
        "reason": change.reason.value,
        "detail": change.detail,
        "done": deeds,
    }
    log.log(level, "%s %s -> %s: %s", instance, change.old.value, change.new.value, text, extra={"fields": fields})


def _tell_group(change: GroupStateChanged) -> None:
    level = logging.WARNING if change.new is State.FAULT else logging.INFO
    fields = {"group": change.group, "old": change.old.value, "new": change.new.value, "detail": change.detail}
    text = f"group {change.group} {change.old.value} -> {change.new.value}"
    log.log(level, "%s", f"{text}: {change.detail}" if change.detail else text, extra={"fields": fields})
