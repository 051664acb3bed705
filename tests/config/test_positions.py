"""Every value that tomllib sees has a place, and at that place stands that value."""

import contextlib
import math
import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.config.documents import documents
from vrrpd.config.positions import Path, Positions, scan


def leaves(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every value below, tables and lists included."""
    children: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    for key, child in children:
        yield (*path, key), child
        yield from leaves(child, (*path, key))


def same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return one == other and type(one) is type(other)


def check_marks(text: str, document: dict[str, object]) -> None:
    positions = scan(text)
    found = dict(leaves(document))
    for path, value in found.items():
        mark = positions.marks[path]
        assert 0 <= mark.key <= mark.value < mark.end <= len(positions.text)
        if not isinstance(value, dict | list):
            written = positions.text[mark.value : mark.end]
            assert same(tomllib.loads(f"k = {written}")["k"], value), path
        if isinstance(path[-1], str):
            written = positions.text[mark.key :].lstrip("[ \t")
            assert key_at(written) == path[-1]
    assert set(positions.marks) == set(found)
    assert not positions.repeats


def key_at(text: str) -> str:
    """The first part of the dotted key with which the text begins."""
    if text[0] not in "'\"":
        return text[: next((index for index, sign in enumerate(text) if sign in " .=]\t"), len(text))]
    for end in range(1, len(text)):
        if text[end] == text[0]:
            with contextlib.suppress(ValueError):
                return next(iter(tomllib.loads(f"{text[: end + 1]} = 1")))
    raise AssertionError(text)


@given(documents())
@settings(max_examples=400, deadline=None)
def test_every_value_of_a_document_has_its_place(text: str) -> None:
    check_marks(text, tomllib.loads(text))


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_whatever_tomllib_accepts_is_scanned_whole(data: st.DataObject) -> None:
    text = data.draw(documents())
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 3)))
        inserted = data.draw(
            st.sampled_from(["", "'", '"', "[", "]", "{", "}", ",", "=", ".", "\n", "#", "a", "\\", " "])
        )
        text = text[:start] + inserted + text[end:]
    try:
        document = tomllib.loads(text)
    except ValueError:
        scan(text)
        return
    check_marks(text, document)


@given(st.text(max_size=200))
@settings(max_examples=500)
def test_any_text_can_be_scanned(text: str) -> None:
    scan(text)


def test_lines_and_columns_count_from_one() -> None:
    positions = scan("a = 1\r\n[b]\r\n  c = [1,\r\n    22]")
    assert positions.line_and_column(positions.marks["a",].value) == (1, 5)
    assert positions.line_and_column(positions.marks["b",].key) == (2, 2)
    assert positions.line_and_column(positions.marks["b", "c"].key) == (3, 3)
    assert positions.line_and_column(positions.marks["b", "c", 1].value) == (4, 5)
    assert positions.line_and_column(len(positions.text)) == (4, 8)


def test_arrays_of_tables_are_counted() -> None:
    positions = scan("[[a]]\nx=1\n[a.b]\ny=2\n[[a]]\nx=3\n[[a.c]]\nz=4\n")
    lines = {path: positions.line_and_column(mark.value)[0] for path, mark in positions.marks.items()}
    assert lines["a", 0, "x"] == 2
    assert lines["a", 0, "b", "y"] == 4
    assert lines["a", 1, "x"] == 6
    assert lines["a", 1, "c", 0, "z"] == 8


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("a = 1\na = 2", [("a",)]),
        ("[t]\na.b = 1\na.b = 2\n[t]\n", [("t", "a", "b"), ("t",)]),
        ("t = {x = 1, x = 2}", [("t", "x")]),
        ("[[t]]\n[[t]]\n", []),
        ("[t.u]\n[t]\n", []),
    ],
)
def test_what_is_written_twice_is_found(text: str, paths: list[Path]) -> None:
    assert [repeat.path for repeat in scan(text).repeats] == paths


def test_a_string_counts_as_written_as_is_only_without_escapes() -> None:
    positions: Positions = scan('a = \'x y\'\nb = "x\\ty"\nc = """x"""\nd = ""\n')
    assert positions.written_as_is(("a",), "x y")
    assert not positions.written_as_is(("b",), "x\ty")
    assert not positions.written_as_is(("c",), "x")
    assert positions.written_as_is(("d",), "")


def test_deep_nesting_is_no_danger() -> None:
    assert scan("a = " + "[" * 100_000).marks
    assert not scan("a." * 100_000 + "a = 1").marks
