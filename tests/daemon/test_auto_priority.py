from errno import EPERM

from vrrpd.config.model import GlobalDefs
from vrrpd.daemon.auto_priority import AutoPriority
from vrrpd.errors import LinuxError


def made(defs: GlobalDefs, levels: list[int]) -> AutoPriority:
    priority = AutoPriority(levels.append)
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

    priority = AutoPriority(refuse)
    priority.configure(GlobalDefs(max_auto_priority=9))
    priority.woken(5.0)
    priority.woken(5.0)
    assert tried == [1]
