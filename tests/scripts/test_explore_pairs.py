import explore_pairs
import pytest

from vrrpd.sim.model_check import PAIRS


def test_it_says_what_it_explored(capsys: pytest.CaptureFixture[str]) -> None:
    assert explore_pairs.main(["1", "0", "0"]) == 0
    assert capsys.readouterr().out.count(" states, ") == len(PAIRS)


def test_it_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert explore_pairs.main(["1"]) == 2
    assert "usage" in capsys.readouterr().err
