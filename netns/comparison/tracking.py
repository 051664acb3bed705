"""Comparisons of what is tracked: interfaces, scripts, files."""

from typing import Final

from netns.comparison.departures import STOPS_AT_ONCE
from netns.comparison.files import block, instance
from netns.comparison.troubles import BEGIN, CARD, CARD_DOWN, CARD_UP, CHECK, END, NOT_OK, OK
from netns.comparison.work import Comparison, Link, Step, Wait, WriteFile

_GLOBALS: Final = block(
    "global_defs", "vrrp_notify_fifo {directory}/fifo", "vrrp_notify_priority_changes true", "script_user root"
)
_RIVAL: Final = instance("garp_master_delay 0", priority=120)


def _tracked(what: str, priority: int, first: str = "") -> dict[str, str]:
    """The first node tracks, the second one has priority 120."""
    return {"r1": _GLOBALS + first + instance("garp_master_delay 0", what, priority=priority), "r2": _RIVAL}


def _script(*lines: str) -> str:
    return block(
        "vrrp_script check", 'script "{directory}/check"', *lines, "" if "interval 2" in lines else "interval 1"
    )


def _file(*lines: str) -> str:
    return block("vrrp_track_file number", "file {directory}/number", *lines)


def _number(text: str | None) -> WriteFile:
    return WriteFile("r1", "number", text)


def _card(name: str, what: str, priority: int, summary: str) -> Comparison:
    return Comparison(
        name=f"track-interface-{name}",
        summary=summary,
        keywords=("track_interface", "vrrp_notify_priority_changes"),
        files=_tracked(block("track_interface", what), priority),
        work=(CARD, Wait(0.3), *BEGIN, CARD_DOWN, Wait(1.5), CARD_UP, Wait(1.5), *END),
        departures=(STOPS_AT_ONCE,),
    )


def _checked(name: str, script: tuple[str, ...], what: str, priority: int, summary: str) -> Comparison:
    """The script succeeds from the start, then fails, then succeeds."""
    return Comparison(
        name=f"track-script-{name}",
        summary=summary,
        keywords=("vrrp_script", "track_script", "script", "interval", "weight", "rise", "fall"),
        files=_tracked(block("track_script", what), priority, _script(*script)),
        work=(OK, *BEGIN, NOT_OK, Wait(3.0), OK, Wait(3.0), *END),
        departures=(STOPS_AT_ONCE,),
        programs=CHECK,
    )


def _filed(name: str, file: tuple[str, ...], what: str, summary: str, *numbers: str | None) -> Comparison:
    steps: list[Step] = [_number("0"), *BEGIN, Wait(1.5)]
    for number in numbers:
        steps += [_number(number), Wait(1.3)]
    return Comparison(
        name=f"track-file-{name}",
        summary=summary,
        keywords=("vrrp_track_file", "track_file", "file", "weight"),
        files=_tracked(block("track_file", what), 150, _file(*file)),
        work=(*steps, *END),
        departures=(STOPS_AT_ONCE,),
    )


COMPARISONS: Final = (
    _card("weight", "card0 weight -50", 150, "an interface that is down costs priority"),
    _card("bonus", "card0 weight 50", 100, "an interface that is up brings priority"),
    _card("reverse", "card0 weight -50 reverse", 150, "an interface that is up costs priority"),
    _card("fault", "card0", 150, "an interface without weight that is down is a fault"),
    _card("fault-reverse", "card0 weight 0 reverse", 150, "an interface without weight that is up is a fault"),
    Comparison(
        name="track-interface-own",
        summary="the interface of the instance goes down and comes back",
        keywords=("track_interface", "interface"),
        files=_tracked("", 150),
        work=(*BEGIN, Link("r1", up=False), Wait(1.5), Link("r1", up=True), Wait(1.5), *END),
        departures=(STOPS_AT_ONCE,),
    ),
    _checked("weight", ("weight -50",), "check", 150, "a check that fails costs priority"),
    _checked("bonus", ("weight 50",), "check", 100, "a check that succeeds brings priority"),
    _checked("rise-fall", ("weight -50", "rise 2", "fall 2"), "check", 150, "a check has to fail and succeed twice"),
    _checked("fault", (), "check", 150, "a check without weight that fails is a fault"),
    _checked("own-weight", ("weight -1",), "check weight -50", 150, "an instance has a weight of its own"),
    _checked("reverse", ("weight -50",), "check weight -50 reverse", 150, "a check that succeeds costs priority"),
    Comparison(
        name="track-script-fails-first",
        summary="a check without weight that fails from the start, and succeeds then",
        keywords=("track_script", "init_fail"),
        files=_tracked(block("track_script", "check"), 150, _script("rise 2", "fall 2")),
        work=(*BEGIN, OK, Wait(3.5), *END),
        departures=(STOPS_AT_ONCE,),
        programs=CHECK,
    ),
    Comparison(
        name="track-script-timeout",
        summary="a check that does not end in time has failed",
        keywords=("vrrp_script", "timeout"),
        files=_tracked(block("track_script", "check"), 150, _script("weight -50", "interval 2", "timeout 1")),
        work=(*BEGIN, WriteFile("r1", "slow"), Wait(4.0), WriteFile("r1", "slow", None), Wait(4.0), *END),
        departures=(STOPS_AT_ONCE,),
        programs={"check": "test -e {directory}/slow && exec sleep 30\nexit 0"},
    ),
    _filed(
        "weight", ("weight 10",), "number", "a number in a file times its weight", "-4", "1", "-20", "0x3", "no number"
    ),
    _filed("own-weight", ("weight 1",), "number weight -10", "an instance has a weight of its own", "4", "-1"),
    _filed("reverse", ("weight 10",), "number weight 10 reverse", "the number is taken away", "4", "-1"),
    _filed("fault", ("weight 0",), "number weight 0", "a number that is not 0 is a fault", "7", "0"),
    _filed("too-low", ("weight 1",), "number", "a sum below -253 is a fault", "-254", "0", "-253", "0"),
    _filed("removed", ("weight 1",), "number", "a file that goes away counts as 0", "-50", None, "-50"),
    Comparison(
        name="track-file-init",
        summary="a file with a number to begin with; one that is there keeps its own",
        keywords=("vrrp_track_file", "init_file"),
        files=_tracked(
            block("track_file", "number", "other"),
            150,
            _file("weight 1", "init_file -40")
            + block("vrrp_track_file other", "file {directory}/other", "weight 1", "init_file -90"),
        ),
        work=(WriteFile("r1", "other", "-5"), *BEGIN, _number("0"), Wait(1.3), *END),
        departures=(STOPS_AT_ONCE,),
    ),
    Comparison(
        name="track-file-overwrite",
        summary="a file that is there is overwritten with the number to begin with",
        keywords=("vrrp_track_file", "init_file"),
        files=_tracked(block("track_file", "number"), 150, _file("weight 1", "init_file -90 overwrite")),
        work=(_number("-5"), *BEGIN, _number("0"), Wait(1.3), *END),
        departures=(STOPS_AT_ONCE,),
    ),
)
