"""The site drawn: clients, the virtual address, balancers, KMS nodes, database."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from netns.kms.record import Topology
from netns.kms.report.markup import Markup, element, joined

_WIDTH: Final = 960
_BOX: Final = 148
_HIGH: Final = 46
_STEP: Final = 66
_TOP: Final = 40
_MOST: Final = 10
_LONGEST: Final = 20

Places = dict[str, tuple[float, float]]


def plan(topology: Topology) -> Markup:
    columns = _columns(topology)
    rows = max(len(names) for _, names, _ in columns)
    height = _TOP + rows * _STEP + 8
    between = (_WIDTH - _BOX - 2) / (len(columns) - 1)
    places = [_places(names, 1 + column * between, rows) for column, (_, names, _) in enumerate(columns)]
    parts: list[Markup] = []
    for column, (one, other) in enumerate(itertools.pairwise(places)):
        parts += _wires(one, other, vip=column == 1)
    for (heading, names, vip), found in zip(columns, places, strict=True):
        x = next(iter(found.values()), (0.0, 0.0))[0]
        parts.append(element("text", heading, x=x + _BOX / 2, y=20, class_="says", text_anchor="middle"))
        parts += _boxes(names, found, vip=vip)
    return element(
        "svg",
        element("title", _in_words(topology)),
        *parts,
        viewBox=f"0 0 {_WIDTH} {height}",
        role="img",
        class_="plan",
        xmlns="http://www.w3.org/2000/svg",
    )


def _columns(topology: Topology) -> Sequence[tuple[str, Mapping[str, str], bool]]:
    """Heading, names with addresses, and whether it is the virtual address."""
    return (
        ("KMIP and HTTP clients", topology.clients, False),
        ("one of them holds it", {"virtual address": topology.vip}, True),
        ("HAProxy and VRRP", topology.balancers, False),
        ("KMIP 5696, /health 9998", topology.nodes, False),
        ("PostgreSQL 5432", topology.database, False),
    )


def _shown(names: Mapping[str, str]) -> dict[str, str]:
    if len(names) <= _MOST:
        return dict(names)
    kept = dict(list(names.items())[: _MOST - 1])
    return {**kept, f"and {len(names) - len(kept)} more": ""}


def _places(names: Mapping[str, str], x: float, rows: int) -> Places:
    shown = _shown(names)
    top = _TOP + (min(rows, _MOST) - len(shown)) * _STEP / 2
    return {name: (x, top + place * _STEP) for place, name in enumerate(shown)}


def _wires(one: Places, other: Places, *, vip: bool) -> Iterator[Markup]:
    for left, top in one.values():
        for right, bottom in other.values():
            yield element(
                "line",
                x1=left + _BOX,
                y1=top + _HIGH / 2,
                x2=right,
                y2=bottom + _HIGH / 2,
                class_="wire vip" if vip else "wire",
            )


def _boxes(names: Mapping[str, str], places: Places, *, vip: bool) -> Iterator[Markup]:
    shown = _shown(names)
    for name, (x, y) in places.items():
        middle = x + _BOX / 2
        yield joined(
            element("rect", x=x, y=y, width=_BOX, height=_HIGH, rx=6, class_="box vip" if vip else "box"),
            element("text", _short(name), x=middle, y=y + 20, class_="name", text_anchor="middle"),
            element("text", _short(shown[name]), x=middle, y=y + 37, class_="address", text_anchor="middle"),
        )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _in_words(topology: Topology) -> str:
    groups = (
        ("clients", topology.clients),
        ("virtual address", {topology.vip: ""}),
        ("load balancers", topology.balancers),
        ("KMS nodes", topology.nodes),
        ("database", topology.database),
    )
    return "; then ".join(f"{heading}: {', '.join(_shown(names)) or 'none'}" for heading, names in groups)
