"""Histories that once broke a law, or the simulator's own reading of one: none of them does any more."""

from pathlib import Path

import pytest

from vrrpd.sim.history import read_history
from vrrpd.sim.shrink import violation_of

SEEDS = sorted(Path(__file__).with_name("seeds").glob("*.json"))


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_what_was_found_stays_mended(path: Path) -> None:
    assert violation_of(read_history(path)) is None


def test_there_are_some() -> None:
    assert SEEDS
