"""TOML documents of every shape, made by hypothesis."""

import json
from collections.abc import Callable
from typing import TypeAlias

from hypothesis import strategies as st

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | Raw"


class Raw(str):
    """A value that is written as it stands."""

    __slots__ = ()


_KEYS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True),
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n", exclude_categories=["Cc", "Cs"]), max_size=6),
)
_RAW = st.sampled_from(
    [
        "1979-05-27T07:32:00Z",
        "1979-05-27 07:32:00.999",
        "1979-05-27",
        "07:32:00",
        "0xdead_beef",
        "1_000",
        "-inf",
        "+1.5e3",
        '"""a""""',
        '"""\n"" # [x]\\\n   y = "1" """',
        '"""\\""""""',
        "'''a''''",
        "'''\n[no.table]\n'' '''",
        "'C:\\path # no comment'",
        "''",
        '"\\u00e9\\"\\\\"',
        "[]",
        "[ # a comment ]\n  1, # another\n\n  2\n]",
        "{}",
        '[{a = 1, "b.c" = [1, [2, {d.e = 3}]]}]',
    ]
).map(Raw)
_SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=10),
    _RAW,
)
TREES: st.SearchStrategy[dict[str, Value]] = st.dictionaries(
    _KEYS,
    st.recursive(
        _SCALARS,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3)),
        max_leaves=12,
    ),
    max_size=5,
)
_GAPS = st.sampled_from(["", "", " ", "\t ", "\n", "\r\n", "# [comment] = {\n", "\n\n   # \"x'\n"])


class Writer:
    """Writes a tree in ways that ``draw`` chooses."""

    def __init__(self, draw: Callable[[st.SearchStrategy[object]], object]) -> None:
        self._draw = draw
        self.lines: list[str] = []

    def _chance(self) -> bool:
        return bool(self._draw(st.booleans()))

    def _key(self, key: str) -> str:
        bare = key.isascii() and key.replace("_", "a").replace("-", "a").isalnum()
        if bare and self._chance():
            return key
        if "'" not in key and self._chance():
            return f"'{key}'"
        return json.dumps(key, ensure_ascii=self._chance() and key.isascii()).replace("\x7f", "\\u007f")

    def _inline(self, value: Value) -> str:
        if isinstance(value, Raw):
            return str.__str__(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            if "'" not in value and "\x7f" not in value and self._chance():
                return f"'{value}'"
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        if isinstance(value, list):
            gap = str(self._draw(_GAPS))
            return f"[{gap}{f'{gap},{gap}'.join(map(self._inline, value))}{gap}]"
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{self._key(key)} = {self._inline(item)}" for key, item in value.items()) + " }"
        return str(value)

    def table(self, path: tuple[str, ...], table: dict[str, Value]) -> None:
        later = []
        for key, value in table.items():
            tables = isinstance(value, list) and value and all(type(item) is dict for item in value)
            if (isinstance(value, dict) or tables) and self._chance():
                later.append((key, value))
            elif isinstance(value, dict) and value and self._chance():
                self._dotted(self._key(key), value)
            else:
                self.lines.append(f"{self._key(key)}={self._inline(value)} # {key!a}")
        for key, value in later:
            self._later((*path, key), value)

    def _dotted(self, prefix: str, table: dict[str, Value]) -> None:
        for key, value in table.items():
            name = f"{prefix} . {self._key(key)}"
            if isinstance(value, dict) and value and self._chance():
                self._dotted(name, value)
            else:
                self.lines.append(f"{name} = {self._inline(value)}")

    def _later(self, path: tuple[str, ...], value: Value) -> None:
        name = " .".join(map(self._key, path))
        if isinstance(value, dict):
            self.lines.append(f"\t[ {name} ]# x")
            self.table(path, value)
        elif isinstance(value, list):
            for item in value:
                self.lines.append(f"[[{name}]]")
                if isinstance(item, dict):
                    self.table(path, item)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Texts that are valid TOML."""
    writer = Writer(draw)
    writer.table((), draw(TREES))
    return draw(st.sampled_from(["\n", "\r\n", "\n\n"])).join(writer.lines)
