from vrrpd.daemon.stalls import StallDetector, threshold
from vrrpd.units import Instant, Seconds


class Clocks:
    def __init__(self) -> None:
        self.monotonic = 100.0
        self.suspended = 7.0

    def detector(self) -> StallDetector:
        return StallDetector(lambda: Instant(self.monotonic), lambda: Instant(self.monotonic + self.suspended))


def test_a_late_wake_up() -> None:
    clocks = Clocks()
    detector = clocks.detector()
    assert detector.stalled(Instant(100.0), Instant(102.5)) == 2.5
    assert detector.stalled(Instant(105.0), Instant(104.0)) == 0.0, "early is not late"


def test_a_suspension_counts_once() -> None:
    clocks = Clocks()
    detector = clocks.detector()
    clocks.monotonic += 1
    assert detector.suspended() == 0.0
    clocks.suspended += 30
    assert detector.stalled(Instant(101.0), Instant(101.5)) == 30.5
    assert detector.suspended() == 0.0


def test_the_threshold_is_an_interval_but_not_less_than_a_busy_machine_takes() -> None:
    assert threshold(Seconds(1.0)) == 1.0
    assert threshold(Seconds(0.01)) == 0.1
