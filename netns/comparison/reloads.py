"""Comparisons of SIGHUP."""

from typing import Final

from netns.comparison.departures import STOPS_AT_ONCE, Departure
from netns.comparison.files import instance
from netns.comparison.work import Await, Comparison, Reload, Start, Step, Stop, Wait

_BEGIN: Final[tuple[Step, ...]] = (Start("r2"), Wait(1.3), Start("r1"), Wait(1.98))
_END: Final[tuple[Step, ...]] = (Stop("r2"), Wait(1.3), Stop("r1"), Wait(1.3))
_MORE: Final = ("192.168.1.100", "192.168.1.101")

_QUIET_RELOAD: Final = Departure(
    "nothing anew at a reload",
    "at a reload a keepalived master advertises once more and announces all its addresses; vrrpd announces new ones",
    r"(sends advert|announces 192\.168\.1\.100) .* after reload r1, vrrpd (does not|at \+0\.[012])",
)


def _file(priority: int, *vips: str) -> str:
    return instance("garp_master_delay 0", priority=priority, vips=vips or _MORE[:1])


COMPARISONS: Final = (
    Comparison(
        name="reload-address",
        summary="SIGHUP with an address more, then with one less",
        keywords=("virtual_ipaddress",),
        files={"r1": _file(150), "r2": _file(120)},
        work=(
            *_BEGIN,
            *(Reload("r2", _file(120, *_MORE)), Reload("r1", _file(150, *_MORE)), Wait(2.0)),
            *(Reload("r2", _file(120)), Reload("r1", _file(150)), Wait(2.0)),
            *_END,
        ),
        departures=(STOPS_AT_ONCE, _QUIET_RELOAD),
    ),
    Comparison(
        name="reload-priority",
        summary="SIGHUP with a lower priority, then with a higher one",
        keywords=("priority",),
        files={"r1": _file(150), "r2": _file(120)},
        work=(
            *_BEGIN,
            *(Await("r1"), Reload("r1", _file(100)), Wait(2.5)),
            *(Await("r2"), Reload("r1", _file(150)), Wait(2.5)),
            *_END,
        ),
        departures=(STOPS_AT_ONCE, _QUIET_RELOAD),
    ),
)
