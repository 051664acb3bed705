"""The ratios as a picture: one bar for each figure, the line at 1 is the daemon that is compared with."""

from collections.abc import Sequence
from html import escape
from typing import Final

from netns.bench.results import Results, Row

_WIDTH: Final = 860
_LEFT: Final = 430
_RIGHT: Final = 60
_BAR: Final = 16
_STEP: Final = 24
_TOP: Final = 56
_LARGEST: Final = 3.0
"""Longer bars are cut there; their number says how long they are."""


def svg(results: Results) -> str:
    rows = [row for row in results.rows() if row.ratio is not None]
    height = _TOP + _STEP * len(rows) + 24
    one = _x(1.0)
    size = f'width="{_WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f'<rect {size} fill="white"/>',
        _text(12, 20, f"{results.subject} compared with {results.reference} (= 1): shorter is better", size=14),
        _text(12, 38, "medians; " + "; ".join(f"{key}: {value}" for key, value in results.machine.items()), size=10),
        *_bars(rows),
        f'<line x1="{one}" y1="{_TOP - 6}" x2="{one}" y2="{height - 18}" stroke="black" stroke-dasharray="4 3"/>',
        _text(one - 3, height - 6, "1", size=10),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _bars(rows: Sequence[Row]) -> list[str]:
    parts = []
    for place, row in enumerate(rows):
        ratio = row.ratio or 0.0
        y = _TOP + place * _STEP
        end = _x(min(ratio, _LARGEST))
        colour = "#3a7d44" if ratio <= 1 else "#b5651d"
        parts += [
            _text(12, y + 12, f"{row.measure}: {row.figure}"),
            f'<rect x="{_LEFT}" y="{y}" width="{max(1, end - _LEFT)}" height="{_BAR}" fill="{colour}"/>',
            _text(end + 5, y + 12, f"{ratio:.2f}"),
        ]
    return parts


def _x(ratio: float) -> int:
    return round(_LEFT + ratio / _LARGEST * (_WIDTH - _LEFT - _RIGHT))


def _text(x: int, y: int, text: str, *, size: int = 12) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}">{escape(text)}</text>'
