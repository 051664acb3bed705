"""Carries out what the election wants done, in its order, and says afterwards what could not be done."""

import errno
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from vrrpd.core.effects import (
    AddAddresses,
    Announce,
    AnnounceSource,
    Effect,
    GroupStateChanged,
    Linger,
    Notice,
    Notify,
    NotifyGroup,
    Probe,
    RemoveAddresses,
    SendAdvertisement,
    StateChanged,
    StopProbing,
)
from vrrpd.core.events import EffectFailed
from vrrpd.core.node import Directed
from vrrpd.daemon.narrator import Narrator
from vrrpd.daemon.speaker import Speaker
from vrrpd.daemon.vip_set import Failure, VipSet
from vrrpd.errors import LinuxError
from vrrpd.linux.clock import now as read_clock
from vrrpd.linux.netlink import Netlink
from vrrpd.records import dataclass
from vrrpd.units import RESIGN, Address, Instant, between

Later: TypeAlias = Notify | NotifyGroup | Probe | StopProbing | Linger
"""What is passed on once everything else of a batch is done."""

log = logging.getLogger("vrrpd.instance")

LINK_GONE = frozenset({errno.ENETDOWN, errno.ENETUNREACH, errno.ENODEV, errno.ENXIO})
"""Nobody can hear a farewell on a link that is gone, so that is no failure to report (keepalived)."""


@dataclass(frozen=True, slots=True)
class Means:
    """What one instance acts with."""

    speaker: Speaker
    vips: VipSet


class Executor:
    """``notify`` is called for scripts and requests once everything else of a batch is done: it may fork.

    ``between`` is called whenever a part of what takes long is done.
    """

    def __init__(
        self,
        means: Mapping[str, Means],
        netlink: Netlink,
        narrator: Narrator,
        notify: Callable[[str, Later], None],
    ) -> None:
        self._means = means
        self._netlink = netlink
        self._narrator = narrator
        self._notify = notify
        self._notifications: list[tuple[str, Later]] = []
        self._announced: set[str] = set()
        self.between: Callable[[], None] = _nothing

    def carry_out(self, batch: Iterable[Directed], since: Instant) -> list[tuple[str, EffectFailed]]:
        """Do it; what failed, as events. ``since`` is when the cause happened, for the log."""
        failures = []
        for directed in batch:
            failure = self._do(directed.router, directed.effect, since)
            if failure is not None:
                failures.append((directed.router, failure))
        return failures

    def finish(self) -> None:
        """The slow rest: log lines, scripts, and what the next announcement should say."""
        self._narrator.flush()
        notifications, self._notifications = self._notifications, []
        for name, notification in notifications:
            self._notify(name, notification)
            self.between()
        announced, self._announced = self._announced, set()
        for name in announced & self._means.keys():
            self._means[name].vips.refresh()

    def let_go(self, name: str, *, resign: bool) -> None:
        """Give up the addresses whatever the election thinks. Failures are logged."""
        means = self._means[name]
        try:
            if resign:
                means.speaker.send(RESIGN)
        except LinuxError as error:
            log.error("%s could not resign: %s", name, error)
        failure = means.vips.remove(self._netlink, means.vips.addresses)
        if failure is not None:
            log.error("%s could not give up its addresses: %s", name, failure.error)

    def _do(self, name: str, effect: Effect, since: Instant) -> EffectFailed | None:
        means = self._means[name]
        try:
            match effect:
                case SendAdvertisement():
                    return _send(means.speaker, effect)
                case AddAddresses():
                    failure = means.vips.add(self._netlink, effect.addresses)
                    return self._moved(name, effect, failure, since)
                case RemoveAddresses():
                    failure = means.vips.remove(self._netlink, effect.addresses)
                    return self._moved(name, effect, failure, since)
                case Linger():
                    means.vips.hush(effect.addresses)
                    self._notifications.append((name, effect))
                case Announce():
                    self._announced.add(name)
                    missing = means.vips.announce(effect.addresses, effect.rounds)
                    if missing:
                        return EffectFailed(effect, f"{missing} announcements not sent: the queue stayed full")
                case AnnounceSource():
                    means.vips.announce_own(effect.address)
                case _:
                    self._tell(name, effect)
        except LinuxError as error:
            return EffectFailed(effect, str(error))
        return None

    def _tell(self, name: str, effect: Effect) -> None:
        if isinstance(effect, StateChanged):
            self._narrator.state_changed(name, effect)
        elif isinstance(effect, Notice):
            self._narrator.notice(name, effect)
        elif isinstance(effect, GroupStateChanged):
            self._narrator.group_changed(effect)
        elif isinstance(effect, Notify | NotifyGroup | Probe | StopProbing):
            self._notifications.append((name, effect))

    def _moved(
        self, name: str, effect: AddAddresses | RemoveAddresses, failure: Failure | None, since: Instant
    ) -> EffectFailed | None:
        done = effect.addresses
        if failure is not None:
            failed = frozenset((*failure.addresses, *failure.tolerated))
            done = tuple(address for address in done if address not in failed)
        added = isinstance(effect, AddAddresses)
        devices = ", ".join(self._means[name].vips.devices_of(done))
        if devices:
            milliseconds = between(since, read_clock()) * 1000
            where = f"on {devices}" if added else f"removed from {devices}"
            self._narrator.did(name, f"{_count(done, effect.addresses)} {where} in {milliseconds:.1f} ms")
        if failure is None:
            return None
        if not failure.addresses:
            log.warning("%s goes on without %s (no_track): %s", name, _joined(failure.tolerated), failure.error)
            return None
        return EffectFailed(type(effect)(failure.addresses), failure.error)


def _nothing() -> None:
    """Nobody else has anything to do between two scripts."""


def _send(speaker: Speaker, effect: SendAdvertisement) -> EffectFailed | None:
    try:
        sent = speaker.send(effect.priority)
    except LinuxError as error:
        if effect.priority == RESIGN and error.errno in LINK_GONE:
            return None
        raise
    return None if sent or effect.priority == RESIGN else EffectFailed(effect, "no socket to send adverts with")


def _joined(addresses: Iterable[Address]) -> str:
    return ", ".join(str(address) for address in addresses)


def _count(done: tuple[Address, ...], wanted: tuple[Address, ...]) -> str:
    total = f"{len(wanted)} VIP{'s' if len(wanted) != 1 else ''}"
    return total if len(done) == len(wanted) else f"{len(done)} of {total}"
