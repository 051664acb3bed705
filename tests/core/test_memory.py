"""What is remembered of others is bounded, whatever strangers send."""

from ipaddress import IPv4Address

from tests.core.builders import HIGHER, LOWER, advert
from vrrpd.core.effects import NoticeKind
from vrrpd.core.memory import NOTICES_KEPT, PEERS_KEPT, Memory
from vrrpd.units import Instant


def stranger(number: int) -> IPv4Address:
    return IPv4Address("10.0.0.0") + number


def test_a_peer_is_its_last_advert() -> None:
    memory = Memory()
    memory.heard(advert(100), LOWER, Instant(1.0))
    memory.heard(advert(90, interval=2.0), LOWER, Instant(2.0))
    (peer,) = memory._peers.values()
    assert (peer.source, peer.priority, peer.advertisement.interval, peer.at) == (LOWER, 90, 2.0, 2.0)


def test_the_peer_heard_longest_ago_makes_room() -> None:
    memory = Memory()
    for number in range(PEERS_KEPT):
        memory.heard(advert(100), stranger(number), Instant(number))
    memory.heard(advert(100), stranger(0), Instant(100.0))  # heard again: now stranger 1 is the oldest
    memory.heard(advert(100), stranger(99), Instant(101.0))
    kept = set(memory._peers)
    assert len(kept) == PEERS_KEPT
    assert stranger(1) not in kept
    assert {stranger(0), stranger(99)} <= kept


def test_the_followed_master_survives_a_crowd_of_strangers() -> None:
    memory = Memory()
    memory.follow(memory.heard(advert(101), HIGHER, Instant(0.0)))
    for number in range(10 * PEERS_KEPT):
        memory.heard(advert(1), stranger(number), Instant(1.0 + number))
    assert memory.master is not None
    assert (memory.master.source, memory.master.priority, memory.master.at) == (HIGHER, 101, 0.0)


def test_nobody_is_followed_at_first_and_after_forgetting() -> None:
    memory = Memory()
    assert memory.master is None
    memory.follow(memory.heard(advert(101), HIGHER, Instant(0.0)))
    memory.forget_master()
    assert memory.master is None


def test_a_thing_is_said_once_for_each_subject_until_forgotten() -> None:
    memory = Memory()
    assert memory.first_time(NoticeKind.PACKET_DROPPED, LOWER)
    assert not memory.first_time(NoticeKind.PACKET_DROPPED, LOWER)
    assert memory.first_time(NoticeKind.PACKET_DROPPED, HIGHER)
    assert memory.first_time(NoticeKind.TWO_OWNERS, LOWER)
    memory.forget_said()
    assert memory.first_time(NoticeKind.PACKET_DROPPED, LOWER)


def test_a_flood_of_subjects_is_cut_short_and_silences_nothing_else() -> None:
    memory = Memory()
    said = sum(memory.first_time(NoticeKind.PACKET_DROPPED, stranger(number)) for number in range(10 * NOTICES_KEPT))
    assert said == NOTICES_KEPT
    assert memory.first_time(NoticeKind.TWO_OWNERS, HIGHER)
