"""A journal once more through the election: does it decide today as it did then?"""

from collections.abc import Iterable, Iterator

from vrrpd.core.directed import Directed
from vrrpd.core.node import Node
from vrrpd.handover import restore
from vrrpd.observe.journal_codec import Gap, Happening, Header, Line
from vrrpd.plain import PlainError
from vrrpd.records import dataclass
from vrrpd.units import Instant


@dataclass(frozen=True, slots=True)
class Difference:
    """The first event that has other effects than it had."""

    happening: Happening
    at: Instant
    replayed: tuple[Directed, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``events`` were fed in; ``skipped`` could not be, because the file does not say what came before them.

    ``refused``: why a header could not be understood.
    """

    events: int
    skipped: int
    difference: Difference | None
    refused: tuple[str, ...] = ()


def sections(lines: Iterable[Line]) -> Iterator[tuple[Header | None, list[Happening]]]:
    """Each header with what happened from it on; without a header what happened in a gap."""
    header: Header | None = None
    found: list[Happening] = []
    for line in lines:
        if isinstance(line, Happening):
            found.append(line)
            continue
        yield header, found
        header, found = line if isinstance(line, Header) else None, []
    yield header, found


def in_order(happenings: Iterable[Happening]) -> list[tuple[Instant, Happening]]:
    """As they happened: what repeated itself was written down last, and all at once."""
    moments = [(at, item.number, item) for item in happenings for at in (item.at, *item.again)]
    moments.sort(key=lambda moment: moment[:2])
    return [(at, item) for at, _, item in moments]


def replay(lines: Iterable[Line]) -> Outcome:
    """Up to the first difference."""
    events = skipped = 0
    refused: list[str] = []
    for header, happenings in sections(lines):
        moments = in_order(happenings)
        if header is None:
            skipped += len(moments)
            continue
        try:
            node = restore(header.state)
        except PlainError as error:
            refused.append(f"vrrpd {header.vrrpd}: {error}")
            skipped += len(moments)
            continue
        fed, difference = _feed(node, moments)
        events += fed
        if difference is not None:
            return Outcome(events, skipped, difference, tuple(refused))
    return Outcome(events, skipped, None, tuple(refused))


def _feed(node: Node, moments: list[tuple[Instant, Happening]]) -> tuple[int, Difference | None]:
    for count, (at, item) in enumerate(moments, 1):
        known = item.router in node.routers
        effects = node.handle(item.router, item.event, at) if known else ()
        if effects != item.effects or not known:
            return count, Difference(item, at, effects)
    return len(moments), None


def is_gap(line: Line) -> bool:
    return isinstance(line, Gap) and line.lost > 0
