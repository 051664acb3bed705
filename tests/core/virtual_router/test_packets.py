"""What packets leave behind in counters, notices and views, whoever sends them."""

from dataclasses import replace
from ipaddress import IPv4Address

from tests.core.builders import (
    HIGHER,
    LOWER,
    OURS,
    STRANGER,
    VIP,
    VIP_2,
    change,
    changes,
    master,
    notices,
    parameters,
    started,
    version_3,
    waiting_to_start,
    words,
)
from vrrpd.core.effects import Notice, NoticeKind, State
from vrrpd.core.events import PacketDropped
from vrrpd.core.memory import NOTICES_KEPT, PEERS_KEPT
from vrrpd.core.parameters import ListMismatchPolicy
from vrrpd.proto.advertisement import ChecksumForm, DropReason

STRICT = parameters(list_mismatch=ListMismatchPolicy.DROP)
WRONG_PASSWORD = PacketDropped(DropReason.AUTH_FAILURE, STRANGER, "another password")


def test_a_dropped_packet_is_counted_each_time_and_said_once() -> None:
    story = started()
    deadline = story.router.deadline
    said = [story.wait(0.01).tell(WRONG_PASSWORD) for _ in range(100)]
    assert said[0] == (Notice(NoticeKind.PACKET_DROPPED, "auth_failure from 192.168.1.77: another password"),)
    assert not any(said[1:])
    assert story.view.statistics.dropped == {DropReason.AUTH_FAILURE: 100}
    assert story.view.statistics.adverts_received == 0
    assert story.router.deadline == deadline


def test_another_reason_or_sender_is_said_too() -> None:
    story = started()
    story.tell(WRONG_PASSWORD)
    assert words(story.tell(PacketDropped(DropReason.BAD_TTL, STRANGER))) == "bad_ttl from 192.168.1.77"
    assert notices(story.tell(replace(WRONG_PASSWORD, source=LOWER))) == [NoticeKind.PACKET_DROPPED]


def test_a_change_of_state_makes_it_worth_saying_again() -> None:
    story = started()
    story.tell(WRONG_PASSWORD)
    story.next_deadline()
    assert story.is_in(State.MASTER)
    assert notices(story.tell(WRONG_PASSWORD)) == [NoticeKind.PACKET_DROPPED]


def test_before_the_start_drops_are_only_counted() -> None:
    story = waiting_to_start()
    assert story.tell(WRONG_PASSWORD) == ()
    assert story.view.statistics.dropped == {DropReason.AUTH_FAILURE: 1}


def test_a_thousand_forged_senders_neither_fill_the_memory_nor_hide_the_rest() -> None:
    story = master()
    said = 0
    for number in range(1000):
        source = IPv4Address("10.0.0.0") + number
        said += len(story.tell(replace(WRONG_PASSWORD, source=source)))
        story.hear(90, source)
    assert said == NOTICES_KEPT
    assert len(story.view.peers) == PEERS_KEPT
    assert story.view.statistics.dropped == {DropReason.AUTH_FAILURE: 1000}
    assert NoticeKind.SAME_ADDRESS in notices(story.hear(100, OURS))


# --- address lists --------------------------------------------------------------------------------------------------


def test_a_foreign_list_is_counted_said_once_and_accepted() -> None:
    """keepalived; RFC 9568 section 7.1 tolerates it too."""
    story = started()
    effects = story.at(1.0).hear(101, addresses=(VIP_2,))
    assert notices(effects) == [NoticeKind.ADDRESS_LIST_DIFFERS]
    assert words(effects) == "192.168.1.1 has 192.168.1.101, not 192.168.1.100"
    assert story.router.deadline == 4.609375
    assert story.at(2.0).hear(101, addresses=(VIP_2,)) == ()
    assert story.view.statistics.address_list_mismatches == 2


def test_the_order_of_a_list_does_not_matter() -> None:
    story = started(parameters(addresses=(VIP, VIP_2), list_mismatch=ListMismatchPolicy.DROP))
    assert story.at(1.0).hear(101, addresses=(VIP_2, VIP)) == ()
    assert story.view.statistics.address_list_mismatches == 0
    assert story.router.deadline == 4.609375


def test_missing_addresses_differ_too() -> None:
    story = started(parameters(addresses=()))
    assert words(story.hear(101, addresses=(VIP,))) == "192.168.1.1 has 192.168.1.100, not no addresses"


def test_rfc_3768_drops_a_foreign_list() -> None:
    story = started(STRICT)
    assert notices(story.at(1.0).hear(101, addresses=(VIP_2,))) == [NoticeKind.ADDRESS_LIST_DIFFERS]
    assert story.router.deadline == 3.609375
    assert story.view.statistics.dropped == {DropReason.ADDRESS_LIST_MISMATCH: 1}
    assert story.view.peers == ()
    busy = master(STRICT)
    assert changes(busy.hear(101, addresses=(VIP_2,))) == []


def test_rfc_3768_believes_the_owner() -> None:
    story = started(STRICT)
    story.at(1.0).hear(255, addresses=(VIP_2,))
    assert story.router.deadline == 4.609375
    assert change(master(STRICT).hear(255, addresses=(VIP_2,))).new is State.BACKUP


# --- peers ----------------------------------------------------------------------------------------------------------


def test_peers_are_who_was_heard_last_and_how() -> None:
    story = started(version_3())
    story.at(1.0).hear(101, HIGHER)
    story.at(2.0).hear(90, LOWER, interval=2.0)
    story.at(3.0).hear(101, HIGHER)
    seen = [(peer.address, peer.priority, peer.interval, peer.last_heard) for peer in story.view.peers]
    assert seen == [(HIGHER, 101, 1.0, 3.0), (LOWER, 90, 2.0, 2.0)]
    assert {peer.checksum_form for peer in story.view.peers} == {ChecksumForm.PSEUDO_HEADER}


def test_the_same_advert_again_and_again_is_heard_each_time() -> None:
    story = started()
    for second in range(1, 8):
        assert story.at(second).hear(101) == ()
        assert story.timer("master_down") == 3.609375
    assert story.view.statistics.adverts_received == 7
    assert [peer.last_heard for peer in story.view.peers] == [7.0]
    master_view = story.view.master
    assert master_view is not None
    assert master_view.last_heard == 7.0


def test_what_happens_between_two_equal_adverts_counts_for_the_second() -> None:
    story = started()
    story.at(1.0).hear(101)
    story.reprioritize(102)
    assert notices(story.at(2.0).hear(101)) == [NoticeKind.LOWER_PRIORITY_HEARD]
    assert story.timer("master_down") == 2.6015625
