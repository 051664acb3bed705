"""What is said of a soak, from made-up samples."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from netns.soak.report import line, load, save, summary
from netns.soak.usage import Sample
from netns.soak.verdict import Happening, Soak, findings, trend

QUIET = Sample(
    0.0, "r1", 1, rss=40_000, anonymous=30_000, peak=41_000, pss=30_000, fds=30, own=1, children=0, zombies=()
)
PERIOD = 10.0


def course(count: int, change: Callable[[float, Sample], Sample], life: int = 1, start: float = 0.0) -> list[Sample]:
    times = (start + PERIOD * number for number in range(count))
    return [change(at - start, replace(QUIET, at=at, life=life)) for at in times]


def soak(samples: list[Sample], *, warm_up: float = 300.0, tolerance: float = 500.0) -> Soak:
    found = Soak({"date": "today"}, 30.0, 255, warm_up, tolerance, ("r1",), samples)
    found.happenings.append(Happening(1.0, "cable", "r1", 2.0, 0.5, 0.7))
    return found


def test_nothing_grows() -> None:
    assert findings(soak(course(180, lambda _at, item: item))) == []


def test_noise_is_no_growth() -> None:
    random = Random(1)
    for _ in range(20):
        samples = course(180, lambda _at, item: replace(item, rss=item.rss + random.randint(-300, 300)))
        assert findings(soak(samples)) == []


def test_the_warm_up_may_grow() -> None:
    warming = course(180, lambda at, item: replace(item, rss=item.rss + round(min(at, 290.0) * 20)))
    assert findings(soak(warming)) == []
    assert findings(soak(warming, warm_up=0.0)) != []


def test_a_slow_leak_under_noise_is_found() -> None:
    """A KiB each second: 3.5 MiB an hour."""
    random = Random(2)
    samples = course(180, lambda at, item: replace(item, rss=item.rss + round(at) + random.randint(-300, 300)))
    (found,) = findings(soak(samples))
    assert found.startswith("r1: RSS grows by 3")


def test_a_leak_of_a_node_that_is_started_again_and_again_is_found() -> None:
    samples: list[Sample] = []
    for life in range(1, 7):
        samples += course(
            30, lambda at, item: replace(item, anonymous=item.anonymous + round(2 * at)), life, start=life * 1000.0
        )
    (found,) = findings(soak(samples, warm_up=30.0))
    assert found.startswith("r1: anonymous memory grows by 7200")


def test_lives_of_different_heights_do_not_make_a_slope() -> None:
    samples: list[Sample] = []
    for life in range(1, 7):
        samples += course(30, lambda _at, item: replace(item, rss=40_000 + 5_000 * item.life), life, life * 1000.0)
    assert findings(soak(samples, warm_up=30.0)) == []


WITH: dict[str, Callable[[Sample, int], Sample]] = {
    "descriptors": lambda item, count: replace(item, fds=count),
    "processes": lambda item, count: replace(item, children=count),
}


@pytest.mark.parametrize("words", WITH)
def test_one_more_at_the_end_is_found_but_not_one_that_comes_and_goes(words: str) -> None:
    def leaked(at: float, item: Sample) -> Sample:
        return WITH[words](item, 2 if at > 900 else 1)

    def fleeting(at: float, item: Sample) -> Sample:
        return WITH[words](item, 2 if at % 30 else 1)

    assert findings(soak(course(180, leaked))) == [f"r1: {words} have grown by 1"]
    assert findings(soak(course(180, fleeting))) == []


def test_a_zombie_counts_when_it_stays() -> None:
    samples = course(10, lambda _at, item: item)
    samples[3] = replace(samples[3], zombies=(77, 78))
    assert findings(soak(samples, warm_up=0.0)) == []
    samples[4] = replace(samples[4], zombies=(78,))
    assert findings(soak(samples, warm_up=0.0)) == ["r1: process 78 has ended, and nobody asked how"]


def test_disorder_defects_and_idleness_are_told() -> None:
    found = soak(course(100, lambda _at, item: item))
    found.happenings.append(Happening(9.0, "partition", "r2", 2.0, None, None, "afterwards: 1 addresses, x at no node"))
    found.defects.append("r1 ended with 1")
    assert findings(found) == ["9 s, partition of r2: afterwards: 1 addresses, x at no node", "r1 ended with 1"]
    found.happenings.clear()
    assert "nothing happened" in findings(found)
    assert "nothing was seen after the warm-up of 300 s" in findings(soak([QUIET]))


def test_too_few_samples_have_no_trend() -> None:
    assert trend([], lambda item: item.rss) is None
    assert trend(course(2, lambda _at, item: item), lambda item: item.rss) is None


def test_a_file_holds_all_and_the_text_says_it(tmp_path: Path) -> None:
    found = soak(course(180, lambda _at, item: item))
    save(found, tmp_path / "soak.json")
    assert load(tmp_path / "soak.json") == replace(found, judged=["r1"])
    text = summary(found)
    assert "29.8 minutes, 255 instances, 1 faults." in text
    assert "| cable | 1 | 0.5 / 0.5 | 0.7 / 0.7 | 0 |" in text
    assert "| r1: RSS, KiB | 1 | 40000 | 40000 | 40000 | 40000 | 0.0 +- 0.0 | 150 of 180 |" in text
    assert text.endswith("Nothing is wrong.\n")
    assert line(found).startswith("[  0.0 of 30 min, fault 1] r1 cable, 2.0 s; in order after 0.5 s / 0.7 s; RSS MiB")
