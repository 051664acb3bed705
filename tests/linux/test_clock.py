import os
import select
import statistics

import pytest

from tests.linux.namespaces import Opened
from vrrpd.linux import clock
from vrrpd.linux.clock import DeadlineTimer
from vrrpd.units import Instant, after


def wait_for(timer: DeadlineTimer, milliseconds: int) -> bool:
    poll = select.poll()
    poll.register(timer.fileno(), select.POLLIN)
    return bool(poll.poll(milliseconds))


@pytest.fixture
def timer(opened: Opened) -> DeadlineTimer:
    return opened(DeadlineTimer())


def test_both_clocks_run_at_the_same_pace() -> None:
    monotonic, boot = clock.now(), clock.boot_now()
    assert boot >= monotonic
    assert clock.now() >= monotonic


def test_never_early_and_hardly_late(timer: DeadlineTimer) -> None:
    lateness = []
    for _ in range(50):
        deadline = after(clock.now(), 0.002)
        timer.arm(deadline)
        assert wait_for(timer, 5000)
        lateness.append(clock.now() - deadline)
        timer.acknowledge()
    assert min(lateness) >= 0
    assert statistics.median(lateness) < 0.002  # less than the waiting itself


def test_a_passed_deadline_fires_at_once(timer: DeadlineTimer) -> None:
    for deadline in (clock.now(), Instant(0.0), Instant(-5.0)):
        timer.arm(deadline)
        assert wait_for(timer, 5000)
        timer.acknowledge()
        assert not wait_for(timer, 0)


def test_none_disarms(timer: DeadlineTimer) -> None:
    timer.arm(after(clock.now(), 0.01))
    timer.arm(None)
    assert not wait_for(timer, 50)


def test_a_later_deadline_replaces_the_earlier_one(timer: DeadlineTimer) -> None:
    timer.arm(after(clock.now(), 0.01))
    timer.arm(after(clock.now(), 60))
    assert not wait_for(timer, 50)


def test_the_same_deadline_can_be_armed_again_after_it_fired(timer: DeadlineTimer) -> None:
    deadline = clock.now()
    for _ in range(2):
        timer.arm(deadline)
        assert wait_for(timer, 5000)
        timer.acknowledge()


def test_acknowledging_too_soon_keeps_it_armed(timer: DeadlineTimer) -> None:
    timer.arm(after(clock.now(), 0.02))
    timer.acknowledge()
    assert wait_for(timer, 5000)


def test_closed_twice_and_not_inherited(timer: DeadlineTimer) -> None:
    assert not os.get_inheritable(timer.fileno())
    assert not os.get_blocking(timer.fileno())
    timer.close()
    timer.close()
