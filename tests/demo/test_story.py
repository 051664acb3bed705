import pytest

from netns.demo.picture import Answer
from netns.demo.promises import Promise
from netns.demo.story import Event, Row, answering_alone, outage_after
from vrrpd.units import Seconds

PROMISE = Promise(Seconds(2.0), Seconds(3.0), "")
EVENT = Event(1, "crash", lambda: 0, "lb2", PROMISE, Seconds(3.0))


def every(start: float, end: float, by: str) -> list[Answer]:
    return [Answer(Seconds(start + number * 0.01), by) for number in range(round((end - start) * 100))]


def row(answering: str | None, holders: tuple[str, ...], outage: float | None) -> Row:
    return Row(EVENT, Seconds(1.0), answering, holders, None if outage is None else Seconds(outage))


def test_a_row_is_as_expected_when_answers_holder_and_outage_are() -> None:
    assert row("lb2", ("lb2",), 2.5).as_expected


def test_a_row_says_everything_that_is_not_as_expected() -> None:
    assert len(row("lb1", ("lb1", "lb2"), None).complaints) == 3
    assert "nobody does" in row(None, (), 2.5).complaints[0]
    assert row("lb2", ("lb1", "lb2"), 2.5).complaints == ("lb2 should hold the address, lb1 and lb2 does",)
    assert row("lb2", ("lb2",), 1.0).complaints == ("the outage lasted 1000 ms, expected 2000 .. 3000 ms",)


def test_one_router_answers_alone_only_when_all_recent_answers_are_its_own() -> None:
    answers = [*every(0, 5, "lb1"), *every(5, 6.5, "lb2")]
    assert answering_alone(answers, 4.9) is None  # the later ones are lb2's
    assert answering_alone(answers[:490], 4.9) == "lb1"
    assert answering_alone(answers[:550], 5.5) is None
    assert answering_alone(answers, 6.5) == "lb2"


def test_a_few_late_answers_are_not_enough() -> None:
    assert answering_alone(every(0, 0.3, "lb1"), 1.0) is None


def test_the_outage_is_the_longest_silence_from_the_last_answer_before_on() -> None:
    answers = [*every(0, 1, "lb1"), *every(1.5, 4, "lb1"), *every(7, 9, "lb2")]
    outage = outage_after(answers, Seconds(4.1), Seconds(9.0))
    assert outage is not None
    assert round(outage, 2) == 3.0  # from 3.99 to 7.0, less the 10 ms between two requests


def test_no_outage_where_requests_are_answered_throughout() -> None:
    outage = outage_after([*every(0, 2, "lb1"), *every(2, 4, "lb2")], Seconds(1.0), Seconds(4.0))
    assert outage is not None
    assert outage < 0.001


@pytest.mark.parametrize("last", [2.0, 2.05])
def test_an_outage_without_an_end_is_none(last: float) -> None:
    """Also when an answer was under way at the moment of the event."""
    assert outage_after(every(0, last, "lb1"), Seconds(2.0), Seconds(4.0)) is None


def test_an_outage_without_a_beginning_is_none() -> None:
    assert outage_after([], Seconds(2.0), Seconds(4.0)) is None
