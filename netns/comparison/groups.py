"""Comparisons of sync groups."""

from typing import Final

from netns.comparison.departures import STOPS_AT_ONCE
from netns.comparison.files import block, instance
from netns.comparison.troubles import BEGIN, CARD, CARD_DOWN, CARD_UP, CHECK, END, NOT_OK, OK
from netns.comparison.work import Comparison, Inject, Kill, Start, Wait

_GLOBALS: Final = block("global_defs", "vrrp_notify_fifo {directory}/fifo", "script_user root")


def _member(number: int, priority: int, *lines: str) -> str:
    return instance(
        "garp_master_delay 0",
        *lines,
        name=f"VI_{number}",
        vrid=50 + number,
        vips=(f"192.168.1.10{number}",),
        priority=priority,
    )


def _group(*lines: str) -> str:
    return block("vrrp_sync_group G", block("group", "VI_1", "VI_2"), *lines)


def _pair(group: tuple[str, ...], first: str = "", *lines: str) -> dict[str, str]:
    """``lines`` belong to the second member on the first node, ``group`` to its group."""
    return {
        "r1": _GLOBALS + first + _group(*group) + _member(1, 150) + _member(2, 150, *lines),
        "r2": _GLOBALS + _group() + _member(1, 120) + _member(2, 120),
    }


def _script(*lines: str) -> str:
    return block("vrrp_script check", 'script "{directory}/check"', "interval 1", *lines)


COMPARISONS: Final = (
    Comparison(
        name="group-takeover",
        summary="a group takes over, is killed, comes back and stops",
        keywords=("vrrp_sync_group", "group"),
        files=_pair(()),
        work=(*BEGIN, Kill("r1"), Wait(1.5), Start("r1"), Wait(1.5), *END),
        departures=(STOPS_AT_ONCE,),
        pipe_in_order=False,
    ),
    Comparison(
        name="group-member-fault",
        summary="the interface that one member tracks goes down: both are in FAULT",
        keywords=("vrrp_sync_group", "group", "track_interface"),
        files=_pair((), "", block("track_interface", "card0")),
        work=(CARD, *BEGIN, CARD_DOWN, Wait(1.5), CARD_UP, Wait(1.5), *END),
        departures=(STOPS_AT_ONCE,),
        pipe_in_order=False,
    ),
    Comparison(
        name="group-member-yields",
        summary="one member hears a higher priority: both are BACKUP",
        keywords=("vrrp_sync_group", "group"),
        files=_pair(()),
        work=(
            *BEGIN,
            *(
                step
                for _ in range(3)
                for step in (Inject(priority=200, vrid=52, addresses=("192.168.1.102",)), Wait(0.2))
            ),
            Wait(2.0),
            *END,
        ),
        departures=(STOPS_AT_ONCE,),
        pipe_in_order=False,
    ),
    Comparison(
        name="group-script",
        summary="the group tracks a check without weight: both are in FAULT",
        keywords=("vrrp_sync_group", "track_script"),
        files=_pair((block("track_script", "check"),), _script()),
        work=(OK, *BEGIN, NOT_OK, Wait(3.0), OK, Wait(3.0), *END),
        departures=(STOPS_AT_ONCE,),
        programs=CHECK,
        pipe_in_order=False,
    ),
    Comparison(
        name="group-weight",
        summary="the group tracks a check with a weight: the priority of both changes",
        keywords=("vrrp_sync_group", "sync_group_tracking_weight"),
        files=_pair(("sync_group_tracking_weight", block("track_script", "check weight -60")), _script()),
        work=(OK, *BEGIN, NOT_OK, Wait(3.0), OK, Wait(3.0), *END),
        departures=(STOPS_AT_ONCE,),
        programs=CHECK,
        pipe_in_order=False,
    ),
    Comparison(
        name="group-notify",
        summary="scripts of the group",
        keywords=("notify_master", "notify_backup", "notify_fault", "notify_stop", "notify"),
        files=_pair(
            (
                "notify_master {directory}/on_master",
                "notify_backup {directory}/on_backup",
                "notify_fault {directory}/on_fault",
                "notify_stop {directory}/on_stop",
                "notify {directory}/on_change",
            ),
            "",
            block("track_interface", "card0"),
        ),
        work=(CARD, *BEGIN, CARD_DOWN, Wait(1.5), CARD_UP, Wait(1.5), *END),
        departures=(STOPS_AT_ONCE,),
        programs={
            name: f'echo "{name} $*" >{{directory}}/told'
            for name in ("on_master", "on_backup", "on_fault", "on_stop", "on_change")
        },
        pipe_in_order=False,
    ),
)
