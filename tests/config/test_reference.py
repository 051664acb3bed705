"""The document of keywords is current."""

from pathlib import Path

from vrrpd.config.keywords import TABLES
from vrrpd.config.reference import refreshed
from vrrpd.config.unsupported import NOT_RUN, PENDING

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_document_is_current() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert refreshed(text) == text, "run scripts/reference"


def test_every_keyword_is_in_the_document() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for table in TABLES.values():
        assert all(f"| `{word}`" in text for word in table)
    for words in (*NOT_RUN.values(), *PENDING.values()):
        assert all(f"`{word}`" in text for word in words)


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    text = "before\n<!-- keywords: track -->\nold\n<!-- end -->\nbehind\n"
    made = refreshed(text)
    assert made.startswith("before\n<!-- keywords: track -->\n| Keyword |")
    assert made.endswith("\n<!-- end -->\nbehind\n")
    assert "old" not in made
    assert refreshed(made) == made
