"""What a comparison finds in two stories: made-up ones, so that each difference is there on purpose."""

import re
from dataclasses import replace

from netns.comparison.catalogue import COMPARISONS, EVERY
from netns.comparison.compare import judged
from netns.comparison.departures import STOPS_AT_ONCE
from netns.comparison.events import Event, Story
from netns.comparison.report import as_text
from netns.comparison.work import Comparison, Start, Stop, described

MS = 1_000_000
PLAIN = Comparison("plain", "a start", ("priority",), {"r1": ""}, (Start("r1"),))
_VRID = re.compile(r"virtual_router_id (\d+)")
LATER = 7_000 * MS
"""The second side's clock: nothing is compared but what lies between."""


def _tells(text: str, at: int) -> Event:
    return Event("r1", "pipe", f"tells {text}", at * MS, at * MS)


def _adverts(at: int, until: int, count: int) -> Event:
    return Event("r1", "adverts", "sends advert", at * MS, until * MS, count, period=200 * MS)


def _story(*events: Event, daemon: str = "keepalived", lost: int = 0) -> Story:
    steps = (("start r1", 0, "r1"), ("stop r1", 1000 * MS, None))
    sent = tuple(("r1", event.at) for event in events if event.period)
    return Story(daemon, events, sent, steps, 3000 * MS, lost, {})


def _theirs(*events: Event, lost: int = 0) -> Story:
    story = _story(*events, daemon="vrrpd", lost=lost)
    return replace(
        story,
        events=tuple(replace(event, at=event.at + LATER, until=event.until + LATER) for event in story.events),
        ended=story.ended + LATER,
        adverts=tuple((node, at + LATER) for node, at in story.adverts),
        happenings=tuple((name, at + LATER, node) for name, at, node in story.happenings),
    )


def test_the_same_at_the_same_time() -> None:
    outcome = judged(
        PLAIN, _story(_tells("A", 10), _adverts(500, 900, 3)), _theirs(_tells("A", 55), _adverts(460, 860, 3))
    )
    assert outcome.passed, outcome.failures
    assert "plain: the same" in as_text(outcome)


def test_what_only_one_does_is_named() -> None:
    outcome = judged(PLAIN, _story(_tells("A", 10), _tells("B", 1002)), _theirs(_tells("A", 10), _tells("C", 20)))
    assert outcome.failures == (
        "r1: vrrpd tells C +0.020 s after start r1, keepalived does not",
        "r1: keepalived tells B +0.002 s after stop r1, vrrpd does not",
    )
    assert "DIFFERENT" in as_text(outcome)


def test_what_comes_too_late_is_named() -> None:
    outcome = judged(PLAIN, _story(_tells("A", 10)), _theirs(_tells("A", 61)))
    assert outcome.failures == ("r1: tells A: keepalived at +0.010 s after start r1, vrrpd at +0.061 s after start r1",)


def test_a_time_is_counted_from_what_caused_it() -> None:
    """The second side's node advertises in another phase, and tells right after its advert."""
    outcome = judged(
        PLAIN,
        _story(_adverts(500, 500, 1), _tells("A", 510)),
        _theirs(_adverts(540, 540, 1), _tells("A", 590)),
    )
    assert outcome.passed, outcome.failures


def test_a_rhythm_may_end_a_period_earlier_but_no_more() -> None:
    assert judged(PLAIN, _story(_adverts(500, 1500, 6)), _theirs(_adverts(500, 1300, 5))).passed
    outcome = judged(PLAIN, _story(_adverts(500, 1500, 6)), _theirs(_adverts(500, 1100, 4)))
    assert outcome.failures == (
        "r1: sends advert: keepalived until +0.500 s after stop r1, vrrpd until +0.100 s after stop r1",
    )


def test_a_declared_departure_is_no_failure_unless_it_is_gone() -> None:
    comparison = replace(PLAIN, departures=(STOPS_AT_ONCE,))
    ended = Event("r1", "exit", "ends with status 0", 2010 * MS, 2010 * MS)
    outcome = judged(comparison, _story(ended), _theirs(replace(ended, at=1020 * MS)))
    assert outcome.passed, outcome.failures
    assert [name for _, name in outcome.explained] == [STOPS_AT_ONCE.name]
    assert judged(comparison, _story(ended), _theirs(ended)).failures == ("departure not seen: stops at once",)


def test_what_happens_at_the_very_end_may_be_missed() -> None:
    assert judged(PLAIN, _story(_tells("A", 10)), _theirs(_tells("A", 10), _tells("B", 2960))).passed


def test_a_file_that_is_not_understood_is_a_failure() -> None:
    left = replace(_story(), logs={"r1": "all is well\n(x.conf: Line 3) Unknown keyword 'prioritty'\n"})
    assert judged(PLAIN, left, _theirs()).failures == ("keepalived says (x.conf: Line 3) Unknown keyword 'prioritty'",)


def test_an_incomplete_record_is_a_failure() -> None:
    assert judged(PLAIN, _story(), _theirs(lost=2)).failures == ("vrrpd: 2 frames not captured",)


def test_the_catalogue_has_steps_that_can_be_told() -> None:
    for comparison in COMPARISONS.values():
        assert comparison.keywords
        assert all(described(step) for step in comparison.work)
        assert set(comparison.files) == {f"r{number}" for number in range(1, len(comparison.files) + 1)}


def test_who_is_started_at_once_does_not_compete() -> None:
    """Which of them is ready first differs from run to run."""
    for comparison in COMPARISONS.values():
        for step in comparison.work:
            if isinstance(step, Start) and len(step.nodes) > 1:
                numbers = [n for node in step.nodes for n in _VRID.findall(comparison.files[node])]
                assert len(numbers) == len(set(numbers)), comparison.name


def test_no_two_comparisons_have_the_same_name() -> None:
    assert len(COMPARISONS) == len(EVERY)


def test_a_step_has_a_name() -> None:
    assert described(Stop("r2")) == "stop r2"
