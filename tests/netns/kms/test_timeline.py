import itertools
from dataclasses import replace

import pytest

from netns.kms.record import Happening
from netns.kms.report.strips import MOST_SPANS, MOST_STRIPS, Frame, frames
from netns.kms.report.timeline import Lane, Span, Timeline, nobody, seconds_in, sites, timeline
from tests.netns.kms.made_up import chaos, record


def lane(drawn: Timeline, label: str, part: int = 0) -> Lane:
    return next(one for one in drawn.lanes if one.label == label and one.part[0] == part)


def test_what_a_site_saw_becomes_stretches() -> None:
    drawn = timeline(record(runs=1, sites=1), 0)
    assert lane(drawn, "lb1").spans == (
        Span(0.5, 3.01, "lb1 holds the address"),
        Span(8.0, 38.0, "lb1 holds the address"),
    )
    assert [(span.start, span.end) for span in lane(drawn, "lb2").spans] == [(3.2, 8.003)]
    assert [(span.start, span.end) for span in lane(drawn, "nobody").spans] == [(3.01, 3.2)]
    assert [(span.start, span.end) for span in lane(drawn, "kms2").spans] == [(30, 36)]
    assert lane(drawn, "kms2", 1).spans == ()
    assert [(span.start, span.count) for span in lane(drawn, "kmip client").spans] == [(3.02, 2)]
    assert [(span.start, round(span.end, 3)) for span in lane(drawn, "health client", 1).spans] == [(3.0, 3.2)]
    assert [(mark.number, mark.kind, mark.text) for mark in drawn.marks] == [
        (1, "fault", "lb1: HAProxy killed"),
        (2, "repair", "lb1: HAProxy started"),
    ]
    assert [act.what for act in drawn.acts] == ["haproxy-dies", "kms-added"]


def test_each_site_has_its_own_line() -> None:
    made = record(sites=3)
    assert sites(made) == [0, 1, 2]
    only = replace(made, happenings=tuple(one for one in made.happenings if one.site == 2))
    assert timeline(only, 1).marks == ()
    assert len(timeline(only, 2).marks) == 6


def test_a_balancer_that_a_site_does_not_have_has_no_lane() -> None:
    made = record(sites=1)
    third = replace(made, topology=replace(made.topology, balancers={**made.topology.balancers, "lb3": "10.0.0.3"}))
    assert {one.label for one in timeline(third, 0).lanes} == {one.label for one in timeline(made, 0).lanes}
    assert len(timeline(third, 0).lanes) == 2 + 1 + 3 * 2 + 4


def test_nobody_is_what_no_holder_covers() -> None:
    held = [Span(5, 7, ""), Span(1, 3, ""), Span(2, 2.5, ""), Span(6, 8, "")]
    assert [(span.start, span.end) for span in nobody(held, 10)] == [(3, 5), (8, 10)]
    assert nobody([Span(1, 10, "")], 10) == ()
    assert nobody([], 10) == ()


def test_a_holder_that_says_it_twice_holds_once() -> None:
    seen = [Happening(at, 0, "holder", "lb1", what) for at, what in ((1, "holds"), (2, "holds"), (3, "releases"))]
    drawn = timeline(replace(record(), happenings=(*seen, Happening(4, 0, "note", "", "the end"))), 0)
    assert [(span.start, span.end) for span in lane(drawn, "lb1").spans] == [(1, 3)]
    assert drawn.marks[-1].text == "the end"


@pytest.mark.parametrize(
    ("text", "seconds"), [("outage 612 ms", 0.612), ("outage 1.5 s", 1.5), ("outage", 0.0), ("7 msgs", 0.0)]
)
def test_the_length_of_a_gap(text: str, seconds: float) -> None:
    assert seconds_in(text) == seconds


def test_a_record_without_anything_has_a_line_all_the_same() -> None:
    drawn = timeline(replace(record(), rows=(), happenings=()), 0)
    assert (drawn.start, drawn.end, drawn.marks) == (0, 0, ())
    assert len(frames(drawn)) == 1


def test_frames_cover_everything_a_minute_each() -> None:
    found = frames(timeline(chaos(minutes=10), 0))
    assert [frame.end - frame.start for frame in found] == [60.0] * 11
    assert found[0].start == 0
    assert all(one.end == other.start for one, other in itertools.pairwise(found))


@pytest.mark.parametrize("end", [1e4, 1e6, 1e12])
def test_however_long_it_was_the_strips_stay_few(end: float) -> None:
    found = frames(Timeline(0, 0.5, end, (), (), ()))
    assert len(found) <= MOST_STRIPS
    assert found[-1].end >= end


def test_a_frame_keeps_all_inside() -> None:
    frame = Frame(10, 20, left=0, right=100)
    assert [frame.x(at) for at in (0, 10, 15, 20, 99)] == [0, 0, 50, 100, 100]
    assert MOST_SPANS > 1
