"""Waiting ends when the thing is done, when it cannot be any more, and when it takes too long."""

import pytest

from netns.kernel import LabError
from netns.kms.waiting import wait_until


def test_until_it_is_done() -> None:
    answers = iter([False, False, True])
    wait_until(lambda: next(answers), 30.0, lambda: "never")
    assert next(answers, None) is None


def test_not_longer_than_there_is_patience() -> None:
    with pytest.raises(LabError, match="too slow"):
        wait_until(lambda: False, 0.0, lambda: "too slow")


def test_not_for_what_has_ended() -> None:
    with pytest.raises(LabError, match="it ended"):
        wait_until(lambda: False, 1000.0, lambda: "it ended", alive=lambda: False)


def test_what_was_done_with_the_last_breath_counts() -> None:
    answers = iter([False, True])
    wait_until(lambda: next(answers), 1000.0, lambda: "it ended", alive=lambda: False)
