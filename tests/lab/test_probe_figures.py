from dataclasses import dataclass

from netns.probe import longest_silence


@dataclass(frozen=True)
class At:
    time_ns: int


def results(*ms: int) -> list[At]:
    return [At(at * 1_000_000) for at in ms]


def silence(answered: list[At], since: int, until: int) -> tuple[float, int | None, int | None]:
    found = longest_silence(answered, since * 1_000_000, until * 1_000_000)
    ends = [None if end is None else end.time_ns // 1_000_000 for end in (found.before, found.after)]
    return found.ms, ends[0], ends[1]


def test_the_longest_gap_is_found_and_measured_whole() -> None:
    assert silence(results(0, 10, 50, 60), 20, 60) == (40, 10, 50)


def test_a_gap_before_the_time_looked_at_does_not_count() -> None:
    assert silence(results(0, 40, 50, 60), 40, 60) == (10, 40, 50)


def test_silence_to_the_end_counts() -> None:
    assert silence(results(0, 10), 5, 100) == (90, 10, None)


def test_no_answer_at_all_is_one_silence() -> None:
    assert silence([], 5, 100) == (95, None, None)
