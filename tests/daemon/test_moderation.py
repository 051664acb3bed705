from vrrpd.daemon.moderation import HOLD, MARGIN, ROW, Moderation
from vrrpd.units import Instant, Seconds

NEVER = Instant(float("inf"))


class Time:
    """A clock that only sleeping and ``pass_`` move; ``slept`` are the pauses."""

    def __init__(self) -> None:
        self.now = Instant(100.0)
        self.slept: list[float] = []

    def clock(self) -> Instant:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now = Instant(self.now + seconds)

    def pass_(self, seconds: float) -> None:
        self.now = Instant(self.now + seconds)

    def load(
        self, moderation: Moderation, deadline: Instant = NEVER, sockets: int = 1, wake_ups: int = ROW + 1
    ) -> None:
        for _ in range(wake_ups):
            self.pass_(0.00002)
            moderation.wait(deadline, sockets)


def test_a_packet_now_and_then_is_read_at_once() -> None:
    time = Time()
    moderation = Moderation(time.clock, time.sleep)
    for _ in range(50):
        time.pass_(HOLD)
        assert moderation.wait(NEVER, 1) == time.now
    assert not time.slept


def test_under_load_reading_waits_until_the_load_is_over() -> None:
    time = Time()
    moderation = Moderation(time.clock, time.sleep)
    time.load(moderation, wake_ups=ROW + 3)
    assert time.slept == [HOLD] * 3
    time.pass_(0.1)
    assert moderation.wait(NEVER, 1) == time.now
    assert len(time.slept) == 3


def test_no_deadline_waits_for_packets() -> None:
    time = Time()
    moderation = Moderation(time.clock, time.sleep)
    for _ in range(20):
        time.pass_(0.00002)
        moderation.wait(Instant(time.now + HOLD + MARGIN / 2), 1)
    assert not time.slept
    near = Instant(time.now + 2 * HOLD)
    assert moderation.wait(near, 1) < near - MARGIN
    assert time.slept == [HOLD]


def test_a_deadline_that_has_passed_is_seen() -> None:
    time = Time()
    moderation = Moderation(time.clock, time.sleep)
    time.load(moderation, deadline=Instant(float("-inf")))
    assert not time.slept


def test_of_several_sockets_only_the_first_is_waited_for() -> None:
    time = Time()
    moderation = Moderation(time.clock, time.sleep)
    time.load(moderation, sockets=16, wake_ups=ROW + 16)
    assert time.slept == [HOLD]
    time.pass_(Seconds(HOLD * 0.9))
    time.load(moderation, sockets=16, wake_ups=ROW)
    assert len(time.slept) == 2
