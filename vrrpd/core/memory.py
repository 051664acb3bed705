"""What a virtual router remembers of others: whom it heard, and what it has already said."""

from dataclasses import field

from vrrpd.core.effects import NoticeKind
from vrrpd.core.events import Event
from vrrpd.proto.advertisement import Advertisement
from vrrpd.records import dataclass
from vrrpd.units import RESIGN, Address, Instant, Priority, Seconds

PEERS_KEPT = 16
NOTICES_KEPT = 64
"""Subjects of one kind, so that a flood of one kind hides no other."""
SILENCE = 3
"""Intervals without an advertisement after which a sender begins anew."""


@dataclass(slots=True)
class Heard:
    """The last advertisement of one sender."""

    advertisement: Advertisement
    source: Address
    at: Instant
    since: Instant
    """The first advertisement of an unbroken row of them."""

    @property
    def priority(self) -> Priority:
        return self.advertisement.priority


@dataclass(slots=True)
class Accepted:
    """The advertisement accepted last, where it agreed with our settings in everything; waits in seconds.

    The usual case, made cheap: heard again, without anything else in between, it is counted here, and the election
    catches up when somebody wants to know. ``event`` None: something else did happen.
    """

    event: Event | None
    heard: Heard
    wait: Seconds
    overdue: Seconds | None = None
    at: Instant = Instant(0.0)
    times: int = 0

    def again(self, now: Instant) -> None:
        self.at = now
        self.times += 1


@dataclass(slots=True)
class Memory:
    """Bounded, so that a stranger's packets cannot make it grow."""

    _peers: dict[Address, Heard] = field(default_factory=dict)
    _followed: Heard | None = None
    _said: dict[NoticeKind, set[str]] = field(default_factory=dict)

    def heard(self, advertisement: Advertisement, source: Address, now: Instant) -> Heard:
        peer = self._peers.get(source)
        if peer is None:
            if len(self._peers) >= PEERS_KEPT:
                del self._peers[min(self._peers, key=lambda address: self._peers[address].at)]
            peer = self._peers[source] = Heard(advertisement, source, now, now)
        else:
            if peer.advertisement.priority == RESIGN or now - peer.at > SILENCE * advertisement.interval:
                peer.since = now
            peer.advertisement, peer.at = advertisement, now
        return peer

    def follow(self, peer: Heard) -> None:
        """That sender is the master, as far as we know."""
        self._followed = peer

    def forget_master(self) -> None:
        self._followed = None

    @property
    def master(self) -> Heard | None:
        return self._followed

    def is_new_master(self, now: Instant, span: Seconds) -> bool:
        """Whether the master became one less than ``span`` seconds ago, as far as we heard."""
        peer = self._followed
        return peer is not None and peer.advertisement.priority != RESIGN and now - peer.since < span

    def first_time(self, kind: NoticeKind, subject: object) -> bool:
        """Whether this has not been said since the last change of state."""
        said, text = self._said.setdefault(kind, set()), repr(subject)
        if text in said or len(said) >= NOTICES_KEPT:
            return False
        said.add(text)
        return True

    def forget_said(self) -> None:
        self._said.clear()
