import pytest

from vrrpd.daemon.stalls import Stall, StallDetector, threshold
from vrrpd.linux.load import Load
from vrrpd.units import Instant, Seconds


class Clocks:
    """A kernel: its clocks, and what it counts for this process and for the machine."""

    def __init__(self) -> None:
        self.monotonic = 100.0
        self.suspended = 7.0
        self.ran = self.waited = self.pressed = 0.0
        self.tells = True

    def detector(self) -> StallDetector:
        return StallDetector(
            lambda: Instant(self.monotonic), lambda: Instant(self.monotonic + self.suspended), self.load
        )

    def load(self) -> Load:
        counted = (self.ran, self.waited, self.pressed) if self.tells else (None, None, None)
        ran, waited, pressed = (None if value is None else Seconds(value) for value in counted)
        return Load(Instant(self.monotonic), ran, waited, pressed)


def test_a_late_wake_up() -> None:
    clocks = Clocks()
    detector = clocks.detector()
    clocks.monotonic = 102.5
    stall = detector.stalled(Instant(100.0), Instant(102.5))
    assert stall is not None
    assert stall.seconds == 2.5
    assert detector.stalled(Instant(105.0), Instant(104.0)) is None, "early is not late"
    assert detector.stalled(Instant(105.0), Instant(105.09)) is None, "a busy machine"


def test_a_suspension_counts_once() -> None:
    clocks = Clocks()
    detector = clocks.detector()
    clocks.monotonic += 1
    assert detector.suspended() == 0.0
    clocks.suspended += 30
    clocks.monotonic += 0.5
    stall = detector.stalled(Instant(101.0), Instant(101.5))
    assert stall is not None
    assert stall.seconds == 30.5
    assert stall.suspended == 30.0
    assert stall.describe() == ("did not run for 30.50 s: the machine was suspended; CPU pressure 0%")
    assert detector.suspended() == 0.0


def stalled(*, ran: float = 0.0, waited: float = 0.0, pressed: float = 0.0, tells: bool = True) -> Stall:
    """4 s late, and what was counted in these 5 s."""
    clocks = Clocks()
    clocks.tells = tells
    detector = clocks.detector()
    clocks.monotonic += 5
    clocks.ran, clocks.waited, clocks.pressed = ran, waited, pressed
    stall = detector.stalled(Instant(101.0), Instant(105.0))
    assert stall is not None
    return stall


def test_what_kept_it_from_running() -> None:
    starved = stalled(ran=0.3, waited=3.9, pressed=4.0)
    assert starved.describe() == "did not run for 4.00 s: it waited 3.90 s for a CPU; CPU pressure 80%"
    assert starved.starved
    busy = stalled(ran=4.5, waited=0.1, pressed=1.0)
    assert busy.describe() == "did not run for 4.00 s: it was busy itself for 4.00 s; CPU pressure 20%"
    frozen = stalled(ran=0.1, waited=0.1)
    assert frozen.describe() == (
        "did not run for 4.00 s: it was stopped or frozen, or its virtual machine was; CPU pressure 0%"
    )
    assert not busy.starved
    assert not frozen.starved


def test_a_kernel_that_tells_nothing() -> None:
    unknown = stalled(tells=False)
    assert unknown.describe() == "did not run for 4.00 s: the kernel does not say why"
    assert unknown.fields() == {
        "seconds": 4.0,
        "suspended": 0.0,
        "waited_for_cpu": None,
        "ran": None,
        "cpu_pressure": None,
    }


def test_what_was_counted_before_the_stall_is_not_blamed() -> None:
    """As long as deadlines pass, the counters are read each second."""
    clocks = Clocks()
    detector = clocks.detector()
    for _ in range(60):
        clocks.monotonic += 1.1
        clocks.waited += 0.05
        assert detector.stalled(Instant(clocks.monotonic), Instant(clocks.monotonic)) is None
        detector.look(Instant(clocks.monotonic))
    clocks.monotonic += 4.0
    stall = detector.stalled(Instant(clocks.monotonic - 3.0), Instant(clocks.monotonic))
    assert stall is not None
    assert stall.waited == pytest.approx(0.0)


def test_the_threshold_is_an_interval_but_not_less_than_a_busy_machine_takes() -> None:
    assert threshold(Seconds(1.0)) == 1.0
    assert threshold(Seconds(0.01)) == 0.1
