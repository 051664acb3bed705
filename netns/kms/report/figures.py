"""Figures in words, for the page and for the tables of the documentation."""

import math
from typing import Final

from netns.kms.record import KeyCount, Row

NOTHING: Final = "-"


def number(value: float) -> str:
    if not math.isfinite(value):
        return NOTHING
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def measured(row: Row, *, strong: str = "") -> str:
    """``VIP on the next node, s: 0.17 / 0.18 / 0.21``; ``strong`` is put around the median."""
    name = row.headline or next((name for run in row.runs for name in run.figures), "")
    spread = row.spread(name)
    if spread is None:
        return NOTHING
    low, median, high = map(number, spread)
    return f"{name}: {low} / {strong}{median}{strong} / {high}"


def sentence_of(keys: KeyCount) -> str:
    if not keys.acknowledged:
        return "No key was created."
    kept = "all were read back" if keys.read_back == keys.acknowledged and not keys.lost else f"{keys.lost} are lost"
    return f"{keys.acknowledged} keys were acknowledged; {kept}."
