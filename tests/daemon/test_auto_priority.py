from collections.abc import Callable
from errno import EPERM

from vrrpd.config.model import GlobalDefs
from vrrpd.daemon.auto_priority import LONGEST_RUN, REST, AutoPriority
from vrrpd.daemon.stalls import Stall
from vrrpd.errors import LinuxError
from vrrpd.units import Seconds

STARVED = Stall(Seconds(1.0), waited=Seconds(0.9), ran=Seconds(0.0), pressure=0.8)
STOPPED = Stall(Seconds(1.0), waited=Seconds(0.0), ran=Seconds(0.0), pressure=0.8)


def never(delay: float, _callback: object) -> None:
    raise AssertionError(delay)


def unlimited(_microseconds: int) -> None:
    """Another test looks at it."""


def made(defs: GlobalDefs, levels: list[int]) -> AutoPriority:
    priority = AutoPriority(never, levels.append, unlimited, 0)
    priority.configure(defs)
    return priority


def test_each_late_wake_up_raises_it_by_one_up_to_the_limit() -> None:
    levels: list[int] = []
    priority = made(GlobalDefs(max_auto_priority=3, min_auto_priority_delay=500_000), levels)
    for late in (0.1, 0.5, 0.499, 2.0, 1.0, 9.0, 9.0):
        priority.woken(late)
    assert levels == [1, 2, 3]


def test_it_begins_above_the_configured_priority_and_a_second_late() -> None:
    levels: list[int] = []
    priority = made(GlobalDefs(max_auto_priority=42, vrrp_rt_priority=40), levels)
    for late in (0.9, 1.0, 1.0, 1.0):
        priority.woken(late)
    assert levels == [41, 42]


def test_never_without_a_limit() -> None:
    for most in (None, 0, -1):
        levels: list[int] = []
        made(GlobalDefs(max_auto_priority=most), levels).woken(100.0)
        assert levels == []


def test_without_the_privilege_it_is_tried_once() -> None:
    tried = []

    def refuse(level: int) -> None:
        tried.append(level)
        raise LinuxError("set", "SCHED_RR 1", EPERM)

    priority = AutoPriority(never, refuse, unlimited, 0)
    priority.configure(GlobalDefs(max_auto_priority=9))
    priority.woken(5.0)
    priority.woken(5.0)
    assert tried == [1]


def test_without_the_keyword_who_got_no_cpu_runs_in_real_time_from_then_on() -> None:
    levels: list[int] = []
    priority = made(GlobalDefs(), levels)
    priority.stalled(STOPPED)
    assert levels == [], "real time is no help against SIGSTOP"
    for _ in range(3):
        priority.stalled(STARVED)
    assert levels == [1]


def test_what_is_configured_forbids_it() -> None:
    for defs in (
        GlobalDefs(tuning="configured"),
        GlobalDefs(max_auto_priority=0),
        GlobalDefs(max_auto_priority=-1),
        GlobalDefs(vrrp_rt_priority=20),
    ):
        levels: list[int] = []
        made(defs, levels).stalled(STARVED)
        assert levels == [], defs


def test_where_it_is_not_granted_it_is_asked_for_once() -> None:
    tried = []

    def refuse(level: int) -> None:
        tried.append(level)
        raise LinuxError("set", "SCHED_RR 1", EPERM)

    priority = AutoPriority(never, refuse, unlimited, 0)
    priority.configure(GlobalDefs())
    priority.stalled(STARVED)
    priority.stalled(STARVED)
    assert tried == [1]


def test_real_time_has_a_limit_unless_one_is_configured() -> None:
    for configured, wanted in ((None, [LONGEST_RUN]), (5000, [])):
        limits: list[int] = []
        priority = AutoPriority(never, lambda _level: None, limits.append, 0)
        priority.configure(GlobalDefs(vrrp_rlimit_rttime=configured))
        priority.stalled(STARVED)
        assert limits == wanted


def test_whoever_ran_too_long_rests_from_it_for_a_minute() -> None:
    levels, rests = list[int](), list[tuple[float, Callable[[], None]]]()
    priority = AutoPriority(lambda delay, back: rests.append((delay, back)), levels.append, unlimited, 0)
    priority.configure(GlobalDefs())
    priority.ran_long()
    assert rests == [], "it was not in real time"
    priority.stalled(STARVED)
    priority.ran_long()
    ((delay, back),) = rests
    assert delay == REST
    back()
    assert levels == [1, 1]


def test_real_time_from_a_service_manager_has_the_limit_too() -> None:
    levels, limits, rests = list[int](), list[int](), list[float]()
    priority = AutoPriority(lambda delay, _back: rests.append(delay), levels.append, limits.append, 10)
    priority.configure(GlobalDefs())
    priority.configure(GlobalDefs())
    priority.stalled(STARVED)
    assert (levels, limits) == ([], [LONGEST_RUN])
    priority.ran_long()
    assert rests == [REST]
