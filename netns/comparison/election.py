"""Comparisons of the election and its timers."""

from typing import Final

from netns.comparison.departures import STOPS_AT_ONCE
from netns.comparison.files import instance
from netns.comparison.work import Comparison, Kill, Start, Stop, Wait

COMPARISONS: Final = (
    Comparison(
        name="pair",
        summary="a higher priority takes over, is killed, comes back and stops",
        keywords=("state", "priority", "version", "advert_int", "virtual_router_id", "interface", "virtual_ipaddress"),
        files={"r1": instance(priority=100), "r2": instance(priority=150)},
        work=(
            Start("r1"),
            Wait(1.2),
            Start("r2"),
            Wait(1.5),
            Kill("r2"),
            Wait(1.5),
            Start("r2"),
            Wait(1.5),
            Stop("r2"),
            Wait(1.5),
            Stop("r1"),
            Wait(1.3),
        ),
        departures=(STOPS_AT_ONCE,),
    ),
)
