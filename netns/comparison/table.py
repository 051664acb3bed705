"""The tables of docs/compatibility.md that are made from the catalogue."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from netns.comparison.catalogue import COMPARISONS
from netns.comparison.departures import Departure
from netns.comparison.work import Comparison

BEGIN: Final = "<!-- written by scripts/reference from netns/comparison -->"
END: Final = "<!-- end of what scripts/reference writes -->"


def refreshed(document: str, comparisons: Iterable[Comparison] = COMPARISONS.values()) -> str:
    """The document with the text between the two marks written anew; ValueError without them."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document needs the lines {BEGIN} and {END}")
    return f"{before}{begin}\n\n{_text(tuple(comparisons))}\n{end}{after}"


def _text(comparisons: tuple[Comparison, ...]) -> str:
    return "\n".join([*_keyword_table(comparisons), "", *_departure_table(comparisons), ""])


def keywords_of(comparisons: Iterable[Comparison]) -> Mapping[str, list[str]]:
    """Keyword -> names of the comparisons that show it."""
    shown: dict[str, list[str]] = {}
    for comparison in comparisons:
        for keyword in comparison.keywords:
            shown.setdefault(keyword, []).append(comparison.name)
    return dict(sorted(shown.items()))


def _keyword_table(comparisons: Iterable[Comparison]) -> Iterator[str]:
    yield "| Keyword | Comparisons |"
    yield "|---|---|"
    for keyword, names in keywords_of(comparisons).items():
        yield f"| `{keyword}` | {', '.join(names)} |"


def _departure_table(comparisons: tuple[Comparison, ...]) -> Iterator[str]:
    departures: dict[Departure, list[str]] = {}
    for comparison in comparisons:
        for departure in comparison.departures:
            departures.setdefault(departure, []).append(comparison.name)
    yield "| Departure that a comparison declares | Why | Seen in |"
    yield "|---|---|---|"
    for departure, names in sorted(departures.items(), key=lambda item: item[0].name):
        yield f"| {departure.name} | {departure.reason} | {', '.join(names)} |"
