"""docs/compatibility.md says which comparison shows which keyword."""

from pathlib import Path

import pytest

from netns.comparison.catalogue import COMPARISONS
from netns.comparison.table import BEGIN, END, keywords_of, refreshed

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/compatibility.md"


def test_the_document_is_up_to_date() -> None:
    text = DOCUMENT.read_text()
    assert refreshed(text) == text, "run ./scripts/reference"


def test_what_stands_around_it_stays() -> None:
    text = refreshed(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert text.startswith(f"before\n{BEGIN}\n\n| Keyword |")
    assert text.endswith(f"\n{END}\nafter\n")
    assert "old" not in text.split("\n")


def test_a_document_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the lines"):
        refreshed("nothing")


def test_every_comparison_and_departure_is_named() -> None:
    text = DOCUMENT.read_text()
    for comparison in COMPARISONS.values():
        assert comparison.name in text
        assert all(departure.reason in text for departure in comparison.departures)
    assert keywords_of(COMPARISONS.values())["nopreempt"] == ["nopreempt"]
