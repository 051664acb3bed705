"""What a journal says in words."""

import typing

import pytest

from tests.core.builders import HIGHER, LOWER, OURS, VIP, advert, parameters
from vrrpd.core.directed import Directed
from vrrpd.core.effects import AddAddresses, Reason, SendAdvertisement, State, StateChanged
from vrrpd.core.events import (
    AddressLost,
    AdvertisementReceived,
    DeadlineReached,
    EffectFailed,
    Event,
    Fault,
    FaultsChanged,
    LinkChanged,
    OperatorAction,
    OperatorRequest,
    PacketDropped,
    ParametersReplaced,
    PrimaryAddressChanged,
    PriorityChanged,
    Shutdown,
    Stalled,
    Startup,
)
from vrrpd.observe.journal_codec import Gap, Happening, Header
from vrrpd.proto.advertisement import DropReason
from vrrpd.sim.story import describe_all, describe_event, tell
from vrrpd.units import Instant, Priority, Seconds

HEARD = AdvertisementReceived(advert(200), HIGHER)


def at(*instants: float, event: Event = HEARD, number: int = 1, router: str = "VI_1") -> Happening:
    first, *again = instants
    return Happening(number, Instant(first), 1000.0 + first, router, event, (), [Instant(each) for each in again])


def told(*lines: Happening | Header | Gap) -> list[tuple[float, str, str]]:
    return [(item.wall, item.router, item.text) for item in tell(lines)]


def test_a_sender_is_named_once_and_its_silences_each() -> None:
    assert told(at(1.0, 2.0, 3.0), at(4.0, 6.5, number=2)) == [
        (1001.0, "VI_1", "hears 192.168.1.10, priority 200"),
        (1006.5, "VI_1", "nothing heard from 192.168.1.10 for 2.500 s before this"),
    ]


def test_a_silence_between_two_lines_is_one_too() -> None:
    assert told(at(1.0), at(3.0, number=2))[1][2] == "nothing heard from 192.168.1.10 for 2.000 s before this"


def test_another_sender_or_priority_is_named_again() -> None:
    other = AdvertisementReceived(advert(90), LOWER)
    assert [text for _, _, text in told(at(1.0), at(5.0, event=other, number=2))] == [
        "hears 192.168.1.10, priority 200",
        "hears 192.168.1.1, priority 90",
    ]


def test_it_is_told_in_the_order_of_time() -> None:
    late, early = at(3.0, event=LinkChanged(up=True), number=2), at(1.0, event=Startup(), number=1, router="VI_2")
    assert [text for _, _, text in told(late, early)] == ["starts", "the link is up"]


def test_gaps_and_beginnings_are_told() -> None:
    header = Header("1.0", "lb1", "start", Instant(0.0), 5.0, None)
    assert told(header, Gap(0), Gap(7)) == [
        (5.0, "", "the journal begins (start): vrrpd 1.0 on lb1"),
        (0.0, "", "7 lines are missing here"),
    ]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Shutdown(), "is told to stop"),
        (Shutdown(removed=True), "is told to stop: no longer configured"),
        (PacketDropped(DropReason.BAD_TTL, LOWER, "64"), "ignores a packet from 192.168.1.1: bad_ttl 64"),
        (LinkChanged(up=False, detail="no carrier"), "the link is down: no carrier"),
        (PrimaryAddressChanged(OURS), "sends from 192.168.1.2"),
        (PrimaryAddressChanged(None), "has no address to send from"),
        (PriorityChanged(Priority(90)), "trackers make the priority 90"),
        (
            FaultsChanged(frozenset({Fault(Reason.TRACK_FAILED, "chk")}), frozenset({"b"})),
            "trackers: track_failed: chk, waits for b",
        ),
        (FaultsChanged(frozenset()), "trackers: nothing is wrong"),
        (ParametersReplaced(parameters(), Priority(1)), "has a new configuration"),
        (AddressLost(VIP, "ip (pid 7)"), "192.168.1.100 was removed by ip (pid 7)"),
        (AddressLost(VIP), "192.168.1.100 was removed by somebody else"),
        (Stalled(Seconds(2.5)), "the process did not run for 2.50 s"),
        (OperatorRequest(OperatorAction.STEP_DOWN, "upgrade"), "the operator asks: step_down upgrade"),
        (EffectFailed(AddAddresses((VIP,)), "EPERM"), "adds 192.168.1.100 failed: EPERM"),
        (DeadlineReached(), ""),
    ],
)
def test_events_in_words(event: Event, text: str) -> None:
    assert describe_event(event) == text


def test_a_change_of_state_says_why() -> None:
    change = StateChanged(State.BACKUP, State.MASTER, Reason.MASTER_DOWN, "no advert for 3.60 s")
    line = Happening(1, Instant(1.0), 2.0, "VI_1", DeadlineReached(), (Directed("VI_1", change),))
    assert told(line) == [(2.0, "VI_1", "BACKUP -> MASTER (master_down): no advert for 3.60 s")]
    assert describe_all(DeadlineReached(), [SendAdvertisement(Priority(100)), change]) == (
        "a timer runs out: sends priority 100, BACKUP -> MASTER (master_down): no advert for 3.60 s"
    )


def test_nothing_is_a_word_too() -> None:
    assert describe_all(HEARD, []) == "hears 192.168.1.10, priority 200: nothing"
    assert describe_all(typing.cast("Event", DeadlineReached()), []) == "a timer runs out: nothing"
