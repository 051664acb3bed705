"""Comparisons of gratuitous ARP: how many, and when."""

from typing import Final

from netns.comparison.departures import LAST_WORD, ONE_LATER_BURST, REFRESH_AFTER_DELAY, STOPS_AT_ONCE
from netns.comparison.files import block, instance
from netns.comparison.work import Comparison, Inject, Start, Step, Stop, Wait

_PIPE: Final = "vrrp_notify_fifo {directory}/fifo"
_LOWER: Final = Inject(priority=50)
_LOWER_2: Final = Inject(priority=50, vrid=52, addresses=("192.168.1.101",))
_END: Final[tuple[Step, ...]] = (Stop("r1"), Wait(1.3))


def _second(*lines: str, priority: int = 150) -> str:
    return instance(*lines, name="VI_2", vrid=52, vips=("192.168.1.101",), priority=priority)


COMPARISONS: Final = (
    Comparison(
        name="garp-master",
        summary="a master announces its address twice, and no more",
        keywords=("garp_master_delay", "garp_master_repeat"),
        files={"r1": instance("garp_master_delay 1", "garp_master_repeat 2") + _second("garp_master_delay 0")},
        work=(Start("r1"), Wait(6.5), *_END),
        departures=(STOPS_AT_ONCE,),
        pipe_in_order=False,
    ),
    Comparison(
        name="garp-master-refresh",
        summary="a master announces its address again and again",
        keywords=("garp_master_refresh", "garp_master_refresh_repeat"),
        files={"r1": instance("garp_master_delay 0", "garp_master_refresh 1", "garp_master_refresh_repeat 3")},
        work=(Start("r1"), Wait(3.6), *_END),
        departures=(STOPS_AT_ONCE,),
    ),
    Comparison(
        name="garp-master-refresh-delay",
        summary="the second burst, and the refresh",
        keywords=("garp_master_delay", "garp_master_refresh", "garp_master_refresh_repeat"),
        files={
            "r1": instance(
                "garp_master_delay 2",
                "garp_master_repeat 2",
                "garp_master_refresh 3",
                "garp_master_refresh_repeat 3",
            )
        },
        work=(Start("r1"), Wait(6.6), *_END),
        departures=(STOPS_AT_ONCE, REFRESH_AFTER_DELAY),
    ),
    Comparison(
        name="garp-master-globals",
        summary="the same, said for all instances; one of them says otherwise",
        keywords=(
            "vrrp_garp_master_delay",
            "vrrp_garp_master_repeat",
            "vrrp_garp_master_refresh",
            "vrrp_garp_master_refresh_repeat",
        ),
        files={
            "r1": block(
                "global_defs",
                _PIPE,
                "vrrp_garp_master_delay 1",
                "vrrp_garp_master_repeat 3",
                "vrrp_garp_master_refresh 60",
                "vrrp_garp_master_refresh_repeat 2",
            )
            + instance()
            + instance(
                "garp_master_delay 0",
                "garp_master_refresh 1",
                name="VI_2",
                vrid=52,
                vips=("192.168.1.101",),
            )
        },
        work=(Start("r1"), Wait(3.0), *_END),
        departures=(STOPS_AT_ONCE,),
        pipe_in_order=False,
    ),
    Comparison(
        name="garp-lower-priority",
        summary="a master hears a lower priority, and announces its address again",
        keywords=("garp_lower_prio_delay", "garp_lower_prio_repeat"),
        files={
            "r1": instance("garp_master_delay 0", "garp_lower_prio_delay 1", "garp_lower_prio_repeat 2", priority=150)
        },
        work=(Start("r1"), Wait(1.98), _LOWER, Wait(1.5), _LOWER, Wait(1.5), *_END),
        departures=(
            LAST_WORD,
            STOPS_AT_ONCE,
        ),
    ),
    Comparison(
        name="garp-lower-priority-often",
        summary="a master hears a lower priority again before it has announced for the second time",
        keywords=("garp_lower_prio_delay", "garp_lower_prio_repeat"),
        files={
            "r1": instance("garp_master_delay 0", "garp_lower_prio_delay 1", "garp_lower_prio_repeat 2", priority=150)
        },
        work=(Start("r1"), Wait(1.98), _LOWER, Wait(0.5), _LOWER, Wait(1.5), *_END),
        departures=(LAST_WORD, STOPS_AT_ONCE, ONE_LATER_BURST),
    ),
    Comparison(
        name="garp-lower-priority-globals",
        summary="the same, said for all instances; one of them does not announce then",
        keywords=("vrrp_garp_lower_prio_delay", "vrrp_garp_lower_prio_repeat", "garp_lower_prio_repeat"),
        files={
            "r1": block(
                "global_defs",
                _PIPE,
                "vrrp_garp_master_delay 0",
                "vrrp_garp_lower_prio_delay 1",
                "vrrp_garp_lower_prio_repeat 3",
            )
            + instance(priority=150)
            + _second("garp_lower_prio_repeat 0")
        },
        work=(Start("r1"), Wait(1.98), _LOWER, Wait(0.4), _LOWER_2, Wait(2.0), *_END),
        departures=(
            LAST_WORD,
            STOPS_AT_ONCE,
        ),
        pipe_in_order=False,
    ),
    Comparison(
        name="garp-as-master",
        summary="what nothing is said about after a lower priority is as after becoming master",
        keywords=("garp_master_delay", "garp_master_repeat", "garp_lower_prio_delay", "garp_lower_prio_repeat"),
        files={"r1": instance("garp_master_delay 1", "garp_master_repeat 3", priority=150)},
        work=(Start("r1"), Wait(2.98), _LOWER, Wait(2.0), *_END),
        departures=(
            LAST_WORD,
            STOPS_AT_ONCE,
        ),
    ),
    Comparison(
        name="min-garp",
        summary="one announcement, and none later, but where an instance says otherwise",
        keywords=("vrrp_min_garp",),
        files={
            "r1": block("global_defs", _PIPE, "vrrp_min_garp true")
            + instance(priority=150)
            + _second("garp_master_repeat 2", "garp_master_delay 1")
        },
        work=(Start("r1"), Wait(1.98), _LOWER, Wait(0.4), _LOWER_2, Wait(4.5), *_END),
        departures=(
            LAST_WORD,
            STOPS_AT_ONCE,
        ),
        pipe_in_order=False,
    ),
)
