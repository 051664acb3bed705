import logging
from ipaddress import IPv4Address

import pytest

from tests.daemon.loops import pause, turn
from vrrpd.core.effects import Notice, NoticeKind, Reason, State, StateChanged
from vrrpd.core.events import PacketDropped
from vrrpd.daemon.narrator import Narrator
from vrrpd.daemon.repeats import Repeats
from vrrpd.loop import Loop
from vrrpd.proto.advertisement import Dropped, DropReason
from vrrpd.units import Seconds

PEER = IPv4Address("192.168.1.2")


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


@pytest.fixture
def repeats(loop: Loop, caplog: pytest.LogCaptureFixture) -> Repeats:
    caplog.set_level(logging.INFO)
    return Repeats(loop, (Seconds(0.1), Seconds(0.3)))


def test_a_flood_is_one_line_and_then_a_count(loop: Loop, repeats: Repeats, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(3601):
        repeats.say("key", logging.WARNING, f"text {number}", {})
    assert messages(caplog) == ["text 0"]
    turn(loop, lambda: len(caplog.records) == 2)
    assert messages(caplog)[1] == "text 3600 (3600 more in 0 s)"
    assert caplog.records[1].fields["count"] == 3600  # type: ignore[attr-defined]  # extra of the record


def test_the_pauses_grow_while_it_goes_on_and_end_with_it(
    loop: Loop, repeats: Repeats, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        repeats.say("key", logging.WARNING, "text", {})
        pause(loop, 0.02)
    turn(loop, lambda: not repeats._said)  # a window in which nothing came
    # Said, counted after 0.1 s, then every 0.3 s: not six times, as with windows that do not grow.
    assert 3 <= len(caplog.records) <= 4
    repeats.say("key", logging.WARNING, "again", {})
    assert messages(caplog)[-1] == "again"


def test_kinds_do_not_silence_each_other(repeats: Repeats, caplog: pytest.LogCaptureFixture) -> None:
    for key in ("one", "two", "one"):
        repeats.say(key, logging.WARNING, key, {})
    assert messages(caplog) == ["one", "two"]


def test_a_burst_may_be_written(repeats: Repeats, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(5):
        repeats.say("key", logging.WARNING, str(number), {}, burst=3)
    assert messages(caplog) == ["0", "1", "2"]


def test_what_the_level_hides_is_not_counted(repeats: Repeats, caplog: pytest.LogCaptureFixture) -> None:
    repeats.say("key", logging.DEBUG, "hidden", {})
    repeats.say("key", logging.INFO, "shown", {})
    assert messages(caplog) == ["shown"]


def test_a_change_of_state_with_its_deeds(repeats: Repeats, caplog: pytest.LogCaptureFixture) -> None:
    narrator = Narrator(repeats)
    narrator.did("VI_1", "1 VIP on eth0 in 0.8 ms")
    change = StateChanged(State.BACKUP, State.MASTER, Reason.MASTER_DOWN, "no advert from 192.168.1.1 for 3.60 s")
    narrator.state_changed("VI_1", change)
    assert messages(caplog) == [], "not before the effects are done"
    narrator.flush()
    assert messages(caplog) == ["VI_1 BACKUP -> MASTER: no advert from 192.168.1.1 for 3.60 s; 1 VIP on eth0 in 0.8 ms"]
    record = caplog.records[0]
    assert record.levelno == logging.INFO
    assert record.fields == {  # type: ignore[attr-defined]  # extra of the record
        "instance": "VI_1",
        "old": "BACKUP",
        "new": "MASTER",
        "reason": "master_down",
        "detail": "no advert from 192.168.1.1 for 3.60 s",
        "done": ["1 VIP on eth0 in 0.8 ms"],
    }


def test_a_fault_is_a_warning_and_deeds_do_not_leak(repeats: Repeats, caplog: pytest.LogCaptureFixture) -> None:
    narrator = Narrator(repeats)
    narrator.did("VI_1", "restored something")
    narrator.flush()
    narrator.state_changed("VI_1", StateChanged(State.BACKUP, State.FAULT, Reason.LINK_DOWN, "gone"))
    narrator.flush()
    assert messages(caplog) == ["VI_1 BACKUP -> FAULT: gone"]
    assert caplog.records[0].levelno == logging.WARNING


def test_every_kind_of_notice_has_a_level(repeats: Repeats) -> None:
    narrator = Narrator(repeats)
    for kind in NoticeKind:
        narrator.notice("VI_1", Notice(kind, "text"))
    narrator.flush()


def test_dropped_packets_are_told_once_by_reason_whoever_sent_them(
    repeats: Repeats, caplog: pytest.LogCaptureFixture
) -> None:
    narrator = Narrator(repeats)
    for number in range(50):
        source = IPv4Address(int(PEER) + number)
        narrator.packet_dropped("VI_1", PacketDropped(DropReason.BAD_TTL, source, "TTL 64, 255 expected"))
        narrator.packet_dropped("VI_1", PacketDropped(DropReason.AUTH_FAILURE, source))
    narrator.unattributed("eth0", Dropped(DropReason.FRAGMENT, "a fragment of an IPv4 packet"))
    narrator.flush()
    assert messages(caplog) == [
        "VI_1 ignored a packet from 192.168.1.2: bad_ttl (TTL 64, 255 expected)",
        "VI_1 ignored a packet from 192.168.1.2: auth_failure",
        "ignored a packet on eth0: fragment (a fragment of an IPv4 packet)",
    ]
