"""Comparisons of slowed links, and of announcements at a distance from each other."""

from typing import Final

from netns.comparison.departures import STOPS_AT_ONCE
from netns.comparison.files import block, instance
from netns.comparison.work import Await, Carrier, Comparison, Link, Start, Stop, Wait

_PIPE: Final = "vrrp_notify_fifo {directory}/fifo"
_THREE: Final = ("192.168.1.100", "192.168.1.101", "192.168.1.102")
_SLOW: Final = block("interface_up_down_delays", "eth0 0.3 0.15")

COMPARISONS: Final = (
    Comparison(
        name="garp-interval",
        summary="announcements leave one by one",
        keywords=("vrrp_garp_interval",),
        files={
            "r1": block("global_defs", _PIPE, "vrrp_garp_interval 0.25") + instance("garp_master_delay 2", vips=_THREE)
        },
        work=(Start("r1"), Wait(4.0), Stop("r1"), Wait(1.3)),
        departures=(STOPS_AT_ONCE,),
    ),
    Comparison(
        name="garp-group",
        summary="an interface that has a distance of its own",
        keywords=("garp_group", "garp_interval", "interfaces"),
        files={
            "r1": block("global_defs", _PIPE, "vrrp_garp_interval 0.1")
            + block("garp_group", "garp_interval 0.3", block("interfaces", "eth0").rstrip())
            + instance("garp_master_delay 0")
        },
        work=(Start("r1"), Wait(2.5), Stop("r1"), Wait(1.3)),
        departures=(STOPS_AT_ONCE,),
    ),
    Comparison(
        name="interface-up-down-delays",
        summary="the cable, and the interface, go for a moment and then for longer",
        keywords=("interface_up_down_delays",),
        files={"r1": block("global_defs", _PIPE) + _SLOW + instance()},
        work=(
            *(Start("r1"), Wait(1.2), Await("r1")),
            *(Carrier("r1", up=False), Wait(0.15), Carrier("r1", up=True), Wait(0.5), Await("r1")),
            *(Carrier("r1", up=False), Wait(0.8), Carrier("r1", up=True), Wait(1.3), Await("r1")),
            *(Link("r1", up=False), Wait(0.8), Link("r1", up=True), Wait(1.3)),
        ),
    ),
)
