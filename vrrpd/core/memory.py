"""What a virtual router remembers of others: whom it heard, and what it has already said."""

from vrrpd.core.effects import NoticeKind
from vrrpd.core.view import MasterView, PeerView
from vrrpd.proto.advertisement import Advertisement
from vrrpd.units import Address, Instant

PEERS_KEPT = 16
NOTICES_KEPT = 64


class Memory:
    """Bounded, so that a stranger's packets cannot make it grow."""

    __slots__ = ("_peers", "_said", "master")

    def __init__(self) -> None:
        self._peers: dict[Address, tuple[Advertisement, Instant]] = {}
        self._said: set[tuple[NoticeKind, object]] = set()
        self.master: MasterView | None = None

    def heard(self, advertisement: Advertisement, source: Address, now: Instant) -> None:
        if source not in self._peers and len(self._peers) >= PEERS_KEPT:
            del self._peers[min(self._peers, key=lambda peer: self._peers[peer][1])]
        self._peers[source] = (advertisement, now)

    def follow(self, advertisement: Advertisement, source: Address, now: Instant) -> None:
        self.master = MasterView(source, advertisement.priority, now)

    def first_time(self, kind: NoticeKind, subject: object) -> bool:
        """Whether this has not been said since the last change of state."""
        if (kind, subject) in self._said or len(self._said) >= NOTICES_KEPT:
            return False
        self._said.add((kind, subject))
        return True

    def forget_said(self) -> None:
        self._said.clear()

    def peers(self) -> tuple[PeerView, ...]:
        return tuple(
            PeerView(source, advert.priority, advert.interval, at, advert.checksum_form)
            for source, (advert, at) in self._peers.items()
        )
