from netns.demo.picture import FULL, HOLE, Answer, Gap, Mark, draw, gaps, step_for
from vrrpd.units import Seconds


def every(step: float, start: float, end: float, by: str) -> list[Answer]:
    count = round((end - start) / step)
    return [Answer(Seconds(start + number * step), by) for number in range(count)]


FAILOVER = [*every(0.01, 0, 4, "lb1"), *every(0.01, 7, 10, "lb2")]


def cells(line: str) -> str:
    return line[9:]


def test_gaps_are_stretches_without_an_answer() -> None:
    (gap,) = gaps(FAILOVER, 0.1)
    assert (round(gap.start, 2), round(gap.end, 2)) == (3.99, 7.0)


def test_no_gap_in_answers_that_come_often_enough() -> None:
    assert gaps(every(0.01, 0, 1, "lb1"), 0.05) == []


def test_the_length_of_a_gap() -> None:
    assert Gap(Seconds(1.5), Seconds(4.0)).length == 2.5


def test_each_router_has_a_lane_that_is_full_while_it_answers() -> None:
    lb1, lb2, nobody, *_ = draw(FAILOVER, [], ["lb1", "lb2"], width=29)
    # ten seconds in twenty cells
    assert cells(lb1).startswith(FULL * 8)
    assert FULL not in cells(lb1)[8:]
    assert cells(lb2).endswith(FULL * 6)
    assert FULL not in cells(lb2)[:14]
    assert cells(nobody)[8:14] == HOLE * 6


def test_a_short_gap_inside_one_cell_is_not_lost() -> None:
    answers = [*every(0.01, 0, 2.0, "lb1"), *every(0.01, 2.6, 60, "lb2")]
    nobody = draw(answers, [], ["lb1", "lb2"], width=40)[2]
    assert cells(nobody).count(HOLE) == 1


def test_an_outage_that_still_lasts_is_drawn_until_now() -> None:
    nobody = draw(every(0.01, 0, 5, "lb1"), [], ["lb1"], width=30, until=Seconds(10.0))[1]
    assert cells(nobody).endswith(HOLE * 8)


def test_events_stand_below_their_moment_and_none_hides_another() -> None:
    lines = draw(FAILOVER, [Mark(Seconds(4.0), 1), Mark(Seconds(4.0), 2)], ["lb1", "lb2"], width=29)
    event = cells(lines[-1])
    assert event.index("2") == event.index("1") + 1


def test_the_picture_fits_the_width() -> None:
    for width in (40, 80, 200):
        assert max(len(line) for line in draw(FAILOVER, [], ["lb1", "lb2"], width)) <= width


def test_no_answer_at_all_is_said() -> None:
    assert draw([], [], ["lb1"]) == ["no request was answered"]


def test_the_scale_has_round_steps() -> None:
    assert step_for(Seconds(20), 100) == 0.2
    assert step_for(Seconds(21), 100) == 0.25
