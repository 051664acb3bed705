"""How the report and its pictures look: in light and dark, on a phone, on paper."""

from pathlib import Path
from typing import Final

from netns.kms.report.markup import Markup, element

_HERE: Final = Path(__file__).parent
_LIGHT: Final = {
    "page": "#ffffff",
    "text": "#1b1f24",
    "faint": "#57606a",
    "rule": "#d0d7de",
    "bed": "#eef1f4",
    "act0": "#f6f8fa",
    "act1": "#ffffff",
    "soft": "#f6f8fa",
    "holder": "#0b5cad",
    "bad": "#c0262d",
    "good": "#17692f",
    "gap": "#8a4b00",
}
_DARK: Final = {
    "page": "#0d1117",
    "text": "#e6edf3",
    "faint": "#9aa5b1",
    "rule": "#3a424c",
    "bed": "#1f262e",
    "act0": "#151b23",
    "act1": "#0d1117",
    "soft": "#151b23",
    "holder": "#58a6ff",
    "bad": "#ff7b72",
    "good": "#56d364",
    "gap": "#e3a452",
}


def for_page() -> Markup:
    return element("style", _sheet("picture.css", "page.css"))


def for_picture() -> Markup:
    """For an SVG that stands alone."""
    return element("style", _sheet("picture.css"))


def _sheet(*names: str) -> Markup:
    colours = (
        f":root {{{_set(_LIGHT)}}}\n@media screen and (prefers-color-scheme: dark) {{ :root {{{_set(_DARK)}}} }}\n"
    )
    return Markup(colours + "".join((_HERE / name).read_text(encoding="utf-8") for name in names))


def _set(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


def hatching() -> Markup:
    """The pattern of what is missing; once in each document."""
    return element(
        "defs",
        element(
            "pattern",
            element("rect", width=6, height=6, class_="hatched"),
            element("line", x1=0, y1=0, x2=0, y2=6, class_="hatch"),
            id="hatch",
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        ),
    )
