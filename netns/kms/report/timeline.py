"""What happened in one site, as lanes of stretches on one axis of time."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from netns.kms.record import Happening, Record

TOGETHER: Final = 0.25
"""Errors of one client that follow each other within so many seconds are one stretch."""
_LENGTH: Final = re.compile(r"(\d+(?:\.\d+)?) (ms|s)\b")
_SERVER: Final = re.compile(r"(\S+) (.+)")
_IN_USE: Final = ("UP", "no check")


@dataclass(frozen=True, slots=True)
class Span:
    start: float
    end: float
    what: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Lane:
    """``kind``: holder, nobody, server, error or gap. Lanes of one label share a row, of which each has a ``part``."""

    label: str
    kind: str
    spans: tuple[Span, ...]
    part: tuple[int, int] = (0, 1)


@dataclass(frozen=True, slots=True)
class Mark:
    """A fault, repair or note, numbered in the order of time."""

    at: float
    number: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """``acts``: which row was played when."""

    site: int
    start: float
    end: float
    acts: tuple[Span, ...]
    marks: tuple[Mark, ...]
    lanes: tuple[Lane, ...]


def sites(record: Record) -> list[int]:
    played = {run.site for row in record.rows for run in row.runs}
    return sorted(played | {one.site for one in record.happenings})


def timeline(record: Record, site: int) -> Timeline:
    seen = sorted(
        (one for one in record.happenings if one.site == site and math.isfinite(one.at)), key=lambda one: one.at
    )
    acts = sorted(
        (
            Span(run.started, run.ended, row.name)
            for row in record.rows
            for run in row.runs
            if run.site == site and math.isfinite(run.started) and math.isfinite(run.ended)
        ),
        key=lambda act: act.start,
    )
    starts = [one.at for one in seen] + [act.start for act in acts]
    ends = [_end(one) for one in seen] + [act.end for act in acts]
    start, end = min(starts, default=0.0), max(ends, default=0.0)
    return Timeline(site, start, max(end, start), tuple(acts), tuple(_marks(seen)), tuple(_lanes(record, seen, end)))


def _end(one: Happening) -> float:
    return one.at + (seconds_in(one.what) if one.kind == "gap" else 0.0)


def seconds_in(text: str) -> float:
    """``outage 612 ms`` -> 0.612; 0 when no length is named."""
    found = _LENGTH.search(text)
    return 0.0 if found is None else float(found[1]) / (1000 if found[2] == "ms" else 1)


def _marks(seen: Iterable[Happening]) -> Iterator[Mark]:
    told = [one for one in seen if one.kind in ("fault", "repair", "note")]
    for number, one in enumerate(told, 1):
        yield Mark(one.at, number, one.kind, f"{one.where}: {one.what}" if one.where else one.what)


def _lanes(record: Record, seen: Sequence[Happening], end: float) -> Iterator[Lane]:
    held = {name: _held(name, seen, end) for name in _balancers(record, seen)}
    yield from (Lane(name, "holder", spans) for name, spans in held.items())
    if held:
        yield Lane("nobody", "nobody", nobody([span for spans in held.values() for span in spans], end))
    yield from _servers(record, seen, end)
    for client in _names((), seen, "error", "gap"):
        yield Lane(f"{client} client", "error", _errors(client, seen), (0, 2))
        yield Lane(f"{client} client", "gap", _gaps(client, seen), (1, 2))


def _balancers(record: Record, seen: Sequence[Happening]) -> list[str]:
    """Those of which something was heard: sites may have fewer than the largest one."""
    heard = {one.where for one in seen}
    return [name for name in _names(record.topology.balancers, seen, "holder") if name in heard]


def _names(known: Iterable[str], seen: Iterable[Happening], *kinds: str) -> list[str]:
    """The known ones in their order, then others that were seen."""
    others = sorted({one.where for one in seen if one.kind in kinds})
    return list(dict.fromkeys([*known, *others]))


def _held(name: str, seen: Iterable[Happening], end: float) -> tuple[Span, ...]:
    changes = [(one.at, one.what == "holds") for one in seen if one.kind == "holder" and one.where == name]
    return tuple(_stretches(changes, end, f"{name} holds the address"))


def _stretches(changes: Iterable[tuple[float, bool]], end: float, what: str) -> Iterator[Span]:
    """From each change to true until the next one to false."""
    since: float | None = None
    for at, on in changes:
        if on and since is None:
            since = at
        elif not on and since is not None:
            yield Span(since, at, what)
            since = None
    if since is not None:
        yield Span(since, max(end, since), what)


def nobody(held: Iterable[Span], end: float) -> tuple[Span, ...]:
    """What no stretch covers, from the start of the first one until the end."""
    ordered = sorted(held, key=lambda span: span.start)
    found = []
    reached = ordered[0].start if ordered else end
    for span in ordered:
        if span.start > reached:
            found.append(Span(reached, span.start, "nobody holds the address"))
        reached = max(reached, span.end)
    if reached < end:
        found.append(Span(reached, end, "nobody holds the address"))
    return tuple(found)


def _servers(record: Record, seen: Sequence[Happening], end: float) -> Iterator[Lane]:
    """One lane for each server as each balancer sees it: the stretches in which it is not in use."""
    changes: dict[tuple[str, str], list[tuple[float, bool]]] = {}
    for one in seen:
        found = _SERVER.fullmatch(one.what) if one.kind == "server" else None
        if found is not None:
            changes.setdefault((found[1], one.where), []).append((one.at, not found[2].startswith(_IN_USE)))
    balancers = list(dict.fromkeys([*_balancers(record, seen), *sorted(balancer for _, balancer in changes)]))
    servers = dict.fromkeys([*record.topology.nodes, *sorted(server for server, _ in changes)] if changes else [])
    for server in servers:
        for place, balancer in enumerate(balancers):
            spans = _stretches(changes.get((server, balancer), ()), end, f"{balancer} sends nothing to {server}")
            yield Lane(server, "server", tuple(spans), (place, len(balancers)))


def _errors(client: str, seen: Iterable[Happening]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for one in seen:
        if one.kind != "error" or one.where != client:
            continue
        if spans and one.at - spans[-1].end <= TOGETHER:
            spans[-1] = Span(spans[-1].start, one.at, spans[-1].what, spans[-1].count + 1)
        else:
            spans.append(Span(one.at, one.at, one.what))
    return tuple(spans)


def _gaps(client: str, seen: Iterable[Happening]) -> tuple[Span, ...]:
    return tuple(Span(one.at, _end(one), one.what) for one in seen if one.kind == "gap" and one.where == client)
